/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "world.h"

/* What bad input gets: place to the byte, and the very message. The text of a case stands behind a good
 * rule's lines. */

struct bad {
        const char *key, *value;
        unsigned column, width;
        const char *message;
};

/* The line of the key in question is the last one; the others are what a rule needs at least. */
static void make_rule(char *text, size_t size, const struct bad *b)
{
        static const struct {
                const char *key, *value;
        } needed[] = {
                { "for", "cgroup:/a/*" },
                { "when", "avg(psi.cpu) > 10%" },
                { "within", "cpu.weight 50..5000" },
                { "then", "cpu.weight = 200" },
        };
        size_t n = (size_t) snprintf(text, size, "[rule r]\n");

        for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
                if (strcmp(needed[i].key, b->key) != 0)
                        n += (size_t) snprintf(text + n, size - n, "%s = %s\n", needed[i].key,
                                               needed[i].value);
        snprintf(text + n, size - n, "%s = %s\n", b->key, b->value);
}

/* All of them are looked at: one change to a message is one run of the test. */
static void check(const struct bad *cases, size_t n)
{
        size_t n_wrong = 0;

        for (size_t i = 0; i < n; i++) {
                const struct bad *b = &cases[i];
                size_t column = strlen(b->key) + 3 + b->column;
                struct ruleset *set = NULL;
                struct world w;
                char text[1024];

                world_init(&w);
                make_rule(text, sizeof(text), b);
                (void) world_parse(&w, text, &set);
                assert_int_equal(ruleset_n(set), w.diag.n_errors > 0 ? 0 : 1);
                if (w.diag.n != 1 || w.diag.n_errors != 1 ||
                    strcmp(w.diag.items[0].message, b->message) != 0 || w.diag.items[0].column != column ||
                    w.diag.items[0].width != b->width) {
                        fprintf(stderr, "%s = %s\n  expected at %zu+%u: %s\n", b->key, b->value, column,
                                b->width, b->message);
                        for (size_t k = 0; k < w.diag.n; k++)
                                fprintf(stderr, "  found at %u+%u: %s\n", w.diag.items[k].column,
                                        w.diag.items[k].width, w.diag.items[k].message);
                        n_wrong++;
                }
                ruleset_free(set);
                world_clear(&w);
        }
        assert_int_equal(n_wrong, 0);
}

