/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Filters as tables: what is found in them is what a look at each filter would have found. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

#include "../../../plugins/xdp/compile.h"
#include "chance.h"
#include "entries.h"
#include "oracle.h"
#include "parser.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void make(const char *text, struct tables *ret)
{
        struct filters *filters = filters_of(text);

        assert_int_equal(tables_make(filters, "eth0", ret), 0);
        filters_free(filters);
}

/* Those in a table, markers too. */
static size_t count(const struct tables *t, enum xdp_prefixes which)
{
        const struct prefix_lines *lines = &t->prefixes[which];
        size_t n = 0;

        for (uint32_t i = 0; i < lines->n; i++) {
                for (int k = 0; k < 4 && (which == XDP_SOURCES_V4 || which == XDP_DESTINATIONS_V4); k++)
                        n += lines->at[i].v4[k].key != 0;
                for (int k = 0; k < 2 && (which == XDP_SOURCES_V6 || which == XDP_DESTINATIONS_V6); k++)
                        n += lines->at[i].v6[k].length != 0;
        }
        return n;
}

static void test_prefixes_around(void **state)
{
        static const struct {
                uint8_t address[4];
                uint64_t bits;
        } cases[] = {
                { { 10, 1, 2, 3 }, 0x1f }, { { 10, 1, 2, 4 }, 0x17 }, { { 10, 1, 2, 200 }, 0x13 }, { { 10, 1, 3, 0 }, 0x13 },
                { { 10, 2, 0, 0 }, 0x11 },  { { 11, 0, 0, 0 }, 0x10 },  { { 192, 0, 2, 1 }, 0x30 },
        };
        struct tables t;

        make("drop source=10.0.0.0/8; drop source=10.1.0.0/16; drop source=10.1.2.0/25; drop source=10.1.2.3; drop source=0.0.0.0/0; "
             "drop source=192.0.2.1,192.0.2.1/32",
             &t);
        /* No two alike. The lengths are 16, then 8 and 32, then 0 and 25: one marker that is no prefix, 192.0.0.0/16. */
        assert_int_equal(count(&t, XDP_SOURCES_V4), 7);
        assert_int_equal(t.prefixes[XDP_SOURCES_V6].n, 0);
        assert_int_equal(t.prefixes[XDP_DESTINATIONS_V4].n, 0);
        for (size_t i = 0; i < N(cases); i++)
                assert_int_equal(parser_look_up(&t, false, 4, cases[i].address), cases[i].bits);
        tables_clear(&t);
        tables_clear(&t);
}

/* Every length of prefix at once, each in the one before. */
static void test_deep(void **state)
{
        static char text[CHANCE_TEXT_MAX];
        const uint8_t inside[16] = {}, outside[16] = { 0x80 };
        struct tables t;

        (void) snprintf(text, sizeof(text), "drop source=::/0");
        for (unsigned length = 1; length <= 128; length++)
                (void) snprintf(text + strlen(text), sizeof(text) - strlen(text), ",::/%u", length);
        (void) snprintf(text + strlen(text), sizeof(text) - strlen(text), "; allow source=::/64; allow source=::");
        make(text, &t);
        assert_int_equal(count(&t, XDP_SOURCES_V6), 129); /* each is its own marker */
        assert_int_equal(parser_look_up(&t, false, 6, inside), 7);
        assert_int_equal(parser_look_up(&t, false, 6, outside), 1);
        for (unsigned bit = 0; bit < 128; bit++) {
                uint8_t a[16] = {};

                a[bit / 8] = (uint8_t) (0x80 >> bit % 8);
                assert_int_equal(parser_look_up(&t, false, 6, a), bit < 64 ? 1 : 3);
        }
        tables_clear(&t);
}

/* Each prefix of each length of IPv4: its first and last address are hinted at, and what is far away is not. */
static void test_hints(void **state)
{
        for (uint32_t length = 0; length <= 32; length++) {
                uint32_t first = 0xc6336401u, mask = length > 0 ? 0xffffffffu << (32 - length) : 0;
                char text[64];
                uint8_t a[4];
                struct tables t;

                first &= mask;
                (void) snprintf(text, sizeof(text), "drop source=%u.%u.%u.%u/%u", first >> 24, first >> 16 & 255, first >> 8 & 255,
                                first & 255, length);
                make(text, &t);
                for (uint32_t i = 0; i < 4; i++) {
                        const uint32_t at[] = { first, first | ~mask, first | (0x5a5a5a5au & ~mask), first | (0x01010101u & ~mask) };

                        memcpy(a, (uint8_t[]){ (uint8_t) (at[i] >> 24), (uint8_t) (at[i] >> 16), (uint8_t) (at[i] >> 8), (uint8_t) at[i] },
                               4);
                        assert_true(parser_may_be_listed(t.hint, 4, a));
                }
                if (length > 1) {
                        a[0] ^= 0x80;
                        assert_false(parser_may_be_listed(t.hint, 4, a));
                }
                tables_clear(&t);
        }
}

