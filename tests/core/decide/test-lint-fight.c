/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "world.h"

/* Two rules that want the same knob of the same object to be different. */

struct side {
        const char *match, *when, *then, *more; /* "": none */
};

struct fight {
        struct side a, b;
        const char *deed; /* what is said of a and b; NULL: they do not fight */
};

static size_t add_rule(char *text, size_t size, const char *name, const struct side *s)
{
        const char *within = strncmp(s->match, "cgroup:", 7) == 0
                                     ? "within = cpu.weight 50..1000\n cpu.max 20%..max\n"
                                     : "\n\n";

        return (size_t) snprintf(text, size, "[rule %s]\nfor = %s\nwhen = %s\nthen = %s\n%s%s", name,
                                 s->match, s->when, s->then, within, s->more ?: "");
}

static bool is_as_said(const struct diag *diag, const struct fight *f, const struct side *a,
                       const struct side *b)
{
        const struct diag_item *item = diag->items;
        char message[512];

        if (!f->deed)
                return diag->n == 0;
        snprintf(message, sizeof(message),
                 "rule 'a' %s at the same priority: that one wins, being later; give one of them another "
                 "'priority'",
                 f->deed);
        return diag->n == 1 && diag->n_warnings == 1 && strcmp(item->message, message) == 0 &&
               item->line == 4 && item->column == 8 && item->width == strcspn(a->then, "\n") && b;
}

static void check(const struct fight *cases, size_t n)
{
        size_t n_wrong = 0;

        for (size_t i = 0; i < n; i++) {
                struct ruleset *set = NULL;
                struct world w;
                char text[2048];
                size_t length;

                world_init(&w);
                length = add_rule(text, sizeof(text), "a", &cases[i].a);
                (void) add_rule(text + length, sizeof(text) - length, "b", &cases[i].b);
                (void) world_parse(&w, text, &set);
                if (!is_as_said(&w.diag, &cases[i], &cases[i].a, &cases[i].b) || ruleset_n(set) != 2) {
                        fprintf(stderr, "%s  expected: %s\n", text, cases[i].deed ?: "nothing");
                        for (size_t k = 0; k < w.diag.n; k++)
                                fprintf(stderr, "  found at %u:%u+%u: %s\n", w.diag.items[k].line,
                                        w.diag.items[k].column, w.diag.items[k].width,
                                        w.diag.items[k].message);
                        n_wrong++;
                }
                ruleset_free(set);
                world_clear(&w);
        }
        assert_int_equal(n_wrong, 0);
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof((cases)[0]))

#define WEB "cgroup:/a/web"
#define SLOW "p99(sched.latency) > 5ms"
#define BUSY "avg(psi.cpu) > 20%"
#define UP "cpu.weight *= 1.5"
#define DOWN "cpu.weight *= 0.5"

static void test_what_is_done(void **state)
{
        static const struct fight cases[] = {
                { { WEB, SLOW, UP },
                  { WEB, BUSY, DOWN },
                  "raises 'cpu.weight' of cgroup:/a/web while rule 'b' (1.conf:10:8) lowers it" },
                { { WEB, SLOW, "cpu.weight -= 10" },
                  { WEB, BUSY, "cpu.weight /= 0.5" },
                  "lowers 'cpu.weight' of cgroup:/a/web while rule 'b' (1.conf:10:8) raises it" },
                { { WEB, SLOW, "cpu.weight = 200" },
                  { WEB, BUSY, "cpu.weight = 300" },
                  "sets 'cpu.weight' of cgroup:/a/web to 200 while rule 'b' (1.conf:10:8) sets it to 300" },
                { { WEB, SLOW, "cpu.max = max" },
                  { WEB, BUSY, "cpu.max *= 0.8" },
                  "sets 'cpu.max' of cgroup:/a/web to max while rule 'b' (1.conf:10:8) lowers it" },
                { { WEB, SLOW, "cpu.set = 0-3" },
                  { WEB, BUSY, "cpu.set = 0,1" },
                  "sets 'cpu.set' of cgroup:/a/web to 0-3 while rule 'b' (1.conf:10:8) sets it to 0-1" },
                { { WEB, SLOW, UP },
                  { WEB, BUSY, "cpu.weight = 200" },
                  "raises 'cpu.weight' of cgroup:/a/web while rule 'b' (1.conf:10:8) sets it to 200" },

                { { WEB, SLOW, UP }, { WEB, BUSY, UP }, NULL },
                { { WEB, SLOW, UP }, { WEB, BUSY, "cpu.weight += 100" }, NULL },
                { { WEB, SLOW, UP }, { WEB, BUSY, "cpu.weight = 1000" }, NULL },
                { { WEB, SLOW, DOWN }, { WEB, BUSY, "cpu.weight = 50" }, NULL },
                { { WEB, SLOW, "cpu.weight = 200" }, { WEB, BUSY, "cpu.weight = 200" }, NULL },
                { { WEB, SLOW, "cpu.set = 0-3" }, { WEB, BUSY, "cpu.set = 0,1,2,3" }, NULL },
                { { WEB, SLOW, UP }, { WEB, BUSY, "cpu.max *= 0.5" }, NULL },
        };

        CHECK(cases);
}