/* column counts from 1 in the value. */
static void test_computed(void **state)
{
        static const struct bad cases[] = {
                { "then", "cpu.weight = last(mem.used)", 14, 14, "this is bytes, 'cpu.weight' is a plain number" },
                { "then", "cpu.weight = 100 * 3 *", 23, 1, "expected a number, a function or a knob, found the end" },
                { "then", "cpu.weight = last(mem.usd) / 1Mi", 19, 7, "unknown metric 'mem.usd', did you mean 'mem.used'?" },
                { "then", "cpu.weight = last(mem.used) / 1Mi 5", 35, 1, "expected the end of the line, found '5'" },
                { "then", "cpu.weight = 10 * 10000", 14, 10, "out of the range of 'cpu.weight', 1..10000" },
                { "then", "cpu.max = 100% * last(net.load @host)", 1, 37,
                  "a value that is worked out needs bounds: add 'within = cpu.max LOW..HIGH'" },
                { "then", "cpu.weight = last(net.load @host) * 100 > 5", 41, 1,
                  "expected the end of the line, found '>'" },
                { "then", "cpu.weight = (1 > 2)", 14, 7, "expected a number, this is a condition" },
        };

        check(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_conditions(void **state)
{
        static const struct bad cases[] = {
                { "when", "avg(psi.cpuu) > 10%", 5, 8, "unknown metric 'psi.cpuu', did you mean 'psi.cpu'?" },
                { "when", "avg(ps.cpu) > 10%", 5, 6, "unknown metric 'ps.cpu', did you mean 'psi.cpu'?" },
                { "when", "avg(ppsi.cpu) > 10%", 5, 8, "unknown metric 'ppsi.cpu', did you mean 'psi.cpu'?" },
                { "when", "avg(pis.cpu) > 10%", 5, 7, "unknown metric 'pis.cpu', did you mean 'psi.cpu'?" },
                { "when", "avg(test.other) > 10%", 5, 10, "unknown metric 'test.other'" },
                { "when", "avg(cpu_some) > 10%", 5, 8, "unknown metric 'cpu_some'" },
                { "when", "avgg(psi.cpu) > 10%", 1, 4, "unknown function 'avgg', did you mean 'avg'?" },
                { "when", "p99(psi.cpu) > 10%", 1, 3,
                  "'psi.cpu' is a gauge, which has no 'p99': use last avg min max" },
                { "when", "avg(sched.runtime) > 10%", 1, 3,
                  "'sched.runtime' is a counter, which has no 'avg': use rate" },
                { "when", "rate(sched.latency) > 1", 1, 4,
                  "'sched.latency' is a histogram, which has no 'rate': use max p50 p90 p95 p99 p999 mean "
                  "count" },
                { "when", "p99(sched.latency) > 5%", 22, 2,
                  "'p99(sched.latency)' is a time, '5%' is a ratio (%): they cannot be compared" },
                { "when", "p99(sched.latency) > 5", 22, 1,
                  "'p99(sched.latency)' is a time, '5' is a plain number: they cannot be compared" },
                { "when", "p99(sched.latency) > 5q", 23, 1,
                  "unknown unit 'q', expected one of ns us ms s min h, B Ki Mi Gi Ti, k M G, %" },
                { "when", "p99(sched.latency) + last(mem.used) > 5ms", 22, 14,
                  "'p99(sched.latency)' is a time, 'last(mem.used)' is bytes: they cannot be added" },
                { "when", "p99(sched.latency) * p99(sched.latency) > 5ms", 22, 18,
                  "'p99(sched.latency)' is a time, 'p99(sched.latency)' is a time: they cannot be "
                  "multiplied" },
                { "when", "p99(sched.latency)", 1, 18,
                  "expected a condition, such as 'p99(sched.runq_latency) > 5ms'" },
                { "when", "p99(sched.latency) 5ms", 20, 3, "expected a comparison, found '5ms'" },
                { "when", "p99(sched.latency) and avg(psi.cpu) > 1%", 1, 18,
                  "expected a condition, such as 'p99(sched.runq_latency) > 5ms'" },
                { "when", "avg(psi.cpu) > 1% and p99(sched.latency)", 23, 18,
                  "expected a condition, such as 'p99(sched.runq_latency) > 5ms'" },
                { "when", "(avg(psi.cpu) > 1%) > 2%", 1, 19, "expected a number, this is a condition" },
                { "when", "avg(psi.cpu) > (avg(psi.cpu) > 1%)", 16, 19,
                  "expected a number, this is a condition" },
                { "when", "1% < avg(psi.cpu) < 5%", 19, 1,
                  "expected one comparison (join two with 'and'), found '<'" },
                { "when", "avg(psi.cpu) = 5%", 14, 1,
                  "expected a comparison ('==' is for equal), found '='" },
                { "when", "avg(psi.cpu) > 5% avg(psi.cpu) < 9%", 19, 3,
                  "expected 'and', 'or' or the end, found 'avg'" },
                { "when", "avg(psi.cpu > 5%", 13, 1, "expected '@', ',' or ')', found '>'" },
                { "when", "avg(psi.cpu) >", 15, 1, "expected a number, a function or a knob, found the end" },
                { "when", "avg() > 5%", 5, 1, "expected a metric, found ')'" },
                { "when", "avg(psi.cpu, 5%) > 5%", 14, 2, "expected a window, such as 30s, found '5%'" },
                { "when", "avg(psi.cpu, 2h) > 5%", 14, 2, "expected a window of at most 1h, found '2h'" },
                { "when", "psi.cpu > 5%", 1, 7,
                  "'psi.cpu' is a metric: say which statistic of it, such as avg(psi.cpu)" },
                { "when", "avg(cpu.weight) > 5", 5, 10,
                  "'cpu.weight' is a knob, not a metric: it stands without a function" },
                { "when", "cpu.set > 5", 1, 7, "'cpu.set' is no number" },
                { "when", "cpu.wieght > 5", 1, 10, "unknown knob 'cpu.wieght', did you mean 'cpu.weight'?" },
                { "when", "avg(psi.cpu @sibling) > 5%", 13, 8,
                  "unknown selector '@sibling', did you mean '@siblings'?" },
                { "when", "avg(psi.cpu @cgruop:/a) > 5%", 14, 6,
                  "unknown scope 'cgruop', did you mean 'cgroup'?" },
                { "when", "avg(psi.cpu @cgroup:a) > 5%", 21, 1, "a cgroup's name begins with '/'" },
                { "when", "avg(psi.cpu @irq:7) > 5%", 13, 6,
                  "'psi.cpu' belongs to cgroup objects, not to irq objects" },
                { "when", "avg(net.load) > 5", 5, 8,
                  "'net.load' belongs to the host, the rule is for cgroup objects: write @host" },
                { "when", "rate(irq.count) > 5", 6, 9,
                  "'irq.count' belongs to irq objects, the rule is for cgroup objects: name them with "
                  "@irq:…" },
                { "when", "rate(irq.count @host) > 5", 16, 5,
                  "'irq.count' belongs to irq objects, there is none for the host as a whole" },
                { "when", "avg(psi.cpu @siblings) > 5%", 13, 9,
                  "'@siblings' means several objects: write sum_of(…), max_of(…), min_of(…) or avg_of(…) "
                  "around the value, "
                  "or any_of(…) or all_of(…) around the comparison" },
                { "when", "sum_of(avg(psi.cpu)) > 5%", 1, 20,
                  "sum_of(…) of one object: name several, such as @children" },
                { "when", "any_of(avg(psi.cpu @siblings))", 1, 30, "any_of(…) needs a comparison inside" },
                { "when", "sum_of(avg(psi.cpu @siblings) > 5%) > 1", 1, 35,
                  "sum_of(…) needs a number inside, not a condition" },
                { "when", "any_of(sum_of(avg(psi.cpu @siblings)) > 5%)", 8, 6,
                  "one of sum_of … all_of inside another" },
                { "when", "any_of(avg(psi.cpu @siblings) > avg(psi.cpu @children))", 45, 9,
                  "any_of(…) goes over '@siblings' already: one selector of several objects in each" },
                { "when", "5 / 0 > 1", 5, 1, "this has no value" },
                { "when", "avg(psi.cpu) > 5% # much", 19, 6,
                  "a comment behind a value: comments stand on lines of their own" },
                { "when", "avg(psi.cpu) > 5% ; much", 19, 6,
                  "a comment behind a value: comments stand on lines of their own" },
                { "until", "avg(psi.cpu) < 5ms", 16, 3,
                  "'avg(psi.cpu)' is a ratio (%), '5ms' is a time: they cannot be compared" },
                { "guard", "avg(psi.cpuu) < 5%", 5, 8, "unknown metric 'psi.cpuu', did you mean 'psi.cpu'?" },
        };

        check(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_actions(void **state)
{
        static const struct bad cases[] = {
                { "then", "cpu.wight = 5", 1, 9, "unknown knob 'cpu.wight', did you mean 'cpu.weight'?" },
                { "then", "5 = 5", 1, 1, "expected a knob, such as cpu.weight, found '5'" },
                { "then", "cpu.weight 5", 12, 1, "expected =, +=, -=, *= or /=, found '5'" },
                { "then", "cpu.weight == 5", 12, 2, "expected =, +=, -=, *= or /=, found '=='" },
                { "then", "cpu.weight = 5 6", 16, 1, "expected the end of the line, found '6'" },
                { "then", "cpu.weight = 20000", 14, 5, "out of the range of 'cpu.weight', 1..10000" },
                { "then", "cpu.weight = max", 14, 3, "out of the range of 'cpu.weight', 1..10000" },
                { "then", "cpu.weight = 5ms", 14, 3,
                  "'cpu.weight' is a plain number, expected a number with such a unit" },
                { "then", "cpu.weight = lots", 14, 4, "expected a number, found 'lots'" },
                { "then", "cpu.weight = 9000", 1, 17,
                  "the value is outside of the rule's own bounds for 'cpu.weight'" },
                { "then", "cpu.weight *= 5ms", 15, 3,
                  "expected a factor, a plain number or %, this is a time" },
                { "then", "cpu.weight *= 0", 15, 1, "expected a number above 0" },
                { "then", "cpu.max *= 2", 1, 12,
                  "a relative action needs bounds: add 'within = cpu.max LOW..HIGH'" },
                { "then", "cpu.max = 50", 11, 2, "'cpu.max' is a ratio (%), expected a number with %" },
                { "then", "cpu.max += 50", 12, 2, "'cpu.max' is a ratio (%), expected a number with %" },
                { "then", "cpu.set *= 2", 9, 2, "'cpu.set' is no number: it can only be set with =" },
                { "then", "cpu.set = 3-1", 11, 3,
                  "no value of 'cpu.set': expected a list of CPUs, such as 0-3,8" },
                { "then", "irq.mode @irq:7 = hihg", 19, 4, "unknown choice 'hihg', did you mean 'high'?" },
                { "then", "irq.mode = high", 1, 8,
                  "'irq.mode' belongs to irq objects, the rule is for cgroup objects: name them with "
                  "@irq:…" },
                { "then", "cpu.weight @host = 5", 12, 5,
                  "'cpu.weight' belongs to cgroup objects, the rule is for the host: name them with "
                  "@cgroup:…" },
                { "then", "cpu.weight = 200 # more", 18, 6,
                  "a comment behind a value: comments stand on lines of their own" },
                { "then", "cpu.set = 0-3 # all", 15, 5,
                  "a comment behind a value: comments stand on lines of their own" },
                { "within", "cpu.weight 500..50", 12, 7, "the lower bound is above the upper one" },
                { "within", "cpu.weight 20000..30000", 12, 12, "out of the range of 'cpu.weight', 1..10000" },
                { "within", "cpu.weight 100", 15, 1, "expected '..', found the end" },
                { "within", "cpu.weight 100..", 17, 1, "expected a number, found the end" },
                { "within", "cpu.weight 100..max", 17, 3, "out of the range of 'cpu.weight', 1..10000" },
                { "within", "cpu.max 20..max", 9, 2, "'cpu.max' is a ratio (%), expected a number with %" },
                { "within", "cpu.set 0..3", 9, 1, "'cpu.set' is no number: it has no bounds" },
        };

        check(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_keys(void **state)
{
        static const struct bad cases[] = {
                { "hold", "10", 1, 2, "expected a time with a unit, such as 10s" },
                { "hold", "10s # long", 5, 6,
                  "a comment behind a value: comments stand on lines of their own" },
                { "cooldown", "9000h", 1, 5, "expected a time from 0ns to 8760h" },
                { "window", "0s", 1, 2, "expected a time from 1ns to 1h" },
                { "every", "soon", 1, 4, "expected a time with a unit, such as 10s" },
                { "priority", "high", 1, 4, "expected a whole number from 0 to 1000" },
                { "priority", "1001", 1, 4, "expected a whole number from 0 to 1000" },
                { "mode", "advice", 1, 6, "unknown mode 'advice', did you mean 'advise'?" },
                { "mode", "observe", 1, 7, "unknown mode 'observe'" },
                { "on-clear", "eased", 1, 5, "unknown on-clear 'eased', did you mean 'ease'?" },
                { "on-exit", "kept", 1, 4, "unknown on-exit 'kept', did you mean 'keep'?" },
                { "contest", "yess", 1, 4, "unknown contest 'yess', did you mean 'yes'?" },
                { "delegated", "true", 1, 4, "unknown delegated 'true'" },
                { "for", "cgroup", 1, 6, "expected SCOPE:PATTERN, such as cgroup:/system.slice/*.service" },
                { "for", "cgroup:", 8, 0, "expected a pattern behind the ':'" },
                { "for", "cgroup:nginx*", 8, 6, "a cgroup's name begins with '/'" },
                { "for", "cgroups:/a", 1, 7, "unknown scope 'cgroups', did you mean 'cgroup'?" },
                { "for", "cgroup:/a/*, irq:7", 14, 5,
                  "objects of two scopes in one rule: make two rules of it" },
                { "for", "cgroup:/a,,cgroup:/b", 11, 1, "expected an object, SCOPE:PATTERN or host" },
                { "for", "!cgroup:/a", 1, 10, "nothing to leave out of: name what the rule is for first" },
                { "for", "cgroup:/a cgroup:/b", 1, 19, "white space in a pattern: put a comma between two" },
                { "for", "cgroup:/a # one", 11, 5,
                  "a comment behind a value: comments stand on lines of their own" },
        };

        check(cases, sizeof(cases) / sizeof(cases[0]));
}

struct whole {
        const char *text;
        unsigned line, column, width;
        const char *message;
};

/* What is wrong with a section as a whole, or with its keys. */
static void test_sections(void **state)
{
        static const struct whole cases[] = {
                { "[rul web]\nwhen = x\n", 1, 1, 0, "unknown kind of section 'rul', did you mean 'rule'?" },
                { "[Filter web]\nx = x\n", 1, 1, 0, "unknown kind of section 'Filter'" },
                { "[plugin sched]\nx = x\n", 1, 1, 0, "[plugin] stands in trimtab.conf, not among rules" },
                { "[goal]\nkeep = avg(psi.cpu) < 1%\n", 1, 1, 0, "a goal needs a name: [goal NAME]" },
                { "[rule]\nwhen = avg(psi.cpu) > 1%\n", 1, 1, 0, "a rule needs a name: [rule NAME]" },
                { "[rule r]\nwhen = 1 > 2\n", 1, 1, 0, "rule 'r' has no 'then'" },
                { "[rule r]\nthen = vm.ratio = 5\n", 1, 1, 0, "rule 'r' has no 'when'" },
                { "[rule r]\nwhen = 2 > 1\nthen = vm.ratio = 5\nhodl = 5s\n", 4, 1, 4,
                  "unknown key 'hodl', did you mean 'hold'?" },
                { "[rule r]\nwhen = 2 > 1\n  and 3 >\n  or 4 > 3\nthen = vm.ratio = 5\n", 4, 3, 2,
                  "expected a number, a function or a knob, found 'or'" },
                { "[rule r]\nwhen = 2 > 1\nhold = 5s\n 6s\nthen = vm.ratio = 5\n", 4, 2, 2,
                  "'hold' takes one line" },
                { "[rule r]\nwhen = 2 > 1\nwithin = vm.ratio 1..9\nthen = vm.ratio = 5\n  vm.ratio = 10\n", 5,
                  3, 13, "the value is outside of the rule's own bounds for 'vm.ratio'" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct diag_item *item;
                struct ruleset *set = NULL;
                struct world w;

                world_init(&w);
                assert_int_equal(world_parse(&w, cases[i].text, &set), -1);
                if (w.diag.n != 1)
                        diag_print(&w.diag, stderr, false);
                assert_int_equal(w.diag.n, 1);
                item = &w.diag.items[0];
                assert_string_equal(item->message, cases[i].message);
                assert_int_equal(item->line, cases[i].line);
                if (cases[i].width > 0) {
                        assert_int_equal(item->column, cases[i].column);
                        assert_int_equal(item->width, cases[i].width);
                }
                assert_int_equal(ruleset_n(set), 0);
                ruleset_free(set);
                world_clear(&w);
        }
}

/* Recursion ends before the stack does, and a bad rule leaves the others alone. */
static void test_limits(void **state)
{
        struct ruleset *set = NULL;
        struct world w;
        char text[8192] = "[rule deep]\nthen = vm.ratio = 5\nwhen = ";
        size_t n = strlen(text);

        memset(text + n, '(', 2000);
        strcpy(text + n + 2000, "\n[rule long]\nthen = vm.ratio = 5\nwhen = cpu.weight @cgroup:/a > 1");
        for (size_t i = 0; i < 100; i++)
                strcat(text, " and vm.ratio > 1");
        strcat(text, "\n[rule good]\nthen = vm.ratio = 5\nwhen = vm.ratio > 1\n");

        world_init(&w);
        assert_int_equal(world_parse(&w, text, &set), -1);
        assert_int_equal(w.diag.n_errors, 2);
        assert_string_equal(w.diag.items[0].message, "nested too deeply");
        assert_string_equal(w.diag.items[1].message, "the condition is too long");
        assert_int_equal(ruleset_n(set), 1);
        assert_non_null(ruleset_find(set, "good"));
        ruleset_free(set);
        world_clear(&w);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_computed), cmocka_unit_test(test_conditions), cmocka_unit_test(test_actions),
                cmocka_unit_test(test_keys),       cmocka_unit_test(test_sections),
                cmocka_unit_test(test_limits),
        };

        return cmocka_run_group_tests_name("decide/rule-errors", tests, NULL, NULL);
}
