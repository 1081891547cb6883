/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "decide/value.h"
#include "plain-files.h"
#include "util/clock.h"
#include "util/str.h"

static struct plain p;

static int setup(void **state)
{
        plain_make(&p);
        plain_open(&p);
        return 0;
}

static int teardown(void **state)
{
        plain_remove(&p);
        return 0;
}

static size_t entries(void)
{
        size_t n;

        (void) ledger_entries(p.ledger, &n);
        return n;
}

static void restart(void)
{
        plain_close(&p);
        plain_open(&p);
}

static void sets_and_restores(void **state)
{
        struct trimtab_value v;

        plain_write(&p, 0, "100");
        assert_int_equal(plain_set(&p, 0, 150), OUTCOME_DONE);
        assert_string_equal(plain_read(&p, 0), "150");
        assert_true(p.last.have_before && p.last.before.number == 100);
        assert_true(p.last.have_after && p.last.after.number == 150);
        assert_ptr_equal(p.last.knob, &plain_knob);
        assert_int_equal(entries(), 1);

        assert_int_equal(plain_set(&p, 0, INFINITY), OUTCOME_DONE);
        assert_string_equal(plain_read(&p, 0), "max");
        assert_int_equal(actor_current(p.actor, &plain_knob, plain_object(&p, 0), &v), 0);
        assert_true(isinf(v.number));
        assert_int_equal(actor_original(p.actor, &plain_knob, plain_object(&p, 0), &v), 0);
        assert_true(v.number == 100);

        assert_int_equal(plain_restore(&p, 0), OUTCOME_RESTORED);
        assert_string_equal(plain_read(&p, 0), "100");
        assert_int_equal(entries(), 0);
        assert_int_equal(actor_restore(p.actor, &plain_knob, plain_object(&p, 0)->id, NULL, 0), -ENOENT);
}

static void never_reports_from_within_a_call(void **state)
{
        struct trimtab_value v = value_number(150);

        plain_write(&p, 0, "100");
        assert_int_equal(actor_set(p.actor, &plain_knob, plain_object(&p, 0),
                                   &(struct wish){ .value = v, .rule = "rule", .decision = 1 }, 0),
                         0);
        assert_int_equal(p.n_reports, 0);
        assert_false(actor_idle(p.actor));
        assert_true(actor_busy(p.actor, &plain_knob, plain_object(&p, 0)->id, 0));
        plain_run(&p);
        assert_int_equal(p.n_reports, 1);
        assert_false(actor_busy(p.actor, &plain_knob, plain_object(&p, 0)->id, 0));
}

static void what_is_so_already_is_not_ours(void **state)
{
        plain_write(&p, 0, "150");
        assert_int_equal(plain_set(&p, 0, 150), OUTCOME_DONE);
        assert_int_equal(entries(), 0);
}

static void the_empty_value_comes_back(void **state)
{
        plain_write(&p, 0, "");
        assert_int_equal(plain_set(&p, 0, 150), OUTCOME_DONE);
        assert_string_equal(plain_read(&p, 0), "150");
        assert_int_equal(plain_restore(&p, 0), OUTCOME_RESTORED);
        assert_string_equal(plain_read(&p, 0), "");
}

static void other_writers_win(void **state)
{
        struct oid id = plain_object(&p, 0)->id;
        struct trimtab_value v = value_number(200);

        plain_write(&p, 0, "100");
        assert_int_equal(plain_set(&p, 0, 150), OUTCOME_DONE);
        plain_write(&p, 0, "777");
        assert_int_equal(plain_set(&p, 0, 200), OUTCOME_FOREIGN);
        assert_string_equal(plain_read(&p, 0), "777");
        assert_int_equal(entries(), 0);

        /* And it rests. */
        assert_true(actor_busy(p.actor, &plain_knob, id, monotonic_ns()));
        assert_int_equal(actor_set(p.actor, &plain_knob, plain_object(&p, 0),
                                   &(struct wish){ .value = v, .rule = "rule", .decision = 1 },
                                   monotonic_ns()),
                         -EBUSY);
        assert_false(actor_busy(p.actor, &plain_knob, id, monotonic_ns() + 2 * p.config.foreign_backoff_ns));

        assert_int_equal(actor_restore_all(p.actor, true), 0);
        plain_run(&p);
        assert_string_equal(plain_read(&p, 0), "777");
}

static void a_foreign_value_survives_restore(void **state)
{
        plain_write(&p, 0, "100");
        assert_int_equal(plain_set(&p, 0, 150), OUTCOME_DONE);
        plain_write(&p, 0, "777");
        assert_int_equal(plain_restore(&p, 0), OUTCOME_FOREIGN);
        assert_string_equal(plain_read(&p, 0), "777");
        assert_int_equal(entries(), 0);
}

