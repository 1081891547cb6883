/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sockets of families and protocols that one does not think of. */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <linux/l2tp.h>
#include <net/ethernet.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "families.h"

#define PAGE 4096
#define PROTOCOL_SMC 256
#define PROTOCOL_L2TP 115 /* whose name stands in a header that does not go with that of the C library */

/* SMC with a peer that knows nothing of it is TCP, whose socket the kernel makes and connects by itself. */
static int smc(struct attempt *a)
{
        int fd = make_socket(AF_SMC, SOCK_STREAM, 0);

        return fd < 0 ? fd : connect_and_say(a, fd, 4);
}

static int smc_inet(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_STREAM, PROTOCOL_SMC);

        return fd < 0 ? fd : connect_and_say(a, fd, 4);
}

static int smc_fast_open(struct attempt *a)
{
        int fd = make_socket(AF_SMC, SOCK_STREAM, 0);
        struct sockaddr_storage far;
        socklen_t length = far_address(a, 4, &far);

        return fd < 0 ? fd : say_and_close(a, fd, MSG_FASTOPEN, &far, length);
}

/* L2TP without UDP: datagrams of a protocol of IP's own, which takes no capability. */
static int l2tp(struct attempt *a)
{
        struct sockaddr_l2tpip far = { .l2tp_family = AF_INET, .l2tp_conn_id = 1 };
        struct sockaddr_storage to = {};
        int fd = make_socket(AF_INET, SOCK_DGRAM, PROTOCOL_L2TP);

        if (fd < 0)
                return fd;
        (void) inet_pton(AF_INET, ends.v4, &far.l2tp_addr);
        (void) memcpy(&to, &far, sizeof(far));
        return say_and_close(a, fd, 0, &to, sizeof(far));
}

/* --- AF_XDP: frames in memory that the kernel takes --- */

struct rings {
        char *area, *tx;
        struct xdp_mmap_offsets offsets;
};

static int make_rings(int fd, struct rings *r)
{
        const int entries = 2;
        socklen_t size = sizeof(r->offsets);
        struct xdp_umem_reg area = { .len = 2 * PAGE, .chunk_size = PAGE };

        r->area = mmap(NULL, area.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        area.addr = (uint64_t) (uintptr_t) r->area;
        if (r->area == MAP_FAILED || setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &area, sizeof(area)) < 0 ||
            setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &entries, sizeof(entries)) < 0 ||
            setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &entries, sizeof(entries)) < 0 ||
            setsockopt(fd, SOL_XDP, XDP_TX_RING, &entries, sizeof(entries)) < 0 ||
            getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &r->offsets, &size) < 0)
                return -errno;
        r->tx = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, XDP_PGOFF_TX_RING);
        return r->tx == MAP_FAILED ? -errno : 0;
}

/* The queue of the attempt before is given back by a thread of the kernel's, soon. */
static int bind_queue(int fd)
{
        const struct sockaddr_xdp to = {
                .sxdp_family = AF_XDP,
                .sxdp_flags = XDP_COPY | XDP_USE_NEED_WAKEUP,
                .sxdp_ifindex = ends.near_index,
        };
        int r = -EBUSY;

        for (int i = 0; i < 200 && r == -EBUSY; i++) {
                r = result(bind(fd, (const struct sockaddr *) &to, sizeof(to)));
                if (r == -EBUSY)
                        (void) usleep(10000);
        }
        return r;
}

static void queue_frame(const struct attempt *a, struct rings *r)
{
        struct ether_header head = { .ether_type = htons(FRAME_TYPE) };
        struct xdp_desc *first = (struct xdp_desc *) (void *) (r->tx + r->offsets.tx.desc);
        uint32_t *producer = (uint32_t *) (void *) (r->tx + r->offsets.tx.producer);

        (void) memcpy(head.ether_dhost, ends.far_mac, ETH_ALEN);
        (void) memcpy(r->area, &head, sizeof(head));
        (void) memcpy(r->area + sizeof(head), a->nonce, NONCE_SIZE);
        *first = (struct xdp_desc){ .len = sizeof(head) + NONCE_SIZE };
        __atomic_store_n(producer, 1, __ATOMIC_RELEASE);
}

/* Bound, with a frame in its queue. The socket, or a negative errno. */
static int xdp_socket(const struct attempt *a)
{
        int fd = make_socket(AF_XDP, SOCK_RAW, 0), r;
        struct rings rings;

        if (fd < 0)
                return fd;
        r = make_rings(fd, &rings);
        if (r == 0)
                r = bind_queue(fd);
        if (r == 0) {
                queue_frame(a, &rings);
                return fd;
        }
        (void) close(fd);
        return r;
}

static int xdp_send(struct attempt *a)
{
        int fd = xdp_socket(a), r;

        if (fd < 0)
                return fd;
        r = result(sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0));
        (void) close(fd);
        return r;
}

/* To ask whether there is room for more sends what is there. */
static int xdp_poll(struct attempt *a)
{
        int fd = xdp_socket(a);
        struct pollfd writable = { .fd = fd, .events = POLLOUT };

        if (fd < 0)
                return fd;
        (void) poll(&writable, 1, 100);
        (void) close(fd);
        return 0;
}

static const struct technique techniques[] = {
        { .name = "smc", .what = "AF_SMC, which becomes TCP in the kernel", .run = smc, .shows = SEEN_SAID, .optional = true,
          .expected = "BBBBBB" },
        { .name = "smc inet", .what = "the same as a protocol of AF_INET", .run = smc_inet, .shows = SEEN_SAID, .optional = true,
          .expected = "BBBBBB" },
        { .name = "smc fast open", .what = "AF_SMC, MSG_FASTOPEN", .run = smc_fast_open, .shows = SEEN_SAID, .optional = true,
          .expected = "LBBBBB" },
        { .name = "l2tp", .what = "datagrams of IPPROTO_L2TP", .run = l2tp, .shows = SEEN_SAID, .optional = true,
          .expected = "LBBLLB" },
        { .name = "xdp socket", .what = "AF_XDP: a frame in memory, sent by sendto of nothing", .run = xdp_send, .shows = SEEN_SAID,
          .expected = "LBBLLL" },
        { .name = "xdp socket, poll", .what = "the same, sent by poll", .run = xdp_poll, .shows = SEEN_SAID, .expected = "LLBLLL" },
};

const struct family other_family = { techniques, sizeof(techniques) / sizeof(*techniques) };
