/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk's scheduler takes nr_requests and wbt_lat_usec along, and they come back: on plain files, with what the kernel does to them
 * played here. */
#include "cmocka-all.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plain-files.h"
#include "util/ownership.h"
#include "util/str.h"

static struct plain p;
static struct knob scheduler, requests, throttle;
static char in_force[32];
static const char *dies_at; /* the daemon, when the kernel has done its part */

/* The kernel: with another scheduler both are what it thinks best. */
static void kernel(void *userdata, const char *point)
{
        char now[32];

        (void) snprintf(now, sizeof(now), "%s", plain_get(&p, "a/scheduler"));
        if (!streq(now, in_force)) {
                plain_put(&p, "a/nr_requests", streq(now, "none") ? "64" : "256");
                plain_put(&p, "a/wbt_lat_usec", streq(now, "bfq") ? "0" : "2000");
                (void) snprintf(in_force, sizeof(in_force), "%s", now);
        }
        if (dies_at && streq(point, dies_at))
                (void) kill(getpid(), SIGKILL);
}

static int setup(void **state)
{
        plain_make(&p);
        p.config.at = kernel;
        plain_open(&p);
        scheduler = requests = throttle = plain_knob;
        scheduler.name = (char *) "block.scheduler";
        scheduler.file = (char *) "{path}/scheduler";
        scheduler.type = TRIMTAB_TEXT;
        requests.name = (char *) "block.nr_requests";
        requests.file = (char *) "{path}/nr_requests";
        throttle.name = (char *) "block.wbt_lat_usec";
        throttle.file = (char *) "{path}/wbt_lat_usec";
        plain_put(&p, "a/scheduler", "none");
        plain_put(&p, "a/nr_requests", "50"); /* the administrator's */
        plain_put(&p, "a/wbt_lat_usec", "75000");
        strcpy(in_force, "none");
        return 0;
}

static int teardown(void **state)
{
        plain_remove(&p);
        return 0;
}

static void choose(const char *name)
{
        plain_wish(&p, &scheduler, "a", 0, name);
        plain_run(&p);
}

static void wish(const struct knob *knob, double number)
{
        plain_wish(&p, knob, "a", number, NULL);
        plain_run(&p);
}

static void unwish(const struct knob *knob)
{
        plain_unwish(&p, knob, "a");
        plain_run(&p);
}

static void expect(const char *name, const char *nr, const char *wbt)
{
        assert_string_equal(plain_get(&p, "a/scheduler"), name);
        assert_string_equal(plain_get(&p, "a/nr_requests"), nr);
        assert_string_equal(plain_get(&p, "a/wbt_lat_usec"), wbt);
}

static void expect_nothing_held(void)
{
        size_t n;

        (void) ledger_entries(p.ledger, &n);
        assert_int_equal(n, 0);
}

static void they_come_back(void **state)
{
        choose("bfq");
        expect("bfq", "256", "0");
        unwish(&scheduler);
        expect("none", "50", "75000");
        expect_nothing_held();
}

static void through_two_schedulers(void **state)
{
        choose("bfq");
        choose("kyber");
        expect("kyber", "256", "2000");
        unwish(&scheduler);
        expect("none", "50", "75000");
        expect_nothing_held();
}

/* As a crash leaves it, and from the ledger alone. */
static void from_the_ledger_alone(void **state)
{
        choose("bfq");
        plain_close(&p);
        plain_open(&p);
        assert_int_equal(actor_restore_all(p.actor, true), 0);
        plain_run(&p);
        expect("none", "50", "75000");
        expect_nothing_held();
}

static void one_that_is_held_first(void **state)
{
        wish(&requests, 32);
        choose("bfq");
        unwish(&scheduler);
        unwish(&requests);
        expect("none", "50", "75000");
        expect_nothing_held();
}

static void one_that_goes_back_first(void **state)
{
        choose("bfq");
        wish(&requests, 32);
        wish(&throttle, 5000);
        expect("bfq", "32", "5000");
        unwish(&requests);
        expect("bfq", "50", "5000");
        unwish(&scheduler);
        unwish(&throttle);
        expect("none", "50", "75000");
        expect_nothing_held();
}

static void all_at_once(void **state)
{
        wish(&throttle, 5000);
        choose("bfq");
        wish(&requests, 32);
        assert_int_equal(actor_restore_all(p.actor, true), 0);
        plain_run(&p);
        expect("none", "50", "75000");
        expect_nothing_held();
}

/* The kernel drops it with the next switch in any case. */
static void what_somebody_else_set_meanwhile(void **state)
{
        choose("bfq");
        plain_put(&p, "a/nr_requests", "999");
        unwish(&scheduler);
        expect("none", "50", "75000");
        expect_nothing_held();
}

/* Does it as another process, which is killed at that point. */
static void killed_at(const char *point, void (*what)(void))
{
        pid_t pid;
        int status;

        plain_close(&p);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                dies_at = point;
                plain_open(&p);
                what();
                _exit(1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        (void) snprintf(in_force, sizeof(in_force), "%s", plain_get(&p, "a/scheduler"));
        plain_open(&p);
}

static void choose_bfq(void)
{
        choose("bfq");
}

static void restore_all(void)
{
        (void) actor_restore_all(p.actor, true);
        plain_run(&p);
}

static void killed_on_the_way_there(void **state)
{
        static const char *const points[] = { "before-scheduler-note", "after-scheduler-note", "before-intent", "after-intent",
                                              "after-write", "after-readback", "after-confirm" };

        for (size_t i = 0; i < ELEMENTSOF(points); i++) {
                killed_at(points[i], choose_bfq);
                restore_all();
                expect("none", "50", "75000");
                expect_nothing_held();
        }
}

static void killed_on_the_way_back(void **state)
{
        static const char *const points[] = { "before-scheduler-note", "after-scheduler-note", "before-restore-write",
                                              "after-restore-write", "after-restore-readback", "before-forget", "after-forget" };

        for (size_t i = 0; i < ELEMENTSOF(points); i++) {
                choose("bfq");
                wish(&requests, 32);
                killed_at(points[i], restore_all);
                restore_all();
                expect("none", "50", "75000");
                expect_nothing_held();
        }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(they_come_back),         TEST(through_two_schedulers),   TEST(from_the_ledger_alone),
                TEST(one_that_is_held_first), TEST(one_that_goes_back_first), TEST(all_at_once),
                TEST(what_somebody_else_set_meanwhile),
                TEST(killed_on_the_way_there), TEST(killed_on_the_way_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
