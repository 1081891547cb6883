/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

static const char *unified_root(void)
{
        return access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0 ? "/sys/fs/cgroup/unified"
                                                                        : "/sys/fs/cgroup";
}

int load_init(struct load *l, const char *name, const struct load *parent)
{
        struct stat st;

        *l = (struct load){};
        (void) snprintf(l->path, sizeof(l->path), "%.100s/%.40s", parent ? parent->path : unified_root(),
                        name);
        if (mkdir(l->path, 0755) < 0 && errno != EEXIST)
                return -errno;
        if (stat(l->path, &st) < 0)
                return -errno;
        l->id = st.st_ino;
        return 0;
}

void load_stop(struct load *l)
{
        for (uint32_t i = 0; i < l->n; i++)
                (void) kill(l->pids[i], SIGKILL);
        load_wait(l);
}

void load_freeze(const struct load *l)
{
        for (uint32_t i = 0; i < l->n; i++)
                (void) kill(l->pids[i], SIGSTOP);
        for (uint32_t i = 0; i < l->n; i++)
                (void) waitpid(l->pids[i], NULL, WUNTRACED);
}

void load_thaw(const struct load *l)
{
        for (uint32_t i = 0; i < l->n; i++)
                (void) kill(l->pids[i], SIGCONT);
}

void load_wait(struct load *l)
{
        for (uint32_t i = 0; i < l->n; i++)
                (void) waitpid(l->pids[i], NULL, 0);
        l->n = 0;
}

void load_done(struct load *l)
{
        load_stop(l);
        for (int i = 0; l->path[0] && rmdir(l->path) < 0 && errno == EBUSY && i < 100; i++)
                (void) usleep(10000);
}

static int enter(const struct load *l)
{
        char file[192];
        int fd, r = 0;

        (void) snprintf(file, sizeof(file), "%s/cgroup.procs", l->path);
        fd = open(file, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (write(fd, "0", 1) != 1)
                r = -errno;
        (void) close(fd);
        return r;
}

pid_t load_start(struct load *l, void (*work)(uint32_t argument), uint32_t argument)
{
        pid_t pid = fork();

        if (pid < 0)
                return -errno;
        if (pid == 0) {
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (enter(l) < 0)
                        _exit(1);
                work(argument);
                _exit(0);
        }
        l->pids[l->n++] = pid;
        return pid;
}

static uint64_t clock_us(clockid_t clock)
{
        struct timespec now;

        (void) clock_gettime(clock, &now);
        return (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
}

static void burn(uint32_t usec)
{
        uint64_t end = clock_us(CLOCK_THREAD_CPUTIME_ID) + usec;

        while (clock_us(CLOCK_THREAD_CPUTIME_ID) < end)
                ;
}

void work_spin(uint32_t unused)
{
        for (;;)
                burn(1000000);
}

void work_nap(uint32_t usec)
{
        for (;;) {
                (void) usleep(usec);
                burn(usec);
        }
}

void work_sleep(uint32_t usec)
{
        for (;;) {
                (void) usleep(usec);
                burn(2000);
        }
}

void work_burn(uint32_t usec)
{
        burn(usec);
}

void load_shuffle(const struct load *l, uint32_t usec, uint32_t n_moves)
{
        uint32_t n_cpus = (uint32_t) sysconf(_SC_NPROCESSORS_ONLN);

        for (uint32_t turn = 0; turn < n_moves; turn++) {
                cpu_set_t set;

                CPU_ZERO(&set);
                CPU_SET((turn / l->n + turn) % n_cpus, &set);
                (void) sched_setaffinity(l->pids[turn % l->n], sizeof(set), &set);
                (void) usleep(usec);
        }
}