static void vanished_objects_are_gone(void **state)
{
        char path[160];

        assert_int_equal(plain_set(&p, 3, 150), OUTCOME_GONE);

        plain_write(&p, 0, "100");
        assert_int_equal(plain_set(&p, 0, 150), OUTCOME_DONE);
        (void) snprintf(path, sizeof(path), "%s/value", plain_object(&p, 0)->path);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(plain_object(&p, 0)->path), 0);
        assert_int_equal(plain_restore(&p, 0), OUTCOME_GONE);
        assert_int_equal(entries(), 0);
}

static void restores_what_an_earlier_run_left(void **state)
{
        plain_write(&p, 0, "100");
        plain_write(&p, 1, "101");
        assert_int_equal(plain_set(&p, 0, 150), OUTCOME_DONE);
        assert_int_equal(plain_set(&p, 1, 151), OUTCOME_DONE);
        restart();

        assert_int_equal(actor_restore_all(p.actor, false), 0);
        plain_run(&p);
        assert_string_equal(plain_read(&p, 0), "100");
        assert_string_equal(plain_read(&p, 1), "101");
        assert_int_equal(p.n_of[OUTCOME_RESTORED], 2);
        assert_null(p.last.knob);
}

static char order[256];

static void note_order(void *userdata, const struct report *r)
{
        size_t n = strlen(order);

        (void) snprintf(order + n, sizeof(order) - n, "%s ", r->object_name);
}

static void restores_the_newest_first(void **state)
{
        plain_close(&p);
        p.config.report = note_order;
        plain_open(&p);
        for (unsigned i = 0; i < 3; i++) {
                struct trimtab_value v = value_number(150);

                plain_write(&p, i, "100");
                assert_int_equal(actor_set(p.actor, &plain_knob, plain_object(&p, i),
                                           &(struct wish){ .value = v, .rule = "rule", .decision = 1 }, 0),
                                 0);
                plain_run(&p);
        }

        order[0] = '\0';
        assert_int_equal(actor_restore_all(p.actor, false), 0);
        plain_run(&p);
        assert_string_equal(order, "o2 o1 o0 ");
}

/* A file that can be read, and refuses to be written, to root as well. */
static void link_to(const char *file)
{
        char path[160];

        plain_write(&p, 0, "");
        (void) snprintf(path, sizeof(path), "%s/value", plain_object(&p, 0)->path);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink(file, path), 0);
}

/* The kernel's own: takes -1000 to 1000 and calls all else EINVAL. */
static void three_refusals_make_it_rest(void **state)
{
        link_to("/proc/self/oom_score_adj");
        for (unsigned i = 0; i < 3; i++) {
                assert_false(actor_busy(p.actor, &plain_knob, plain_object(&p, 0)->id, monotonic_ns()));
                assert_int_equal(plain_set(&p, 0, 5000 + i), OUTCOME_REFUSED);
                assert_int_equal(p.last.error, -EINVAL);
                assert_non_null(strstr(p.detail, "takes no such value"));
        }
        assert_true(actor_busy(p.actor, &plain_knob, plain_object(&p, 0)->id, monotonic_ns()));
        assert_int_equal(entries(), 0);
}

static unsigned intents;

static void count_intents(void *userdata, const char *point)
{
        intents += streq(point, "before-intent");
}

static void a_hopeless_value_is_not_asked_for_again(void **state)
{
        plain_close(&p);
        p.config.at = count_intents;
        plain_open(&p);
        link_to("/proc/self/oom_score_adj");

        intents = 0;
        assert_int_equal(plain_set(&p, 0, 5000), OUTCOME_REFUSED);
        assert_int_equal(intents, 1);
        assert_int_equal(plain_set(&p, 0, 5000), OUTCOME_REFUSED);
        assert_int_equal(intents, 1);
        assert_non_null(strstr(p.detail, "refused this value before"));

        /* Another one may be. */
        assert_int_equal(plain_set(&p, 0, 5001), OUTCOME_REFUSED);
        assert_int_equal(intents, 2);
}

static void what_is_not_allowed_rests_at_once(void **state)
{
        struct trimtab_value v = { .size = sizeof(v), .type = TRIMTAB_TEXT, .text = "x" };
        struct knob text = plain_knob;

        link_to("/proc/version");
        text.type = TRIMTAB_TEXT;
        assert_int_equal(actor_set(p.actor, &text, plain_object(&p, 0),
                                   &(struct wish){ .value = v, .rule = "rule", .decision = 1 }, monotonic_ns()),
                         0);
        plain_run(&p);
        assert_int_equal(p.last.outcome, OUTCOME_REFUSED);
        assert_true(actor_busy(p.actor, &text, plain_object(&p, 0)->id, monotonic_ns()));
        assert_int_equal(entries(), 0);
}

static void set_kept(unsigned i, double number, bool keep)
{
        const struct wish wish = { .value = value_number(number), .rule = "rule", .decision = 1, .keep = keep };

        assert_int_equal(actor_set(p.actor, &plain_knob, plain_object(&p, i), &wish, 0), 0);
        plain_run(&p);
}