/* The same for IPv6: of lengths that are short, in between and long. */
static void test_hints_of_ipv6(void **state)
{
        static const char *const prefixes[] = { "2001:db8::/31", "2001:db8::/32", "2001:db8:8000::/33", "2001:db8:4::/47",
                                                "2001:db8:5::/48", "2001:db8:5:6::/64", "2001:db8:5:6::7" };

        for (size_t i = 0; i < N(prefixes); i++) {
                char text[64];
                struct prefix prefix;
                struct tables t;
                uint8_t a[16];

                (void) snprintf(text, sizeof(text), "drop source=%s", prefixes[i]);
                make(text, &t);
                assert_int_equal(parse_prefix(prefixes[i], &prefix, NULL, 0), 0);
                memcpy(a, prefix.bytes, sizeof(a));
                assert_true(parser_may_be_listed(t.hint, 6, a));
                a[0] ^= 0x80;
                assert_int_equal(parser_may_be_listed(t.hint, 6, a), i == 0); /* the shortest has no hint */
                tables_clear(&t);
        }
}

/* A list of many: hints are of use, and none is missed. */
static void test_many_hints(void **state)
{
        static char text[CHANCE_TEXT_MAX];
        uint8_t listed[400][4];
        struct chance c = { 7 };
        uint32_t far = 0;
        struct tables t;

        (void) snprintf(text, sizeof(text), "drop source=");
        for (uint32_t i = 0; i < N(listed); i++) {
                listed[i][0] = (uint8_t) (1 + chance_below(&c, 223));
                for (int k = 1; k < 4; k++)
                        listed[i][k] = (uint8_t) chance_below(&c, 256);
                (void) snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u.%u.%u.%u", i > 0 ? "," : "", listed[i][0],
                                listed[i][1], listed[i][2], listed[i][3]);
        }
        make(text, &t);
        for (size_t i = 0; i < N(listed); i++)
                assert_true(parser_may_be_listed(t.hint, 4, listed[i]));
        for (uint32_t i = 0; i < 100000; i++) {
                uint8_t a[4] = { (uint8_t) (1 + chance_below(&c, 223)), (uint8_t) chance_below(&c, 256), (uint8_t) chance_below(&c, 256),
                                 (uint8_t) chance_below(&c, 256) };

                far += parser_may_be_listed(t.hint, 4, a);
        }
        assert_in_range(far, 0, 100); /* of 100000 */
        tables_clear(&t);
}

/*
 * As many prefixes as a list has, of lengths by chance: in lines that are full, and in those behind them. Each is found, and who is beside
 * them is not.
 */
static void test_many_prefixes(void **state)
{
        const size_t n = 20000;

        for (int family = 4; family <= 6; family += 2) {
                struct filter filter = { .sources = calloc(n, sizeof(struct prefix)), .n_sources = n };
                struct chance c = { 11 };
                struct filters filters = { &filter, 1 };
                struct tables t;

                assert_non_null(filter.sources);
                for (size_t i = 0; i < n; i++) {
                        struct prefix *p = &filter.sources[i];

                        *p = (struct prefix){ (uint8_t) family, (uint8_t) (17 + chance_below(&c, family == 4 ? 16 : 112)), {} };
                        for (unsigned bit = 1; bit < p->length; bit++)
                                p->bytes[bit / 8] |= (uint8_t) (chance_below(&c, 2) << (7 - bit % 8));
                }
                assert_int_equal(tables_make(&filters, "eth0", &t), 0);
                for (size_t i = 0; i < n; i++) {
                        uint8_t a[16];

                        memcpy(a, filter.sources[i].bytes, sizeof(a));
                        assert_int_equal(parser_look_up(&t, false, family, a), 1);
                        a[0] |= 0x80; /* in none */
                        assert_int_equal(parser_look_up(&t, false, family, a), 0);
                }
                tables_clear(&t);
                free(filter.sources);
        }
}

static void test_ports(void **state)
{
        struct tables t;

        make("drop port=80,1000-1002; drop port=80; drop source-port=0-65535; drop for=iface:eth1 port=9", &t);
        for (unsigned port = 0; port < 65536; port++) {
                assert_int_equal(t.destination_ports[port], port == 80 ? 3 : (port >= 1000 && port <= 1002 ? 1 : 0));
                assert_int_equal(t.source_ports[port], 4);
        }
        assert_int_equal(t.set.by_destination_port, 3);
        assert_int_equal(t.set.by_source_port, 4);
        assert_int_equal(t.set.by_source, 0);
        assert_int_equal(t.set.by_any, 7);
        /* Ports, of whatever has them. */
        assert_int_equal(t.set.protocol[6], 7);
        assert_int_equal(t.set.protocol[132], 7);
        assert_int_equal(t.set.protocol[1], 0);
        tables_clear(&t);

        make("drop source=10.0.0.0/8", &t);
        assert_null(t.source_ports);
        assert_null(t.destination_ports);
        assert_int_equal(t.set.by_any, 1);
        tables_clear(&t);
}

