/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Proves the ledger: a process that sets, restores and meets foreign writes is killed at any of its steps,
 * the one that cleans up behind it is killed as well, and in the end every file holds what it held before us,
 * or what somebody else has put there since.
 */
#include "cmocka-all.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "decide/value.h"
#include "plain-files.h"
#include "util/clock.h"
#include "util/str.h"

#define SEEDS 400
#define STEPS 12
#define POINTS 24

/* What is changed. Others may write to it where no two values are alike, so that whose one is can always be told. */
static const struct file {
        const char *name; /* OBJECT/FILE */
        const char *original;
        uint32_t type, form, flags;
        bool contest, others_write;
} files[] = {
        { "a/value", "100", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN, 0, false, true },
        { "b/value", "101", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN, 0, false, true },
        { "contested/value", "102", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN, 0, true, true },
        { "slow/value", "103", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN, TRIMTAB_KNOB_SLOW, false, true },
        { "q/cpu.max", "90000 100000", TRIMTAB_NUMBER, TRIMTAB_FORM_QUOTA, 0, false, false },
        { "q/cpu.max.burst", "80000", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN, 0, false, false },
        { "c/cpuset.cpus", "0-1", TRIMTAB_CPULIST, TRIMTAB_FORM_PLAIN, 0, false, false },
        { "c/d/cpuset.cpus", "0", TRIMTAB_CPULIST, TRIMTAB_FORM_PLAIN, 0, false, false },
};

enum { BURST = 5, FILES = 8 };

static struct knob knobs[FILES];
static char templates[FILES][32], objects[FILES][16];

/* Shared with the processes that die. */
struct shared {
        char expected[FILES][32]; /* what the files hold, but for us */
        struct {
                char name[32];
                unsigned kills;
        } points[POINTS];
};

static struct shared *shared;

/* Kills this process at the n-th point. Slow writes have theirs on another thread. */
static atomic_uint countdown;

static void make_knobs(void)
{
        for (size_t i = 0; i < FILES; i++) {
                const char *slash = strrchr(files[i].name, '/');

                (void) snprintf(objects[i], sizeof(objects[i]), "%.*s", (int) (slash - files[i].name), files[i].name);
                (void) snprintf(templates[i], sizeof(templates[i]), "{path}%s", slash);
                knobs[i] = plain_knob;
                knobs[i].name = (char *) slash + 1;
                knobs[i].file = templates[i];
                knobs[i].type = files[i].type;
                knobs[i].form = files[i].form;
                knobs[i].flags |= files[i].flags;
        }
}

static void note_kill(const char *point)
{
        size_t i = 0;

        while (i + 1 < POINTS && shared->points[i].name[0] && !streq(shared->points[i].name, point))
                i++;
        (void) snprintf(shared->points[i].name, sizeof(shared->points[i].name), "%s", point);
        shared->points[i].kills++;
}

static void at(void *userdata, const char *point)
{
        if (atomic_load(&countdown) == 0 || atomic_fetch_sub(&countdown, 1) != 1)
                return;

        note_kill(point);
        (void) raise(SIGKILL);
}

/* Over what we contest nobody else's value lasts. */
static bool is_contested_now(const struct plain *p, size_t i)
{
        char path[192];

        (void) snprintf(path, sizeof(path), "%s/objects/%s", p->root, files[i].name);
        return files[i].contest && ledger_find_file(p->ledger, path, "");
}

static void foreign_write(struct plain *p, size_t i, unsigned value)
{
        char text[16];

        (void) snprintf(text, sizeof(text), "%u", value);
        if (!is_contested_now(p, i))
                (void) snprintf(shared->expected[i], sizeof(shared->expected[i]), "%s", text);
        plain_put(p, files[i].name, text);
}

static void wish(struct plain *p, size_t i, unsigned step, unsigned *random)
{
        static const char *const cpus[] = { "0-1", "1-2", "2-3", "0,3", "1", "2" };
        struct wish w = { .rule = "rule", .decision = 1, .contest = files[i].contest };

        if (files[i].type == TRIMTAB_CPULIST)
                assert_int_equal(value_text(TRIMTAB_CPULIST, cpus[(unsigned) rand_r(random) % 6], &w.value), 0);
        else
                w.value = value_number(files[i].form == TRIMTAB_FORM_QUOTA ? 10 + step * 6
                                       : i == BURST                        ? 100 * (step + 1)
                                                                           : 1000 + step);
        (void) actor_set(p->actor, &knobs[i], plain_at(p, objects[i]), &w, monotonic_ns());
}

static void work(struct plain *p, unsigned *random)
{
        for (unsigned step = 0; step < STEPS; step++) {
                size_t i = (unsigned) rand_r(random) % FILES, k = (unsigned) rand_r(random) % FILES;

                switch (rand_r(random) % 8) {
                case 0:
                        if (files[i].others_write)
                                foreign_write(p, i, 7000 + step);
                        break;
                case 1:
                case 2:
                        /* It may be none of ours: nothing to restore. */
                        (void) actor_restore(p->actor, &knobs[i], plain_at(p, objects[i])->id, "rule", step);
                        break;
                case 3:
                        actor_look(p->actor, (step + 1) * 11 * NSEC_PER_SEC);
                        break;
                default:
                        /* Two at once have their sequence. */
                        wish(p, i, step, random);
                        wish(p, k, step, random);
                }
                plain_run(p);
        }
}