#define BOTH(name) "raises 'cpu.weight' of " name " while rule 'b' (1.conf:10:8) lowers it"

static void test_on_what(void **state)
{
        static const struct fight cases[] = {
                { { "cgroup:/a/*", SLOW, UP },
                  { "cgroup:/*/web", BUSY, DOWN },
                  BOTH("objects such as cgroup:/a/web") },
                { { "cgroup:/b, cgroup:/a/w*", SLOW, UP }, { WEB, BUSY, DOWN }, BOTH("cgroup:/a/web") },
                { { "cgroup:/a/*", SLOW, UP },
                  { "cgroup:/a/*", BUSY, DOWN },
                  BOTH("objects such as cgroup:/a/x") },
                { { "cgroup:/a/*, !cgroup:/a/db", SLOW, UP }, { WEB, BUSY, DOWN }, BOTH("cgroup:/a/web") },
                { { "cgroup:/a", SLOW, "cpu.weight @children *= 2" },
                  { WEB, BUSY, DOWN },
                  BOTH("cgroup:/a/web") },
                { { "cgroup:/a/web", SLOW, "cpu.weight @parent *= 2" },
                  { "cgroup:/a", BUSY, DOWN },
                  BOTH("cgroup:/a") },
                { { "cgroup:/a/db", SLOW, "cpu.weight @siblings *= 2" },
                  { WEB, BUSY, DOWN },
                  BOTH("cgroup:/a/web") },
                { { "cgroup:/b", SLOW, "cpu.weight @" WEB " *= 2" },
                  { WEB, BUSY, DOWN },
                  BOTH("cgroup:/a/web") },
                { { "cgroup:/b", SLOW, "cpu.weight @cgroup:/a/* *= 2" },
                  { WEB, BUSY, DOWN },
                  BOTH("cgroup:/a/web") },
                { { "host", "avg(net.load) > 5", "vm.ratio = 5" },
                  { WEB, BUSY, "vm.ratio @host = 6" },
                  "sets 'vm.ratio' of host to 5 while rule 'b' (1.conf:10:8) sets it to 6" },
                { { "irq:7", "rate(irq.count) > 5", "irq.mode = low" },
                  { "irq:9", "rate(irq.count) > 5", "irq.mode @siblings = high" },
                  "sets 'irq.mode' of irq:7 to low while rule 'b' (1.conf:10:8) sets it to high" },

                { { WEB, SLOW, UP }, { "cgroup:/a/db", BUSY, DOWN }, NULL },
                { { "cgroup:/a/*", SLOW, UP }, { "cgroup:/b/*", BUSY, DOWN }, NULL },
                { { "cgroup:/a/*", SLOW, UP }, { "cgroup:/a", BUSY, DOWN }, NULL },
                { { "cgroup:/a/*, !cgroup:/a/web", SLOW, UP }, { WEB, BUSY, DOWN }, NULL },
                { { "cgroup:/a/*, !cgroup:/a/w*", SLOW, UP }, { "cgroup:/*/w*", BUSY, DOWN }, NULL },
                /* What a rule is for is none of its @siblings. */
                { { "cgroup:/a/*", SLOW, "cpu.weight @siblings *= 2" }, { WEB, BUSY, DOWN }, NULL },
                { { WEB, SLOW, "cpu.weight @siblings *= 2" }, { WEB, BUSY, DOWN }, NULL },
                { { "cgroup:/b/web", SLOW, "cpu.weight @siblings *= 2" }, { WEB, BUSY, DOWN }, NULL },
                { { "cgroup:/a", SLOW, "cpu.weight @children *= 2" }, { "cgroup:/b/web", BUSY, DOWN }, NULL },
                { { "irq:7", "rate(irq.count) > 5", "irq.mode = low" },
                  { "irq:7", "rate(irq.count) > 5", "irq.mode @siblings = high" },
                  NULL },
                { { "cgroup:/*/db, !cgroup:/a/*", SLOW, "cpu.weight @siblings *= 2" },
                  { WEB, BUSY, DOWN },
                  NULL },
                { { "cgroup:/*/db, !cgroup:/a/*", SLOW, "cpu.weight @parent *= 2" },
                  { "cgroup:/a", BUSY, DOWN },
                  NULL },
                /* Neither gets it. */
                { { "cgroup:/system.slice/*", SLOW, UP }, { "cgroup:/*/ssh.service", BUSY, DOWN }, NULL },
        };

        CHECK(cases);
}

