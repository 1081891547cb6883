/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ports that NAT sends elsewhere while somebody listens there, in a namespace of the test's own, with the rules of nft and of iptables. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nat.h"

static void run(const char *command)
{
        if (system(command) != 0)
                fail_msg("%s", command);
}

static int listener(int family, uint16_t port)
{
        struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(port) };
        struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
        int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const struct sockaddr *a = family == AF_INET ? (struct sockaddr *) &a4 : (struct sockaddr *) &a6;

        assert_int_equal(bind(fd, a, family == AF_INET ? sizeof(a4) : sizeof(a6)), 0);
        assert_int_equal(listen(fd, 1), 0);
        return fd;
}

/* What is told: one line, or none. */
static char said[1024];

__attribute__((format(printf, 3, 4))) static void take_line(const struct trimtab_host *h, int32_t level, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void) vsnprintf(said, sizeof(said), format, args);
        va_end(args);
}

static const char *look(void)
{
        static const struct trimtab_host host = { .size = sizeof(host), .log = take_line };
        static struct interface i = { .name = "eth0" };
        static struct xdp x = { .host = &host };

        said[0] = '\0';
        nat_look(&x, &i);
        return said;
}

#define SETUP "nft flush ruleset; nft add table ip nat; nft 'add chain ip nat in { type nat hook prerouting priority -100; }'; "

static void test_those_that_listen_and_are_sent_elsewhere(void **state)
{
        struct port_set ports;
        int fds[2];

        run(SETUP "nft add rule ip nat in tcp dport 8080 dnat to 10.0.0.2:80; nft add rule ip nat in tcp dport 8081 dnat to 10.0.0.2:81");
        assert_int_equal(nat_ports(&ports), 0);
        assert_string_equal(look(), "");
        fds[0] = listener(AF_INET, 8080);
        assert_int_equal(nat_ports(&ports), 1);
        assert_int_equal(ports.bits[8080 / 64], 1ull << 8080 % 64);
        fds[1] = listener(AF_INET6, 8081);
        assert_int_equal(nat_ports(&ports), 2);
        assert_non_null(strstr(look(), "TCP port 8080, 8081 elsewhere"));
        assert_non_null(strstr(look(), "action = allow"));
        (void) close(fds[0]);
        (void) close(fds[1]);
        assert_int_equal(nat_ports(&ports), 0);
}

static void test_those_that_are_left_here(void **state)
{
        struct port_set ports;
        int fd = listener(AF_INET, 8080);

        run(SETUP "nft add rule ip nat in tcp dport 8080 counter; nft add rule ip nat in tcp sport 8080 dnat to 10.0.0.2:80; "
                  "nft add rule ip nat in tcp dport != 8080 dnat to 10.0.0.2:80; nft add rule ip nat in ip daddr 10.0.0.1 dnat to 10.0.0.2");
        assert_int_equal(nat_ports(&ports), 0);
        run("nft flush ruleset");
        assert_int_equal(nat_ports(&ports), 0);
        (void) close(fd);
}

/* As Docker has them. */
static void test_iptables(void **state)
{
        struct port_set ports;
        int fd;

        if (system("command -v iptables-nft >/dev/null") != 0) {
                print_message("  skipped: iptables is not installed\n");
                skip();
        }
        fd = listener(AF_INET, 8080);
        run("nft flush ruleset; iptables-nft -t nat -N DOCKER && iptables-nft -t nat -A PREROUTING -j DOCKER && "
            "iptables-nft -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.0.0.2:80");
        assert_int_equal(nat_ports(&ports), 1);
        (void) close(fd);
}

/* More than a line holds. */
static void test_many(void **state)
{
        char rules[] = SETUP "for port in $(seq 20000 20099); do echo add rule ip nat in tcp dport $port dnat to 10.0.0.2:80; done | nft -f -";
        int fds[100];

        run(rules);
        for (uint16_t n = 0; n < 100; n++)
                fds[n] = listener(AF_INET, (uint16_t) (20000 + n));
        assert_non_null(strstr(look(), "port 20000, 20001, "));
        assert_non_null(strstr(look(), " and more elsewhere"));
        for (int n = 0; n < 100; n++)
                (void) close(fds[n]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_those_that_listen_and_are_sent_elsewhere),
                cmocka_unit_test(test_those_that_are_left_here),
                cmocka_unit_test(test_iptables),
                cmocka_unit_test(test_many),
        };

        if (unshare(CLONE_NEWNET) < 0) {
                print_message("skipped: no network namespace of its own: it takes root\n");
                return 77;
        }
        if (system("nft add table ip probe && nft delete table ip probe") != 0) {
                print_message("skipped: nft, or the kernel's part of it, is not here\n");
                return 77;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
