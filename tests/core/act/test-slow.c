/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes that block. Some block for real: a read lease on the file keeps the kernel from opening it for
 * writing until the lease is given back, and lets it be read meanwhile.
 */
#include "cmocka-all.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "decide/value.h"
#include "plain-files.h"
#include "util/clock.h"
#include "util/str.h"

static struct plain p;
static struct knob slow;

static int setup(void **state)
{
        plain_make(&p);
        slow = plain_knob;
        slow.flags |= TRIMTAB_KNOB_SLOW;
        /* Whom a lease is to be taken from is told so. */
        (void) signal(SIGIO, SIG_IGN);
        return 0;
}

static int teardown(void **state)
{
        plain_remove(&p);
        return 0;
}

static void open_with_deadline(uint64_t deadline_ns)
{
        p.config.deadline_ns = deadline_ns;
        plain_open(&p);
        plain_put(&p, "a/value", "100");
        plain_put(&p, "b/value", "101");
        plain_put(&p, "c/value", "102");
}

static size_t entries(void)
{
        size_t n;

        (void) ledger_entries(p.ledger, &n);
        return n;
}

/* From now on whoever opens the file for writing waits in the kernel, until release(). */
static int block(const char *file)
{
        char path[192];
        int fd;

        (void) snprintf(path, sizeof(path), "%s/objects/%s", p.root, file);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0) {
                print_message("no leases on %s here\n", p.root);
                skip();
        }
        return fd;
}

static void release(int fd)
{
        assert_int_equal(fcntl(fd, F_SETLEASE, F_UNLCK), 0);
        assert_int_equal(close(fd), 0);
}

/* --- the loop --- */

static unsigned ticks;

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
        ticks++;
        assert_true(sd_event_source_set_time_relative(source, USEC_PER_SEC / 1000) >= 0);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static sd_event_source *begin_ticks(void)
{
        sd_event_source *timer;

        ticks = 0;
        assert_true(sd_event_add_time_relative(p.event, &timer, CLOCK_MONOTONIC, 0, 1, on_tick, NULL) >= 0);
        return timer;
}

static void run_ticks(unsigned n)
{
        for (unsigned until = ticks + n; ticks < until;)
                assert_true(sd_event_run(p.event, UINT64_MAX) >= 0);
}

static void run_until_reports(unsigned n)
{
        while (p.n_reports < n)
                assert_true(sd_event_run(p.event, UINT64_MAX) >= 0);
}

/* A machine under load may miss our short deadlines: what is then late again is put back again. */
static void run_until_restored(unsigned n)
{
        while (p.n_of[OUTCOME_RESTORED] < n || !actor_idle(p.actor))
                assert_true(sd_event_run(p.event, UINT64_MAX) >= 0);
}

static void a_blocked_write_blocks_nobody_else(void **state)
{
        sd_event_source *timer;
        int fd;

        open_with_deadline(60 * NSEC_PER_SEC);
        fd = block("a/value");
        timer = begin_ticks();

        plain_wish(&p, &slow, "a", 150, NULL);
        plain_wish(&p, &slow, "b", 151, NULL);
        plain_wish(&p, &plain_knob, "c", 152, NULL);
        run_until_reports(2);
        assert_string_equal(plain_get(&p, "b/value"), "151");
        assert_string_equal(plain_get(&p, "c/value"), "152");

        /* The loop goes on, and the write does not. */
        run_ticks(50);
        assert_int_equal(p.n_reports, 2);
        assert_string_equal(plain_get(&p, "a/value"), "100");
        assert_false(actor_idle(p.actor));

        /* Of the same object nothing overtakes it. */
        plain_unwish(&p, &slow, "a");
        run_ticks(20);
        assert_int_equal(p.n_reports, 2);

        release(fd);
        plain_run(&p);
        assert_int_equal(p.n_of[OUTCOME_DONE], 3);
        assert_int_equal(p.n_of[OUTCOME_RESTORED], 1);
        assert_string_equal(plain_get(&p, "a/value"), "100");
        sd_event_source_unref(timer);
}

/* Until the write is in the kernel at its deadline: on a machine under load the worker may not have come to it by then, and
 * nothing was written. */
static void want_stuck(double number)
{
        do {
                p.n_reports = 0;
                plain_wish(&p, &slow, "a", number, NULL);
                run_until_reports(1);
        } while (p.last.error == -EALREADY);
}