static void test_shapes(void **state)
{
        static const char filters[] = "drop source=10.0.0.0/8; drop source=2001:db8::/32; drop source=10.0.0.0/8 destination=::/0; "
                                      "drop port=80; drop protocol=tcp flags=syn; drop fragments=yes; drop source= file=/empty; "
                                      "drop protocol=udp; drop source=0.0.0.0/0,::/0; allow protocol=tcp port=1 destination=::/0";
        struct tables t;

        make(filters, &t);
        for (unsigned shape = 0; shape < XDP_SHAPES; shape++) {
                bool v6 = shape & XDP_SHAPE_V6, ports = shape & XDP_SHAPE_PORTS, flags = shape & XDP_SHAPE_FLAGS;
                uint64_t expected = (v6 ? 2u : 1u) | (ports ? 8u : 0) | (flags ? 16u : 0) | (shape % 4 != XDP_WHOLE ? 32u : 0) | 128u |
                                    256u | (v6 && ports ? 512u : 0);

                assert_int_equal(t.set.shape[shape], expected);
        }
        assert_int_equal(t.set.allow, 512);
        assert_int_equal(t.set.protocol[17], 0x1ef);
        assert_int_equal(t.set.protocol[6], 0x37f);
        tables_clear(&t);
}

static void test_flags(void **state)
{
        struct tables t;

        make("drop protocol=tcp flags=syn,!ack; drop protocol=tcp; drop protocol=tcp flags=!cwr", &t);
        for (unsigned flags = 0; flags < 256; flags++)
                assert_int_equal(t.set.flags[flags], ((flags & 0x12) == 0x02 ? 1u : 0) | 2u | (flags & 0x80 ? 0 : 4u));
        tables_clear(&t);
}

/* Of another interface's there is nothing, and the others keep their numbers. */
static void test_interfaces(void **state)
{
        struct tables t;

        make("drop for=iface:wlan* source=10.0.0.0/8 port=1; drop for=iface:eth? source=11.0.0.0/8 port=2", &t);
        assert_int_equal(count(&t, XDP_SOURCES_V4), 1);
        assert_int_equal(parser_look_up(&t, false, 4, (const uint8_t[4]){ 10 }), 0);
        assert_int_equal(parser_look_up(&t, false, 4, (const uint8_t[4]){ 11 }), 2);
        assert_int_equal(t.destination_ports[1], 0);
        assert_int_equal(t.destination_ports[2], 2);
        assert_int_equal(t.set.by_any, 2);
        assert_int_equal(t.set.protocol[6], 2);
        tables_clear(&t);

        make("", &t);
        assert_int_equal(t.set.by_any, 0);
        assert_non_null(t.hint);
        tables_clear(&t);
}

static void check_address(const struct filters *filters, const struct tables *t, int family, const uint8_t *a)
{
        uint64_t from = 0, to = 0;

        for (size_t i = 0; i < filters->n; i++) {
                const struct filter *f = &filters->filter[i];

                if (!filter_applies(f, "eth0"))
                        continue;
                for (size_t k = 0; k < f->n_sources; k++)
                        from |= oracle_covers(&f->sources[k], family, a) ? 1ull << i : 0;
                for (size_t k = 0; k < f->n_destinations; k++)
                        to |= oracle_covers(&f->destinations[k], family, a) ? 1ull << i : 0;
        }
        assert_int_equal(parser_look_up(t, false, family, a), from);
        assert_int_equal(parser_look_up(t, true, family, a), to);
        if (from)
                assert_true(parser_may_be_listed(t->hint, family, a));
}

static void test_by_chance(void **state)
{
        static char text[CHANCE_TEXT_MAX];
        struct chance c = { 42 };

        for (int round = 0; round < 400; round++) {
                struct filters *filters;
                struct tables t;

                chance_filters(&c, XDP_FILTERS_MAX, text);
                filters = filters_of(text);
                assert_int_equal(tables_make(filters, "eth0", &t), 0);
                for (int i = 0; i < 200; i++) {
                        uint8_t a[16];

                        chance_address(&c, i % 2 ? 4 : 6, a);
                        check_address(filters, &t, i % 2 ? 4 : 6, a);
                }
                tables_clear(&t);
                filters_free(filters);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_prefixes_around), cmocka_unit_test(test_deep),   cmocka_unit_test(test_hints),
                cmocka_unit_test(test_hints_of_ipv6),
                cmocka_unit_test(test_many_hints),      cmocka_unit_test(test_many_prefixes), cmocka_unit_test(test_ports),  cmocka_unit_test(test_shapes),
                cmocka_unit_test(test_flags),           cmocka_unit_test(test_interfaces), cmocka_unit_test(test_by_chance),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
