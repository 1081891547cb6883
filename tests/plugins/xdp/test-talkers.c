/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who sends most, from the places that the program keeps; and sources' names. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../../plugins/xdp/talkers.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* One look, and what it must show. */
static void expect(struct talkers *t, const struct xdp_talker *places, size_t n, const struct talker *expected, size_t n_expected)
{
        struct talker *found;
        size_t n_found;

        assert_int_equal(talkers_look(t, places, n, &found, &n_found), 0);
        assert_int_equal(n_found, n_expected);
        for (size_t i = 0; i < n_found; i++) {
                assert_int_equal(found[i].source, expected[i].source);
                assert_int_equal(found[i].packets, expected[i].packets);
        }
        free(found);
}

static void test_since_the_last_look(void **state)
{
        struct xdp_talker places[6] = {
                { .source = 7, .packets = 10, .family = 4 },
                { .source = 9, .packets = 100, .family = 4 },
                { .source = 1ull << 40, .packets = 50, .family = 6 },
                { .packets = 1000 }, /* free */
                { .source = 0, .packets = 3, .family = 4 }, /* 0.0.0.0 is somebody */
        };
        struct talkers t = {};

        expect(&t, places, N(places), (struct talker[]){ { 9, 100 }, { 1ull << 40, 50 }, { 7, 10 }, { 0, 3 } }, 4);
        expect(&t, places, N(places), NULL, 0);
        places[0].packets += 5;
        places[1].packets += 1;
        expect(&t, places, N(places), (struct talker[]){ { 7, 5 }, { 9, 1 } }, 2);

        /* Another has the place, with more packets or fewer: all of them are new. */
        places[0] = (struct xdp_talker){ .source = 8, .packets = 20, .family = 4 };
        places[1] = (struct xdp_talker){ .source = 10, .packets = 2, .family = 4 };
        expect(&t, places, N(places), (struct talker[]){ { 8, 20 }, { 10, 2 } }, 2);
        /* It lost the place and has it again. */
        places[0].packets = 4;
        expect(&t, places, N(places), (struct talker[]){ { 8, 4 } }, 1);
        talkers_clear(&t);
        talkers_clear(&t);
}

static void test_over_cpus(void **state)
{
        struct xdp_talker places[4] = {
                { .source = 7, .packets = 10, .family = 4 },
                { .source = 8, .packets = 15, .family = 4 },
                { .source = 7, .packets = 1, .family = 4 },
                { .source = 7, .packets = 5, .family = 4 },
        };
        struct talkers t = {};

        expect(&t, places, N(places), (struct talker[]){ { 7, 16 }, { 8, 15 } }, 2);
        places[3].packets += 2;
        places[0].packets += 1;
        expect(&t, places, N(places), (struct talker[]){ { 7, 3 } }, 1);

        /* Of another size: a program that was loaded anew. */
        expect(&t, places, 2, (struct talker[]){ { 8, 15 }, { 7, 11 } }, 2);
        expect(&t, NULL, 0, NULL, 0);
        talkers_clear(&t);
}

static void test_names(void **state)
{
        static const struct {
                uint64_t source;
                const char *name;
        } cases[] = {
                { 0xc0000201, "192.0.2.1" },
                { 0, "0.0.0.0" },
                { 0xffffffff, "255.255.255.255" },
                { 0x20010db800000001ull, "2001:db8:0:1::/64" },
                { 0xfe80000000000000ull, "fe80::/64" },
                { 0xffffffffffffffffull, "ffff:ffff:ffff:ffff::/64" },
                { 0x0000000100000000ull, "0:1::/64" },
                { XDP_SOURCE_V6, "::/64" },
                { XDP_SOURCE_V6 | 0x0a000001, "0:0:a00:1::/64" },
        };

        for (size_t i = 0; i < N(cases); i++) {
                char name[SOURCE_NAME_SIZE];

                source_name(cases[i].source, name);
                assert_string_equal(name, cases[i].name);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_since_the_last_look),
                cmocka_unit_test(test_over_cpus),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
