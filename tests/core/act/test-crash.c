/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Proves the ledger: a process that sets, restores and meets foreign writes is killed at any of its steps,
 * the one that cleans up behind it is killed as well, and in the end every file holds what it held before us,
 * or what somebody else has put there since.
 */
#include "cmocka-all.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plain-files.h"
#include "util/str.h"

#define SEEDS 400
#define FILES 4
#define STEPS 12
#define POINTS 16

/* Shared with the processes that die. */
struct shared {
        unsigned expected[FILES]; /* what the files hold, but for us */
        struct {
                char name[32];
                unsigned kills;
        } points[POINTS];
};

static struct shared *shared;

/* Kills this process at the n-th point. */
static unsigned countdown;

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
        if (countdown == 0 || --countdown > 0)
                return;

        note_kill(point);
        (void) raise(SIGKILL);
}

static void foreign_write(struct plain *p, unsigned i, unsigned value)
{
        char text[16];

        (void) snprintf(text, sizeof(text), "%u", value);
        shared->expected[i] = value;
        plain_write(p, i, text);
}

static void work(struct plain *p, unsigned *random)
{
        for (unsigned step = 0; step < STEPS; step++) {
                unsigned i = (unsigned) rand_r(random) % FILES;

                /* No two values alike, so that whose a value is can always be told. */
                switch (rand_r(random) % 8) {
                case 0:
                        foreign_write(p, i, 7000 + step);
                        break;
                case 1:
                case 2:
                        /* Not of ours: nothing to restore. */
                        if (actor_restore(p->actor, &plain_knob, plain_object(p, i)->id, "rule", step) >= 0)
                                plain_run(p);
                        break;
                default:
                        (void) plain_set(p, i, 1000 + step);
                }
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
                countdown = n;
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
        for (unsigned i = 0; i < FILES; i++)
                foreign_write(&p, i, 100 + i);

        in_process(&p, work, &random, 1 + (unsigned) rand_r(&random) % 40);
        in_process(&p, clean_up, &random, 1 + (unsigned) rand_r(&random) % 12);

        countdown = 0;
        plain_open(&p);
        clean_up(&p, &random);
        (void) ledger_entries(p.ledger, &left);
        assert_int_equal(left, 0);

        for (unsigned i = 0; i < FILES; i++)
                if (strtoul(plain_read(&p, i), NULL, 10) != shared->expected[i])
                        fail_msg("seed %u: file %u holds %s and not %u", seed, i, plain_read(&p, i),
                                 shared->expected[i]);

        plain_remove(&p);
}

static void test_killed_anywhere(void **state)
{
        static const char *const must[] = {
                "before-intent", "after-intent",         "after-write",         "after-readback",
                "after-confirm", "before-restore-write", "after-restore-write", "after-restore-readback",
                "before-forget", "after-forget",
        };

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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_killed_anywhere),
        };

        shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared == MAP_FAILED)
                return 1;

        return cmocka_run_group_tests(tests, NULL, NULL);
}
