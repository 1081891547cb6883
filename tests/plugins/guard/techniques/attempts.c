/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "families.h"
#include "network.h"

#define FIRST_PORT 10000
/* One that hangs is ended. Emulated, one that starts a shell takes two seconds. */
#define ATTEMPT_MS 30000

static const struct family *const families[] = { &tcp_family,   &udp_family,        &uring_family,   &raw_family,       &other_family,
                                                 &route_family, &descriptor_family, &program_family, &namespace_family, &listen_family };

static int failed(const char *what, int error)
{
        (void) fprintf(stderr, "%s: %s\n", what, strerror(-error));
        return -1;
}

static void gather(struct ground *g, const char *only)
{
        for (uint32_t f = 0; f < sizeof(families) / sizeof(*families); f++)
                for (uint32_t i = 0; i < families[f]->n; i++) {
                        const struct technique *t = &families[f]->techniques[i];

                        if (g->n == RECEIVER_ATTEMPTS)
                                abort();
                        if (!only || fnmatch(only, t->name, FNM_EXTMATCH) == 0)
                                g->techniques[g->n++] = t;
                }
}

/* What is ordered on one processor's queue arrives in that order, so that a mark comes after what was sent before it. */
static void stay_on_one_cpu(void)
{
        cpu_set_t one;

        CPU_ZERO(&one);
        CPU_SET((size_t) sched_getcpu(), &one);
        (void) sched_setaffinity(0, sizeof(one), &one);
}

static int copy_program(const char *from, const char *to)
{
        int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755), r = 0;
        ssize_t n;

        if (in < 0 || out < 0)
                return -errno;
        while ((n = sendfile(out, in, NULL, 1 << 20)) > 0)
                ;
        r = result(n);
        (void) close(in);
        (void) close(out);
        return r;
}

static int make_scratch(struct ground *g, const char *program)
{
        char allowed[192];
        int r;

        (void) snprintf(g->scratch, sizeof(g->scratch), "%s/guard-techniques.XXXXXX", getenv("TMPDIR") ?: "/tmp");
        if (!mkdtemp(g->scratch) || chmod(g->scratch, 0755) < 0)
                return -errno;
        (void) snprintf(g->program, sizeof(g->program), "%s/speak", g->scratch);
        (void) snprintf(allowed, sizeof(allowed), "%s-allowed", g->program);
        r = copy_program(program, g->program);
        return r < 0 ? r : copy_program(program, allowed);
}

int ground_make(struct ground *g, const char *program, const char *only)
{
        int r;

        gather(g, only);
        stay_on_one_cpu();
        if ((r = make_scratch(g, program)) < 0)
                return failed("a directory to work in", r);
        if ((r = groups_make(&g->groups)) < 0)
                return failed("cgroups of the test's own", r);
        if ((r = receiver_start(&g->receiver)) < 0)
                return failed("the receiver", r);
        if ((r = network_make(g->receiver.pid)) < 0)
                return failed("networks of the test's own", r);
        ends.unguarded = g->groups.free_procs;
        if ((r = receiver_open(&g->receiver)) < 0)
                return failed("the receiver's network", r);
        if ((r = receiver_mark(&g->receiver)) < 0)
                return failed("the wire", r);
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
        return remove(path);
}

