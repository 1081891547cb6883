/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What filters are written in: each kind of item, what it means, and what is said of one that is none. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "../../../plugins/xdp/text.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char an_address[] = "expected an address or a prefix, such as 192.0.2.0/24 or 2001:db8::/32";
static const char a_port[] = "expected a port from 0 to 65535, or a range of them, such as 1024-2047";

static void test_prefixes(void **state)
{
        static const struct {
                const char *text;
                struct prefix prefix;
        } good[] = {
                { "192.0.2.0/24", { 4, 24, { 192, 0, 2 } } },
                { "192.0.2.1", { 4, 32, { 192, 0, 2, 1 } } },
                { "192.0.2.1/32", { 4, 32, { 192, 0, 2, 1 } } },
                { "0.0.0.0/0", { 4, 0, {} } },
                { "255.255.255.255", { 4, 32, { 255, 255, 255, 255 } } },
                { "255.255.255.254/31", { 4, 31, { 255, 255, 255, 254 } } },
                { "128.0.0.0/1", { 4, 1, { 128 } } },
                { "10.128.0.0/9", { 4, 9, { 10, 128 } } },
                { "2001:db8::/32", { 6, 32, { 0x20, 0x01, 0x0d, 0xb8 } } },
                { "::/0", { 6, 0, {} } },
                { "::1", { 6, 128, { [15] = 1 } } },
                { "fe80::/10", { 6, 10, { 0xfe, 0x80 } } },
                { "2001:DB8::8000:0:0:0/65", { 6, 65, { 0x20, 0x01, 0x0d, 0xb8, [8] = 0x80 } } },
                { "::ffff:192.0.2.1", { 6, 128, { [10] = 0xff, 0xff, 192, 0, 2, 1 } } }, /* is not IPv4 on the wire */
                { "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128",
                  { 6, 128, { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 } } },
        };
        static const struct {
                const char *text, *why;
        } bad[] = {
                { "", an_address },
                { "/", an_address },
                { "/24", an_address },
                { "192.0.2", an_address },
                { "192.0.2.256", an_address },
                { "192.0.2.1.1/8", an_address },
                { " 192.0.2.1", an_address },
                { "192.0.2.0 /24", an_address },
                { "2001:db8", an_address },
                { "2001:db8::1::/64", an_address },
                { "fe80::1%eth0", an_address },
                { "example.org", an_address },
                { "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111", an_address },
                { "192.0.2.0/", "expected a length from 0 to 32 behind the /" },
                { "192.0.2.0/33", "expected a length from 0 to 32 behind the /" },
                { "192.0.2.0/-1", "expected a length from 0 to 32 behind the /" },
                { "192.0.2.0/24 ", "expected a length from 0 to 32 behind the /" },
                { "192.0.2.0/24/24", "expected a length from 0 to 32 behind the /" },
                { "192.0.2.0/4294967320", "expected a length from 0 to 32 behind the /" }, /* 24, and 2^32 */
                { "192.0.2.0/255.255.255.0", "expected a length from 0 to 32 behind the /" },
                { "2001:db8::/129", "expected a length from 0 to 128 behind the /" },
                { "192.0.2.1/24", "bits are set behind the length: did you mean 192.0.2.0/24?" },
                { "10.129.0.0/9", "bits are set behind the length: did you mean 10.128.0.0/9?" },
                { "0.0.0.1/0", "bits are set behind the length: did you mean 0.0.0.0/0?" },
                { "2001:db8::1/64", "bits are set behind the length: did you mean 2001:db8::/64?" },
                { "2001:db8::8000:0:0:1/65", "bits are set behind the length: did you mean 2001:db8:0:0:8000::/65?" },
        };

        for (size_t i = 0; i < N(good); i++) {
                struct prefix p;

                memset(&p, 0xff, sizeof(p));
                assert_int_equal(parse_prefix(good[i].text, &p, NULL, 0), 0);
                assert_memory_equal(&p, &good[i].prefix, sizeof(p));
        }
        for (size_t i = 0; i < N(bad); i++) {
                struct prefix p = { .family = 9 };
                char why[256] = "";

                assert_int_equal(parse_prefix(bad[i].text, &p, why, sizeof(why)), -EINVAL);
                assert_string_equal(why, bad[i].why);
                assert_int_equal(p.family, 9); /* nothing half done */
                assert_int_equal(parse_prefix(bad[i].text, &p, NULL, 0), -EINVAL);
        }
}

