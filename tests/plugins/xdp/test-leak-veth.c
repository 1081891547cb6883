/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Attached to a real interface, in its driver: what is sent is dropped by the program, and nothing comes through, while mode and lists
 * change.
 *
 *     test-xdp-leak-veth [CHANGES]
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../plugins/xdp/attach.h"
#include "leak.h"
#include "veth.h"

#define BURST 64 /* less than fits into the ring between the two */

static unsigned n_changes = 1000;
static struct xdp_program *program;
static int outside, inside; /* sockets */
static uint32_t ifindex;
static atomic_bool over;

/* All that has come in since. */
static unsigned long receive(void)
{
        unsigned long n = 0;
        char frame[FRAME_MAX];

        while (recv(inside, frame, sizeof(frame), MSG_DONTWAIT) > 0)
                n++;
        return n;
}

static uint64_t count(enum xdp_verdict verdict)
{
        struct xdp_counters c;

        program_count(program, UINT32_MAX, &c);
        return verdict == _XDP_VERDICT_MAX ? c.packets : c.verdicts[verdict];
}

/* So many bursts; what the ring has no room for is lost before the program, and not counted by anybody. */
static unsigned long send_bursts(unsigned long n)
{
        struct frame frames[2];
        unsigned long sent = 0;

        for (int i = 0; i < 2; i++)
                frame_build(leak_probes[i], &frames[i]);
        while (n-- > 0 && !over) {
                for (int i = 0; i < BURST; i++)
                        if (send(outside, frames[i % 2].at, frames[i % 2].n, 0) > 0)
                                sent++;
                (void) sched_yield();
        }
        return sent;
}

static void *send_all(void *ret_sent)
{
        *(unsigned long *) ret_sent = send_bursts(ULONG_MAX);
        return NULL;
}

static int attach_here(void **state)
{
        char why[512] = "";
        int link, r;

        over = false;
        run_mode(program, XDP_MODE_FILTER);
        leak_change_lists(program, 1);
        r = attach(program_fd(program), ifindex, "in", ATTACH_NATIVE, &link, why, sizeof(why));
        if (r < 0) {
                print_error("%s\n", why);
                return r;
        }
        assert_int_equal(attached_as(ifindex, program_fd(program)), ATTACH_NATIVE);
        (void) receive();
        *state = (void *) (intptr_t) link;
        return 0;
}

static int detach(void **state)
{
        return close((int) (intptr_t) *state);
}

static void with_traffic(void (*change)(struct xdp_program *, unsigned))
{
        uint64_t seen = count(_XDP_VERDICT_MAX), dropped = count(XDP_VERDICT_FILTER);
        unsigned long sent, received;
        pthread_t sender;

        assert_int_equal(pthread_create(&sender, NULL, send_all, &sent), 0);
        change(program, n_changes);
        over = true;
        assert_int_equal(pthread_join(sender, NULL), 0);
        (void) usleep(100000); /* the last of them are under way */

        received = receive();
        seen = count(_XDP_VERDICT_MAX) - seen;
        dropped = count(XDP_VERDICT_FILTER) - dropped;
        print_message("%u changes: %lu sent, %lu seen by the program, %lu dropped, %lu received\n", n_changes, sent, (unsigned long) seen,
                      (unsigned long) dropped, received);
        assert_int_equal(received, 0);
        assert_int_equal(dropped, seen);
        assert_true(seen <= sent);
        assert_true(seen > sent / 2);
}

static void test_modes(void **state)
{
        with_traffic(leak_change_modes);
}

static void test_lists(void **state)
{
        with_traffic(leak_change_lists);
}

/* The other side of it: what is not to be dropped comes, so that none received does mean something. */
static void test_all_come_through(void **state)
{
        unsigned long sent, received = 0;

        for (unsigned mode = 0; mode <= XDP_MODE_MONITOR; mode += XDP_MODE_MONITOR) {
                run_mode(program, mode);
                sent = send_bursts(1);
                for (int i = 0; i < 100 && received < sent; i++) {
                        (void) usleep(10000);
                        received += receive();
                }
                assert_int_equal(received, sent);
                received = 0;
        }
}

/* Somebody else's program stays, and is named. */
static void test_second_is_refused(void **state)
{
        struct xdp_program *second = run_load();
        char why[512] = "";
        int link = -1;

        assert_int_equal(attach(program_fd(second), ifindex, "in", ATTACH_NATIVE, &link, why, sizeof(why)), -EBUSY);
        assert_non_null(strstr(why, "'trimtab_xdp' (program "));
        assert_int_equal(attach(program_fd(second), ifindex, "in", ATTACH_GENERIC, &link, why, sizeof(why)), -EBUSY);
        assert_int_equal(attached_as(ifindex, program_fd(second)), ATTACH_NONE);
        assert_int_equal(attached_as(ifindex, program_fd(program)), ATTACH_NATIVE);
        assert_int_equal(link, -1);
        program_free(second);
}

/* Behind the driver it is the same program, and nothing is attached any more when the link is closed. */
static void test_generic(void **state)
{
        unsigned long sent;
        char why[512] = "";
        uint64_t dropped;
        int link;

        assert_int_equal(attached_as(ifindex, program_fd(program)), ATTACH_NONE);
        assert_int_equal(attach(program_fd(program), ifindex, "in", ATTACH_GENERIC, &link, why, sizeof(why)), 0);
        assert_int_equal(attached_as(ifindex, program_fd(program)), ATTACH_GENERIC);
        over = false;
        run_mode(program, XDP_MODE_FILTER);
        (void) receive();
        dropped = count(XDP_VERDICT_FILTER);
        sent = send_bursts(1);
        (void) usleep(100000);
        assert_int_equal(count(XDP_VERDICT_FILTER) - dropped, sent);
        assert_int_equal(receive(), 0);

        assert_int_equal(close(link), 0);
        assert_int_equal(attached_as(ifindex, program_fd(program)), ATTACH_NONE);
        assert_int_equal(send_bursts(1), sent);
        (void) usleep(100000);
        assert_int_equal(receive(), sent);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_modes, attach_here, detach),
                cmocka_unit_test_setup_teardown(test_lists, attach_here, detach),
                cmocka_unit_test_setup_teardown(test_all_come_through, attach_here, detach),
                cmocka_unit_test_setup_teardown(test_second_is_refused, attach_here, detach),
                cmocka_unit_test(test_generic),
        };
        int r;

        if (argc > 1)
                n_changes = (unsigned) strtoul(argv[1], NULL, 0);
        r = veth_pair("in", "out");
        if (r == -EOPNOTSUPP) {
                print_message("no veth in this kernel\n");
                return 77;
        }
        inside = r < 0 ? r : veth_socket("in");
        outside = inside < 0 ? inside : veth_socket("out");
        if (outside < 0) {
                print_error("a pair of interfaces: %s\n", strerror(-outside));
                return EXIT_FAILURE;
        }
        ifindex = if_nametoindex("in");
        program = run_load();
        r = cmocka_run_group_tests(tests, NULL, NULL);
        program_free(program);
        return r;
}
