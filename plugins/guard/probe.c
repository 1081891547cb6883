/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 2000

const char *const probe_names[_PROBE_MAX] = {
        [PROBE_CONNECT4] = "connect IPv4", [PROBE_CONNECT6] = "connect IPv6", [PROBE_SEND4] = "send IPv4", [PROBE_SEND6] = "send IPv6",
        [PROBE_RAW] = "raw socket",        [PROBE_PACKET] = "packet socket",  [PROBE_LISTEN] = "listen",
        [PROBE_ROUTE_OPTION] = "route by option", [PROBE_ROUTE_MESSAGE] = "route by message",
};

/* Where nobody is: of loopback, so that no packet leaves. */
struct nowhere {
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
};

static int finish(int fd, int r)
{
        int error = fd < 0 || r < 0 ? errno : 0;

        if (fd >= 0)
                (void) close(fd);
        return error;
}

static int try_connect(const void *to, socklen_t size, int family)
{
        int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        return finish(fd, fd < 0 ? -1 : connect(fd, to, size));
}

static int try_send(const void *to, socklen_t size, int family)
{
        int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        return finish(fd, fd < 0 ? -1 : (int) sendto(fd, "", 0, 0, to, size));
}

static int try_listen(const struct nowhere *n)
{
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        return finish(fd, fd < 0 || bind(fd, (const struct sockaddr *) &n->v4, sizeof(n->v4)) < 0 ? -1 : listen(fd, 1));
}

/* Bound, which is what it is known by. The options do nothing. */
#define OPTIONS_SIZE 4

static int make_routed(const struct nowhere *n)
{
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || bind(fd, (const struct sockaddr *) &n->v4, sizeof(n->v4)) >= 0)
                return fd;
        (void) close(fd);
        return -1;
}

static int try_route_option(const struct nowhere *n)
{
        const uint8_t options[OPTIONS_SIZE] = { IPOPT_NOP, IPOPT_NOP, IPOPT_NOP, IPOPT_NOP };
        int fd = make_routed(n);

        return finish(fd, fd < 0 ? -1 : setsockopt(fd, IPPROTO_IP, IP_OPTIONS, options, sizeof(options)));
}

/* To no address: who lets it pass finds that it goes nowhere. */
static int try_route_message(const struct nowhere *n)
{
        union {
                struct cmsghdr head;
                char room[CMSG_SPACE(OPTIONS_SIZE)];
        } control = { .head = { .cmsg_len = CMSG_LEN(OPTIONS_SIZE), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_RETOPTS } };
        const struct msghdr message = { .msg_control = &control, .msg_controllen = sizeof(control) };
        int fd = make_routed(n);

        (void) memset(CMSG_DATA(&control.head), IPOPT_NOP, OPTIONS_SIZE);
        return finish(fd, fd < 0 ? -1 : (int) sendmsg(fd, &message, 0));
}

/* The error, 0: none. */
static int try(enum probe which, const struct nowhere *n)
{
        int fd = -1;

        switch (which) {
        case PROBE_CONNECT4:
                return try_connect(&n->v4, sizeof(n->v4), AF_INET);
        case PROBE_CONNECT6:
                return try_connect(&n->v6, sizeof(n->v6), AF_INET6);
        case PROBE_SEND4:
                return try_send(&n->v4, sizeof(n->v4), AF_INET);
        case PROBE_SEND6:
                return try_send(&n->v6, sizeof(n->v6), AF_INET6);
        case PROBE_RAW:
                fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, GUARD_PROBE_PROTOCOL);
                break;
        case PROBE_PACKET:
                fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(GUARD_PROBE_ETHERTYPE));
                break;
        case PROBE_LISTEN:
                return try_listen(n);
        case PROBE_ROUTE_OPTION:
                return try_route_option(n);
        case PROBE_ROUTE_MESSAGE:
                return try_route_message(n);
        case _PROBE_MAX:
                break;
        }
        return finish(fd, fd);
}

/* In the child. What is refused with the backend told to and not without is refused by it. */
static void try_all(struct guard_control *c, const struct nowhere *n, uint32_t *found)
{
        for (uint32_t i = 0; i < _PROBE_MAX; i++) {
                __atomic_store_n(&c->probing, GUARD_PROBE_PASS, __ATOMIC_SEQ_CST);
                if (try((enum probe) i, n) == EPERM)
                        continue;
                for (uint32_t backend = 0; backend < _GUARD_BACKEND_MAX; backend++) {
                        __atomic_store_n(&c->probing, backend + 1, __ATOMIC_SEQ_CST);
                        if (try((enum probe) i, n) == EPERM)
                                found[backend] |= 1u << i;
                }
        }
}

static bool enter(const char *cgroup)
{
        char path[4096];
        int fd, r;

        (void) snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        r = fd < 0 ? -1 : (int) write(fd, "0", 1);
        if (fd >= 0)
                (void) close(fd);
        return r == 1;
}

static int wait_for(pid_t pid)
{
        int fd = -1, status, r;

#ifdef SYS_pidfd_open
        fd = (int) syscall(SYS_pidfd_open, pid, 0);
#endif
        if (fd >= 0) {
                struct pollfd p = { .fd = fd, .events = POLLIN };

                r = poll(&p, 1, DEADLINE_MS);
                (void) close(fd);
                if (r == 0)
                        (void) kill(pid, SIGKILL);
        }
        if (waitpid(pid, &status, 0) < 0)
                return -errno;
        if (!WIFEXITED(status))
                return -ETIMEDOUT;
        return WEXITSTATUS(status) ? -WEXITSTATUS(status) : 0;
}

/* A place of loopback's that nobody else goes to. */
static void choose(struct guard_control *c, struct nowhere *n)
{
        uint32_t chance = 0;

        (void) getrandom(&chance, sizeof(chance), GRND_NONBLOCK);
        c->probe_v4 = 127u << 24 | (chance & 0x7fffff) | 0x800001;
        c->probe_port = 61000 + chance % 4000;
        *n = (struct nowhere){
                .v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t) c->probe_port), .sin_addr.s_addr = htonl(c->probe_v4) },
                .v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t) c->probe_port), .sin6_addr = IN6ADDR_LOOPBACK_INIT },
        };
}

int probe_run(struct program *p, const char *cgroup, uint32_t ret[_GUARD_BACKEND_MAX])
{
        uint32_t *found = mmap(NULL, sizeof(*found) * _GUARD_BACKEND_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        struct nowhere nowhere;
        pid_t pid;
        int r;

        if (found == MAP_FAILED)
                return -errno;
        choose(p->control, &nowhere);
        pid = fork();
        if (pid == 0) {
                if (cgroup && !enter(cgroup))
                        _exit(errno & 0x7f);
                try_all(p->control, &nowhere, found);
                _exit(0);
        }
        r = pid < 0 ? -errno : wait_for(pid);
        __atomic_store_n(&p->control->probing, 0, __ATOMIC_SEQ_CST);
        memcpy(ret, found, sizeof(*found) * _GUARD_BACKEND_MAX);
        (void) munmap(found, sizeof(*found) * _GUARD_BACKEND_MAX);
        return r;
}