static void test_ranges(void **state)
{
        static const struct {
                const char *text;
                struct range range;
        } good[] = {
                { "0", { 0, 0 } }, { "443", { 443, 443 } }, { "65535", { 65535, 65535 } }, { "1024-2047", { 1024, 2047 } },
                { "0-65535", { 0, 65535 } }, { "7-7", { 7, 7 } }, { "0080", { 80, 80 } },
        };
        static const struct {
                const char *text, *why;
        } bad[] = {
                { "", a_port }, { "-", a_port }, { "-1", a_port }, { "1-", a_port }, { "65536", a_port }, { "1-65536", a_port },
                { "80 ", a_port }, { " 80", a_port }, { "80-90-100", a_port }, { "http", a_port }, { "0x50", a_port },
                { "4294967376", a_port }, { "+80", a_port }, { "1--2", a_port }, { "90-80", "the range ends before it begins" },
        };

        for (size_t i = 0; i < N(good); i++) {
                struct range r;

                assert_int_equal(parse_range(good[i].text, &r, NULL, 0), 0);
                assert_int_equal(r.first, good[i].range.first);
                assert_int_equal(r.last, good[i].range.last);
        }
        for (size_t i = 0; i < N(bad); i++) {
                struct range r;
                char why[256] = "";

                assert_int_equal(parse_range(bad[i].text, &r, why, sizeof(why)), -EINVAL);
                assert_string_equal(why, bad[i].why);
        }
}

static void test_protocols(void **state)
{
        static const struct {
                const char *text;
                int protocol; /* < 0: none */
                bool ports;
        } cases[] = {
                { "tcp", 6, true }, { "udp", 17, true }, { "sctp", 132, true }, { "dccp", 33, true }, { "udplite", 136, true },
                { "icmp", 1, false }, { "icmpv6", 58, false }, { "igmp", 2, false }, { "gre", 47, false }, { "esp", 50, false },
                { "ah", 51, false }, { "ipip", 4, false }, { "0", 0, false }, { "6", 6, true }, { "255", 255, false },
                { "256", -1, false }, { "", -1, false }, { "TCP", -1, false }, { "tcp ", -1, false }, { "6tcp", -1, false },
                { "-1", -1, false },
        };

        for (size_t i = 0; i < N(cases); i++) {
                uint8_t protocol;
                char why[256] = "";

                if (cases[i].protocol < 0) {
                        assert_int_equal(parse_protocol(cases[i].text, &protocol, why, sizeof(why)), -EINVAL);
                        assert_string_equal(why, "expected tcp, udp, icmp, icmpv6, sctp, dccp, udplite, igmp, gre, esp, ah, ipip or a number");
                        continue;
                }
                assert_int_equal(parse_protocol(cases[i].text, &protocol, why, sizeof(why)), 0);
                assert_int_equal(protocol, cases[i].protocol);
                assert_int_equal(protocol_has_ports(protocol), cases[i].ports);
        }
}

static void test_flags(void **state)
{
        static const char *const names[] = { "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr" };
        static const char *const bad[] = { "", "!", "!!syn", "SYN", "syn ", "! syn", "syn,ack", "ns" };
        uint8_t flag;
        bool set;

        for (unsigned i = 0; i < N(names); i++) {
                char not[8] = "!";

                assert_int_equal(parse_flag(names[i], &flag, &set, NULL, 0), 0);
                assert_int_equal(flag, 1u << i);
                assert_true(set);
                assert_int_equal(parse_flag(strcat(not, names[i]), &flag, &set, NULL, 0), 0);
                assert_int_equal(flag, 1u << i);
                assert_false(set);
        }
        for (unsigned i = 0; i < N(bad); i++) {
                char why[256] = "";

                assert_int_equal(parse_flag(bad[i], &flag, &set, why, sizeof(why)), -EINVAL);
                assert_string_equal(why, "expected fin, syn, rst, psh, ack, urg, ece or cwr, or one of them behind a ! for not set");
        }
}

static void test_interfaces(void **state)
{
        static const char *const bad[] = { "", "eth0", "iface:", "iface", "IFACE:eth0", " iface:eth0", "cgroup:/a" };
        const char *glob;

        assert_int_equal(parse_interface("iface:en*", &glob, NULL, 0), 0);
        assert_string_equal(glob, "en*");
        for (unsigned i = 0; i < N(bad); i++) {
                char why[256] = "";

                assert_int_equal(parse_interface(bad[i], &glob, why, sizeof(why)), -EINVAL);
                assert_string_equal(why, "expected interfaces, such as iface:eth0 or iface:en*");
        }
}

/* As much as there is room for, and an end. */
static void test_little_room(void **state)
{
        char why[8] = "1234567";
        struct range r;

        assert_int_equal(parse_range("x", &r, why, 4), -EINVAL);
        assert_memory_equal(why, "exp\0" "567", 8);
        assert_int_equal(parse_range("x", &r, why, 0), -EINVAL);
        assert_memory_equal(why, "exp\0" "567", 8);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_prefixes),   cmocka_unit_test(test_ranges),     cmocka_unit_test(test_protocols),
                cmocka_unit_test(test_flags),      cmocka_unit_test(test_interfaces), cmocka_unit_test(test_little_room),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
