/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Somebody else sets what we hold: by effect, it stays. Noticed when nobody is about to write, set again where
 * it is contested, and by whom, as far as that can be known.
 */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "decide/value.h"
#include "plain-files.h"
#include "util/clock.h"

static struct plain p;
static struct objects *objects;
static uint64_t now_ns;

static int setup(void **state)
{
        plain_make(&p);
        assert_int_equal(objects_new(&objects), 0);
        assert_int_equal(objects_scope_add(objects, "plain"), SCOPE_BUILTIN_MAX);
        p.config.objects = objects;
        p.config.watch = true;
        plain_open(&p);
        plain_put(&p, "a/value", "100");
        assert_int_equal(objects_add(objects, plain_at(&p, "a")->id, "a", plain_at(&p, "a")->path), 0);
        now_ns = NSEC_PER_SEC;
        return 0;
}

static int teardown(void **state)
{
        plain_remove(&p);
        objects_free(objects);
        return 0;
}

static size_t entries(void)
{
        size_t n;

        (void) ledger_entries(p.ledger, &n);
        return n;
}

static void set(double number, bool contest)
{
        const struct wish wish = {
                .value = value_number(number),
                .rule = "rule",
                .decision = 7,
                .contest = contest,
        };

        assert_int_equal(actor_set(p.actor, &plain_knob, plain_at(&p, "a"), &wish, monotonic_ns()), 0);
        plain_run(&p);
}

/* From this process, whose writes the watcher takes for ours: only looking finds it. */
static void write_by_hand(const char *value)
{
        plain_put(&p, "a/value", value);
}

static void look_twice(void)
{
        for (unsigned i = 0; i < 2; i++) {
                now_ns += 11 * NSEC_PER_SEC;
                actor_look(p.actor, now_ns);
                plain_run(&p);
        }
}

static void is_noticed_while_nobody_writes(void **state)
{
        set(150, false);
        look_twice();
        assert_int_equal(p.n_reports, 1);

        write_by_hand("777");
        look_twice();
        assert_int_equal(p.n_reports, 2);
        assert_int_equal(p.last.outcome, OUTCOME_FOREIGN);
        assert_int_equal(p.last.decision, 7);
        assert_ptr_equal(p.last.knob, &plain_knob);
        assert_non_null(strstr(p.detail, "\"777\""));
        assert_int_equal(entries(), 0);
        assert_true(actor_busy(p.actor, &plain_knob, plain_at(&p, "a")->id, monotonic_ns()));

        look_twice();
        assert_int_equal(p.n_reports, 2);
        assert_string_equal(plain_get(&p, "a/value"), "777");
}

static void after_the_rest_it_begins_from_the_new_value(void **state)
{
        plain_close(&p);
        p.config.foreign_backoff_ns = 0;
        plain_open(&p);
        set(150, false);
        write_by_hand("777");
        look_twice();

        set(200, false);
        assert_int_equal(p.last.outcome, OUTCOME_DONE);
        assert_true(p.last.before.number == 777);
        plain_unwish(&p, &plain_knob, "a");
        plain_run(&p);
        assert_string_equal(plain_get(&p, "a/value"), "777");
}

static void one_look_is_not_enough(void **state)
{
        set(150, false);
        write_by_hand("777");
        actor_look(p.actor, now_ns += 11 * NSEC_PER_SEC);
        plain_run(&p);
        write_by_hand("150");
        look_twice();
        assert_int_equal(p.n_reports, 1);
        assert_int_equal(entries(), 1);
}

static void every_value_has_its_turn(void **state)
{
        char file[16], name[8];

        for (unsigned i = 0; i < 100; i++) {
                (void) snprintf(name, sizeof(name), "x%u", i);
                (void) snprintf(file, sizeof(file), "x%u/value", i);
                plain_put(&p, file, "1");
                plain_wish(&p, &plain_knob, name, 2, NULL);
                plain_run(&p);
        }

        plain_put(&p, "x0/value", "3");
        plain_put(&p, "x50/value", "3");
        plain_put(&p, "x99/value", "3");
        for (unsigned i = 0; i < 60; i++) {
                actor_look(p.actor, now_ns += NSEC_PER_SEC);
                plain_run(&p);
        }
        assert_int_equal(p.n_of[OUTCOME_FOREIGN], 3);
        assert_int_equal(entries(), 97);
}