static void test_when(void **state)
{
        static const struct fight cases[] = {
                { { WEB, SLOW, UP }, { WEB, "p99(sched.latency) > 3ms", DOWN }, BOTH("cgroup:/a/web") },
                { { WEB, SLOW, UP }, { WEB, "p99(sched.latency) < 8ms", DOWN }, BOTH("cgroup:/a/web") },
                { { WEB, SLOW " or avg(psi.cpu) < 1%", UP }, { WEB, BUSY, DOWN }, BOTH("cgroup:/a/web") },
                { { WEB, SLOW, UP }, { WEB, "p50(sched.latency) > 3ms", DOWN }, BOTH("cgroup:/a/web") },

                { { WEB, SLOW, UP }, { WEB, "p99(sched.latency) < 4ms", DOWN }, NULL },
                { { WEB, SLOW, UP }, { WEB, "not p99(sched.latency) > 5ms", DOWN }, NULL },
                { { WEB, SLOW " and " BUSY, UP }, { WEB, "avg(psi.cpu) < 5%", DOWN }, NULL },
                { { WEB, "last(net.load @host) > 5", UP }, { WEB, "last(net.load @host) < 3", DOWN }, NULL },
                { { "cgroup:/a/db", "last(net.load @host) > 5", "cpu.weight @siblings *= 2" },
                  { WEB, "last(net.load @host) < 3", DOWN },
                  NULL },
                /* They may hang together in ways that are not known. */
                { { WEB, SLOW, UP }, { WEB, "p50(sched.latency) < 4ms", DOWN }, NULL },
                { { WEB, SLOW, UP }, { WEB, "p99(sched.latency @parent) < 4ms", DOWN }, NULL },
                { { WEB, "last(mem.used) > 1Gi", UP }, { WEB, "mem.high < 1Gi", DOWN }, NULL },
                { { WEB, SLOW, UP }, { WEB, "last(mem.used) > last(mem.used @parent) / 2", DOWN }, NULL },
        };
        static const struct fight guarded[] = {
                { { WEB, SLOW, UP, "guard = avg(psi.cpu) < 10%\n" }, { WEB, BUSY, DOWN }, NULL },
                { { WEB, SLOW, UP },
                  { WEB, "last(mem.used) > 1Gi", DOWN, "guard = p99(sched.latency) < 4ms\n" },
                  NULL },
        };

        CHECK(cases);
        CHECK(guarded);
}