static void clean_up(struct plain *p, unsigned *random)
{
        assert_int_equal(actor_restore_all(p->actor, true), 0);
        plain_run(p);
}

/* In a process of its own, that is killed at the n-th point if it comes that far. */
static void in_process(struct plain *p, void (*run)(struct plain *p, unsigned *random), unsigned *random,
                       unsigned n)
{
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                atomic_store(&countdown, n);
                plain_open(p);
                run(p, random);
                _exit(0);
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
}

static void one_seed(unsigned seed)
{
        unsigned random = seed * 2654435761u + 1;
        struct plain p;
        size_t left;

        plain_make(&p);
        p.config.at = at;
        p.config.foreign_backoff_ns = 0;
        for (size_t i = 0; i < FILES; i++) {
                (void) snprintf(shared->expected[i], sizeof(shared->expected[i]), "%s", files[i].original);
                plain_put(&p, files[i].name, files[i].original);
        }

        in_process(&p, work, &random, 1 + (unsigned) rand_r(&random) % 60);
        in_process(&p, clean_up, &random, 1 + (unsigned) rand_r(&random) % 12);

        atomic_store(&countdown, 0);
        plain_open(&p);
        clean_up(&p, &random);
        (void) ledger_entries(p.ledger, &left);
        assert_int_equal(left, 0);

        for (size_t i = 0; i < FILES; i++)
                if (!streq(plain_get(&p, files[i].name), shared->expected[i]))
                        fail_msg("seed %u: %s holds %s and not %s", seed, files[i].name,
                                 plain_get(&p, files[i].name), shared->expected[i]);

        plain_remove(&p);
}

static void test_killed_anywhere(void **state)
{
        static const char *const must[] = {
                "before-intent",        "after-intent",           "before-slow-write", "after-write",
                "after-readback",       "after-confirm",          "before-burst",      "after-burst",
                "before-restore-write", "after-restore-write",    "after-restore-readback",
                "before-forget",        "after-forget",
        };

        make_knobs();
        for (unsigned seed = 0; seed < SEEDS; seed++)
                one_seed(seed);

        /* Every step was indeed one where somebody died. */
        for (size_t i = 0; i < sizeof(must) / sizeof(must[0]); i++) {
                unsigned kills = 0;

                for (size_t j = 0; j < POINTS; j++)
                        if (streq(shared->points[j].name, must[i]))
                                kills = shared->points[j].kills;
                print_message("%s: %u kills\n", must[i], kills);
                assert_true(kills > 0);
        }
}

/* --- a kernel that rounds --- */

/* What reads back is not quite what we wrote. */
static void round_at(void *userdata, const char *point)
{
        unsigned value;
        char text[16];

        if (streq(point, "after-write")) {
                value = (unsigned) strtoul(plain_get(userdata, "r/value"), NULL, 10);
                (void) snprintf(text, sizeof(text), "%u", value / 8 * 8);
                plain_put(userdata, "r/value", text);
        }
        at(userdata, point);
}

static void set_rounded(struct plain *p, unsigned *random)
{
        plain_wish(p, &plain_knob, "r", 1003, NULL);
        plain_run(p);
        plain_wish(p, &plain_knob, "r", 507, NULL);
        plain_run(p);
}

static const char *killed_at(unsigned n, unsigned m, const char *theirs)
{
        static char is[16];
        struct plain p;

        plain_make(&p);
        p.config.at = round_at;
        p.config.deadline_ns = NSEC_PER_MSEC;
        plain_put(&p, "r/value", "104");
        in_process(&p, set_rounded, NULL, n);
        if (theirs)
                plain_put(&p, "r/value", theirs);
        in_process(&p, clean_up, NULL, m);

        atomic_store(&countdown, 0);
        plain_open(&p);
        clean_up(&p, NULL);
        assert_int_equal(actor_left(p.actor, true), 0);
        (void) snprintf(is, sizeof(is), "%s", plain_get(&p, "r/value"));
        plain_remove(&p);
        return is;
}

/* At the n-th point, and the one that cleans up behind it at the m-th. */
static void test_killed_where_it_is_rounded(void **state)
{
        for (unsigned n = 1; n <= 12; n++)
                for (unsigned m = 1; m <= 6; m++) {
                        assert_string_equal(killed_at(n, m, NULL), "104");
                        assert_string_equal(killed_at(n, m, "7001"), "7001");
                }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_killed_anywhere),
                cmocka_unit_test(test_killed_where_it_is_rounded),
        };

        shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared == MAP_FAILED)
                return 1;

        return cmocka_run_group_tests(tests, NULL, NULL);
}
