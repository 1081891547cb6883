/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The way of OpenSnitch, without its decision: a packet waits until a process has read it from an NFQUEUE and has said yes.
 *
 *     bench-nfqueue RECORDS.json
 *
 * Datagrams over loopback in a network namespace of its own, with and without the queue, in turns; and the same process that
 * accepts all, which does nothing else. Exits 77, saying why, where it cannot run.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "figures.h"

#define ROUNDS 9
#define CALLS  5000
#define PORT   9
#define SKIP   77

static void skip(const char *why)
{
        (void) printf("nfqueue: skipped: %s\n", why);
        exit(SKIP);
}

static double now_ns(void)
{
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static void make_network(void)
{
        struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
        int fd;

        if (unshare(CLONE_NEWNET) < 0)
                skip(strerror(errno));
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
                skip(strerror(errno));
        (void) close(fd);
}

/* Of the namespace's own tables. */
static void queue_packets(bool on)
{
        char command[160];

        (void) snprintf(command, sizeof(command),
                        "iptables-legacy -t raw -%c OUTPUT -p udp --dport %d -j NFQUEUE --queue-num 0 2>/dev/null || "
                        "iptables -t raw -%c OUTPUT -p udp --dport %d -j NFQUEUE --queue-num 0", on ? 'A' : 'D', PORT, on ? 'A' : 'D', PORT);
        if (system(command) != 0)
                skip("iptables does not take NFQUEUE here");
}

static int say_yes(struct nfq_q_handle *queue, struct nfgenmsg *message, struct nfq_data *data, void *userdata)
{
        struct nfqnl_msg_packet_hdr *h = nfq_get_msg_packet_hdr(data);

        return h ? nfq_set_verdict(queue, ntohl(h->packet_id), NF_ACCEPT, 0, NULL) : -1;
}

/* The process that decides, for ever; a byte to `ready` when it can. */
static void accept_all(int ready)
{
        struct nfq_handle *h = nfq_open();
        struct nfq_q_handle *queue = h ? nfq_create_queue(h, 0, say_yes, NULL) : NULL;
        char buffer[4096] __attribute__((aligned));
        ssize_t n;

        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!queue || nfq_set_mode(queue, NFQNL_COPY_PACKET, 128) < 0 || write(ready, "y", 1) != 1)
                _exit(1);
        while ((n = recv(nfq_fd(h), buffer, sizeof(buffer), 0)) >= 0 || errno == EINTR || errno == ENOBUFS)
                if (n > 0)
                        (void) nfq_handle_packet(h, buffer, (int) n);
        _exit(1);
}

/* ns from sending a datagram to having it. */
static double measure(int sender, int receiver, const struct sockaddr_in *to)
{
        double start = now_ns();
        char byte;

        for (int i = 0; i < CALLS; i++)
                if (sendto(sender, "x", 1, 0, (const struct sockaddr *) to, sizeof(*to)) < 0 || recv(receiver, &byte, 1, 0) < 0)
                        skip(strerror(errno));
        return (now_ns() - start) / CALLS;
}

int main(int argc, char **argv)
{
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        static const char *const subjects[] = { "a datagram over loopback", "a datagram over loopback, NFQUEUE that accepts all" };
        struct timeval patience = { .tv_sec = 5 };
        double values[2][ROUNDS], bases[ROUNDS];
        int sender, receiver, ready[2];
        struct figures list;
        pid_t decider;
        char byte;

        if (argc != 2 || geteuid() != 0)
                skip("not root");
        make_network();
        if (pipe(ready) < 0)
                skip(strerror(errno));
        decider = fork();
        if (decider == 0) {
                (void) close(ready[0]);
                accept_all(ready[1]);
        }
        (void) close(ready[1]);
        if (decider < 0 || read(ready[0], &byte, 1) != 1)
                skip("the kernel has no NFQUEUE for us");

        sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        (void) setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        if (sender < 0 || receiver < 0 || bind(receiver, (struct sockaddr *) &to, sizeof(to)) < 0)
                skip(strerror(errno));
        for (int round = 0; round < ROUNDS; round++) {
                values[0][round] = bases[round] = measure(sender, receiver, &to);
                queue_packets(true);
                values[1][round] = measure(sender, receiver, &to);
                queue_packets(false);
        }
        (void) kill(decider, SIGKILL);
        (void) waitpid(decider, NULL, 0);

        if (figures_open(&list, argv[1]) < 0)
                return 1;
        for (int i = 0; i < 2; i++)
                figures_add(&list, &(struct figure){ .bench = "guard", .subject = subjects[i], .unit = "ns", .note = "sent and received",
                                                     .baseline = i ? subjects[0] : NULL, .values = values[i], .bases = i ? bases : NULL,
                                                     .n = ROUNDS });
        return figures_close(&list) < 0;
}
