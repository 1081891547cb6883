/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kill.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"
#include "state.h"

#define SECOND_NS      1000000000ull
#define INITIAL_PID_NS 0xeffffffcu /* its inode, PROC_PID_INIT_INO */
#define ROUNDS         5           /* who forks while its cgroup is read is found by the next */

const char *const guard_kill_choices[] = { "refused", "all", NULL };

/* The cgroup in question. */
struct place {
        const struct trimtab_host *host;
        const char *name; /* from the root of the hierarchy, "/web.service" */
        const char *path; /* its directory */
        int fd;           /* the same */
};

/* --- where it is --- */

/* Is the process in the cgroup of that id, or below, which is the place or below it? Its directories are asked, from its own up. */
static bool is_in(const struct process *p, const struct place *at, uint64_t id)
{
        size_t length = strlen(at->path), below = strcmp(at->name, "/") == 0 ? 0 : strlen(at->name);
        bool found = false;
        struct stat st;
        char *path;

        if (!cgroup_is_below(p->cgroup, at->name) || asprintf(&path, "%s%s", at->path, p->cgroup + below) < 0)
                return false;
        for (size_t n = strlen(path); !found && n >= length;) {
                found = stat(path, &st) == 0 && st.st_ino == id;
                while (n > 0 && path[--n] != '/')
                        ;
                path[n] = '\0';
        }
        free(path);
        return found;
}

/* --- those that were refused --- */

/* Is the one of that number now still the one that was refused? Both clocks count since boot; each is cut to ticks. */
static bool is_same(const struct process *p, const struct guard_offender *o)
{
        uint64_t ticks = o->start_ns / (SECOND_NS / (uint64_t) sysconf(_SC_CLK_TCK));

        return p->start + 1 >= ticks && p->start <= ticks + 1;
}

static void tell(const struct place *at, const struct process *p, const struct guard_offender *o, int error)
{
        const struct trimtab_host *h = at->host;
        double ago = (double) (guard_now_ns() - o->time_ns) / 1e9;

        if (error < 0)
                h->log(h, TRIMTAB_LOG_ERROR, "%s (%.16s, pid %d) cannot be ended: %s", p->cgroup, p->comm, (int) p->pid, strerror(-error));
        else
                h->log(h, TRIMTAB_LOG_NOTICE, "ended %s (%.16s, pid %d), %s something %.1f s ago", p->cgroup, p->comm, (int) p->pid,
                       o->enforced ? "refused" : "which would have been refused", ago);
}

/* 1: it is over with that one, and it can be forgotten. */
static int end_offender(const struct place *at, pid_t pid, const struct guard_offender *o)
{
        struct process p;
        int r = process_hold(pid, &p);

        if (r < 0)
                return r == -ESRCH ? 1 : r;
        if (!is_same(&p, o)) {
                r = 1;
        } else if (!process_is_spared(&p) && is_in(&p, at, o->cgroup)) {
                r = process_end(&p);
                if (r != -ESRCH) /* it has just ended by itself */
                        tell(at, &p, o, r);
                r = r < 0 && r != -ESRCH ? r : 1;
        }
        process_let_go(&p);
        return r;
}

static int read_offenders(int map, uint32_t *pids, struct guard_offender *all, uint32_t *n)
{
        LIBBPF_OPTS(bpf_map_batch_opts, options);
        uint64_t next;

        *n = GUARD_OFFENDERS_MAX;
        if (bpf_map_lookup_batch(map, NULL, &next, pids, all, n, &options) >= 0 || errno == ENOENT)
                return 0; /* all there are, but for those that came meanwhile */
        *n = 0;
        return -errno;
}

/* The kernel's programs number processes as the initial namespace does. */
static bool is_numbered_alike(void)
{
        struct stat st;

        return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == INITIAL_PID_NS;
}

static int end_offenders(struct guard *g, const struct place *at)
{
        int map = programs_map(&g->program.programs, "offenders"), r;
        struct guard_offender *all = calloc(GUARD_OFFENDERS_MAX, sizeof(*all));
        uint32_t *pids = calloc(GUARD_OFFENDERS_MAX, sizeof(*pids)), n = 0;

        r = all && pids ? read_offenders(map, pids, all, &n) : -ENOMEM;
        for (uint32_t i = 0; i < n; i++) {
                int k = g->since_ns <= all[i].time_ns ? end_offender(at, (pid_t) pids[i], &all[i]) : 1;

                if (k > 0)
                        (void) bpf_map_delete_elem(map, &pids[i]);
                r = r < 0 ? r : k < 0 ? k : 0;
        }
        free(all);
        free(pids);
        return r;
}

