/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel itself demands of those who write cgroupfs: in a virtual machine, as root, in a cgroup of its own,
 * past systemd.
 */
#include "cmocka-all.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act/actor.h"
#include "decide/value.h"
#include "util/clock.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

#define CGROUP "/sys/fs/cgroup/trimtab-test"
#define CHILD CGROUP "/child"
#define MIB 1048576.0

static char run_dir[] = "/run/trimtab-test-XXXXXX";
static sd_event *event;
static struct ledger *ledger;
static struct actor *actor;
static struct report last;
static char detail[512];
static unsigned n_reports;

static const struct object object = {
        .id = { SCOPE_CGROUP, 1 },
        .name = (char *) "/trimtab-test",
        .path = (char *) CGROUP,
};

static const struct object child = {
        .id = { SCOPE_CGROUP, 2 },
        .name = (char *) "/trimtab-test/child",
        .path = (char *) CHILD,
};

#define KNOB(n, t, f, fl)                                                                                    \
        {                                                                                                    \
                .name = (char *) (n), .unit = (char *) "", .scope = SCOPE_CGROUP, .type = (t), .form = (f),   \
                .flags = TRIMTAB_KNOB_MAX | (fl), .max = INFINITY, .factor = 1, .file = (char *) "{path}/" n  \
        }

static struct knob quota = KNOB("cpu.max", TRIMTAB_NUMBER, TRIMTAB_FORM_QUOTA, 0),
                   cpus = KNOB("cpuset.cpus", TRIMTAB_CPULIST, TRIMTAB_FORM_PLAIN, 0),
                   weight = KNOB("cpu.weight", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN, 0),
                   idle = KNOB("cpu.idle", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN, 0),
                   high = KNOB("memory.high", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN, TRIMTAB_KNOB_SLOW),
                   reclaim = KNOB("memory.reclaim", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN,
                                  TRIMTAB_KNOB_SLOW | TRIMTAB_KNOB_ACTION);

