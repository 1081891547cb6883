/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From the text of rules to tables, and what these say: nothing of it needs a kernel. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "lifeline.h"
#include "oracle.h"
#include "probe.h"
#include "walk.h"

static void test_items(void **state)
{
        static const struct {
                const char *text;
                unsigned family, length, first, last, protocol;
        } good[] = {
                { "151.101.0.0/16:443/tcp", 4, 16, 443, 443, 6 },
                { "10.0.0.1", 4, 32, 0, 65535, 0 },
                { "10.0.0.1:53", 4, 32, 53, 53, 0 },
                { "10.0.0.0/8/udp", 4, 8, 0, 65535, 17 },
                { "10.0.0.1/udp", 4, 32, 0, 65535, 17 },
                { "10.0.0.1:1024-2047/udp", 4, 32, 1024, 2047, 17 },
                { "2001:db8::1", 6, 128, 0, 65535, 0 },
                { "2001:db8::/32", 6, 32, 0, 65535, 0 },
                { "2001:db8::/32:443/tcp", 6, 32, 443, 443, 6 },
                { "[2001:db8::1]:53/udp", 6, 128, 53, 53, 17 },
                { "[2001:db8::]/32:53", 6, 32, 53, 53, 0 },
                { "::/0/icmpv6", 6, 0, 0, 65535, 58 },
                { "::1/tcp", 6, 128, 0, 65535, 6 },
                { "any:443/tcp", 0, 0, 443, 443, 6 },
                { "any/raw", 0, 0, 0, 65535, GUARD_PROTOCOL_RAW },
                { "any/packet", 0, 0, 0, 65535, GUARD_PROTOCOL_PACKET },
                { "any", 0, 0, 0, 65535, 0 },
        };
        struct item item;
        char why[128];

        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                if (parse_item(good[i].text, &item, why, sizeof(why)) < 0)
                        fail_msg("%s: %s", good[i].text, why);
                assert_int_equal(item.prefix.family, good[i].family);
                assert_int_equal(item.prefix.length, good[i].length);
                assert_int_equal(item.any, good[i].family == 0);
                assert_int_equal(item.ports.first, good[i].first);
                assert_int_equal(item.ports.last, good[i].last);
                assert_int_equal(item.protocol, good[i].protocol);
                assert_null(item.host);
        }
        assert_int_equal(parse_item("name:deb.example.org:443/tcp", &item, why, sizeof(why)), 0);
        assert_int_equal(item.host_length, strlen("deb.example.org"));
        assert_memory_equal(item.host, "deb.example.org", item.host_length);
        assert_int_equal(item.ports.first, 443);
}

static void test_items_that_are_none(void **state)
{
        static const char *const bad[] = {
                "", "10.0.0", "10.0.0.1/33", "10.0.0.1/8", "10.0.0.1:", "10.0.0.1:http", "10.0.0.1:99999", "10.0.0.1:5-4", "10.0.0.1/tpc",
                "10.0.0.1:53/icmp", "any:1/raw", "[2001:db8::1:53", "[2001:db8::1]53", "2001:db8::1]", "any/", "anything", "name:", "name::53",
                "name:a b:53", "name:x:99999", "10.0.0.1 ", "10.0.0.1/tcp/udp", "any/254", "any/255", "any/0",
        };
        struct item item;
        char why[128];

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                why[0] = '\0';
                if (parse_item(bad[i], &item, why, sizeof(why)) != -EINVAL)
                        fail_msg("'%s' is taken", bad[i]);
                assert_true(why[0] != '\0');
        }
}

