/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the program in the kernel says, against the oracle: rules, tasks and destinations by chance. Nothing is attached. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oracle.h"
#include "program.h"

static struct program program;
static unsigned first_seed = 1, n_seeds = 60;

static void put(const struct random_case *c, struct policy *p)
{
        const struct policy_input in = { .rules = c->rules, .lifeline = c->lifeline, .n_lifeline = c->n_lifeline };
        const struct tasks none = {};
        char why[128] = "";

        if (policy_make(&in, p, why, sizeof(why)) < 0)
                fail_msg("no policy: %s", why);
        assert_int_equal(program_swap(&program, p, &none), 0);
}

static void test_against_the_oracle(void **state)
{
        size_t seen[3] = {};

        for (unsigned seed = first_seed; seed < first_seed + n_seeds; seed++) {
                struct random_case c;
                struct policy p;

                random_case_make(seed, &c);
                put(&c, &p);
                for (int i = 0; i < 500; i++) {
                        struct task task;
                        struct destination to;
                        struct guard_request rq;
                        struct guard_class class;
                        int expected, got;

                        random_task(&task);
                        random_destination(&c, &to);
                        request_make(&to, &rq);
                        class_make(&p, c.rules, &task, &class);
                        expected = oracle(c.rules, c.lifeline, c.n_lifeline, &task, &to);
                        got = program_try(&program, &rq, &class);
                        seen[expected]++;
                        if (expected == got)
                                continue;
                        describe(&c, &task, &to);
                        fail_msg("seed %u: expected %d, got %d", seed, expected, got);
                }
                policy_clear(&p);
                random_case_free(&c);
        }
        print_message("  allowed %zu, denied %zu\n", seen[GUARD_ALLOW], seen[GUARD_DENY]);
        assert_true(seen[GUARD_ALLOW] > 1000 && seen[GUARD_DENY] > 1000);
}

/* Of a layer that perhaps matches, what it refuses counts, and what it allows does not. */
static void test_perhaps(void **state)
{
        struct item items[] = {
                { .prefix = { .family = 4, .length = 8, .bytes = { 10 } }, .ports = { 0, 65535 } },
                { .prefix = { .family = 4, .length = 8, .bytes = { 11 } }, .ports = { 0, 65535 }, .deny = true },
        };
        struct rule rule = { .name = (char *) "glob", .uid = -1, .unit = (char *) "x*.service", .items = items, .n_items = 2 };
        struct rules rules = { .verdict = GUARD_DENY, .all = &rule, .n = 1 };
        struct random_case c = { .rules = &rules };
        struct guard_class class;
        struct guard_request rq = { .family = 4, .upper = 10ull << 56 | 1ull << 32, .protocol = 6 };
        struct policy p;

        put(&c, &p);
        class.certain = p.set.any_cgroup;
        class.maybe = p.set.globs;
        assert_int_equal(program_try(&program, &rq, &class), GUARD_DENY);
        for (int i = 0; i < GUARD_WORDS; i++)
                class.certain.word[i] |= class.maybe.word[i];
        assert_int_equal(program_try(&program, &rq, &class), GUARD_ALLOW);
        policy_clear(&p);

        rules.verdict = GUARD_ALLOW;
        put(&c, &p);
        class.certain = p.set.any_cgroup;
        assert_int_equal(program_try(&program, &rq, &class), GUARD_ALLOW);
        rq.upper = 11ull << 56 | 1ull << 32;
        assert_int_equal(program_try(&program, &rq, &class), GUARD_DENY);
        policy_clear(&p);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_against_the_oracle), cmocka_unit_test(test_perhaps) };
        struct program_sizes sizes = { .n_groups = 1, .n_shards = 1 };
        int r;

        if (argc > 1)
                n_seeds = (unsigned) strtoul(argv[1], NULL, 10);
        if (geteuid() != 0) {
                (void) fprintf(stderr, "skipped: not root\n");
                return 77;
        }
        program_init(&program, &sizes);
        r = program_load(&program);
        if (r < 0 || programs_fd(&program.programs, GUARD_PROGRAM_TRY) < 0) {
                (void) fprintf(stderr, "the kernel does not take the program: %s\n", r < 0 ? strerror(-r) : programs_refusal(&program.programs, GUARD_PROGRAM_TRY));
                return 1;
        }
        r = cmocka_run_group_tests(tests, NULL, NULL);
        program_done(&program);
        return r;
}
