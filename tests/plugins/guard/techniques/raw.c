/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Below the transport: raw sockets, echo requests without them, frames. */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "families.h"

/* A raw socket is told no port: what of the address is one names a protocol, or must be 0. */
static socklen_t far_host(const struct attempt *a, int version, struct sockaddr_storage *ret)
{
        socklen_t length = far_address(a, version, ret);

        if (version == 4)
                ((struct sockaddr_in *) ret)->sin_port = 0;
        else
                ((struct sockaddr_in6 *) ret)->sin6_port = 0;
        return length;
}

static int raw(const struct attempt *a, int version, bool first_connect)
{
        int fd = make_socket(version == 4 ? AF_INET : AF_INET6, SOCK_RAW, RAW_PROTOCOL), r;
        struct sockaddr_storage far;
        socklen_t length = far_host(a, version, &far);

        if (fd < 0)
                return fd;
        if (!first_connect)
                return say_and_close(a, fd, 0, &far, length);
        r = result(connect(fd, (const struct sockaddr *) &far, length));
        if (r < 0) {
                (void) close(fd);
                return r;
        }
        return say_and_close(a, fd, 0, NULL, 0);
}

static int raw_v4(struct attempt *a)
{
        return raw(a, 4, false);
}

static int raw_v6(struct attempt *a)
{
        return raw(a, 6, false);
}

static int raw_connect(struct attempt *a)
{
        return raw(a, 4, true);
}

/* A datagram of UDP, made by hand. */
static int raw_header(struct attempt *a)
{
        struct {
                struct iphdr ip;
                struct {
                        uint16_t source, dest, length, check;
                } udp;
                char nonce[NONCE_SIZE];
        } packet = { .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP } };
        int fd = make_socket(AF_INET, SOCK_RAW, IPPROTO_RAW), r;
        size_t said = strlen(a->nonce), whole = sizeof(packet.ip) + sizeof(packet.udp) + said;
        struct sockaddr_storage far;
        socklen_t length = far_host(a, 4, &far);

        if (fd < 0)
                return fd;
        packet.ip.tot_len = htons((uint16_t) whole);
        packet.ip.daddr = ((const struct sockaddr_in *) &far)->sin_addr.s_addr;
        packet.udp.source = packet.udp.dest = htons(a->port);
        packet.udp.length = htons((uint16_t) (sizeof(packet.udp) + said));
        (void) memcpy(packet.nonce, a->nonce, said);
        r = result(sendto(fd, &packet, whole, 0, (const struct sockaddr *) &far, length));
        (void) close(fd);
        return r;
}

static uint16_t checksum(const void *data, size_t size)
{
        const uint8_t *byte = data;
        uint32_t sum = 0;

        for (size_t i = 0; i < size; i++)
                sum += i % 2 ? byte[i] : (uint32_t) byte[i] << 8;
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return htons((uint16_t) ~sum);
}

/* An echo request whose data is the nonce. IPv6 has the kernel fill in the checksum; so have ping sockets. */
static int echo(const struct attempt *a, int version, int type, bool first_connect)
{
        int protocol = version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, r;
        int fd = make_socket(version == 4 ? AF_INET : AF_INET6, type, protocol);
        struct {
                struct icmphdr head;
                char nonce[NONCE_SIZE];
        } request = { .head = { .type = version == 4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST } };
        struct sockaddr_storage far;
        socklen_t length = far_host(a, version, &far);

        if (fd < 0)
                return fd;
        (void) memcpy(request.nonce, a->nonce, NONCE_SIZE);
        if (version == 4)
                request.head.checksum = checksum(&request, sizeof(request));
        r = first_connect ? result(connect(fd, (const struct sockaddr *) &far, length)) : 0;
        if (r == 0)
                r = result(sendto(fd, &request, sizeof(request), 0, first_connect ? NULL : (const struct sockaddr *) &far,
                                  first_connect ? 0 : length));
        (void) close(fd);
        return r;
}

static int raw_icmp(struct attempt *a)
{
        return echo(a, 4, SOCK_RAW, false);
}

static int raw_icmp6(struct attempt *a)
{
        return echo(a, 6, SOCK_RAW, false);
}

static int ping(struct attempt *a)
{
        return echo(a, 4, SOCK_DGRAM, false);
}

static int ping_v6(struct attempt *a)
{
        return echo(a, 6, SOCK_DGRAM, false);
}

static int ping_connect(struct attempt *a)
{
        return echo(a, 4, SOCK_DGRAM, true);
}

static void far_link(struct sockaddr_ll *ret)
{
        *ret = (struct sockaddr_ll){
                .sll_family = AF_PACKET,
                .sll_protocol = htons(FRAME_TYPE),
                .sll_ifindex = (int) ends.near_index,
                .sll_halen = ETH_ALEN,
        };
        (void) memcpy(ret->sll_addr, ends.far_mac, ETH_ALEN);
}

/* Returns its length. */
static size_t make_frame(const struct attempt *a, char *frame)
{
        struct ether_header head = { .ether_type = htons(FRAME_TYPE) };

        (void) memcpy(head.ether_dhost, ends.far_mac, ETH_ALEN);
        (void) memcpy(frame, &head, sizeof(head));
        (void) memcpy(frame + sizeof(head), a->nonce, NONCE_SIZE);
        return sizeof(head) + NONCE_SIZE;
}