static void put(const char *path, const char *text)
{
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static const char *get(const char *file)
{
        static char text[256];
        char *got;

        assert_int_equal(file_read(file, sizeof(text) - 1, &got, NULL), 0);
        (void) snprintf(text, sizeof(text), "%s", str_strip(got));
        free(got);
        return text;
}

static void on_report(void *userdata, const struct report *r)
{
        last = *r;
        (void) snprintf(detail, sizeof(detail), "%s", r->detail ?: "");
        print_message("  %s %s: %s\n", r->knob_name, outcome_name(r->outcome), detail);
        n_reports++;
}

static void run_until_idle(void)
{
        while (!actor_idle(actor))
                assert_true(sd_event_run(event, UINT64_MAX) >= 0);
}

static void want_on(const struct object *o, const struct knob *knob, double number, const char *text)
{
        struct wish wish = { .value = value_number(number), .rule = "rule", .decision = 1 };

        if (text)
                assert_int_equal(value_text(knob->type, text, &wish.value), 0);
        assert_int_equal(actor_set(actor, knob, o, &wish, monotonic_ns()), 0);
}

static enum outcome set(const struct knob *knob, double number, const char *text)
{
        want_on(&object, knob, number, text);
        run_until_idle();
        return last.outcome;
}

static enum outcome restore(const struct knob *knob)
{
        assert_int_equal(actor_restore(actor, knob, object.id, "rule", 2), 0);
        run_until_idle();
        return last.outcome;
}

static void have_child(void)
{
        put(CGROUP "/cgroup.subtree_control", "+cpu +cpuset +memory");
        assert_int_equal(mkdir(CHILD, 0755), 0);
}

/* A process in the cgroup that holds so much memory, locked, and waits. */
static pid_t inhabit(size_t bytes)
{
        int ready[2];
        pid_t pid;
        char c;

        assert_int_equal(pipe(ready), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                put(CGROUP "/cgroup.procs", "0");
                if (bytes > 0) {
                        char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

                        if (memory == MAP_FAILED)
                                _exit(1);
                        memset(memory, 1, bytes);
                        (void) mlock(memory, bytes);
                }
                (void) !write(ready[1], "", 1);
                for (;;)
                        (void) pause();
        }

        assert_int_equal(read(ready[0], &c, 1), 1);
        (void) close(ready[0]);
        (void) close(ready[1]);
        return pid;
}

static void evict(pid_t pid)
{
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static unsigned countdown;

/* Files that are looked at, and what they held after each write. */
static const char *const *watched;
static char history[512];

static void look(void)
{
        size_t n = strlen(history);

        for (size_t i = 0; watched[i]; i++)
                n += (size_t) snprintf(history + n, sizeof(history) - n, "%s%s", i > 0 ? " " : "", get(watched[i]));
        (void) snprintf(history + n, sizeof(history) - n, "|");
}

static void expect(const char *text)
{
        run_until_idle();
        assert_string_equal(history, text);
        history[0] = '\0';
}

static void at(void *userdata, const char *point)
{
        if (countdown > 0 && --countdown == 0)
                (void) raise(SIGKILL);
        if (watched && (streq(point, "after-write") || streq(point, "after-restore-write")))
                look();
}

static void open_actor(void)
{
        assert_int_equal(sd_event_new(&event), 0);
        assert_int_equal(ledger_open(run_dir, "boot", &ledger, NULL), 0);
        assert_int_equal(actor_new(&(struct actor_config){ .event = event,
                                                           .ledger = ledger,
                                                           .systemd_run_dir = "/run/systemd",
                                                           .systemd_etc_dir = "/etc/systemd",
                                                           .watch = true,
                                                           .foreign_backoff_ns = NSEC_PER_SEC,
                                                           .deadline_ns = 60 * NSEC_PER_SEC,
                                                           .report = on_report,
                                                           .at = at },
                                   &actor),
                         0);
        n_reports = 0;
}

static void close_actor(void)
{
        actor = actor_free(actor);
        ledger = ledger_free(ledger);
        event = sd_event_unref(event);
}

static int setup(void **state)
{
        put("/sys/fs/cgroup/cgroup.subtree_control", "+cpu +cpuset +memory");
        assert_int_equal(mkdir(CGROUP, 0755), 0);
        open_actor();
        return 0;
}

static int teardown(void **state)
{
        watched = NULL;
        history[0] = '\0';
        close_actor();
        (void) rmdir(CHILD);
        assert_int_equal(rmdir(CGROUP), 0);
        return 0;
}

/* The kernel: EINVAL for a quota below the burst. */
static void burst_makes_way(void **state)
{
        put(CGROUP "/cpu.max", "100000 100000");
        put(CGROUP "/cpu.max.burst", "60000");

        assert_int_equal(set(&quota, 20, NULL), OUTCOME_DONE);
        assert_string_equal(get(CGROUP "/cpu.max"), "20000 100000");
        assert_string_equal(get(CGROUP "/cpu.max.burst"), "20000");
        assert_int_equal(restore(&quota), OUTCOME_RESTORED);
        assert_string_equal(get(CGROUP "/cpu.max"), "100000 100000");
        assert_string_equal(get(CGROUP "/cpu.max.burst"), "60000");
}

/* The kernel: ENOSPC for the empty set of a cgroup with tasks. Where it takes it after all, so much the better. */
static void a_set_with_tasks_goes_back(void **state)
{
        pid_t pid = inhabit(0);
        char all[64];

        (void) snprintf(all, sizeof(all), "%s", get("/sys/fs/cgroup/cpuset.cpus.effective"));
        assert_string_equal(get(CGROUP "/cpuset.cpus"), "");
        assert_int_equal(set(&cpus, 0, "1"), OUTCOME_DONE);
        assert_string_equal(get(CGROUP "/cpuset.cpus.effective"), "1");
        assert_int_equal(restore(&cpus), OUTCOME_RESTORED);
        assert_string_equal(get(CGROUP "/cpuset.cpus.effective"), all);
        evict(pid);
}

static void has_weight(const char *text)
{
        assert_string_equal(get(CGROUP "/cpu.idle"), "0");
        assert_string_equal(get(CGROUP "/cpu.weight"), text);
}

/* The weight then reads 0, on some kernels 1. */
static void is_idle(void)
{
        assert_string_equal(get(CGROUP "/cpu.idle"), "1");
        assert_string_not_equal(get(CGROUP "/cpu.weight"), "250");
}

/* The kernel: no weight beside cpu.idle = 1, and the default after it. */
static void idle_gives_the_weight_back(void **state)
{
        put(CGROUP "/cpu.weight", "250");

        assert_int_equal(set(&idle, 1, NULL), OUTCOME_DONE);
        is_idle();
        assert_int_equal(set(&weight, 300, NULL), OUTCOME_REFUSED);
        assert_int_equal(restore(&idle), OUTCOME_RESTORED);
        has_weight("250");

        /* Not idle by a rule's own value, and idle again. */
        assert_int_equal(set(&idle, 1, NULL), OUTCOME_DONE);
        assert_int_equal(set(&idle, 0, NULL), OUTCOME_RESTORED); /* the weight, last */
        has_weight("250");
        assert_int_equal(set(&idle, 1, NULL), OUTCOME_DONE);
        assert_int_equal(restore(&idle), OUTCOME_RESTORED);
        has_weight("250");
}

static void restore_all(void)
{
        assert_int_equal(actor_restore_all(actor, true), 0);
        run_until_idle();
}

static void idle_and_a_held_weight_exclude_each_other(void **state)
{
        put(CGROUP "/cpu.weight", "250");
        assert_int_equal(set(&weight, 300, NULL), OUTCOME_DONE);
        assert_int_equal(set(&idle, 1, NULL), OUTCOME_REFUSED);
        assert_non_null(strstr(detail, "cpu.weight is held"));
        has_weight("300");
        restore_all();
        has_weight("250");
}

/* Somebody ends the idleness, and then sets a weight: both are theirs. */
static void a_weight_of_theirs_stays_after_idle(void **state)
{
        put(CGROUP "/cpu.weight", "250");
        assert_int_equal(set(&idle, 1, NULL), OUTCOME_DONE);
        put(CGROUP "/cpu.idle", "0");
        put(CGROUP "/cpu.weight", "77");
        restore_all();
        has_weight("77");
}

/* A process that sets and restores idle, killed at the n-th step. Returns whether it was. */
static bool killed_at(unsigned n)
{
        int status;
        pid_t pid;

        close_actor();
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                open_actor();
                countdown = n;
                (void) set(&idle, 1, NULL);
                (void) set(&idle, 0, NULL);
                (void) set(&idle, 1, NULL);
                (void) restore(&idle);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        open_actor();
        return WIFSIGNALED(status);
}

static void idle_killed_anywhere(void **state)
{
        unsigned n = 1;

        put(CGROUP "/cpu.weight", "250");
        for (; killed_at(n); n++) {
                restore_all();
                has_weight("250");
        }
        print_message("killed at %u steps\n", n - 1);
        assert_true(n > 20);
        has_weight("250");
}

/* The kernel gives a child whose CPUs are none of its parent's all of the parent's: that never happens on the way. */
static void sets_go_sideways_by_their_union(void **state)
{
        static const char *const files[] = { CGROUP "/cpuset.cpus.effective", CHILD "/cpuset.cpus",
                                             CHILD "/cpuset.cpus.effective", NULL };

        have_child();
        put(CGROUP "/cpuset.cpus", "0");
        put(CHILD "/cpuset.cpus", "0");
        watched = files;

        want_on(&object, &cpus, 0, "1");
        want_on(&child, &cpus, 0, "1");
        expect("0-1 0 0|0-1 1 1|1 1 1|");

        assert_int_equal(actor_restore_all(actor, true), 0);
        run_until_idle();
        assert_string_equal(get(CGROUP "/cpuset.cpus"), "0");
        assert_string_equal(get(CHILD "/cpuset.cpus"), "0");
        assert_string_equal(get(CHILD "/cpuset.cpus.effective"), "0");
}

static void parents_are_raised_first_and_lowered_last(void **state)
{
        static const char *const quotas[] = { CGROUP "/cpu.max", CHILD "/cpu.max", NULL };
        static const char *const highs[] = { CGROUP "/memory.high", CHILD "/memory.high", NULL };

        have_child();
        put(CGROUP "/cpu.max", "50000 100000");
        put(CHILD "/cpu.max", "40000 100000");
        watched = quotas;
        want_on(&child, &quota, 80, NULL);
        want_on(&object, &quota, 100, NULL);
        expect("100000 100000 40000 100000|100000 100000 80000 100000|");
        want_on(&object, &quota, 30, NULL);
        want_on(&child, &quota, 20, NULL);
        expect("100000 100000 20000 100000|30000 100000 20000 100000|");
        assert_int_equal(actor_restore_all(actor, true), 0);
        expect("50000 100000 20000 100000|50000 100000 40000 100000|");

        watched = highs;
        want_on(&object, &high, 1024 * MIB, NULL);
        want_on(&child, &high, 512 * MIB, NULL);
        expect("max 536870912|1073741824 536870912|");
        assert_int_equal(actor_restore_all(actor, true), 0);
        expect("max 536870912|max max|");
}

static void memory_high_stays_above_what_is_locked(void **state)
{
        pid_t pid = inhabit((size_t) (64 * MIB));
        double is;

        assert_int_equal(set(&high, 10 * MIB, NULL), OUTCOME_DONE);
        is = strtod(get(CGROUP "/memory.high"), NULL);
        assert_true(is >= 164 * MIB && is < 200 * MIB);
        assert_int_equal(restore(&high), OUTCOME_RESTORED);
        assert_string_equal(get(CGROUP "/memory.high"), "max");
        evict(pid);
}

/* The kernel: EAGAIN when it frees less than asked, as of memory that is locked. */
static void less_reclaimed_is_reclaimed(void **state)
{
        pid_t pid = inhabit((size_t) (32 * MIB));

        assert_int_equal(set(&reclaim, 16 * MIB, NULL), OUTCOME_DONE);
        assert_non_null(strstr(detail, "less in use"));
        evict(pid);
}

static void who_wrote_is_known(void **state)
{
        char words[32];
        int status;
        pid_t pid;

        assert_int_equal(set(&weight, 150, NULL), OUTCOME_DONE);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                put(CGROUP "/cpu.weight", "77");
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);

        while (n_reports < 2)
                assert_true(sd_event_run(event, UINT64_MAX) >= 0);
        assert_int_equal(last.outcome, OUTCOME_FOREIGN);
        (void) snprintf(words, sizeof(words), "by process %d", (int) pid);
        assert_non_null(strstr(detail, words));
        assert_string_equal(get(CGROUP "/cpu.weight"), "77");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(burst_makes_way),
                TEST(idle_gives_the_weight_back),
                TEST(idle_and_a_held_weight_exclude_each_other),
                TEST(a_weight_of_theirs_stays_after_idle),
                TEST(idle_killed_anywhere),
                TEST(sets_go_sideways_by_their_union),
                TEST(parents_are_raised_first_and_lowered_last),
                TEST(a_set_with_tasks_goes_back),
                TEST(memory_high_stays_above_what_is_locked),
                TEST(less_reclaimed_is_reclaimed),
                TEST(who_wrote_is_known),
        };

        if (!mkdtemp(run_dir))
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
