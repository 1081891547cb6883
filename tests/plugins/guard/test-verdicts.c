/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What was allowed a moment ago is allowed again without a search. It is for nobody and nothing else: hundreds of others, on the same CPU, of
 * which each differs in one thing only, are refused.
 *
 *     test-verdicts PLUGIN.so [cgroup|lsm]
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ground.h"
#include "sections.h"

#define MANY 400

static const char *plugin_file;
static bool lsm;
static struct ground ground;
static char copy[64]; /* of this program */

enum { LET, REFUSED, NEITHER };

static int ask(int fd, uint32_t address, uint16_t port)
{
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address) };

        return connect(fd, (struct sockaddr *) &to, sizeof(to)) < 0 && errno == EPERM ? REFUSED : LET;
}

static int open_socket(void)
{
        return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* What each answer of a sweep is, NEITHER where they differ. userdata: NULL. */
static int sweep(const void *userdata)
{
        int fd = open_socket(), first = ask(fd, 0xc0000201, 1);

        for (uint16_t i = 1; i <= MANY; i++)
                for (int again = 0; again < 2; again++)
                        if (ask(fd, 0xc0000201, i) != first)
                                return NEITHER;
        return first;
}

static struct testhost *start(const char *text)
{
        struct testhost *th = ground_open(&ground, plugin_file, lsm);

        assert_int_equal(testhost_open(th), 0);
        assert_int_equal(sections_configure(th, text), 0);
        return th;
}

static int by(const char *cgroup, int (*work)(const void *userdata))
{
        return ground_run(&ground, cgroup, work, NULL);
}

static int sweep_neighbours(const void *userdata)
{
        int fd = open_socket(), tcp;

        for (uint32_t i = 1; i <= MANY; i++) {
                uint32_t known = 0xc0000200 | i % 256;

                if (ask(fd, known, 443) != LET || ask(fd, known, 443) != LET)
                        return 1;
                if (ask(fd, known, (uint16_t) (1000 + i)) != REFUSED)
                        return 2;
                if (ask(fd, 0xc6336400 + i, 443) != REFUSED)
                        return 3;
        }
        tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        return ask(tcp, 0xc0000201, 443) == REFUSED ? 0 : 4;
}

static void test_another_destination(void **state)
{
        struct testhost *th = start("[egress]\nmode = enforce\n[egress-rule a]\nunit = a.service\nallow = 192.0.2.0/24:443/udp\ndefault = deny\n");

        assert_int_equal(by("a.service", sweep_neighbours), 0);
        testhost_free(th);
}

static void test_another_cgroup(void **state)
{
        struct testhost *th = start("[egress]\nmode = enforce\ndefault = deny\n[egress-rule a]\nunit = a.service\nallow = any\n");

        assert_int_equal(by("a.service", sweep), LET);
        assert_int_equal(by("b.service", sweep), REFUSED);
        assert_int_equal(by("a.service", sweep), LET);
        testhost_free(th);
}

static int sweep_users(const void *userdata)
{
        int fd = open_socket();

        for (uint16_t i = 1; i <= MANY; i++) {
                if (ask(fd, 0xc0000201, i) != LET || setresuid(65534, 65534, 0) < 0)
                        return 1;
                if (ask(fd, 0xc0000201, i) != REFUSED || setresuid(0, 0, 0) < 0)
                        return 2;
        }
        return 0;
}

static void test_another_user(void **state)
{
        struct testhost *th = start("[egress]\nmode = enforce\n[egress-rule u]\nuid = 65534\ndefault = deny\n");

        assert_int_equal(by("a.service", sweep_users), 0);
        testhost_free(th);
}

static int run_copy(const void *userdata)
{
        (void) execl(copy, copy, "--sweep", NULL);
        return 255;
}

static void test_another_program(void **state)
{
        char command[160], text[256];
        struct testhost *th;

        (void) snprintf(copy, sizeof(copy), "/tmp/trimtab-verdicts-%d", (int) getpid());
        (void) snprintf(command, sizeof(command), "cp /proc/%d/exe %s", (int) getpid(), copy);
        assert_int_equal(system(command), 0);
        (void) snprintf(text, sizeof(text), "[egress]\nmode = enforce\n[egress-rule x]\nexe = %s\ndefault = deny\n", copy);
        th = start(text);
        assert_int_equal(by("a.service", sweep), LET);
        assert_int_equal(by("a.service", run_copy), REFUSED);
        assert_int_equal(by("a.service", sweep), LET);
        testhost_free(th);
        (void) unlink(copy);
}

static void test_another_policy(void **state)
{
        struct testhost *th = start("[egress]\nmode = enforce\n[egress-rule a]\nunit = a.service\nallow = any\ndefault = deny\n");

        for (int i = 0; i < 4; i++) {
                assert_int_equal(by("a.service", sweep), LET);
                assert_int_equal(sections_configure(th, "[egress]\nmode = enforce\n[egress-rule a]\nunit = a.service\ndefault = deny\n"), 0);
                assert_int_equal(by("a.service", sweep), REFUSED);
                assert_int_equal(sections_configure(th, "[egress]\nmode = enforce\n[egress-rule a]\nunit = a.service\nallow = any\n"), 0);
        }
        testhost_free(th);
}

/* --- a rule that only tells --- */

static void test_a_rule_that_audits(void **state)
{
        struct testhost *th = start("[egress]\nmode = enforce\n"
                                    "[egress-rule a]\nunit = a.service\nmode = audit\ndefault = deny\n"
                                    "[egress-rule b]\nunit = b.service\ndefault = deny\n");

        assert_int_equal(by("a.service", sweep), LET);
        assert_int_equal(by("b.service", sweep), REFUSED);
        assert_int_equal(testhost_collect(th), 0);
        assert_non_null(strstr(testhost_events(th), "would refuse: "));
        assert_non_null(strstr(testhost_events(th), "by egress-rule a"));
        testhost_free(th);
}

/* As long as it is not certain that such a rule speaks of a cgroup, another one's refusal counts. */
static void test_a_rule_that_may_audit(void **state)
{
        struct testhost *th = start("[egress]\nmode = enforce\ndefault = deny\n[egress-rule n]\nunit = n*.service\nmode = audit\ndefault = deny\n");
        uint64_t id = ground_add(&ground, "new.service");

        assert_int_equal(by("new.service", sweep), REFUSED);
        testhost_add_object(th, "cgroup", id, ground_name(&ground, "new.service"), NULL);
        assert_int_equal(by("new.service", sweep), LET);
        testhost_free(th);
        ground_drop(&ground, "new.service");
}

static int set_up(void **state)
{
        (void) ground_add(&ground, "a.service");
        (void) ground_add(&ground, "b.service");
        return 0;
}

static int tear_down(void **state)
{
        ground_drop(&ground, "a.service");
        ground_drop(&ground, "b.service");
        return 0;
}

static void stay_on_this_cpu(void)
{
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET(sched_getcpu(), &set);
        if (sched_setaffinity(0, sizeof(set), &set) < 0)
                abort();
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                TEST(test_another_destination), TEST(test_another_cgroup),     TEST(test_another_user),          TEST(test_another_program),
                TEST(test_another_policy),      TEST(test_a_rule_that_audits), TEST(test_a_rule_that_may_audit),
        };
        int r;

        if (argc == 2 && strcmp(argv[1], "--sweep") == 0)
                return sweep(NULL);
        r = ground_begin(&ground, argc, argv, &plugin_file, &lsm);
        if (r != 0)
                return r;
        stay_on_this_cpu();
        r = cmocka_run_group_tests(tests, NULL, NULL);
        ground_remove(&ground);
        return r;
}
