/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that sets and restores batches, and meets foreign writes, is killed at any of its steps, and so is the one that
 * cleans up behind it. In the end nothing of ours is left: not in the cgroup's files, not in systemd's drop-ins.
 */
#include "cmocka-all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake-manager.h"
#include "util/str.h"

#define SEEDS 300

static unsigned countdown;

static void at(void *userdata, const char *point)
{
        if (countdown > 0 && --countdown == 0)
                (void) raise(SIGKILL);
}

static void want_some(struct fake *f, unsigned *random, unsigned step)
{
        const struct knob *knobs[] = { &fake_cpu_weight, &fake_memory_high, &fake_pids_max, &fake_uclamp_min };
        const double values[] = { 200 + step, (1 + step) * 1048576, 1000 + step, 1 + step };

        for (unsigned i = 0; i < 4; i++)
                if (rand_r(random) % 3 > 0)
                        fake_want(f, knobs[i], rand_r(random) % 4 ? "/a.service" : "/b.service", values[i], false);
        fake_run(f);
}

static void work(struct fake *f, unsigned *random)
{
        for (unsigned step = 0; step < 4; step++) {
                want_some(f, random, step);
                if (rand_r(random) % 4 == 0)
                        fake_restore_all(f);
                f->refuses = rand_r(random) % 4 == 0 ? "MemoryHigh" : NULL;
        }
}

static void clean_up(struct fake *f, unsigned *random)
{
        f->refuses = NULL;
        fake_restore_all(f);
}

/* In a process of its own, that is killed at the n-th point if it comes that far. Returns whether it was. */
static bool in_process(struct fake *f, void (*run)(struct fake *f, unsigned *random), unsigned *random, unsigned n)
{
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                countdown = n;
                fake_open(f);
                run(f, random);
                _exit(0);
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
        return WIFSIGNALED(status);
}

static void expect_untouched(struct fake *f, unsigned seed)
{
        static const struct {
                const char *file, *text;
        } files[] = {
                { "a.service/cpu.weight", "300" },     { "a.service/memory.high", "max" },
                { "a.service/pids.max", "max" },       { "a.service/cpu.uclamp.min", "0" },
                { "b.service/cpu.weight", "100" },     { "b.service/memory.high", "max" },
                { "b.service/pids.max", "max" },       { "b.service/cpu.uclamp.min", "0" },
        };

        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
                if (!streq(fake_read(f, "cgroup/%s", files[i].file), files[i].text))
                        fail_msg("seed %u: %s holds %s and not %s", seed, files[i].file,
                                 fake_read(f, "cgroup/%s", files[i].file), files[i].text);

        /* An administrator's own setting is there, and nothing else. */
        assert_string_equal(fake_read(f, "systemd/system.control/a.service.d/50-CPUWeight.conf"), "[Service]\nCPUWeight=300");
        assert_false(fake_exists(f, "systemd/system.control/a.service.d/50-MemoryHigh.conf"));
        assert_false(fake_exists(f, "systemd/system.control/a.service.d/50-TasksMax.conf"));
        assert_false(fake_exists(f, "systemd/system.control/b.service.d"));
}

static bool one_seed(unsigned seed)
{
        unsigned random = seed * 2654435761u + 1;
        struct fake f;
        bool killed;
        size_t left;

        fake_make(&f);
        (void) fake_add_unit(&f, "a.service", "/a.service");
        (void) fake_add_unit(&f, "b.service", "/b.service");
        fake_set_property(&f, "a.service", "CPUWeight", 300);
        f.config.at = at;
        f.config.foreign_backoff_ns = 0;

        killed = in_process(&f, work, &random, 1 + (unsigned) rand_r(&random) % 80);
        (void) in_process(&f, clean_up, &random, 1 + (unsigned) rand_r(&random) % 30);

        countdown = 0;
        fake_open(&f);
        clean_up(&f, &random);
        (void) ledger_entries(f.ledger, &left);
        assert_int_equal(left, 0);
        expect_untouched(&f, seed);
        fake_remove(&f);
        return killed;
}

static void test_killed_anywhere(void **state)
{
        unsigned killed = 0;

        for (unsigned seed = 0; seed < SEEDS; seed++)
                killed += one_seed(seed);

        print_message("%u of %u killed\n", killed, SEEDS);
        assert_true(killed > SEEDS / 3);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_killed_anywhere),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