void ground_remove(struct ground *g)
{
        receiver_stop(&g->receiver);
        groups_remove(&g->groups);
        if (g->scratch[0])
                (void) nftw(g->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* One that is prepared: it goes on when something comes by the gate. */
struct started {
        pid_t pid;
        int gate;
};

/* In the attempt's process; how it ended is its exit status, as that of a program it becomes. */
static void attempt(struct ground *g, const struct technique *t, uint32_t number, uint16_t port, int gate)
{
        char go;
        char scratch[192];
        struct attempt a = {
                .port = port,
                .program = g->program,
                .scratch = scratch,
                .fd = -1,
                .helper = -1,
                .receiver = g->receiver.way,
                .seen = &g->receiver.truth->seen[number],
        };
        int r;

        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        receiver_nonce(port, a.nonce, sizeof(a.nonce));
        (void) snprintf(scratch, sizeof(scratch), "%s/%u", g->scratch, port);
        r = result(mkdir(scratch, 0755));
        if (r == 0 && t->prepare)
                r = t->prepare(&a);
        if (r == 0 && (write(gate, "", 1) != 1 || read(gate, &go, 1) != 1))
                r = -ECANCELED;
        if (r == 0)
                r = groups_enter(&g->groups, number);
        if (r == 0)
                r = t->run(&a);
        if (a.helper_pid > 0)
                (void) kill(a.helper_pid, SIGKILL);
        _exit(-r & 0xff);
}

/* Its errno; -1: it had to be ended. */
static int await(pid_t pid)
{
        int fd = (int) syscall(SYS_pidfd_open, pid, 0), status;
        struct pollfd ended = { .fd = fd, .events = POLLIN };
        bool in_time = fd >= 0 && poll(&ended, 1, ATTEMPT_MS) == 1;

        if (!in_time)
                (void) kill(pid, SIGKILL);
        (void) waitpid(pid, &status, 0);
        (void) close(fd);
        return in_time && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int start(struct ground *g, const struct technique *t, uint32_t number, uint16_t port, struct started *ret)
{
        int gate[2];
        char ready;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate) < 0)
                return failed("the gate of an attempt", -errno);
        ret->gate = gate[1];
        ret->pid = fork();
        if (ret->pid < 0)
                return failed("a process of the attempt's own", -errno);
        if (ret->pid == 0) {
                (void) close(gate[1]);
                attempt(g, t, number, port, gate[0]);
        }
        (void) close(gate[0]);
        (void) read(gate[1], &ready, 1);
        return 0;
}

/* Lets it go on, and sees it end: how it did. */
static int finish(struct ground *g, uint32_t number, struct started *s)
{
        int r = groups_add(&g->groups, number), error;

        if (r < 0)
                return failed("a cgroup of the attempt's own", r);
        /* Gone already, if its preparations have failed. */
        (void) send(s->gate, "", 1, MSG_NOSIGNAL);
        error = await(s->pid);
        (void) close(s->gate);
        groups_end(&g->groups, number);
        return error < 0 ? ETIMEDOUT : error;
}

uint16_t attempts_port(uint32_t run)
{
        return (uint16_t) (FIRST_PORT + run * RECEIVER_ATTEMPTS);
}

/* Those that prepare something do so before the guard is there; all others come to be under it. */
static int try_all(struct ground *g, uint16_t first, const struct attempts_guard *guard, struct attempted *ret)
{
        struct started started[RECEIVER_ATTEMPTS];

        for (uint32_t i = 0; i < g->n; i++)
                if (ret[i].tried && g->techniques[i]->prepare &&
                    start(g, g->techniques[i], i, (uint16_t) (first + i), &started[i]) < 0)
                        return -1;
        if (guard && guard->on(guard->of) < 0)
                return -1;
        for (uint32_t i = 0; i < g->n; i++) {
                if (!ret[i].tried)
                        continue;
                if (!g->techniques[i]->prepare && start(g, g->techniques[i], i, (uint16_t) (first + i), &started[i]) < 0)
                        return -1;
                if ((ret[i].error = finish(g, i, &started[i])) < 0)
                        return -1;
        }
        return 0;
}

int attempts_run(struct ground *g, uint32_t run, const struct attempts_guard *guard, struct attempted *ret)
{
        uint16_t first = attempts_port(run);
        bool mptcp[RECEIVER_ATTEMPTS];
        int r;

        for (uint32_t i = 0; i < g->n; i++) {
                mptcp[i] = g->techniques[i]->shows & SEEN_MPTCP;
                ret[i] = (struct attempted){ .tried = !guard || !guard->tries || guard->tries(guard->of, g->techniques[i]) };
        }
        if ((r = receiver_begin(&g->receiver, first, mptcp, g->n)) < 0)
                return failed("the receiver's listeners", r);
        if (try_all(g, first, guard, ret) < 0)
                return -1;

        /* What a thread of the kernel's sent may have gone another processor's way. */
        (void) usleep(20000);
        if ((r = receiver_mark(&g->receiver)) < 0)
                return failed("the wire, after the attempts", r);
        if (atomic_load(&g->receiver.truth->lost))
                return failed("frames at the receiver", -ENOBUFS);
        for (uint32_t i = 0; i < g->n; i++)
                ret[i].seen = atomic_load(&g->receiver.truth->seen[i]);
        return 0;
}
