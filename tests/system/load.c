/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two sides of the noisy-neighbour story.
 *
 *   load hog                 one spinning process pinned to each CPU, until killed
 *   load sleeper FILE [CPU]  sleeps 2 ms, works 6 ms, again and again; once a second appends a line to FILE:
 *                            "N P50_US P99_US WORK_P50_US": how late it was woken, and how long the work took
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLEEP_NS 2000000ll
#define WORK_NS  6000000ll

static int64_t clock_ns(clockid_t id)
{
        struct timespec ts;

        clock_gettime(id, &ts);
        return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void pin(int cpu)
{
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        if (sched_setaffinity(0, sizeof(set), &set) < 0)
                perror("sched_setaffinity");
}

static int hog(void)
{
        long n = sysconf(_SC_NPROCESSORS_ONLN);

        for (int cpu = 0; cpu < n; cpu++)
                if (fork() == 0) {
                        prctl(PR_SET_PDEATHSIG, 9);
                        pin(cpu);
                        for (volatile uint64_t i = 0;; i++)
                                ;
                }
        while (wait(NULL) > 0 || errno == EINTR)
                ;
        return 0;
}

static int compare(const void *a, const void *b)
{
        int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

        return (x > y) - (x < y);
}

enum { SAMPLES_MAX = 1000 };

struct second {
        int64_t late_ns[SAMPLES_MAX], work_ns[SAMPLES_MAX];
        size_t n;
};

static void tell(struct second *s, int fd)
{
        char line[128];
        int size;

        qsort(s->late_ns, s->n, sizeof(s->late_ns[0]), compare);
        qsort(s->work_ns, s->n, sizeof(s->work_ns[0]), compare);
        size = snprintf(line, sizeof(line), "%zu %lld %lld %lld\n", s->n, (long long) s->late_ns[s->n / 2] / 1000,
                        (long long) s->late_ns[s->n * 99 / 100] / 1000, (long long) s->work_ns[s->n / 2] / 1000);
        if (write(fd, line, (size_t) size) != size)
                perror("write");
        s->n = 0;
}

/* The same amount of CPU time whatever the machine: the clock of this thread alone counts. */
static void work(void)
{
        int64_t until = clock_ns(CLOCK_THREAD_CPUTIME_ID) + WORK_NS;

        while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < until)
                ;
}

static int sleeper(const char *path, int cpu)
{
        static struct second second;
        int64_t tell_at = clock_ns(CLOCK_MONOTONIC) + 1000000000ll;
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);

        if (fd < 0) {
                perror(path);
                return 1;
        }
        if (cpu >= 0)
                pin(cpu);
        prctl(PR_SET_TIMERSLACK, 1);

        for (;;) {
                int64_t due = clock_ns(CLOCK_MONOTONIC) + SLEEP_NS, woken;
                struct timespec ts = { due / 1000000000ll, due % 1000000000ll };

                clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
                woken = clock_ns(CLOCK_MONOTONIC);
                work();
                if (second.n < SAMPLES_MAX) {
                        second.late_ns[second.n] = woken - due;
                        second.work_ns[second.n++] = clock_ns(CLOCK_MONOTONIC) - woken;
                }
                if (woken >= tell_at) {
                        tell(&second, fd);
                        tell_at += 1000000000ll;
                }
        }
}

int main(int argc, char **argv)
{
        if (argc == 2 && strcmp(argv[1], "hog") == 0)
                return hog();
        if (argc >= 3 && strcmp(argv[1], "sleeper") == 0)
                return sleeper(argv[2], argc > 3 ? atoi(argv[3]) : -1);
        fprintf(stderr, "usage: load hog | load sleeper FILE [CPU]\n");
        return 2;
}
