/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch.h"

#include <errno.h>
#include <string.h>

#include "hierarchy.h"

#define BIT(i) (1u << (i))

void block_tell_programs(struct block *b)
{
        programs_tell(&b->programs, b->host, block_uses, N_METRICS, &b->available);
}

static uint32_t wanted_metrics(const struct block *b)
{
        uint32_t wanted = watched_metrics(&b->groups.set);

        for (const struct block_disk_object *d = b->disks.by_key; d; d = d->hh.next)
                wanted |= d->metrics;
        return wanted & b->available;
}

static uint32_t wants_of(const struct block *b, uint32_t metrics)
{
        const uint32_t phases = 1u << QUEUE_LATENCY | 1u << DEVICE_LATENCY;
        const struct watched *root = watched_find(&b->groups.set, ROOT_CGROUP);
        uint32_t wants = 0;

        if (metrics & (phases | phases << _MEASURE_MAX))
                wants |= BLOCK_WANT_PHASES;
        if (root || metrics & ~CGROUP_METRICS)
                wants |= BLOCK_WANT_DISKS;
        if (b->groups.set.n_order > 0)
                wants |= BLOCK_WANT_CGROUPS;
        return wants;
}

/* Attaches what the wanted metrics need, and detaches the rest. */
static void update_programs(struct block *b)
{
        uint32_t wanted = wanted_metrics(b), mask = 0;

        for (uint32_t m = 0; m < N_METRICS; m++)
                if (wanted & BIT(m))
                        mask |= block_uses[m] | block_likes[m];

        __atomic_store_n(&b->view.control->wanted, wants_of(b, wanted), __ATOMIC_RELAXED);
        if (!(wanted & LATENCY_METRICS))
                b->own_times = 0;
        if (b->own_times && !programs_is_attached(&b->programs, BLOCK_PROGRAM_ISSUE))
                block_view_forget_issues(&b->view);
        if (programs_attach(&b->programs, mask | b->own_times) < 0)
                block_tell_programs(b);
}

void block_follow_times(struct block *b)
{
        struct block_missing now = b->view.control->missing;
        uint32_t need = 0;

        if (now.io_start != b->missed.io_start)
                need |= BIT(BLOCK_PROGRAM_ISSUE);
        if (now.start != b->missed.start)
                need |= BIT(BLOCK_PROGRAM_ISSUE) | BIT(BLOCK_PROGRAM_INSERT);
        b->missed = now;
        if (!(need & ~b->own_times) || !(wanted_metrics(b) & LATENCY_METRICS))
                return;

        b->host->log(b->host, TRIMTAB_LOG_INFO, "the kernel does not note when %s: taking the time ourselves",
                     need & BIT(BLOCK_PROGRAM_INSERT) ? "requests are made (queue/iostats is 0)"
                                                      : "devices get requests (nothing there needs it)");
        b->own_times |= need;
        update_programs(b);
}

static int watch_disks(struct block *b, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        int r = 0;

        for (struct block_disk_object *d = b->disks.by_key; d; d = d->hh.next)
                d->metrics &= ~BIT(metric);
        for (uint32_t i = 0; i < n; i++) {
                struct block_disk_object *d = block_disks_find(&b->disks, objects[i]);

                if (d)
                        d->metrics |= BIT(metric);
                else
                        r = -ENODEV;
        }
        return r;
}

/* Their I/O counts for a cgroup above: said once, as nothing would ever be seen of it. */
static void tell_off(struct block *b)
{
        const char *example = NULL;
        uint32_t n = 0;

        for (const struct watched *w = b->groups.set.by_id; w; w = w->hh.next)
                if (w->id != ROOT_CGROUP && w->path && hierarchy_is_off(w->path)) {
                        n++;
                        example = w->path;
                }
        if (n > b->n_off)
                b->host->log(b->host, TRIMTAB_LOG_NOTICE,
                             "the io controller is off in %u watched cgroups, whose I/O the kernel charges to the one above, "
                             "as in %s (systemd: IOAccounting=yes)",
                             n, example);
        b->n_off = n;
}

int block_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        struct block *b = self;
        int r;

        if (metric >= N_METRICS)
                return -EINVAL;
        if (BIT(metric) & CGROUP_METRICS) {
                if (!(BIT(metric) & b->available))
                        return 0; /* the reason has been told */
                r = watched_want(&b->groups.set, b->host, metric, objects, n);
                tell_off(b);
        } else
                r = watch_disks(b, metric, objects, n);
        update_programs(b);
        return r;
}