static void what_comes_late_is_put_back(void **state)
{
        sd_event_source *timer;
        int fd;

        open_with_deadline(300 * NSEC_PER_MSEC);
        fd = block("a/value");
        timer = begin_ticks();

        want_stuck(150);
        assert_int_equal(p.last.outcome, OUTCOME_FAILED);
        assert_int_equal(p.last.error, -ETIMEDOUT);
        assert_int_equal(entries(), 1);
        assert_true(actor_busy(p.actor, &slow, plain_at(&p, "a")->id, monotonic_ns()));

        /* Whoever wants to put it back now cannot know what it will hold; and is told in time. */
        plain_unwish(&p, &slow, "a");
        run_until_reports(2);
        assert_int_equal(p.last.outcome, OUTCOME_FAILED);
        assert_int_equal(p.last.error, -EALREADY);
        assert_int_equal(entries(), 1);

        release(fd);
        run_until_restored(1);
        assert_non_null(strstr(p.detail, "came late"));
        assert_string_equal(plain_get(&p, "a/value"), "100");
        assert_int_equal(entries(), 0);
        assert_false(actor_busy(p.actor, &slow, plain_at(&p, "a")->id, monotonic_ns()));
        sd_event_source_unref(timer);
}

static void who_waits_for_it_goes_on_when_it_came(void **state)
{
        int fd;

        open_with_deadline(300 * NSEC_PER_MSEC);
        fd = block("a/value");
        want_stuck(150);

        plain_wish(&p, &slow, "a", 160, NULL);
        release(fd);
        run_until_restored(1);

        /* Put back for the first, then set for the second, should that one not have lost patience before. */
        assert_string_equal(plain_get(&p, "a/value"), p.n_of[OUTCOME_DONE] == 1 ? "160" : "100");
        assert_int_equal(entries(), p.n_of[OUTCOME_DONE]);
}

/* --- blocked by us, on the worker's threads --- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void stuck_at(void *userdata, const char *point)
{
        if (streq(point, "before-slow-write")) {
                (void) pthread_mutex_lock(&gate);
                (void) pthread_mutex_unlock(&gate);
        }
}

static void more_than_can_be_stuck_fail_untouched(void **state)
{
        char name[8], file[16];
        unsigned rounds = 0;

        p.config.at = stuck_at;
        /* Four threads must have begun by then, on a loaded machine, too. */
        open_with_deadline(2 * NSEC_PER_SEC);
        (void) pthread_mutex_lock(&gate);
        for (unsigned i = 0; i < 6; i++) {
                (void) snprintf(file, sizeof(file), "s%u/value", i);
                plain_put(&p, file, "100");
        }
        /* Again where the workers had not come to it in time, as in want_stuck(). */
        do {
                for (unsigned i = 0; i < 6; i++) {
                        (void) snprintf(name, sizeof(name), "s%u", i);
                        plain_wish(&p, &slow, name, 150, NULL);
                }
                plain_run(&p);
                rounds++;
        } while (entries() < 4);
        assert_int_equal(p.n_of[OUTCOME_FAILED], 6 * rounds);
        assert_int_equal(entries(), 4);
        (void) pthread_mutex_unlock(&gate);
        run_until_restored(4);

        assert_int_equal(entries(), 0);
        for (unsigned i = 0; i < 6; i++) {
                (void) snprintf(file, sizeof(file), "s%u/value", i);
                assert_string_equal(plain_get(&p, file), "100");
        }
}

/* The end of the actor waits for the write, and the next run finds it in the ledger. */
static void what_comes_at_the_end_is_known_to_the_next_run(void **state)
{
        p.config.at = stuck_at;
        open_with_deadline(300 * NSEC_PER_MSEC);
        (void) pthread_mutex_lock(&gate);
        want_stuck(150);
        (void) pthread_mutex_unlock(&gate);

        plain_close(&p);
        assert_string_equal(plain_get(&p, "a/value"), "150");
        p.config.deadline_ns = 60 * NSEC_PER_SEC;
        plain_open(&p);
        assert_int_equal(actor_restore_all(p.actor, false), 0);
        plain_run(&p);
        assert_string_equal(plain_get(&p, "a/value"), "100");
}

