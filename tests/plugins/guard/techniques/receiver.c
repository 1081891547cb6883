/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "receiver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"
#include "network.h"
#include "technique.h"

#define SNIFFER_BYTES (8 << 20)
#define DIAL_MS 3000

enum { ORDER_OPEN, ORDER_BEGIN, ORDER_DIAL };

struct order {
        int what, type;
        uint16_t port, at;
        uint32_t n;
        bool mptcp[RECEIVER_ATTEMPTS];
};

/* Of the process itself. */
struct state {
        struct receiver_truth *truth;
        int way, sniffer;
        uint16_t first;
        uint32_t n;
        int listeners[RECEIVER_ATTEMPTS], dialled[RECEIVER_ATTEMPTS];
};

void receiver_nonce(uint16_t port, char *ret, uint32_t size)
{
        (void) snprintf(ret, size, FRAME_NONCE "%05u", port);
}

static void look(struct state *s, const uint8_t *data, size_t size)
{
        struct frame f = frame_read(data, size);
        uint32_t number = (uint32_t) f.port - s->first;

        if (f.mark)
                (void) atomic_fetch_add(&s->truth->marks, 1);
        else if (f.seen && f.port >= s->first && number < s->n)
                (void) atomic_fetch_or(&s->truth->seen[number], f.seen);
}

static void drain(struct state *s)
{
        struct tpacket_stats lost;
        socklen_t size = sizeof(lost);
        uint8_t data[2048];

        for (;;) {
                struct sockaddr_ll from;
                socklen_t length = sizeof(from);
                ssize_t n = recvfrom(s->sniffer, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *) &from, &length);

                if (n < 0)
                        break;
                if (from.sll_pkttype != PACKET_OUTGOING)
                        look(s, data, (size_t) n);
        }
        if (getsockopt(s->sniffer, SOL_PACKET, PACKET_STATISTICS, &lost, &size) == 0)
                (void) atomic_fetch_add(&s->truth->lost, lost.tp_drops);
}

static int open_sniffer(struct state *s)
{
        const int room = SNIFFER_BYTES;
        int r = network_far_end();

        if (r < 0)
                return r;
        s->sniffer = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
        if (s->sniffer < 0)
                return -errno;
        return result(setsockopt(s->sniffer, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)));
}

static void close_all(int *fds)
{
        for (uint32_t i = 0; i < RECEIVER_ATTEMPTS; i++) {
                if (fds[i] >= 0)
                        (void) close(fds[i]);
                fds[i] = -1;
        }
}

/* Nobody accepts: the kernel shakes hands and takes data without. */
static int open_listener(uint16_t port, bool mptcp)
{
        const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
        int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, mptcp ? IPPROTO_MPTCP : 0), on = 1;

        if (fd < 0)
                return -errno;
        (void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        if (bind(fd, (const struct sockaddr *) &any, sizeof(any)) == 0 && listen(fd, 8) == 0)
                return fd;
        on = -errno;
        (void) close(fd);
        return on;
}

static int begin(struct state *s, const struct order *o)
{
        close_all(s->listeners);
        close_all(s->dialled);
        drain(s);
        for (uint32_t i = 0; i < RECEIVER_ATTEMPTS; i++)
                atomic_store(&s->truth->seen[i], 0);
        s->first = o->port;
        s->n = o->n;
        for (uint32_t i = 0; i < o->n; i++) {
                s->listeners[i] = open_listener((uint16_t) (o->port + i), o->mptcp[i]);
                if (s->listeners[i] < 0)
                        return s->listeners[i];
        }
        return 0;
}

static int reach(int fd, uint16_t at, int type, uint16_t port)
{
        struct pollfd writable = { .fd = fd, .events = POLLOUT };
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(at) };
        char nonce[NONCE_SIZE];
        int error = 0;
        socklen_t size = sizeof(error);

        (void) inet_pton(AF_INET, NETWORK_NEAR_V4, &to.sin_addr);
        receiver_nonce(port, nonce, sizeof(nonce));
        if (type == SOCK_DGRAM)
                return result(sendto(fd, nonce, strlen(nonce), 0, (const struct sockaddr *) &to, sizeof(to)));
        if (connect(fd, (const struct sockaddr *) &to, sizeof(to)) < 0 && errno != EINPROGRESS)
                return -errno;
        if (poll(&writable, 1, DIAL_MS) != 1)
                return -ETIMEDOUT;
        (void) getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        return -error;
}

