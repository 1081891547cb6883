/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "technique.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int result(ssize_t r)
{
        return r < 0 ? -errno : 0;
}

socklen_t far_address(const struct attempt *a, int version, struct sockaddr_storage *ret)
{
        struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(a->port) };
        struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };

        (void) memset(ret, 0, sizeof(*ret));
        if (version == 4) {
                (void) inet_pton(AF_INET, ends.v4, &v4.sin_addr);
                (void) memcpy(ret, &v4, sizeof(v4));
                return sizeof(v4);
        }
        (void) inet_pton(AF_INET6, version == 46 ? ends.mapped : ends.v6, &v6.sin6_addr);
        (void) memcpy(ret, &v6, sizeof(v6));
        return sizeof(v6);
}

int make_socket(int family, int type, int protocol)
{
        const struct linger abort = { .l_onoff = 1 };
        int fd = socket(family, type | SOCK_CLOEXEC, protocol);

        if (fd < 0)
                return -errno;
        if (type == SOCK_STREAM)
                (void) setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
        return fd;
}

int say_and_close(const struct attempt *a, int fd, int flags, const struct sockaddr_storage *to, socklen_t length)
{
        int r = result(sendto(fd, a->nonce, strlen(a->nonce), flags | MSG_NOSIGNAL, (const struct sockaddr *) to, length));

        (void) close(fd);
        return r;
}

int connect_and_say(const struct attempt *a, int fd, int version)
{
        struct sockaddr_storage to;
        socklen_t length = far_address(a, version, &to);

        if (connect(fd, (const struct sockaddr *) &to, length) < 0) {
                int r = -errno;

                (void) close(fd);
                return r;
        }
        return say_and_close(a, fd, 0, NULL, 0);
}

int write_text(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC), r;

        if (fd < 0)
                return -errno;
        r = result(write(fd, text, strlen(text)));
        (void) close(fd);
        return r;
}