/* What the kernel does not let go keeps nobody from ending; the next run finds it in the ledger. */
static void what_is_stuck_for_good_is_left_behind(void **state)
{
        int fd;

        open_with_deadline(300 * NSEC_PER_MSEC);
        fd = block("a/value");
        plain_wish(&p, &slow, "a", 150, NULL);
        plain_wish(&p, &slow, "b", 151, NULL);
        run_until_reports(2);

        (void) alarm(60); /* it would wait for ever */
        plain_close(&p);
        (void) alarm(0);
        assert_string_equal(plain_get(&p, "a/value"), "100");

        release(fd);
        while (strcmp(plain_get(&p, "a/value"), "150") != 0)
                (void) usleep(1000);
        plain_open(&p);
        assert_int_equal(actor_restore_all(p.actor, false), 0);
        plain_run(&p);
        assert_string_equal(plain_get(&p, "a/value"), "100");
        assert_string_equal(plain_get(&p, "b/value"), "101");
}

/* --- of disks --- */

static atomic_uint slow_writes;

static void count_at(void *userdata, const char *point)
{
        if (streq(point, "before-slow-write"))
                atomic_fetch_add(&slow_writes, 1);
}

/* Of a disk, in a file that all disks share: by the worker, there and back, and also when only the ledger knows it. */
static void a_disks_knob_is_slow_too(void **state)
{
        static const struct object disk = { .id = { SCOPE_BLOCK, 0x800 }, .name = (char *) "sda" };
        const struct wish wish = { .value = value_number(1), .rule = "rule", .decision = 1 };
        struct knob cost = slow;
        char path[96];

        p.config.at = count_at;
        open_with_deadline(60 * NSEC_PER_SEC);
        plain_put(&p, "io.cost.qos", "8:0 enable=0");
        (void) snprintf(path, sizeof(path), "%s/objects/io.cost.qos", p.root);
        cost.name = (char *) "io.cost.qos";
        cost.scope = SCOPE_BLOCK;
        cost.file = path;
        cost.form = TRIMTAB_FORM_NESTED;
        cost.key = (char *) "{device} enable";
        cost.absent = (char *) "0";

        assert_int_equal(actor_set(p.actor, &cost, &disk, &wish, monotonic_ns()), 0);
        plain_run(&p);
        assert_int_equal(p.last.outcome, OUTCOME_DONE);
        assert_string_equal(plain_get(&p, "io.cost.qos"), "8:0 enable=1");
        assert_int_equal(atomic_load(&slow_writes), 1);

        plain_close(&p);
        plain_open(&p);
        assert_int_equal(actor_restore_all(p.actor, true), 0);
        plain_run(&p);
        assert_string_equal(plain_get(&p, "io.cost.qos"), "8:0 enable=0");
        assert_int_equal(atomic_load(&slow_writes), 2);
}

/* --- what is no state --- */

static void an_action_leaves_nothing_behind(void **state)
{
        struct knob reclaim = slow;
        struct trimtab_value v;

        open_with_deadline(60 * NSEC_PER_SEC);
        plain_put(&p, "a/memory.reclaim", "");
        plain_put(&p, "a/memory.current", "10485760");
        reclaim.file = (char *) "{path}/memory.reclaim";
        reclaim.flags |= TRIMTAB_KNOB_ACTION;

        assert_int_equal(actor_current(p.actor, &reclaim, plain_at(&p, "a"), &v), 0);
        assert_true(v.number == 0);
        for (unsigned i = 0; i < 2; i++) {
                plain_put(&p, "a/memory.reclaim", "");
                plain_wish(&p, &reclaim, "a", 4096, NULL);
                plain_run(&p);
                assert_int_equal(p.last.outcome, OUTCOME_DONE);
                assert_non_null(strstr(p.detail, "less in use"));
                assert_string_equal(plain_get(&p, "a/memory.reclaim"), "4096");
                assert_int_equal(entries(), 0);
        }
        assert_int_equal(actor_original(p.actor, &reclaim, plain_at(&p, "a"), &v), 0);
        assert_true(v.number == 0);
        assert_int_equal(actor_restore(p.actor, &reclaim, plain_at(&p, "a")->id, NULL, 0), -ENOENT);

        plain_wish(&p, &reclaim, "gone", 4096, NULL);
        plain_run(&p);
        assert_int_equal(p.last.outcome, OUTCOME_GONE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(a_blocked_write_blocks_nobody_else),
                TEST(what_comes_late_is_put_back),
                TEST(who_waits_for_it_goes_on_when_it_came),
                TEST(more_than_can_be_stuck_fail_untouched),
                TEST(what_comes_at_the_end_is_known_to_the_next_run),
                TEST(what_is_stuck_for_good_is_left_behind),
                TEST(a_disks_knob_is_slow_too),
                TEST(an_action_leaves_nothing_behind),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
