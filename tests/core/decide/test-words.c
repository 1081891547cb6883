/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "world.h"

/*
 * Words in place of a knob's value: what they mean is asked each time that a rule or goal acts by them. And values of files whose plugin
 * has something to say of them.
 */

enum { IRQ = 7, OTHER_IRQ = 9 };

static const char by_rule[] = "[rule away]\n"
                              "for = irq:7\n"
                              "when = avg(psi.cpu @cgroup:/a/web) > 20%\n"
                              "then = irq.cpus = calmest\n"
                              "hold = 0s\n"
                              "every = 10s\n";

static int setup(void **state)
{
        struct world *w = calloc(1, sizeof(*w));

        if (!w)
                return -1;
        world_init(w);
        *state = w;
        return 0;
}

static int teardown(void **state)
{
        world_clear(*state);
        free(*state);
        return 0;
}

static const char *cpus(struct world *w, uint64_t irq)
{
        return knob_state(w, "irq.cpus", (struct oid){ SCOPE_IRQ, irq })->now.text;
}

/* Not the word is decided, but what it means; and anew each time that it is the rule's turn. */
static void test_means_what_it_means_now(void **state)
{
        struct world *w = *state;

        world_rules(w, by_rule);
        w->means = "2";
        pass(w, 3, 50);
        assert_string_equal(cpus(w, IRQ), "2");
        assert_string_equal(cpus(w, OTHER_IRQ), "0-3");

        w->means = "3";
        pass(w, 5, 50); /* not its turn yet */
        assert_string_equal(cpus(w, IRQ), "2");
        pass(w, 10, 50);
        assert_string_equal(cpus(w, IRQ), "3");

        pass(w, 60, 0);
        assert_string_equal(cpus(w, IRQ), "0-3");
}

/* Where it is already best nothing is claimed, so there is nothing to put back. */
static void test_what_is_there_is_not_taken(void **state)
{
        struct world *w = *state;

        world_rules(w, by_rule);
        w->means = NULL;
        for (int i = 0; i < 30; i++) {
                pass(w, 1, 50);
                assert_int_equal(w->decisions.n, 0);
        }
        assert_true(w->n_resolved > 0);
}

/* What is held already stays as it is without a decision. */
static void test_the_same_again(void **state)
{
        struct world *w = *state;
        unsigned asked;

        world_rules(w, by_rule);
        w->means = "2";
        pass(w, 3, 50);
        asked = w->n_resolved;
        for (int i = 0; i < 30; i++) {
                pass(w, 1, 50);
                assert_int_equal(w->decisions.n, 0);
        }
        assert_true(w->n_resolved > asked);
        assert_string_equal(cpus(w, IRQ), "2");
}

static void test_not_now(void **state)
{
        struct world *w = *state;

        world_rules(w, by_rule);
        w->means_error = -EBUSY;
        pass(w, 30, 50);
        assert_string_equal(cpus(w, IRQ), "0-3");
        w->means_error = 0;
        w->means = "1";
        pass(w, 12, 50);
        assert_string_equal(cpus(w, IRQ), "1");
}

/* Lists are still lists, and nobody is asked what they mean where nobody would know. */
static void test_values_are_values(void **state)
{
        struct world *w = *state;

        world_rules(w, "[rule there]\nfor = irq:7\nwhen = avg(psi.cpu @cgroup:/a/web) > 20%\nhold = 0s\nthen = irq.cpus = 2,1\n");
        pass(w, 3, 50);
        assert_string_equal(cpus(w, IRQ), "1-2");
        assert_int_equal(w->n_resolved, 0);
}

static const char pinned[] = "[rule there]\n"
                             "for = irq:7\n"
                             "when = avg(psi.cpu @cgroup:/a/web) > 20%\n"
                             "then = irq.pins = 2-3\n"
                             "hold = 0s\n"
                             "every = 10s\n";

static const char *pins(struct world *w)
{
        return knob_state(w, "irq.pins", (struct oid){ SCOPE_IRQ, IRQ })->now.text;
}