static int packet_raw(struct attempt *a)
{
        int fd = make_socket(AF_PACKET, SOCK_RAW, 0), r;
        struct sockaddr_ll far;
        char frame[128];
        size_t size = make_frame(a, frame);

        if (fd < 0)
                return fd;
        far_link(&far);
        r = result(sendto(fd, frame, size, 0, (const struct sockaddr *) &far, sizeof(far)));
        (void) close(fd);
        return r;
}

static int packet_dgram(struct attempt *a)
{
        int fd = make_socket(AF_PACKET, SOCK_DGRAM, 0), r;
        struct sockaddr_ll far;

        if (fd < 0)
                return fd;
        far_link(&far);
        r = result(sendto(fd, a->nonce, NONCE_SIZE, 0, (const struct sockaddr *) &far, sizeof(far)));
        (void) close(fd);
        return r;
}

/* Bound to the interface, then written like a file: no address in sight. */
static int packet_write(struct attempt *a)
{
        int fd = make_socket(AF_PACKET, SOCK_RAW, 0), r;
        struct sockaddr_ll far;
        char frame[128];
        size_t size = make_frame(a, frame);

        if (fd < 0)
                return fd;
        far_link(&far);
        r = result(bind(fd, (const struct sockaddr *) &far, sizeof(far)));
        if (r == 0)
                r = result(write(fd, frame, size));
        (void) close(fd);
        return r;
}

/* A frame in memory that both sides see; the call that sends it carries nothing. */
static int packet_ring(struct attempt *a)
{
        const struct tpacket_req ring = { .tp_block_size = 4096, .tp_block_nr = 1, .tp_frame_size = 2048, .tp_frame_nr = 2 };
        const size_t offset = TPACKET_HDRLEN - sizeof(struct sockaddr_ll);
        int fd = make_socket(AF_PACKET, SOCK_RAW, 0), r;
        struct sockaddr_ll far;
        struct tpacket_hdr *slot;

        if (fd < 0)
                return fd;
        far_link(&far);
        r = result(setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &ring, sizeof(ring)));
        if (r == 0)
                r = result(bind(fd, (const struct sockaddr *) &far, sizeof(far)));
        slot = r == 0 ? mmap(NULL, ring.tp_block_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
        if (r == 0 && slot == MAP_FAILED)
                r = -errno;
        if (r == 0) {
                slot->tp_len = (unsigned) make_frame(a, (char *) slot + offset);
                slot->tp_status = TP_STATUS_SEND_REQUEST;
                r = result(send(fd, NULL, 0, 0));
        }
        (void) close(fd);
        return r;
}

static const struct technique techniques[] = {
        { .name = "raw", .what = "SOCK_RAW with a protocol of its own", .run = raw_v4, .shows = SEEN_SAID, .expected = "LBBLLB" },
        { .name = "raw v6", .what = "the same by IPv6", .run = raw_v6, .shows = SEEN_SAID, .expected = "LBBLLB" },
        { .name = "raw connect", .what = "SOCK_RAW, connect, send", .run = raw_connect, .shows = SEEN_SAID, .expected = "BBBLLB" },
        { .name = "raw header", .what = "IPPROTO_RAW: a datagram of UDP with a header made by hand", .run = raw_header,
          .shows = SEEN_SAID, .expected = "LBBLLB" },
        { .name = "raw icmp", .what = "an echo request by SOCK_RAW", .run = raw_icmp, .shows = SEEN_SAID, .expected = "LBBLLB" },
        { .name = "raw icmp v6", .what = "the same by IPv6", .run = raw_icmp6, .shows = SEEN_SAID, .expected = "LBBLLB" },
        { .name = "ping", .what = "an echo request by SOCK_DGRAM", .run = ping, .shows = SEEN_SAID, .expected = "LBBLLB" },
        { .name = "ping v6", .what = "the same by IPv6", .run = ping_v6, .shows = SEEN_SAID, .expected = "LBBLLB" },
        { .name = "ping connect", .what = "ping socket, connect, send", .run = ping_connect, .shows = SEEN_SAID, .expected = "BBBBBB" },
        { .name = "packet raw", .what = "AF_PACKET, SOCK_RAW: a whole frame", .run = packet_raw, .shows = SEEN_SAID,
          .expected = "LBBLLL" },
        { .name = "packet dgram", .what = "AF_PACKET, SOCK_DGRAM", .run = packet_dgram, .shows = SEEN_SAID, .expected = "LBBLLL" },
        { .name = "packet write", .what = "AF_PACKET bound to the interface, then written to", .run = packet_write,
          .shows = SEEN_SAID, .expected = "LBBLLL" },
        { .name = "packet ring", .what = "AF_PACKET by PACKET_TX_RING", .run = packet_ring, .shows = SEEN_SAID, .expected = "LBBLLL" },
};

const struct family raw_family = { techniques, sizeof(techniques) / sizeof(*techniques) };
