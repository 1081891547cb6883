/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two sides of the noisy-neighbour story, and a program that takes much memory and uses little.
 *
 *   load hog N CPU           N spinning processes pinned to one CPU, until killed
 *   load sleeper FILE [CPU]  sleeps 0.5 ms, works 1.5 ms, again and again; once a second appends a line for each wakeup
 *                            to FILE: "LATE_US WORK_US", how late it was woken, and how long the work took
 *   load memory ALL USED FILE  fills ALL MiB of memory, then goes on touching the first USED MiB of it; once a second appends how
 *                            many rounds it made to FILE
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * Three quarters of a CPU: more than an equal share, so that it has to wait when others want the CPU as well. Short, so that the
 * few wakeups a second that meet a housekeeping thread stay well below one in a hundred.
 */
#define SLEEP_NS 500000ll
#define WORK_NS  1500000ll

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

static int hog(int n, int cpu)
{
        for (int i = 0; i < n; i++)
                if (fork() == 0) {
                        prctl(PR_SET_PDEATHSIG, 9);
                        pin(cpu);
                        for (volatile uint64_t spins = 0;; spins++)
                                ;
                }
        while (wait(NULL) > 0 || errno == EINTR)
                ;
        return 0;
}

/* Twice what fits into a second. */
enum { SAMPLES_MAX = 1000 };

struct second {
        char lines[SAMPLES_MAX * 32];
        size_t size;
};

static void note(struct second *s, int64_t late_ns, int64_t work_ns)
{
        if (s->size + 32 <= sizeof(s->lines))
                s->size += (size_t) sprintf(s->lines + s->size, "%lld %lld\n", (long long) late_ns / 1000,
                                            (long long) work_ns / 1000);
}

static void tell(struct second *s, int fd)
{
        if (write(fd, s->lines, s->size) != (ssize_t) s->size)
                perror("write");
        s->size = 0;
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
                note(&second, woken - due, clock_ns(CLOCK_MONOTONIC) - woken);
                if (woken >= tell_at) {
                        tell(&second, fd);
                        tell_at += 1000000000ll;
                }
        }
}

/* Pages that compress, but not to nothing: as a program's data does. */
static void fill(uint64_t *memory, size_t size)
{
        for (size_t i = 0; i < size / sizeof(*memory); i++)
                memory[i] = i % 8 == 0 ? i * 0x9e3779b97f4a7c15 : 0;
}

static int memory(size_t all, size_t used, const char *path)
{
        uint64_t *m = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        int64_t tell_at = clock_ns(CLOCK_MONOTONIC) + 1000000000ll;
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644), rounds = 0;
        const struct timespec pause = { .tv_nsec = 20000000 };

        if (m == MAP_FAILED || fd < 0) {
                perror(path);
                return 1;
        }
        /* Or the kernel could only take two megabytes at a time. */
        (void) madvise(m, all, MADV_NOHUGEPAGE);
        fill(m, all);

        for (;;) {
                for (size_t i = 0; i < used / sizeof(*m); i += 4096 / sizeof(*m))
                        m[i]++;
                rounds++;
                nanosleep(&pause, NULL);
                if (clock_ns(CLOCK_MONOTONIC) >= tell_at) {
                        dprintf(fd, "%d\n", rounds);
                        rounds = 0;
                        tell_at = clock_ns(CLOCK_MONOTONIC) + 1000000000ll;
                }
        }
}

int main(int argc, char **argv)
{
        if (argc == 5 && strcmp(argv[1], "memory") == 0)
                return memory((size_t) atoi(argv[2]) << 20, (size_t) atoi(argv[3]) << 20, argv[4]);
        if (argc == 4 && strcmp(argv[1], "hog") == 0)
                return hog(atoi(argv[2]), atoi(argv[3]));
        if (argc >= 3 && strcmp(argv[1], "sleeper") == 0)
                return sleeper(argv[2], argc > 3 ? atoi(argv[3]) : -1);
        fprintf(stderr, "usage: load hog N CPU | load sleeper FILE [CPU] | load memory ALL USED FILE\n");
        return 2;
}
