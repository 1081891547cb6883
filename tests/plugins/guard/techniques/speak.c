/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 *     speak ADDRESS PORT NONCE
 *
 * Connects and says it. Exits with the errno that ended it, or 0. The least a program can be that phones home.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
        const struct linger abort = { .l_onoff = 1 };
        struct sockaddr_in to = { .sin_family = AF_INET };
        int fd;

        if (argc != 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
                return EINVAL;
        to.sin_port = htons((uint16_t) atoi(argv[2]));
        fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0)
                return errno;
        (void) setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
        if (connect(fd, (const struct sockaddr *) &to, sizeof(to)) < 0 || write(fd, argv[3], strlen(argv[3])) < 0)
                return errno;
        return 0;
}
