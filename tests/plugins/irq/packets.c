/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets that make interrupts, and a task that they hurt.
 *
 *   packets send ADDRESS PORT RATE CPU  so many small UDP packets a second, from that CPU
 *   packets receive PORT FILE CPU       once a second appends how many came to FILE
 *   packets task FILE CPU               sleeps 4 ms, works 1 ms of its own CPU time, again and again; once a second appends a line
 *                                       for each turn to FILE: how many us after it was due it was done
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000ll
#define SLEEP_NS  4000000ll
#define WORK_NS   1000000ll

static int64_t clock_ns(clockid_t id)
{
        struct timespec ts;

        (void) clock_gettime(id, &ts);
        return ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

static void sleep_until(int64_t due_ns)
{
        struct timespec ts = { due_ns / SECOND_NS, due_ns % SECOND_NS };

        (void) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static void pin(int cpu)
{
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        if (sched_setaffinity(0, sizeof(set), &set) < 0)
                perror("sched_setaffinity");
        (void) prctl(PR_SET_TIMERSLACK, 1);
}

static int open_list(const char *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);

        if (fd < 0) {
                perror(path);
                exit(1);
        }
        return fd;
}

static int udp(void)
{
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0) {
                perror("socket");
                exit(1);
        }
        return fd;
}

/* What is due each two milliseconds; what was missed is not made up for. */
static _Noreturn void do_send(const char *address, int port, long rate)
{
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t) port) };
        int64_t due = clock_ns(CLOCK_MONOTONIC);
        char packet[64] = {};
        int fd = udp();

        (void) inet_pton(AF_INET, address, &to.sin_addr);
        for (;;) {
                for (long i = 0; i < rate / 500; i++)
                        (void) sendto(fd, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *) &to, sizeof(to));
                due += 2000000;
                if (due < clock_ns(CLOCK_MONOTONIC))
                        due = clock_ns(CLOCK_MONOTONIC);
                sleep_until(due);
        }
}

static _Noreturn void do_receive(int port, const char *path)
{
        struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((uint16_t) port) };
        struct timeval wait = { .tv_usec = 100000 };
        int64_t tell_at = clock_ns(CLOCK_MONOTONIC) + SECOND_NS;
        int fd = udp(), list = open_list(path);
        long n = 0;

        (void) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
        if (bind(fd, (struct sockaddr *) &here, sizeof(here)) < 0) {
                perror("bind");
                exit(1);
        }
        for (;;) {
                struct mmsghdr messages[64] = {};
                int k = recvmmsg(fd, messages, 64, MSG_WAITFORONE, NULL);

                n += k > 0 ? k : 0;
                if (clock_ns(CLOCK_MONOTONIC) < tell_at)
                        continue;
                (void) dprintf(list, "%ld\n", n);
                tell_at += SECOND_NS;
                n = 0;
        }
}

static _Noreturn void do_task(const char *path)
{
        static char lines[65536];
        int64_t tell_at = clock_ns(CLOCK_MONOTONIC) + SECOND_NS;
        int list = open_list(path);
        size_t size = 0;

        for (;;) {
                int64_t due = clock_ns(CLOCK_MONOTONIC) + SLEEP_NS, until;

                sleep_until(due);
                until = clock_ns(CLOCK_THREAD_CPUTIME_ID) + WORK_NS;
                while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < until)
                        ;
                if (size + 32 < sizeof(lines))
                        size += (size_t) snprintf(lines + size, 32, "%lld\n",
                                                  (long long) (clock_ns(CLOCK_MONOTONIC) - due) / 1000);
                if (clock_ns(CLOCK_MONOTONIC) < tell_at)
                        continue;
                if (write(list, lines, size) != (ssize_t) size)
                        perror(path);
                tell_at += SECOND_NS;
                size = 0;
        }
}

int main(int argc, char **argv)
{
        pin(argc > 2 ? atoi(argv[argc - 1]) : 0);
        if (argc == 6 && strcmp(argv[1], "send") == 0)
                do_send(argv[2], atoi(argv[3]), atol(argv[4]));
        if (argc == 5 && strcmp(argv[1], "receive") == 0)
                do_receive(atoi(argv[2]), argv[3]);
        if (argc == 4 && strcmp(argv[1], "task") == 0)
                do_task(argv[2]);
        (void) fprintf(stderr, "usage: packets send ADDRESS PORT RATE CPU | receive PORT FILE CPU | task FILE CPU\n");
        return 2;
}
