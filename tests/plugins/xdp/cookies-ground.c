/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cookies-ground.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void run(const char *command)
{
        if (system(command) != 0)
                fail_msg("%s", command);
}

static FILE *open_sysctl(const char *sysctl, const char *mode)
{
        char path[128];
        FILE *f;

        (void) snprintf(path, sizeof(path), "/proc/sys/net/%s", sysctl);
        f = fopen(path, mode);
        assert_non_null(f);
        return f;
}

int get(const char *sysctl)
{
        FILE *f = open_sysctl(sysctl, "re");
        int value = -1;

        assert_int_equal(fscanf(f, "%d", &value), 1);
        (void) fclose(f);
        return value;
}

void set(const char *sysctl, int value)
{
        FILE *f = open_sysctl(sysctl, "we");

        assert_true(fprintf(f, "%d\n", value) > 0);
        assert_int_equal(fclose(f), 0);
}

int listener(uint16_t port, int buffer, int mss)
{
        struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
        int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

        assert_true(fd >= 0);
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
        if (buffer > 0)
                assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)), 0);
        if (mss > 0)
                assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof(mss)), 0);
        assert_int_equal(bind(fd, (struct sockaddr *) &a, sizeof(a)), 0);
        assert_int_equal(listen(fd, 64), 0);
        return fd;
}

static int let_in_all(struct xdp_program *p, const char *interface)
{
        struct filters *filters = NULL;
        struct tables tables;
        int r;

        r = filters_read(NULL, 0, 0, NULL, 0, &filters);
        if (r < 0)
                return r;
        r = tables_make(filters, interface, &tables);
        if (r >= 0) {
                r = program_filter(p, &tables);
                tables_clear(&tables);
        }
        filters_free(filters);
        return r;
}

struct xdp_program *load_program(const char *interface)
{
        struct xdp_sizes sizes = { .n_cpus = (uint32_t) sysconf(_SC_NPROCESSORS_CONF), .n_queues = 1, .n_buckets = 1024 };
        struct xdp_program *p = NULL;
        char why[512] = "";
        int r = program_load(&sizes, &p, why, sizeof(why));

        if (r >= 0)
                r = let_in_all(p, interface);
        if (r >= 0)
                return p;
        print_error("%s\n", why);
        program_free(p);
        return NULL;
}

uint64_t counted(const struct xdp_program *p, enum xdp_verdict verdict)
{
        struct xdp_counters c;

        program_count(p, UINT32_MAX, &c);
        return c.verdicts[verdict];
}
