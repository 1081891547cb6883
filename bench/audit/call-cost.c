/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a system call takes, by its caller's clock.
 *
 *     call-cost PLUGIN.so MODE BATCHES    prints the caller's pid, waits for a line, prints "GETPPID READ FSYNC", ns each
 *
 * MODE: what is attached meanwhile. none; empty: programs that do nothing; open: the plugin, which nobody asks for anything; else: it watches
 * another cgroup's fsync latency; count: audit.syscalls of the caller's; sync: its fsync latency; all: all its counts and latencies; file: the file that
 * is read and synced.
 */

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "empty.bpf.skel.h"
#include "load.h"
#include "section.h"
#include "testhost.h"

#define CALLS 500 /* short enough to be done before somebody else gets the CPU */
#define FILE_NAME "/dev/shm/trimtab-call-cost"
#define SKIP 77

enum call {
        CALL_GETPPID,
        CALL_READ,
        CALL_FSYNC,
        _CALL_MAX,
};

struct shared {
        double ns[_CALL_MAX];
};

static struct shared *shared;
static int begin[2]; /* a pipe: the caller waits for its end to be closed */

static void skip(const char *why)
{
        (void) fprintf(stderr, "audit: skipped: %s\n", why);
        exit(SKIP);
}

static double now_ns(void)
{
        struct timespec now;

        (void) clock_gettime(CLOCK_MONOTONIC, &now);
        return (double) now.tv_sec * 1e9 + (double) now.tv_nsec;
}

static void make(enum call call, int fd)
{
        char byte;

        for (uint32_t i = 0; i < CALLS; i++)
                if (call == CALL_GETPPID)
                        (void) syscall(SYS_getppid);
                else if (call == CALL_READ ? pread(fd, &byte, 1, 0) != 1 : fsync(fd) < 0)
                        _exit(1);
}

/* The quickest of many batches: whoever else has the CPU can only make it longer. */
static void work(uint32_t batches)
{
        int fd = open(FILE_NAME, O_RDWR | O_CLOEXEC);
        char byte;

        (void) close(begin[1]);
        (void) !read(begin[0], &byte, 1);
        for (uint32_t batch = 0; batch < batches; batch++)
                for (uint32_t call = 0; call < _CALL_MAX; call++) {
                        double start = now_ns(), ns;

                        make(call, fd);
                        ns = (now_ns() - start) / CALLS;
                        if (batch == 0 || ns < shared->ns[call])
                                shared->ns[call] = ns;
                }
}

static void watch(struct testhost *th, const char *metric, uint64_t object)
{
        if (testhost_watch(th, metric, &object, 1) < 0)
                skip("the plugin cannot watch");
}

static void watch_all(struct testhost *th, const char *prefix, uint64_t object)
{
        const struct trimtab_plugin *p = testhost_plugin(th);

        for (uint32_t i = 0; i < p->n_metrics; i++)
                if (strcmp(p->metrics[i].scope, prefix) == 0)
                        watch(th, p->metrics[i].name, object);
}

static struct testhost *open_plugin(const char *file, const char *mode, const struct load *own, const struct load *other)
{
        const struct section section = { .name = "file", .path = FILE_NAME };
        struct testhost *th = testhost_new(file);

        if (!th)
                skip("the plugin does not load");
        testhost_add_object(th, "cgroup", own->id, "/own", own->path);
        testhost_add_object(th, "cgroup", other->id, "/other", other->path);
        if (testhost_open(th) < 0)
                skip("the plugin does not open");
        if (strcmp(mode, "else") == 0)
                watch(th, "audit.sync_latency", other->id);
        else if (strcmp(mode, "count") == 0)
                watch(th, "audit.syscalls", own->id);
        else if (strcmp(mode, "sync") == 0)
                watch(th, "audit.sync_latency", own->id);
        else if (strcmp(mode, "all") == 0)
                watch_all(th, "cgroup", own->id);
        else if (strcmp(mode, "file") == 0) {
                if (sections_configure(th, &section, 1) < 0)
                        skip("the plugin takes no section");
                watch_all(th, "watch", 1);
        } else if (strcmp(mode, "open") != 0)
                skip("no such mode");
        return th;
}

static void make_file(void)
{
        int fd = open(FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        if (fd < 0 || write(fd, "x", 1) != 1)
                skip("/dev/shm takes no file");
        (void) close(fd);
}

int main(int argc, char **argv)
{
        struct empty_bpf *empty = NULL;
        struct testhost *th = NULL;
        struct load own, other;
        char line[8];

        if (argc != 4)
                return 2;
        shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared == MAP_FAILED || pipe(begin) < 0)
                skip("no memory");
        if (load_init(&own, "trimtab-bench-own", NULL) < 0 || load_init(&other, "trimtab-bench-other", NULL) < 0)
                skip("no cgroup can be made below the unified hierarchy");
        make_file();

        if (strcmp(argv[2], "empty") == 0) {
                empty = empty_bpf__open_and_load();
                if (!empty || empty_bpf__attach(empty) < 0)
                        skip("the kernel refuses an empty tp_btf program");
        } else if (strcmp(argv[2], "none") != 0)
                th = open_plugin(argv[1], argv[2], &own, &other);

        (void) printf("%d\n", load_start(&own, work, (uint32_t) atoi(argv[3])));
        (void) fflush(stdout);
        if (!fgets(line, sizeof(line), stdin))
                return 1;
        (void) close(begin[0]);
        (void) close(begin[1]);
        load_wait(&own);
        (void) printf("%.2f %.2f %.2f\n", shared->ns[CALL_GETPPID], shared->ns[CALL_READ], shared->ns[CALL_FSYNC]);

        testhost_free(th);
        empty_bpf__destroy(empty);
        load_done(&own);
        load_done(&other);
        (void) unlink(FILE_NAME);
        return 0;
}