/* A datagram that is sent has not arrived yet: whom it reaches says so itself. */
static int dial(struct state *s, const struct order *o)
{
        uint32_t number = (uint32_t) o->port - s->first;
        int fd = socket(AF_INET, o->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

        if (fd < 0)
                return -errno;
        r = number < s->n ? reach(fd, o->at, o->type, o->port) : -ERANGE;
        if (r == 0 && o->type == SOCK_STREAM)
                (void) atomic_fetch_or(&s->truth->seen[number], SEEN_REACHED);
        if (number < s->n)
                s->dialled[number] = fd;
        return r;
}

static int obey(struct state *s, const struct order *o)
{
        switch (o->what) {
        case ORDER_OPEN:
                return open_sniffer(s);
        case ORDER_BEGIN:
                return begin(s, o);
        case ORDER_DIAL:
                return dial(s, o);
        }
        return -EINVAL;
}

static void run(struct state *s)
{
        struct order o;
        int r = result(unshare(CLONE_NEWNET));

        (void) write(s->way, &r, sizeof(r));
        for (;;) {
                struct pollfd events[] = { { .fd = s->way, .events = POLLIN }, { .fd = s->sniffer, .events = POLLIN } };

                (void) poll(events, 2, -1);
                if (events[1].revents)
                        drain(s);
                if (!events[0].revents)
                        continue;
                if (recv(s->way, &o, sizeof(o), 0) != sizeof(o))
                        _exit(0);
                r = obey(s, &o);
                (void) write(s->way, &r, sizeof(r));
        }
}

static int answer(int way)
{
        int r;

        return recv(way, &r, sizeof(r), 0) == sizeof(r) ? r : -EPIPE;
}

static int ask(int way, const struct order *o)
{
        return send(way, o, sizeof(*o), MSG_NOSIGNAL) == sizeof(*o) ? answer(way) : -errno;
}

int receiver_start(struct receiver *receiver)
{
        struct state s = { .sniffer = -1 };
        int way[2];

        s.truth = mmap(NULL, sizeof(*s.truth), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (s.truth == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, way) < 0)
                return -errno;
        for (uint32_t i = 0; i < RECEIVER_ATTEMPTS; i++)
                s.listeners[i] = s.dialled[i] = -1;
        receiver->truth = s.truth;
        receiver->way = way[0];
        receiver->pid = fork();
        if (receiver->pid < 0)
                return -errno;
        if (receiver->pid == 0) {
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void) close(way[0]);
                s.way = way[1];
                run(&s);
        }
        (void) close(way[1]);
        return answer(receiver->way);
}

void receiver_stop(struct receiver *receiver)
{
        if (receiver->pid <= 0)
                return;
        (void) close(receiver->way);
        (void) kill(receiver->pid, SIGKILL);
        (void) waitpid(receiver->pid, NULL, 0);
}

int receiver_open(struct receiver *receiver)
{
        return ask(receiver->way, &(struct order){ .what = ORDER_OPEN });
}

int receiver_begin(struct receiver *receiver, uint16_t first, const bool *mptcp, uint32_t n)
{
        struct order o = { .what = ORDER_BEGIN, .port = first, .n = n };

        (void) memcpy(o.mptcp, mptcp, n * sizeof(*mptcp));
        return ask(receiver->way, &o);
}

int receiver_dial_at(int way, uint16_t port, uint16_t at, int type)
{
        return ask(way, &(struct order){ .what = ORDER_DIAL, .port = port, .at = at, .type = type });
}

int receiver_dial(int way, uint16_t port, int type)
{
        return receiver_dial_at(way, port, port, type);
}

/* One that is lost (an interface that is only just up) is sent again. */
int receiver_mark(struct receiver *receiver)
{
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
        uint32_t before = atomic_load(&receiver->truth->marks);
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        (void) inet_pton(AF_INET, ends.v4, &to.sin_addr);
        for (int i = 0; i < 500 && atomic_load(&receiver->truth->marks) == before; i++) {
                if (i % 50 == 0)
                        (void) sendto(fd, FRAME_MARK, strlen(FRAME_MARK), 0, (const struct sockaddr *) &to, sizeof(to));
                (void) usleep(i < 50 ? 1000 : 20000);
        }
        (void) close(fd);
        return atomic_load(&receiver->truth->marks) == before ? -ETIMEDOUT : 0;
}
