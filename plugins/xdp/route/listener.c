/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listener.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netlink.h"

/* --- which socket --- */

struct search {
        uint16_t port;
        bool for_v4; /* one of IPv6 that takes IPv4 too */
        uint32_t inode;
};

static bool is_v6_only(const struct inet_diag_msg *m, size_t size)
{
        for (const struct rtattr *a = (const void *) (m + 1); RTA_OK(a, size); a = RTA_NEXT(a, size))
                if (a->rta_type == INET_DIAG_SKV6ONLY)
                        return *(const uint8_t *) RTA_DATA(a);
        return false;
}

static void take_socket(void *userdata, const struct nlmsghdr *h)
{
        const struct inet_diag_msg *m = NLMSG_DATA(h);
        struct search *s = userdata;

        if (s->inode == 0 && ntohs(m->id.idiag_sport) == s->port &&
            !(s->for_v4 && is_v6_only(m, h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)))))
                s->inode = m->idiag_inode;
}

static int search(uint8_t protocol, uint8_t family, struct search *s)
{
        struct {
                struct nlmsghdr header;
                struct inet_diag_req_v2 request;
        } q = { .header = { .nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                .request = { .sdiag_family = family == 4 ? AF_INET : AF_INET6,
                             .sdiag_protocol = protocol,
                             /* A socket of UDP that is bound and talks to nobody in particular counts as closed. */
                             .idiag_states = 1u << (protocol == IPPROTO_TCP ? TCP_LISTEN : TCP_CLOSE) } };
        int fd = netlink_open(NETLINK_SOCK_DIAG, 0), r;

        if (fd < 0)
                return fd;
        r = netlink_ask(fd, &q.header, take_socket, s);
        (void) close(fd);
        return r;
}

static int find_inode(uint8_t protocol, uint8_t family, uint16_t port, uint32_t *ret)
{
        struct search s = { .port = port };
        int r = search(protocol, family, &s);

        if (r >= 0 && s.inode == 0 && family == 4) {
                s.for_v4 = true;
                r = search(protocol, 6, &s);
        }
        *ret = s.inode;
        return r < 0 ? r : (s.inode ? 0 : -ENOENT);
}

/* --- whose --- */

static int get(int pid, int number, uint32_t inode)
{
        int pidfd = pidfd_open(pid, 0), fd, r;
        struct stat st;

        if (pidfd < 0)
                return -errno;
        fd = pidfd_getfd(pidfd, number, 0);
        r = fd < 0 ? -errno : fd;
        (void) close(pidfd);
        /* It may have been closed, and its number be another file's. */
        if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_ino != inode)) {
                (void) close(fd);
                r = -ESRCH;
        }
        return r;
}

static int get_of(int proc, const char *pid, const char *wanted, uint32_t inode)
{
        char folder[32], text[64];
        struct dirent *entry;
        int fd, r = -ESRCH;
        DIR *d;

        (void) snprintf(folder, sizeof(folder), "%.16s/fd", pid);
        fd = openat(proc, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        d = fdopendir(fd);
        if (!d) {
                (void) close(fd);
                return -ENOMEM;
        }
        while (r == -ESRCH && (entry = readdir(d))) {
                ssize_t n = readlinkat(fd, entry->d_name, text, sizeof(text) - 1);

                text[n > 0 ? n : 0] = '\0';
                if (strcmp(text, wanted) == 0)
                        r = get(atoi(pid), atoi(entry->d_name), inode);
        }
        (void) closedir(d);
        return r;
}

static int get_of_anybody(uint32_t inode)
{
        char wanted[32];
        struct dirent *entry;
        bool refused = false;
        int r = -ESRCH;
        DIR *d = opendir("/proc");

        if (!d)
                return -errno;
        (void) snprintf(wanted, sizeof(wanted), "socket:[%u]", inode);
        while (r < 0 && (entry = readdir(d))) {
                if (strspn(entry->d_name, "0123456789") != strlen(entry->d_name))
                        continue;
                r = get_of(dirfd(d), entry->d_name, wanted, inode);
                refused |= r == -EPERM || r == -EACCES;
        }
        (void) closedir(d);
        return r < 0 && refused ? -EPERM : r;
}

int listener_find(uint8_t protocol, uint8_t family, uint16_t port)
{
        uint32_t inode;
        int r = find_inode(protocol, family, port, &inode);

        return r < 0 ? r : get_of_anybody(inode);
}