/* on-exit = keep, by the rule that wrote last. */
static void what_is_to_stay_stays_until_all_is_put_back(void **state)
{
        for (unsigned i = 0; i < 3; i++)
                plain_write(&p, i, "100");
        set_kept(0, 150, true);
        set_kept(1, 151, false);
        set_kept(2, 152, true);
        set_kept(2, 153, false);

        /* A clean stop, then the next run's start, which goes by the ledger alone. */
        for (unsigned round = 0; round < 2; round++) {
                assert_int_equal(actor_restore_all(p.actor, false), 0);
                plain_run(&p);
                assert_string_equal(plain_read(&p, 0), "150");
                assert_string_equal(plain_read(&p, 1), "100");
                assert_string_equal(plain_read(&p, 2), "100");
                assert_int_equal(entries(), 1);
                restart();
        }

        assert_int_equal(actor_restore_all(p.actor, true), 0);
        plain_run(&p);
        assert_string_equal(plain_read(&p, 0), "100");
        assert_int_equal(entries(), 0);
}

static void no_value_no_write(void **state)
{
        plain_write(&p, 0, "100");
        assert_int_equal(plain_set(&p, 0, NAN), OUTCOME_REFUSED);
        assert_string_equal(plain_read(&p, 0), "100");
        assert_int_equal(entries(), 0);
}

static const char *foreign_point;

static void foreign_at(void *userdata, const char *point)
{
        if (foreign_point && streq(point, foreign_point)) {
                foreign_point = NULL;
                plain_write(&p, 0, "777");
        }
}

/* Somebody writes right behind our order: the next comparison sees it. */
static void foreign_between_orders(void **state)
{
        plain_close(&p);
        p.config.at = foreign_at;
        plain_open(&p);
        plain_write(&p, 0, "100");

        foreign_point = "after-confirm";
        assert_int_equal(plain_set(&p, 0, 150), OUTCOME_DONE);
        assert_int_equal(plain_restore(&p, 0), OUTCOME_FOREIGN);
        assert_string_equal(plain_read(&p, 0), "777");
}

static void without_the_intent_nothing_is_written(void **state)
{
        struct rlimit before, none;
        enum outcome outcome;
        double value = 150;

        plain_write(&p, 0, "100");

        /* A full runtime directory. */
        (void) signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
        outcome = plain_set(&p, 0, value);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

        assert_int_equal(outcome, OUTCOME_FAILED);
        assert_string_equal(plain_read(&p, 0), "100");
        assert_int_equal(entries(), 0);
        assert_int_equal(plain_set(&p, 0, value), OUTCOME_DONE);
}

/* --- writes that block --- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void stuck_at(void *userdata, const char *point)
{
        if (streq(point, "before-slow-write")) {
                (void) pthread_mutex_lock(&gate);
                (void) pthread_mutex_unlock(&gate);
        }
}

static void open_slow(uint64_t deadline_ns)
{
        plain_close(&p);
        p.config.at = stuck_at;
        p.config.deadline_ns = deadline_ns;
        plain_open(&p);
        plain_knob.flags |= TRIMTAB_KNOB_SLOW;
        plain_write(&p, 0, "100");
        plain_write(&p, 1, "101");
}

static int teardown_slow(void **state)
{
        plain_knob.flags &= ~TRIMTAB_KNOB_SLOW;
        return teardown(state);
}

static void slow_files_go_to_the_worker(void **state)
{
        open_slow(60 * NSEC_PER_SEC);
        assert_int_equal(plain_set(&p, 0, 150), OUTCOME_DONE);
        assert_string_equal(plain_read(&p, 0), "150");
        assert_int_equal(plain_set(&p, 1, 151), OUTCOME_DONE);

        /* By the worker too when only the ledger knows that it is slow. */
        restart();
        (void) pthread_mutex_lock(&gate);
        assert_int_equal(actor_restore_all(p.actor, false), 0);
        for (unsigned i = 0; i < 3; i++)
                assert_true(sd_event_run(p.event, 0) >= 0);
        assert_false(actor_idle(p.actor));
        assert_string_equal(plain_read(&p, 1), "151");
        (void) pthread_mutex_unlock(&gate);
        plain_run(&p);
        assert_string_equal(plain_read(&p, 0), "100");
        assert_string_equal(plain_read(&p, 1), "101");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(sets_and_restores),
                TEST(never_reports_from_within_a_call),
                TEST(what_is_so_already_is_not_ours),
                TEST(the_empty_value_comes_back),
                TEST(other_writers_win),
                TEST(a_foreign_value_survives_restore),
                TEST(vanished_objects_are_gone),
                TEST(restores_what_an_earlier_run_left),
                TEST(restores_the_newest_first),
                TEST(three_refusals_make_it_rest),
                TEST(a_hopeless_value_is_not_asked_for_again),
                TEST(what_is_not_allowed_rests_at_once),
                TEST(what_is_to_stay_stays_until_all_is_put_back),
                TEST(no_value_no_write),
                TEST(foreign_between_orders),
                TEST(without_the_intent_nothing_is_written),
                cmocka_unit_test_setup_teardown(slow_files_go_to_the_worker, setup, teardown_slow),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