static void test_cgroups(void **state)
{
        static const struct {
                const char *unit, *cgroup, *path;
                bool matches;
        } cases[] = {
                { "a.service", NULL, "/system.slice/a.service", true },
                { "a.service", NULL, "/system.slice/system-x.slice/a.service/sub", true },
                { "a.service", NULL, "/a.service", true },
                /* What somebody makes in what was delegated to him is no unit of the system's. */
                { "a.service", NULL, "/user.slice/user-1.slice/user@1.service/a.service", false },
                { "a.service", NULL, "/system.slice/b.service", false },
                { "a.service", NULL, "/system.slice/aa.service", false },
                { "web@*.service", NULL, "/system.slice/web@1.service", true },
                { "web@*.service", NULL, "/system.slice/web.service", false },
                { "system.slice", NULL, "/system.slice/b.service", true },
                { NULL, "/a/b", "/a/b", true },
                { NULL, "/a/b", "/a/b/c", true },
                { NULL, "/a/b", "/a/bc", false },
                { NULL, "/a/*", "/a/b/c", true },
                { NULL, "/a/*", "/a", false },
                { NULL, "/", "/anything", true },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                if (paths_match(cases[i].unit, cases[i].cgroup, cases[i].path) != cases[i].matches)
                        fail_msg("%s %s in %s", cases[i].unit ?: "", cases[i].cgroup ?: "", cases[i].path);
}

static void make(const struct random_case *c, struct policy *p)
{
        const struct policy_input in = { .rules = c->rules, .lifeline = c->lifeline, .n_lifeline = c->n_lifeline };
        char why[128] = "";

        if (policy_make(&in, p, why, sizeof(why)) < 0)
                fail_msg("no policy: %s", why);
}

/* Whatever rules say, the tables say it, too. */
static void test_against_the_oracle(void **state)
{
        size_t seen[3] = {};

        for (unsigned seed = 1; seed <= 2000; seed++) {
                struct random_case c;
                struct policy p;

                random_case_make(seed, &c);
                make(&c, &p);
                for (int i = 0; i < 200; i++) {
                        struct task task;
                        struct destination to;
                        struct guard_request rq;
                        struct guard_class class;
                        int expected, got;

                        random_task(&task);
                        random_destination(&c, &to);
                        request_make(&to, &rq);
                        class_make(&p, c.rules, &task, &class);
                        expected = oracle(c.rules, c.lifeline, c.n_lifeline, &task, &to);
                        got = walk(&p, &class, &rq);
                        seen[expected]++;
                        if (expected == got)
                                continue;
                        describe(&c, &task, &to);
                        fail_msg("seed %u: expected %d, got %d", seed, expected, got);
                }
                policy_clear(&p);
                random_case_free(&c);
        }
        print_message("  allowed %zu, denied %zu\n", seen[GUARD_ALLOW], seen[GUARD_DENY]);
        assert_true(seen[GUARD_ALLOW] > 50000 && seen[GUARD_DENY] > 50000);
}

/* Many prefixes: each finds its own, and its neighbour does not. */
static void test_many_prefixes(void **state)
{
        enum { N = 100000 };
        struct rule rule = { .name = (char *) "many", .uid = -1, .n_items = N };
        struct rules rules = { .verdict = GUARD_DENY, .all = &rule, .n = 1 };
        const struct policy_input in = { .rules = &rules };
        struct guard_class class;
        struct policy p;

        rule.items = calloc(N, sizeof(*rule.items));
        for (uint32_t i = 0; i < N; i++) {
                rule.items[i] = (struct item){ .ports = { 0, 65535 }, .prefix = { .family = 4, .length = 31 } };
                rule.items[i].prefix.bytes[0] = (uint8_t) (10 + (i >> 16));
                rule.items[i].prefix.bytes[1] = (uint8_t) (i >> 8);
                rule.items[i].prefix.bytes[2] = (uint8_t) i;
        }
        assert_int_equal(policy_make(&in, &p, NULL, 0), 0);
        policy_classify(&p, &rules, "/x", &class);
        for (uint32_t i = 0; i < N; i++) {
                uint32_t address = (10 + (i >> 16)) << 24 | (i >> 8 & 0xff) << 16 | (i & 0xff) << 8;
                struct guard_request rq = { .family = 4, .upper = (uint64_t) (address | 1) << 32, .protocol = 6 };

                assert_int_equal(walk(&p, &class, &rq), GUARD_ALLOW);
                rq.upper = (uint64_t) (address | 2) << 32;
                assert_int_equal(walk(&p, &class, &rq), GUARD_DENY);
        }
        policy_clear(&p);
        free(rule.items);
}

/* A name allows what it stands for now, and nothing while nobody knows. */
static void test_a_name(void **state)
{
        struct item item = { .host = "deb.example.org", .host_length = 15, .ports = { 443, 443 }, .protocol = 6 };
        struct rule rule = { .name = (char *) "name", .uid = -1, .items = &item, .n_items = 1 };
        struct rules rules = { .verdict = GUARD_DENY, .all = &rule, .n = 1 };
        const struct resolved resolved = { .address = { .family = 4, .length = 32, .bytes = { 192, 0, 2, 1 } } };
        struct policy_input in = { .rules = &rules };
        struct guard_request rq = { .family = 4, .upper = 0xc0000201ull << 32, .protocol = 6, .port = 443 };
        struct guard_class class;
        struct policy p;

        assert_int_equal(policy_make(&in, &p, NULL, 0), 0);
        policy_classify(&p, &rules, "/x", &class);
        assert_int_equal(walk(&p, &class, &rq), GUARD_DENY);
        policy_clear(&p);

        in.resolved = &resolved;
        in.n_resolved = 1;
        assert_int_equal(policy_make(&in, &p, NULL, 0), 0);
        policy_classify(&p, &rules, "/x", &class);
        assert_int_equal(walk(&p, &class, &rq), GUARD_ALLOW);
        rq.port = 80;
        assert_int_equal(walk(&p, &class, &rq), GUARD_DENY);
        rq.port = 443;
        rq.upper = 0xc0000202ull << 32;
        assert_int_equal(walk(&p, &class, &rq), GUARD_DENY);
        policy_clear(&p);
}

static void test_too_much(void **state)
{
        enum { N = 65 };
        struct rule rule = { .name = (char *) "much", .uid = -1, .n_items = N };
        struct rules rules = { .verdict = GUARD_DENY, .all = &rule, .n = 1 };
        const struct policy_input in = { .rules = &rules };
        char why[128] = "";
        struct policy p;

        rule.items = calloc(N, sizeof(*rule.items));
        for (uint16_t i = 0; i < N; i++)
                rule.items[i] = (struct item){ .any = true, .ports = { i, i } };
        assert_int_equal(policy_make(&in, &p, why, sizeof(why)), -E2BIG);
        assert_non_null(strstr(why, "more than 64 items"));
        free(rule.items);
}

static void test_lifeline(void **state)
{
        char resolv[] = "/tmp/guard-resolv-XXXXXX", tcp[] = "/tmp/guard-tcp-XXXXXX";
        struct lifeline_files files = { .resolv_conf = resolv, .tcp = tcp, .tcp6 = "/nowhere", .ssh_port = 22 };
        struct lifeline l;
        FILE *f = fdopen(mkstemp(resolv), "w");

        (void) fputs("search example.org\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\n", f);
        (void) fclose(f);
        f = fdopen(mkstemp(tcp), "w");
        (void) fputs("  sl  local_address rem_address   st tx_queue\n"
                     "   0: 0100007F:0016 00000000:0000 0A 0\n"
                     "   1: 0100000A:0016 070000C6:D431 01 0\n"
                     "   2: 0100000A:0050 080000C6:D431 01 0\n", f);
        (void) fclose(f);
        assert_int_equal(lifeline_read(&files, &l), 0);
        (void) remove(resolv);
        (void) remove(tcp);
        /* Loopback, two resolvers of two ports, and the one who is logged in: not who listens, not another port's. */
        assert_int_equal(l.n, 4 + 4 + 1);
        assert_int_equal(l.items[4].ports.first, 53);
        assert_memory_equal(l.items[8].prefix.bytes, ((uint8_t[]) { 198, 0, 0, 7 }), 4);
        lifeline_clear(&l);
}

/* What was not seen to have an effect is not claimed. */
static void test_coverage(void **state)
{
        uint32_t all = (1u << _PROBE_MAX) - 1, none[_GUARD_BACKEND_MAX] = {}, both[_GUARD_BACKEND_MAX] = { all, all };
        static const char *const nowhere[] = { "sendmmsg, from the second", "by another interface", "SCTP, several", "UDP that comes in", "from before the policy",
                                               "io_uring of another", "another cgroup", "other families", "the kernel sends" };
        struct coverage_row rows[COVERAGE_ROWS_MAX];
        size_t n = coverage_rows(none, rows);

        for (size_t i = 0; i < n; i++)
                assert_null(rows[i].by);
        assert_false(coverage_is_whole(none, GUARD_CGROUP));
        n = coverage_rows(both, rows);
        for (size_t i = 0; i < n; i++) {
                bool never = false;

                for (size_t j = 0; j < sizeof(nowhere) / sizeof(*nowhere); j++)
                        never = never || strstr(rows[i].technique, nowhere[j]);
                assert_true(!rows[i].by == never);
        }
        assert_true(coverage_is_whole(both, GUARD_LSM));
        both[GUARD_LSM] &= ~(1u << PROBE_SEND6);
        assert_false(coverage_is_whole(both, GUARD_LSM));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_items),
                cmocka_unit_test(test_items_that_are_none),
                cmocka_unit_test(test_cgroups),
                cmocka_unit_test(test_against_the_oracle),
                cmocka_unit_test(test_many_prefixes),
                cmocka_unit_test(test_a_name),
                cmocka_unit_test(test_too_much),
                cmocka_unit_test(test_lifeline),
                cmocka_unit_test(test_coverage),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
