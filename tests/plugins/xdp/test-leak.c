/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * While packets go through it, mode and lists change, and all that may be in force drop them: none passes.
 *
 *     test-xdp-leak [CHANGES]
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/bpf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "leak.h"

#define SENDERS 3 /* more than the smallest machine has CPUs */

static unsigned n_changes = 1000;
static struct xdp_program *program;
static atomic_bool over;
static atomic_ulong n_sent;

static void *send_probes(void *argument)
{
        struct frame frames[2];

        for (int i = 0; i < 2; i++)
                frame_build(leak_probes[i], &frames[i]);
        for (unsigned long sent = 0; !over; sent += 100) {
                if (run_frame(program, &frames[sent / 100 % 2], 100) != XDP_DROP)
                        over = true; /* the counters tell */
                n_sent += 100;
        }
        return NULL;
}

static void with_traffic(void (*change)(struct xdp_program *, unsigned))
{
        struct xdp_counters before, after;
        pthread_t senders[SENDERS];
        unsigned long passed, dropped;

        run_mode(program, XDP_MODE_FILTER);
        leak_change_lists(program, 1);
        program_count(program, UINT32_MAX, &before);
        over = false;
        n_sent = 0;
        for (int i = 0; i < SENDERS; i++)
                assert_int_equal(pthread_create(&senders[i], NULL, send_probes, NULL), 0);
        leak_await_packets(program);
        change(program, n_changes);
        over = true;
        for (int i = 0; i < SENDERS; i++)
                assert_int_equal(pthread_join(senders[i], NULL), 0);

        program_count(program, UINT32_MAX, &after);
        passed = (unsigned long) (after.verdicts[XDP_VERDICT_PASS] - before.verdicts[XDP_VERDICT_PASS]);
        dropped = (unsigned long) (after.verdicts[XDP_VERDICT_FILTER] - before.verdicts[XDP_VERDICT_FILTER]);
        print_message("%u changes: %lu sent, %lu dropped, %lu passed\n", n_changes, (unsigned long) n_sent, dropped, passed);
        assert_int_equal(passed, 0);
        assert_true(dropped > 0);
}

static void test_modes(void **state)
{
        with_traffic(leak_change_modes);
}

static void test_lists(void **state)
{
        with_traffic(leak_change_lists);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_modes), cmocka_unit_test(test_lists) };
        int r;

        if (argc > 1)
                n_changes = (unsigned) strtoul(argv[1], NULL, 0);
        program = run_load();
        r = cmocka_run_group_tests(tests, NULL, NULL);
        program_free(program);
        return r;
}
