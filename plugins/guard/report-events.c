/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report.h"
#include "state.h"

/* --- the last ones --- */

static uint64_t now_ns(clockid_t clock)
{
        struct timespec t;

        (void) clock_gettime(clock, &t);
        return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}

static uint64_t realtime_usec_of(uint64_t monotonic_ns)
{
        uint64_t ago = now_ns(CLOCK_MONOTONIC) - monotonic_ns;

        return (now_ns(CLOCK_REALTIME) - ago) / 1000;
}

/* The program's path, as long as the process runs that very file; later there is only its number. */
static bool path_of_exe(const struct guard_event *e, char *ret, size_t size)
{
        char link[64];
        struct stat st;
        ssize_t n;

        (void) snprintf(link, sizeof(link), "/proc/%u/exe", e->pid);
        if (stat(link, &st) < 0 || st.st_ino != e->exe.number)
                return false;
        n = readlink(link, ret, size - 1);
        if (n <= 0)
                return false;
        ret[n] = '\0';
        return true;
}

static const char *kind_name(const struct guard_event *e)
{
        static const char *const names[_GUARD_KIND_MAX] = {
                [GUARD_CONNECT] = "connect", [GUARD_SEND] = "send", [GUARD_CREATE] = "socket", [GUARD_LISTEN] = "listen",
        };

        return e->kind < _GUARD_KIND_MAX ? names[e->kind] : "?";
}

static const char *rule_name(const struct guard *g, const struct guard_event *e)
{
        const struct rules *rules = g->now.rules;

        return rules && e->rule < rules->n ? rules->all[e->rule].name : NULL;
}

static void add_where(const struct guard_event *e, const char *cgroup, const struct trimtab_rows *to)
{
        char *subject = cgroup ? subject_of(cgroup) : NULL;
        char comm[sizeof(e->comm) + 1] = "", where[96];

        memcpy(comm, e->comm, sizeof(e->comm));
        destination_format(e->family, e->upper, e->lower, e->port, e->protocol, where, sizeof(where));
        to->text(to, "verdict", e->enforced ? "refused" : "would refuse");
        to->text(to, "subject", subject ? strchr(subject, '=') + 2 : "a cgroup that is gone");
        to->text(to, "cgroup", cgroup);
        to->text(to, "comm", comm);
        to->text(to, "kind", kind_name(e));
        to->text(to, "destination", where);
        free(subject);
}

static const struct guard_event *kept_at(const struct events *e, uint64_t i)
{
        return &e->kept[i % EVENTS_KEPT];
}

static uint64_t first_kept(const struct events *e)
{
        return e->n > EVENTS_KEPT ? e->n - EVENTS_KEPT : 0;
}

void report_events(const struct guard *g, const struct trimtab_rows *to)
{
        for (uint64_t i = first_kept(&g->events); i < g->events.n; i++) {
                const struct guard_event *e = kept_at(&g->events, i);
                const char *cgroup = NULL;
                char exe[512];

                (void) g->host->object_name(g->host, "cgroup", e->cgroup, &cgroup);
                to->row(to);
                to->count(to, "serial", i + 1);
                to->count(to, "time_usec", realtime_usec_of(e->time_ns));
                add_where(e, cgroup, to);
                to->text(to, "rule", rule_name(g, e));
                to->count(to, "pid", e->pid);
                to->count(to, "uid", e->uid);
                to->text(to, "exe", path_of_exe(e, exe, sizeof(exe)) ? exe : NULL);
                to->count(to, "exe_inode", e->exe.number);
                to->text(to, "backend", e->backend == GUARD_LSM ? "lsm" : "cgroup");
        }
}

/* --- alike ones together --- */

struct refusal {
        const struct guard_event *last;
        uint64_t first_ns, n;
};

static bool is_alike(const struct guard_event *a, const struct guard_event *b)
{
        return a->cgroup == b->cgroup && a->upper == b->upper && a->lower == b->lower && a->port == b->port && a->rule == b->rule &&
               a->family == b->family && a->protocol == b->protocol && a->kind == b->kind && a->enforced == b->enforced &&
               memcmp(a->comm, b->comm, sizeof(a->comm)) == 0;
}

static int by_number(const void *a, const void *b)
{
        const struct refusal *x = a, *y = b;

        return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : (x->last->time_ns < y->last->time_ns) - (x->last->time_ns > y->last->time_ns);
}

int report_refusals(const struct guard *g, const struct trimtab_rows *to)
{
        struct refusal *all = calloc(EVENTS_KEPT, sizeof(*all));
        size_t n = 0;

        if (!all)
                return -ENOMEM;
        for (uint64_t i = first_kept(&g->events); i < g->events.n; i++) {
                const struct guard_event *e = kept_at(&g->events, i);
                size_t at = 0;

                while (at < n && !is_alike(all[at].last, e))
                        at++;
                if (at == n)
                        all[n++].first_ns = e->time_ns;
                all[at].last = e;
                all[at].n++;
        }
        qsort(all, n, sizeof(*all), by_number);
        for (size_t i = 0; i < n; i++) {
                const char *cgroup = NULL;

                (void) g->host->object_name(g->host, "cgroup", all[i].last->cgroup, &cgroup);
                to->row(to);
                to->count(to, "n", all[i].n);
                add_where(all[i].last, cgroup, to);
                to->text(to, "rule", rule_name(g, all[i].last));
                to->count(to, "first_usec", realtime_usec_of(all[i].first_ns));
                to->count(to, "last_usec", realtime_usec_of(all[i].last->time_ns));
        }
        free(all);
        return 0;
}

/* --- learnt --- */

int report_learnt(struct guard *g, const struct trimtab_rows *to)
{
        char *text = NULL, *rest;
        size_t size;
        FILE *f;
        int r;

        if (guard_asked(g) == GUARD_LEARN)
                (void) learn_read(&g->learnt, &g->program, &g->cgroups);
        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        r = g->learnt.all ? learn_print(&g->learnt, f) : 0;
        if (fclose(f) != 0 || r < 0) {
                free(text);
                return r < 0 ? r : -ENOMEM;
        }

        rest = text;
        for (char *line; (line = strsep(&rest, "\n")) && (rest || *line);) {
                to->row(to);
                to->text(to, "line", line);
        }
        free(text);
        return 0;
}
