/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the guard adds to a connect() and to a datagram, beside no program and an empty one on the same hooks.
 *
 *     bench-guard RECORDS.json
 *
 * In a cgroup of its own; nothing leaves loopback. Exits 77, saying why, where it cannot run.
 */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "empty.bpf.skel.h"
#include "figures.h"
#include "program.h"
#include "progs.h"

#define ROUNDS 9
#define CALLS  200000
#define SKIP   77

enum { NONE, EMPTY, FEW, MANY, ALL, _STAND_MAX };
static const char *const stands[_STAND_MAX] = { "no program", "empty program", "guard, 10 prefixes", "guard, 100000 prefixes",
                                                "guard, 100000 prefixes, each call to another" };
static const uint32_t n_prefixes[_STAND_MAX] = { [FEW] = 10, [MANY] = 100000, [ALL] = 100000 };
static const uint32_t n_addresses[_STAND_MAX] = { 100000, 100000, 10, 10, 100000 };

enum { CONNECT, SEND, _CALL_MAX };
static const char *const calls[_CALL_MAX] = { "UDP connect()", "UDP sendto()" };

static char cgroup[320];
static uint32_t first_program; /* the newest that is none of ours */

static void skip(const char *why)
{
        (void) printf("guard: skipped: %s\n", why);
        if (cgroup[0])
                (void) rmdir(cgroup);
        exit(SKIP);
}

static double now_ns(void)
{
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

/* The i-th prefix: of loopback's, a /31 each. */
static uint32_t address_of(uint32_t i)
{
        return 127u << 24 | 1u << 22 | i << 1;
}

static void make_cgroup(void)
{
        FILE *f = setmntent("/proc/self/mounts", "re");
        const struct mntent *m = NULL;

        while (f && (m = getmntent(f)) && strcmp(m->mnt_type, "cgroup2") != 0)
                ;
        if (!m)
                skip("no cgroup v2 here");
        (void) snprintf(cgroup, sizeof(cgroup), "%s/trimtab-bench-guard-%d", m->mnt_dir, (int) getpid());
        (void) endmntent(f);
        if (mkdir(cgroup, 0755) < 0)
                skip(strerror(errno));
}

static void enter(void)
{
        char path[400];
        int fd;

        (void) snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, "0", 1) != 1)
                _exit(1);
        (void) close(fd);
}

static double measure(int call, uint32_t n, int receiver)
{
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t) receiver) };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        double start = now_ns();
        uint32_t at = 1;

        for (uint32_t i = 0; i < CALLS; i++) {
                at = at * 1103515245u + 12345u;
                to.sin_addr.s_addr = htonl(address_of((at >> 8) % n));
                if (call == CONNECT ? connect(fd, (struct sockaddr *) &to, sizeof(to)) < 0
                                    : sendto(fd, "x", 1, 0, (struct sockaddr *) &to, sizeof(to)) < 0)
                        _exit(2);
        }
        return (now_ns() - start) / CALLS;
}

/* What was measured of a call: the whole, and the programs in it by the kernel's own account. */
struct cost {
        double call_ns, program_ns;
};

/* In a process in the cgroup, over so many of the addresses that the largest policy has. */
static double run(int call, int receiver, uint32_t n)
{
        double *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), ns;
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                enter();
                *result = measure(call, n, receiver);
                _exit(0);
        }
        if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
                skip("the load was refused, or failed");
        ns = *result;
        (void) munmap(result, sizeof(*result));
        return ns;
}

static void set_policy(struct program *p, uint32_t n)
{
        struct rule rule = { .name = (char *) "bench", .uid = -1, .cgroup = strrchr(cgroup, '/'), .n_items = n };
        struct rules rules = { .verdict = GUARD_DENY, .all = &rule, .n = 1 };
        const struct policy_input in = { .rules = &rules };
        const struct tasks tasks = {};
        struct policy policy;
        int r;

        rule.items = calloc(n, sizeof(*rule.items));
        for (uint32_t i = 0; rule.items && i < n; i++) {
                uint32_t address = htonl(address_of(i));

                rule.items[i] = (struct item){ .ports = { 0, 65535 }, .prefix = { .family = 4, .length = 31 } };
                memcpy(rule.items[i].prefix.bytes, &address, 4);
        }
        r = policy_make(&in, &policy, NULL, 0);
        r = r < 0 ? r : program_swap(p, &policy, &tasks);
        if (r < 0)
                skip(strerror(-r));
        policy_clear(&policy);
        free(rule.items);
}