/* One of the two cannot be had now. */
static void test_a_value_is_what_is_left_of_it(void **state)
{
        struct world *w = *state;

        world_rules(w, pinned);
        w->means = "2";
        pass(w, 3, 50);
        assert_string_equal(pins(w), "2");
        w->means = "2-3";
        pass(w, 20, 50);
        assert_string_equal(pins(w), "2-3");
        pass(w, 60, 0);
        assert_string_equal(pins(w), "0-3");
}

/* Nothing is decided, so that nothing is written, nor held against other rules; and why can be seen. */
static void test_a_value_that_is_not_to_be(void **state)
{
        static const struct {
                int error;
                const char *says;
        } cases[] = {
                { -EPERM, "not to be changed" }, { -ENODEV, "gone" },     { -EINVAL, "no such value" },
                { -EBUSY, "somebody else" },     { -EAGAIN, "too early" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                struct world *w = *state;

                world_rules(w, pinned);
                w->means_error = cases[i].error;
                for (int s = 0; s < 30; s++) {
                        pass(w, 1, 50);
                        assert_int_equal(w->decisions.n, 0);
                }
                assert_string_equal(pins(w), "0-3");
                assert_non_null(info_of(w, "there", IRQ).waits_for);
                if (!strstr(info_of(w, "there", IRQ).waits_for, cases[i].says))
                        fail_msg("%d: %s", cases[i].error, info_of(w, "there", IRQ).waits_for);
        }
}

static void test_a_value_that_is_to_be_later(void **state)
{
        struct world *w = *state;

        world_rules(w, "[rule there]\nfor = irq:7\nwhen = avg(psi.cpu @cgroup:/a/web) > 20%\nhold = 0s\nthen = irq.pins = 1\n");
        w->means_error = -EBUSY;
        pass(w, 30, 50);
        assert_string_equal(pins(w), "0-3");
        w->means_error = 0;
        w->means = "1";
        pass(w, 60, 50);
        assert_string_equal(pins(w), "1");
}

/* A refusal leaves what is held. */
static void test_a_value_that_is_held(void **state)
{
        struct world *w = *state;

        world_rules(w, pinned);
        w->means = "2-3";
        pass(w, 3, 50);
        w->means_error = -EPERM;
        pass(w, 30, 50);
        assert_string_equal(pins(w), "2-3");
        pass(w, 60, 0); /* and on its way back nobody is asked */
        assert_string_equal(pins(w), "0-3");
}

static int pages(struct world *w)
{
        return (int) knob_state(w, "vm.pages", (struct oid){ SCOPE_HOST, TRIMTAB_HOST_OBJECT })->now.number;
}

static void test_numbers(void **state)
{
        struct world *w = *state;

        world_rules(w, "[rule more]\nwhen = avg(psi.cpu @cgroup:/a/web) > 20%\nhold = 0s\nthen = vm.pages = 43\n");
        pass(w, 3, 50);
        assert_int_equal(pages(w), 40);
        pass(w, 60, 0);
        assert_int_equal(pages(w), 20);

        world_rules(w, "[rule more]\nwhen = avg(psi.cpu @cgroup:/a/web) > 20%\nhold = 0s\nthen = vm.pages += 11\nwithin = vm.pages 0..60\nevery = 10s\n");
        pass(w, 6, 50);
        assert_int_equal(pages(w), 24);
        w->means_error = -EPERM;
        pass(w, 30, 50);
        assert_int_equal(pages(w), 24);
}

/* In a replay nobody can be asked: the word stands for itself. */
static void test_nobody_to_ask(void **state)
{
        struct world *w = *state;

        world_rules(w, by_rule);
        w->view.resolve = NULL;
        pass(w, 3, 50);
        assert_string_equal(cpus(w, IRQ), "calmest");
}

static void test_errors(void **state)
{
        static const struct {
                const char *text, *says;
        } cases[] = {
                { "then = irq.cpus = calmst\n", "or a word such as calmest" },
                { "then = cpu.set @cgroup:/a/web = calmest\n", "expected a list of CPUs" },
                { "then = irq.mode = calmest\n", "unknown choice" },
                { "then = irq.cpus += 1\n", "it can only be set" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                struct world *w = *state;
                struct ruleset *set;
                char text[256], *said = NULL;
                size_t size;
                FILE *out = open_memstream(&said, &size);

                (void) snprintf(text, sizeof(text), "[rule r]\nfor = irq:7\nwhen = net.load > 1\n%s", cases[i].text);
                ini_clear(&w->ini);
                diag_clear(&w->diag);
                assert_int_equal(world_parse(w, text, &set), -1);
                ruleset_free(set);
                diag_print(&w->diag, out, false);
                (void) fclose(out);
                if (!strstr(said, cases[i].says))
                        fail_msg("%s said: %s", cases[i].text, said);
                free(said);
        }
}

static const char by_goal[] = "[goal web]\n"
                              "for = cgroup:/a/web\n"
                              "keep = avg(psi.cpu) < 20%\n"
                              "by = irq.cpus @irq:7 calmest\n"
                              "settle = 5s\n"
                              "ease-after = 20s\n";

/* The interrupt is what hurts as long as it is where it was. */
static void live(struct world *w, int seconds, double load)
{
        for (int i = 0; i < seconds; i++)
                pass(w, 1, strcmp(cpus(w, IRQ), "0-3") == 0 ? load : load / 8);
}

static void test_a_goal_moves_it(void **state)
{
        struct world *w = *state;

        world_rules(w, by_goal);
        w->means = "2";
        live(w, 30, 80);
        assert_string_equal(cpus(w, IRQ), "2");
        live(w, 600, 1); /* the load has gone: so is what was done against it */
        assert_string_equal(cpus(w, IRQ), "0-3");
}

/* What did not help is undone. */
static void test_a_goal_undoes_it(void **state)
{
        struct world *w = *state;
        bool moved = false;

        world_rules(w, by_goal);
        w->means = "2";
        for (int i = 0; i < 60; i++) {
                pass(w, 1, 80);
                moved |= strcmp(cpus(w, IRQ), "2") == 0;
        }
        assert_true(moved);
        assert_string_equal(cpus(w, IRQ), "0-3");
}

static void test_goal_errors(void **state)
{
        static const char *const cases[] = {
                "by = irq.cpus @irq:7 2\n",
                "by = irq.cpus @irq:7 0..3\n",
                "by = irq.mode @irq:7 low\n",
                "by = cpu.set calmest\n",
                "take = irq.cpus @irq:7 calmest\n",
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                struct world *w = *state;
                struct ruleset *set;
                char text[256];

                (void) snprintf(text, sizeof(text), "[goal g]\nfor = cgroup:/a/web\nkeep = avg(psi.cpu) < 20%%\n%s", cases[i]);
                ini_clear(&w->ini);
                diag_clear(&w->diag);
                if (world_parse(w, text, &set) != -1)
                        fail_msg("%s was taken", cases[i]);
                ruleset_free(set);
        }
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_means_what_it_means_now, setup, teardown),
                cmocka_unit_test_setup_teardown(test_what_is_there_is_not_taken, setup, teardown),
                cmocka_unit_test_setup_teardown(test_the_same_again, setup, teardown),
                cmocka_unit_test_setup_teardown(test_not_now, setup, teardown),
                cmocka_unit_test_setup_teardown(test_values_are_values, setup, teardown),
                cmocka_unit_test_setup_teardown(test_a_value_is_what_is_left_of_it, setup, teardown),
                cmocka_unit_test_setup_teardown(test_a_value_that_is_not_to_be, setup, teardown),
                cmocka_unit_test_setup_teardown(test_a_value_that_is_to_be_later, setup, teardown),
                cmocka_unit_test_setup_teardown(test_a_value_that_is_held, setup, teardown),
                cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
                cmocka_unit_test_setup_teardown(test_nobody_to_ask, setup, teardown),
                cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
                cmocka_unit_test_setup_teardown(test_a_goal_moves_it, setup, teardown),
                cmocka_unit_test_setup_teardown(test_a_goal_undoes_it, setup, teardown),
                cmocka_unit_test_setup_teardown(test_goal_errors, setup, teardown),
        };

        return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