static void contested_it_is_set_again(void **state)
{
        set(150, true);
        write_by_hand("777");
        look_twice();
        assert_string_equal(plain_get(&p, "a/value"), "150");
        assert_int_equal(p.last.outcome, OUTCOME_DONE);
        assert_true(p.last.before.number == 777);
        assert_non_null(strstr(p.detail, "contest = yes"));
        assert_int_equal(p.last.decision, 7);

        /* Not again before the pause is over. */
        write_by_hand("778");
        look_twice();
        assert_string_equal(plain_get(&p, "a/value"), "778");

        /* But the rule's own next value is written. */
        set(160, true);
        assert_string_equal(plain_get(&p, "a/value"), "160");

        /* And in the end what was there before us comes back, over whatever was set meanwhile. */
        write_by_hand("779");
        plain_unwish(&p, &plain_knob, "a");
        plain_run(&p);
        assert_int_equal(p.last.outcome, OUTCOME_RESTORED);
        assert_string_equal(plain_get(&p, "a/value"), "100");
}

static bool never(void *userdata, const struct knob *knob, struct oid object)
{
        return false;
}

/* The operator's brakes. */
static void contested_only_where_it_may_be(void **state)
{
        plain_close(&p);
        p.config.may_contest = never;
        plain_open(&p);
        set(150, true);
        write_by_hand("777");
        look_twice();
        assert_string_equal(plain_get(&p, "a/value"), "777");
        assert_int_equal(p.n_reports, 1);
        assert_int_equal(entries(), 1);
}

static void contested_it_is_restored_by_the_next_run(void **state)
{
        set(150, true);
        write_by_hand("777");
        plain_close(&p);
        plain_open(&p);
        assert_int_equal(actor_restore_all(p.actor, false), 0);
        plain_run(&p);
        assert_string_equal(plain_get(&p, "a/value"), "100");
}

/* Asked to put back what has only been asked for yet: the file never has the value. */
static void a_restore_withdraws_the_set_that_waits(void **state)
{
        plain_wish(&p, &plain_knob, "a", 150, NULL);
        plain_unwish(&p, &plain_knob, "a");
        plain_run(&p);
        assert_string_equal(plain_get(&p, "a/value"), "100");
        assert_int_equal(p.n_of[OUTCOME_DONE], 0);
        assert_int_equal(p.n_of[OUTCOME_RESTORED], 1);
        assert_int_equal(entries(), 0);

        set(150, false);
        plain_wish(&p, &plain_knob, "a", 200, NULL);
        plain_unwish(&p, &plain_knob, "a");
        plain_run(&p);
        assert_true(p.last.have_before && p.last.before.number == 150);
        assert_string_equal(plain_get(&p, "a/value"), "100");
        assert_int_equal(entries(), 0);
}

/* --- by another process --- */

static pid_t write_by_another(const char *value)
{
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                plain_put(&p, "a/value", value);
                _exit(0);
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        return pid;
}

/* Needs fanotify, that is CAP_SYS_ADMIN. */
static void need_watcher(void)
{
        if (geteuid() == 0)
                return;

        print_message("only root is told who writes to a file\n");
        skip();
}

static void run_until_reports(unsigned n)
{
        while (p.n_reports < n)
                assert_true(sd_event_run(p.event, UINT64_MAX) >= 0);
        plain_run(&p);
}

static void is_noticed_at_once_and_by_whom(void **state)
{
        char words[64];
        pid_t pid;

        need_watcher();
        set(150, false);
        pid = write_by_another("777");
        run_until_reports(2);
        assert_int_equal(p.last.outcome, OUTCOME_FOREIGN);
        (void) snprintf(words, sizeof(words), "by process %d", (int) pid);
        assert_non_null(strstr(p.detail, words));
        assert_string_equal(plain_get(&p, "a/value"), "777");
        assert_int_equal(entries(), 0);
}

static void is_contested_at_once(void **state)
{
        need_watcher();
        set(150, true);
        (void) write_by_another("777");
        run_until_reports(2);
        assert_int_equal(p.last.outcome, OUTCOME_DONE);
        assert_string_equal(plain_get(&p, "a/value"), "150");
}

static void write_over(void *userdata, const char *point)
{
        if (strcmp(point, "after-write") == 0)
                write_by_hand("555");
}

/* Between our write and the read back: what is neither before nor asked is somebody's. */
static void a_write_right_after_ours_stays(void **state)
{
        plain_close(&p);
        p.config.at = write_over;
        plain_open(&p);
        set(300, false);
        assert_int_equal(p.last.outcome, OUTCOME_FOREIGN);
        assert_non_null(strstr(p.detail, "somebody else has set it to \"555\""));
        assert_string_equal(plain_get(&p, "a/value"), "555");
        assert_int_equal(entries(), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(a_write_right_after_ours_stays),
                TEST(is_noticed_while_nobody_writes),
                TEST(after_the_rest_it_begins_from_the_new_value),
                TEST(one_look_is_not_enough),
                TEST(every_value_has_its_turn),
                TEST(contested_it_is_set_again),
                TEST(contested_only_where_it_may_be),
                TEST(contested_it_is_restored_by_the_next_run),
                TEST(a_restore_withdraws_the_set_that_waits),
                TEST(is_noticed_at_once_and_by_whom),
                TEST(is_contested_at_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