static int end_refused(struct guard *g, const struct place *at)
{
        uint32_t mode = g->program.control->mode;

        if (mode != GUARD_AUDIT && mode != GUARD_ENFORCE)
                return 0; /* no policy is in force that anybody could have met with */
        if (is_numbered_alike())
                return end_offenders(g, at);
        g->host->log(g->host, TRIMTAB_LOG_ERROR, "nobody is ended: in a PID namespace of its own the daemon cannot tell who was refused");
        return -EPERM;
}

/* --- all --- */

/* Those that are without the machine or this daemon; also when that cannot be told. */
static bool is_needed(const struct place *at)
{
        char *own = process_cgroup(getpid()), *init = process_cgroup(1);
        bool needed = strcmp(at->name, "/") == 0 || cgroup_is_below(at->name, "/init.scope") || !own || !init || cgroup_is_below(own, at->name) ||
                      cgroup_is_below(init, at->name);

        free(own);
        free(init);
        return needed;
}

/* Before 5.14. How many were found; takes the descriptor. */
static unsigned end_members(const struct place *at, int fd)
{
        int procs = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC), below, pid;
        FILE *f = procs >= 0 ? fdopen(procs, "r") : NULL;
        DIR *d = fdopendir(fd);
        const struct dirent *e;
        struct process p;
        unsigned n = 0;

        while (f && fscanf(f, "%d", &pid) == 1) {
                if (process_hold(pid, &p) < 0)
                        continue;
                n += !process_is_spared(&p) && cgroup_is_below(p.cgroup, at->name) && process_end(&p) >= 0;
                process_let_go(&p);
        }
        while (d && (e = readdir(d)))
                if (e->d_type == DT_DIR && e->d_name[0] != '.' &&
                    (below = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) >= 0)
                        n += end_members(at, below);
        if (f)
                (void) fclose(f);
        if (d)
                (void) closedir(d);
        return n;
}

static int end_all(const struct place *at)
{
        int fd, r = 0;

        if (is_needed(at)) {
                at->host->log(at->host, TRIMTAB_LOG_ERROR, "%s is not ended as a whole: init or this daemon is in it", at->name);
                return -EPERM;
        }
        fd = openat(at->fd, "cgroup.kill", O_WRONLY | O_CLOEXEC);
        if (fd >= 0) {
                r = write(fd, "1", 1) == 1 ? 0 : -errno;
                (void) close(fd);
        } else if (errno == ENOENT) {
                for (int i = 0; i < ROUNDS; i++)
                        if (end_members(at, openat(at->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == 0)
                                break;
        } else {
                r = -errno;
        }
        if (r < 0)
                at->host->log(at->host, TRIMTAB_LOG_ERROR, "%s cannot be ended: %s", at->name, strerror(-r));
        else
                at->host->log(at->host, TRIMTAB_LOG_NOTICE, "ended all that was in %s", at->name);
        return r;
}

/* --- the knob --- */

/* The directory is that very cgroup's, and not one's that has its name now. */
static int open_place(const struct trimtab_host *h, uint64_t object, struct place *ret)
{
        struct place p = { .host = h };
        struct stat st;

        if (h->object_name(h, "cgroup", object, &p.name) < 0 || h->object_path(h, "cgroup", object, &p.path) < 0)
                return -ENODEV;
        p.fd = open(p.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (p.fd < 0)
                return errno == ENOENT ? -ENODEV : -errno;
        if (fstat(p.fd, &st) < 0 || st.st_ino != object) {
                (void) close(p.fd);
                return -ENODEV;
        }
        *ret = p;
        return 0;
}

int guard_kill_apply(void *self, uint64_t object, const struct trimtab_value *want)
{
        struct guard *g = self;
        struct place at;
        int r;

        if (guard_daemon_mode(g->host) < TRIMTAB_ENFORCE)
                return -EPERM; /* whoever asks */
        r = open_place(g->host, object, &at);
        if (r < 0)
                return r;
        if (strcmp(want->text, "refused") == 0)
                r = end_refused(g, &at);
        else
                r = strcmp(want->text, "all") == 0 ? end_all(&at) : -EINVAL;
        (void) close(at.fd);
        return r;
}