/* Of one plugin and kind, one may be part of the other; of two plugins, not. */
static void test_other_metrics(void **state)
{
        static const struct trimtab_metric more = {
                "more.latency", "ns", "", "cgroup", TRIMTAB_HISTOGRAM, 0
        };

        for (int apart = 0; apart < 2; apart++) {
                struct ruleset *set = NULL;
                struct metric *m;
                struct world w;

                world_init(&w);
                assert_int_equal(
                        catalogue_add_metric(w.catalogue, apart ? "other" : "test", &more, SCOPE_CGROUP, &m),
                        0);
                assert_int_equal(world_parse(&w,
                                             "[rule a]\nfor = " WEB "\nwhen = " SLOW
                                             "\nthen = cpu.weight = 5\n"
                                             "[rule b]\nfor = " WEB "\nwhen = p99(more.latency) < 1ms\n"
                                             "then = cpu.weight = 6\n",
                                             &set),
                                 0);
                assert_int_equal(w.diag.n_warnings, apart);
                ruleset_free(set);
                world_clear(&w);
        }
}

static void test_ranks(void **state)
{
        static const struct fight cases[] = {
                { { WEB, SLOW, UP, "priority = 60\n" }, { WEB, BUSY, DOWN }, NULL },
                { { WEB, SLOW, UP }, { WEB, BUSY, DOWN, "mode = off\n" }, NULL },
                { { WEB, SLOW, UP, "mode = off\n" }, { WEB, BUSY, DOWN, "mode = off\n" }, NULL },
                { { WEB, SLOW, UP }, { WEB, BUSY, DOWN, "mode = advise\n" }, NULL },
        };

        CHECK(cases);
}

/* The later file wins, whichever came first; two actions on one knob are said once. */
static void test_files(void **state)
{
        struct ruleset *set = NULL;
        struct world w;

        world_init(&w);
        assert_int_equal(
                world_parse(&w, "[rule b]\nfor = " WEB "\nwhen = " SLOW "\nthen = cpu.weight = 5\n", &set),
                0);
        ruleset_free(set);
        assert_int_equal(w.diag.n, 0);
        assert_int_equal(world_parse(&w,
                                     "[rule a]\nfor = " WEB "\nwhen = " BUSY
                                     "\nthen = cpu.weight = 6\n cpu.weight @" WEB " = 7\n",
                                     &set),
                         0);
        assert_int_equal(w.diag.n, 1);
        assert_string_equal(w.diag.items[0].path, "1.conf");
        assert_int_equal(w.diag.items[0].line, 4);
        assert_string_equal(
                w.diag.items[0].message,
                "rule 'b' sets 'cpu.weight' of cgroup:/a/web to 5 while rule 'a' (2.conf:4:8) sets it "
                "to 6 at the same priority: that one wins, being later; give one of them another "
                "'priority'");
        ruleset_free(set);
        world_clear(&w);
}

/* A drop-in that touches a rule makes it the later one. */
static void test_drop_in(void **state)
{
        struct ruleset *set = NULL;
        struct world w;

        world_init(&w);
        assert_int_equal(world_parse(&w,
                                     "[rule a]\nfor = " WEB "\nwhen = " SLOW "\nthen = cpu.weight = 5\n"
                                     "[rule b]\nfor = " WEB "\nwhen = " BUSY "\nthen = cpu.weight = 6\n",
                                     &set),
                         0);
        ruleset_free(set);
        diag_clear(&w.diag);
        assert_int_equal(world_parse(&w, "[rule a]\nhold = 5s\n", &set), 0);
        assert_int_equal(w.diag.n, 1);
        assert_string_equal(
                w.diag.items[0].message,
                "rule 'b' sets 'cpu.weight' of cgroup:/a/web to 6 while rule 'a' (1.conf:4:8) sets it to "
                "5 at the same priority: that one wins, being later; give one of them another "
                "'priority'");
        ruleset_free(set);
        world_clear(&w);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_is_done), cmocka_unit_test(test_on_what),
                cmocka_unit_test(test_when),         cmocka_unit_test(test_other_metrics),
                cmocka_unit_test(test_ranks),        cmocka_unit_test(test_drop_in),
                cmocka_unit_test(test_files),
        };

        return cmocka_run_group_tests_name("decide/lint-fight", tests, NULL, NULL);
}
