/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The audit plugin: what applications do, by system call and by file.
 *
 * open() loads the programs and attaches none; watch() attaches what the wanted metrics need and tells the kernel side which cgroups count;
 * configure() takes the sections [watch NAME]; collect() looks up their paths again, reads the totals and emits them.
 */

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <trimtab/plugin.h>

#include "watch.h"

/* Kernel memory for cgroups' totals, at most; where CPUs are so many that it is not enough they share. */
#define GROUPS_BYTES_MAX (4u << 20)

static const struct trimtab_scope scopes[] = {
        { "watch", "a watched path: the section [watch NAME]" },
};

static const struct trimtab_option options[] = {
        { "max-cgroups", "cgroups", "cgroups that can be watched at once; each takes 8 KB a CPU", "128", 1, 4096 },
        { "max-files", "files", "files and directories that the paths of [watch NAME] can stand for at once", "1024", 1, 65536 },
        { "details", "events/s", "opens and starts that detail = yes tells at most; more are counted in audit.details_dropped", "20", 0, 1000 },
};

static int read_options(struct audit *a)
{
        int n_cpus = libbpf_num_possible_cpus(), r;
        double n_groups, n_inodes, details;

        if (n_cpus < 0)
                return n_cpus;
        r = a->host->option_number(a->host, "max-cgroups", &n_groups);
        r = r < 0 ? r : a->host->option_number(a->host, "max-files", &n_inodes);
        r = r < 0 ? r : a->host->option_number(a->host, "details", &details);
        if (r < 0)
                return r;

        a->details_per_second = (uint32_t) details;
        a->sizes = (struct audit_sizes){
                .n_cpus = (uint32_t) n_cpus,
                .n_groups = (uint32_t) n_groups,
                .n_shards = (uint32_t) n_cpus,
                .n_inodes = (uint32_t) n_inodes,
        };
        while (a->sizes.n_shards > 1 && sizeof(struct audit_stats) * (n_groups + 1) * a->sizes.n_shards > GROUPS_BYTES_MAX)
                a->sizes.n_shards = (a->sizes.n_shards + 1) / 2;
        return 0;
}

static int audit_open(const struct trimtab_host *h, void **ret_self)
{
        struct audit *a = calloc(1, sizeof(*a));
        int r;

        if (!a)
                return -ENOMEM;
        *ret_self = a;
        a->host = h;
        a->available = METRIC_BIT(_METRIC_MAX) - 1;

        r = read_options(a);
        if (r < 0)
                return r;
        r = audit_programs_load(&a->programs, &a->sizes);
        if (r < 0) {
                h->log(h, TRIMTAB_LOG_ERROR, "the kernel refuses our BPF maps: %s", strerror(-r));
                return r;
        }
        a->inodes.max = a->sizes.n_inodes;

        r = audit_view_open(&a->view, &a->programs, &a->sizes);
        if (r < 0)
                return r;
        r = audit_groups_init(&a->groups, &a->view);
        if (r < 0)
                return r;
        r = audit_details_open(a);
        if (r < 0)
                return r;
        audit_tell_programs(a);
        return 0;
}

static int emit_group(const struct audit *a, uint32_t m, uint64_t id, const struct audit_totals *t)
{
        uint64_t calls = 0;

        if (m < METRIC_LATENCY)
                return a->host->emit(a->host, m, id, (double) t->counts[m - METRIC_CALLS]);
        if (m < METRIC_SYSCALLS)
                return a->host->emit_histogram(a->host, m, id, t->latency[m - METRIC_LATENCY], TRIMTAB_HIST_SLOTS,
                                               (double) t->sums[m - METRIC_LATENCY]);
        if (m != METRIC_SYSCALLS)
                return a->host->emit(a->host, m, id, (double) t->counts[m == METRIC_EXECS ? AUDIT_EXECS : AUDIT_FORKS]);
        for (uint32_t i = 0; i < _AUDIT_CLASS_MAX; i++)
                calls += t->counts[i];
        return a->host->emit(a->host, m, id, (double) (calls - t->counts[AUDIT_REQUESTS]));
}

static int emit_path(const struct audit *a, uint32_t m, uint64_t key, const struct audit_file_totals *t)
{
        if (m < METRIC_FILE_LATENCY)
                return a->host->emit(a->host, m, key, (double) t->counts[m - METRIC_FILE]);
        return a->host->emit_histogram(a->host, m, key, t->latency[m - METRIC_FILE_LATENCY], TRIMTAB_HIST_SLOTS,
                                       (double) t->sums[m - METRIC_FILE_LATENCY]);
}

static int emit_paths(struct audit *a)
{
        struct audit_file_stats stats;
        int r = 0;

        for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++) {
                struct audit_watch *w = a->watches.all[i];

                if (!w || !w->metrics)
                        continue;
                audit_view_path(&a->view, i, &stats);
                audit_file_account_advance(&w->account, &stats);
                for (uint32_t m = METRIC_FILE; m < METRIC_DETAILS_DROPPED; m++)
                        if (w->metrics & a->available & METRIC_BIT(m)) {
                                int k = emit_path(a, m, w->key, &w->account.totals);

                                r = r < 0 ? r : k;
                        }
        }
        return r;
}

/* Emits all that is wanted; the first error is returned, and the others are still emitted. */
static int audit_collect(void *self, uint64_t now_ns)
{
        struct audit *a = self;
        int r;

        audit_refresh(a);
        audit_details_tell(a);
        r = emit_paths(a);

        audit_groups_read(&a->groups);
        for (struct watched *w = a->groups.set.by_id; w; w = w->hh.next)
                for (uint32_t m = 0; m < METRIC_FILE; m++)
                        if (w->metrics & a->available & METRIC_BIT(m)) {
                                int k = emit_group(a, m, w->id, &audit_group_of(w)->sum);

                                r = r < 0 ? r : k;
                        }
        if (a->host_metrics & a->available)
                (void) a->host->emit(a->host, METRIC_DETAILS_DROPPED, TRIMTAB_HOST_OBJECT,
                                     (double) audit_details_dropped(&a->programs));
        return r;
}

static void audit_close(void *self)
{
        struct audit *a = self;
        struct audit_cgroup *c, *next;

        if (!a)
                return;
        (void) programs_attach(&a->programs, 0);
        if (a->programs.loaded)
                audit_inodes_clear(&a->inodes, &a->programs);
        audit_details_close(&a->details);
        audit_groups_done(&a->groups);
        audit_view_close(&a->view);
        programs_done(&a->programs);
        for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++)
                audit_watch_free(a->watches.all[i]);
        HASH_ITER(hh, a->cgroups, c, next)
        {
                HASH_DEL(a->cgroups, c);
                free(c->name);
                free(c);
        }
        free(a);
}

TRIMTAB_PLUGIN("audit") = {
        TRIMTAB_PLUGIN_HEAD,
        .name = "audit",
        .version = TRIMTAB_VERSION,
        .license = "LGPL-2.1-or-later",
        .help = "what applications do: system calls and the use of watched paths",
        TRIMTAB_METRICS(audit_metrics),
        TRIMTAB_SCOPES(scopes),
        TRIMTAB_OPTIONS(options),
        TRIMTAB_SECTIONS(audit_sections),
        .open = audit_open,
        .watch = audit_watch,
        .collect = audit_collect,
        .close = audit_close,
        .on_object = audit_on_object,
        .configure = audit_configure,
};
