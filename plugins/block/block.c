/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The block plugin: who waits for the disk.
 *
 * open() loads the programs and attaches none; watch() attaches what the wanted metrics need; collect() reads the totals where they
 * are and emits them.
 */

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <trimtab/plugin.h>

#include "hierarchy.h"
#include "knobs.h"
#include "watch.h"

/* Kernel memory for totals, at most; where CPUs are so many that it is not enough they share. */
#define STATS_BYTES_MAX (4u << 20)

static const struct trimtab_option options[] = {
        { "max-cgroups", "cgroups", "cgroups that can be watched at once; each takes 5.4 KB a CPU", "128", 1, 4096 },
        { "max-disks", "disks", "disks that are counted by themselves; each takes 5.4 KB a CPU", "32", 1, 128 },
};

static uint32_t power_of_two(uint32_t n)
{
        uint32_t p = 1;

        while (p < n)
                p *= 2;
        return p;
}

static int read_sizes(const struct trimtab_host *h, struct block_sizes *ret)
{
        int n_cpus = libbpf_num_possible_cpus();
        double n_groups, n_disks;
        int r;

        if (n_cpus < 0)
                return n_cpus;
        r = h->option_number(h, "max-cgroups", &n_groups);
        if (r >= 0)
                r = h->option_number(h, "max-disks", &n_disks);
        if (r < 0)
                return r;

        *ret = (struct block_sizes){
                .n_cpus = (uint32_t) n_cpus,
                .n_disks = (uint32_t) n_disks,
                .n_groups = (uint32_t) n_groups,
                .n_shards = power_of_two((uint32_t) n_cpus),
        };
        while (ret->n_shards > 1 && sizeof(struct block_stats) * block_n_entries(ret) > STATS_BYTES_MAX)
                ret->n_shards /= 2;
        return 0;
}

/* The reason why cgroups cannot be told apart; NULL: they can. */
static const char *find_obstacle(const struct trimtab_host *h)
{
        const char *path = NULL;
        uint64_t root;

        if (h->object_key(h, "cgroup", "/", &root) >= 0)
                (void) h->object_path(h, "cgroup", root, &path);
        return hierarchy_lacks_io(path);
}

static int block_open(const struct trimtab_host *h, void **ret_self)
{
        struct block *b = calloc(1, sizeof(*b));
        const char *obstacle;
        int r;

        if (!b)
                return -ENOMEM;
        *ret_self = b;
        b->host = h;
        b->available = (1u << N_METRICS) - 1;

        r = read_sizes(h, &b->sizes);
        if (r < 0)
                return r;
        r = block_programs_load(&b->programs, &b->sizes);
        if (r < 0) {
                h->log(h, TRIMTAB_LOG_ERROR, "the kernel refuses our BPF maps: %s", strerror(-r));
                return r;
        }
        r = block_view_open(&b->view, &b->programs, &b->sizes);
        if (r >= 0)
                r = block_groups_init(&b->groups, &b->view);
        if (r >= 0)
                r = block_disks_init(&b->disks, &b->view);
        if (r < 0)
                return r;

        obstacle = find_obstacle(h);
        for (uint32_t m = 0; obstacle && m < _MEASURE_MAX; m++) {
                b->available &= ~(1u << m);
                h->unavailable(h, m, obstacle);
        }
        block_tell_programs(b);
        return 0;
}

static int emit_disk(struct block *b, struct block_disk_object *d)
{
        uint32_t wanted = d->metrics & b->available;
        double inflight;
        int r = 0;

        /* Zeros would look measured. */
        if (d->slot != BLOCK_SLOT_OTHERS && d->has_requests)
                r = block_emit(b->host, wanted, DISK_METRIC(0), d->key, &d->account.totals);
        if (wanted & 1u << METRIC_INFLIGHT && block_disk_inflight(d, &inflight) >= 0) {
                int k = b->host->emit(b->host, METRIC_INFLIGHT, d->key, inflight);

                r = r < 0 ? r : k;
        }
        return r;
}

static int block_collect(void *self, uint64_t now_ns)
{
        struct block *b = self;
        struct block_totals machine;
        int r = 0;

        block_disks_read(&b->disks, &machine);
        for (struct block_disk_object *d = b->disks.by_key; d; d = d->hh.next) {
                int k = emit_disk(b, d);

                r = r < 0 ? r : k;
        }

        block_groups_read(&b->groups);
        for (struct watched *w = b->groups.set.by_id; w; w = w->hh.next) {
                const struct block_totals *t = w->id == ROOT_CGROUP ? &machine : &block_group_of(w)->sum;
                int k = block_emit(b->host, w->metrics & b->available, 0, w->id, t);

                r = r < 0 ? r : k;
        }

        block_follow_times(b);
        return r;
}

static void disk_came(struct block *b, uint64_t key)
{
        const char *path;
        int r;

        if (b->host->object_path(b->host, "block", key, &path) < 0)
                return;
        r = block_disks_add(&b->disks, key, path);
        if (r == -ENOSPC)
                b->host->log(b->host, TRIMTAB_LOG_WARNING,
                             "%s is not measured by itself: there are too many disks (raise max-disks)", path);
        else if (r < 0)
                b->host->log(b->host, TRIMTAB_LOG_WARNING, "%s is not measured: %s", path, strerror(-r));
}

static void block_on_object(void *self, const char *scope, uint64_t object, uint32_t came)
{
        struct block *b = self;

        if (strcmp(scope, "cgroup") == 0)
                watched_on_object(&b->groups.set, b->host, object, came);
        else if (strcmp(scope, "block") == 0 && came)
                disk_came(b, object);
        else if (strcmp(scope, "block") == 0)
                block_disks_remove(&b->disks, object);
}

static void block_close(void *self)
{
        struct block *b = self;

        if (!b)
                return;
        (void) programs_attach(&b->programs, 0);
        block_groups_done(&b->groups);
        block_disks_done(&b->disks);
        block_view_close(&b->view);
        programs_done(&b->programs);
        free(b);
}

TRIMTAB_PLUGIN("block") = {
        TRIMTAB_PLUGIN_HEAD,
        .name = "block",
        .version = TRIMTAB_VERSION,
        .license = "LGPL-2.1-or-later",
        .help = "who waits for the disk",
        .metrics = block_metrics,
        .n_metrics = N_METRICS,
        .knobs = block_knobs,
        .n_knobs = N_KNOBS,
        TRIMTAB_OPTIONS(options),
        .open = block_open,
        .watch = block_watch,
        .collect = block_collect,
        .close = block_close,
        .on_object = block_on_object,
};