static void attach_empty(struct empty_bpf *empty, int fd, struct bpf_link *links[2])
{
        links[0] = bpf_program__attach_cgroup(empty->progs.empty_connect, fd);
        links[1] = bpf_program__attach_cgroup(empty->progs.empty_sendmsg, fd);
        if (!links[0] || !links[1])
                skip(strerror(errno));
}

static struct cost stand(int which, int call, struct program *p, struct empty_bpf *empty, int fd, int receiver)
{
        struct bpf_link *links[2] = {};
        struct progs before, after;
        char why[128] = "";
        struct cost cost = {};
        uint64_t runs;

        if (which == EMPTY)
                attach_empty(empty, fd, links);
        if (which >= FEW) {
                set_policy(p, n_prefixes[which]);
                program_set_mode(p, GUARD_ENFORCE);
                if (!program_attach(p, ~0u, fd, why, sizeof(why)))
                        skip(why);
        }
        progs_read(first_program, &before);
        cost.call_ns = run(call, receiver, n_addresses[which]);
        progs_read(first_program, &after);
        if (which != NONE)
                cost.program_ns = progs_cost(&before, &after, which == EMPTY ? "empty_" : "guard_", &runs) / CALLS;
        program_detach(p);
        (void) bpf_link__destroy(links[0]);
        (void) bpf_link__destroy(links[1]);
        return cost;
}

static int make_receiver(void)
{
        struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY) };
        socklen_t size = sizeof(any);
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || bind(fd, (struct sockaddr *) &any, sizeof(any)) < 0 || getsockname(fd, (struct sockaddr *) &any, &size) < 0)
                skip(strerror(errno));
        return ntohs(any.sin_port);
}

static void tell(struct figures *list, int call, struct cost costs[_STAND_MAX][ROUNDS])
{
        for (int i = 0; i < _STAND_MAX; i++) {
                double values[ROUNDS], bases[ROUNDS], above[ROUNDS];
                char subject[96], above_empty[160];

                for (int j = 0; j < ROUNDS; j++) {
                        values[j] = costs[i][j].call_ns;
                        bases[j] = costs[NONE][j].call_ns;
                        above[j] = costs[i][j].program_ns - (i == EMPTY ? 0 : costs[EMPTY][j].program_ns);
                }
                (void) snprintf(subject, sizeof(subject), "%s, %s", calls[call], stands[i]);
                (void) snprintf(above_empty, sizeof(above_empty), "%s: the program%s", subject, i == EMPTY ? "" : ", above an empty one");
                figures_add(list, &(struct figure){ .bench = "guard", .subject = subject, .unit = "ns", .note = "a call",
                                                    .baseline = i == NONE ? NULL : stands[NONE], .values = values,
                                                    .bases = i == NONE ? NULL : bases, .n = ROUNDS });
                if (i != NONE)
                        figures_add(list, &(struct figure){ .bench = "guard", .subject = above_empty, .unit = "ns",
                                                            .note = i >= FEW ? "target: 60" : "the floor", .values = above, .n = ROUNDS });
        }
}

int main(int argc, char **argv)
{
        static struct cost costs[_CALL_MAX][_STAND_MAX][ROUNDS];
        struct program_sizes sizes = { .n_groups = 16, .n_shards = (uint32_t) libbpf_num_possible_cpus() };
        struct empty_bpf *empty;
        struct program program;
        struct figures list;
        int fd, receiver, stats;

        if (argc != 2 || geteuid() != 0)
                skip("not root");
        first_program = progs_last();
        stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
        if (stats < 0)
                skip("the kernel does not count programs' time");
        empty = empty_bpf__open_and_load();
        program_init(&program, &sizes);
        if (!empty || program_load(&program) < 0)
                skip("the kernel does not take the programs");
        make_cgroup();
        fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        receiver = make_receiver();
        for (int round = 0; round < ROUNDS; round++)
                for (int call = 0; call < _CALL_MAX; call++)
                        for (int which = 0; which < _STAND_MAX; which++)
                                costs[call][which][round] = stand(which, call, &program, empty, fd, receiver);
        if (figures_open(&list, argv[1]) < 0)
                return 1;
        for (int call = 0; call < _CALL_MAX; call++)
                tell(&list, call, costs[call]);
        (void) close(fd);
        (void) close(stats);
        program_done(&program);
        empty_bpf__destroy(empty);
        (void) rmdir(cgroup);
        return figures_close(&list) < 0;
}
