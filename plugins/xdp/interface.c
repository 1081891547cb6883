/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interface.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cookies.h"
#include "nat.h"

#define SECOND_NS      1000000000ull
#define ATTACH_REST_NS (2 * SECOND_NS)
/* More queues share the counters of the last one. */
#define QUEUES_MAX 128

struct interface *interface_find(struct xdp *x, uint64_t ifindex)
{
        struct interface *i;
        uint32_t key = (uint32_t) ifindex;

        HASH_FIND(hh, x->interfaces, &key, sizeof(key), i);
        return i;
}

static uint64_t now_ns(void)
{
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * SECOND_NS + (uint64_t) t.tv_nsec;
}

/* --- what the program does --- */

static struct xdp_rate rate_of(const struct xdp *x, double pps)
{
        struct timespec tick = {};
        uint64_t tick_ns, burst_ns = x->burst_ns;

        if (!isfinite(pps))
                return (struct xdp_rate){};
        /* The program's clock stands still between two ticks: what comes in one is a burst. */
        (void) clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
        tick_ns = (uint64_t) tick.tv_nsec;
        if (burst_ns < 2 * tick_ns)
                burst_ns = 2 * tick_ns;
        return (struct xdp_rate){ .interval_ns = (uint64_t) (1e9 / pps), .burst_ns = burst_ns };
}

static void put_limit(const struct xdp *x, struct interface *i, enum limit which)
{
        struct xdp_control *control = program_control(i->program);
        struct xdp_rate rate = rate_of(x, i->limits[which]);
        struct xdp_rate *to = which == LIMIT_SOURCE ? &control->source
                              : which == LIMIT_DESTINATION ? &control->destination
                                                           : &control->interface;

        /* The burst first: without an interval nobody looks at it. */
        __atomic_store_n(&to->burst_ns, rate.burst_ns, __ATOMIC_RELEASE);
        __atomic_store_n(&to->interval_ns, rate.interval_ns, __ATOMIC_RELEASE);
}

static int put_filters(struct xdp *x, struct interface *i, const struct filters *filters)
{
        struct tables tables;
        int r = tables_make(filters, i->name, &tables);

        if (r < 0)
                return r;
        r = program_filter(i->program, &tables);
        tables_clear(&tables);
        return r;
}

/* --- attaching --- */

static void add_queues(struct xdp *x, const struct interface *i, bool come)
{
        for (uint32_t q = 0; q < i->n_queues; q++) {
                uint64_t key = (uint64_t) i->ifindex << 16 | q;
                char name[IF_NAMESIZE + 16];

                (void) snprintf(name, sizeof(name), "%s:%u", i->name, q);
                if (come)
                        (void) x->host->object_add(x->host, "queue", key, name, NULL);
                else
                        (void) x->host->object_remove(x->host, "queue", key);
        }
}

static void unload(struct xdp *x, struct interface *i)
{
        if (i->program)
                add_queues(x, i, false);
        i->program = program_free(i->program);
        i->program_packets = i->program_bytes = 0;
        talkers_clear(&i->talkers);
}

static int load(struct xdp *x, struct interface *i)
{
        struct xdp_sizes sizes = { .n_cpus = x->n_cpus, .n_buckets = x->n_buckets, .talkers = x->n_top > 0 };
        char why[256] = "";
        int r;

        i->n_queues = driver_queues(i->path);
        if (i->n_queues > QUEUES_MAX)
                i->n_queues = QUEUES_MAX;
        sizes.n_queues = i->n_queues;
        if (table_need(&x->table, x->n_cpus) >= 0)
                sizes.table = &x->table;
        r = program_load(&sizes, &i->program, why, sizeof(why));
        x->host->program(x->host, "trimtab_xdp", r < 0 ? -1 : program_fd(i->program), why);
        if (r < 0) {
                x->host->log(x->host, TRIMTAB_LOG_ERROR, "the kernel refuses the program: %s", why);
                return r;
        }
        memset(i->hits_told, 0, sizeof(i->hits_told));
        for (enum limit l = 0; l < _LIMIT_MAX; l++)
                put_limit(x, i, l);
        program_control(i->program)->flood_pps = isfinite(x->flood_pps) ? (uint64_t) x->flood_pps : 0;
        program_control(i->program)->flood_syn_pps = isfinite(x->flood_syn_pps) ? (uint64_t) x->flood_syn_pps : 0;

        r = x->filters ? put_filters(x, i, x->filters) : 0;
        if (r < 0) {
                x->host->log(x->host, TRIMTAB_LOG_ERROR, "%s: the filters cannot be had: %s", i->name, strerror(-r));
                unload(x, i);
                return r;
        }
        add_queues(x, i, true);
        return 0;
}

static int on_event(void *self, int32_t fd)
{
        struct xdp *x = self;
        struct interface *i, *next;

        HASH_ITER(hh, x->interfaces, i, next)
                if (i->program && program_events_fd(i->program) == fd && program_read_events(i->program))
                        x->host->wake(x->host);
        return 0;
}

static void detach(struct xdp *x, struct interface *i)
{
        if (i->link >= 0) {
                (void) close(i->link);
                x->host->log(x->host, TRIMTAB_LOG_INFO, "%s: detached", i->name);
        }
        if (i->program)
                (void) x->host->add_io(x->host, program_events_fd(i->program), NULL);
        i->link = -1;
        i->attached = ATTACH_NONE;
        i->mode = 0;
        i->off_ns = 0;
        i->for_mode = false;
        unload(x, i);
}

int interface_attach(struct xdp *x, struct interface *i, enum attachment how)
{
        char why[512] = "";
        uint32_t mode = i->mode;
        int r;

        if (how == i->attached) {
                i->for_mode = false;
                return 0;
        }
        if (how == ATTACH_NONE) {
                detach(x, i);
                return 0;
        }
        if (i->attached_ns > 0 && now_ns() - i->attached_ns < ATTACH_REST_NS)
                return -EAGAIN;
        i->attached_ns = now_ns();
        detach(x, i);

        r = load(x, i);
        if (r < 0)
                return r;
        r = attach(program_fd(i->program), i->ifindex, i->name, how, &i->link, why, sizeof(why));
        if (r < 0) {
                x->host->log(x->host, TRIMTAB_LOG_ERROR, "%s", why);
                unload(x, i);
                return r;
        }
        i->attached = how;
        r = x->host->add_io(x->host, program_events_fd(i->program), on_event);
        if (r < 0)
                x->host->log(x->host, TRIMTAB_LOG_WARNING, "%s: floods are seen at the next tick only: %s", i->name, strerror(-r));
        x->host->log(x->host, TRIMTAB_LOG_INFO, "%s: attached, %s, %u queues", i->name, attachment_names[how], i->n_queues);
        /* What it does is as before, wherever it does it. */
        return mode != 0 ? interface_set_mode(x, i, mode) : 0;
}

/* What NAT does is looked at once for each time that it begins to answer: not for each packet, nor each tick. */
static void look_at_cookies(struct xdp *x, struct interface *i)
{
        bool answers;

        cookies_look(x, i);
        answers = i->program && (i->mode & XDP_MODE_FLOOD) && !i->no_cookies;
        if (answers && !i->nat_looked_at)
                nat_look(x, i);
        i->nat_looked_at = answers;
}

int interface_set_mode(struct xdp *x, struct interface *i, uint32_t mode)
{
        enum attachment how = i->attached == ATTACH_NONE ? x->attach : i->attached;
        int r;

        if ((mode & XDP_MODE_REDIRECT) && how != ATTACH_NATIVE) {
                x->host->log(x->host, TRIMTAB_LOG_ERROR,
                             "%s: routes of XDP need the program in the driver: behind it nothing would be gained over path = tc: xdp.attach = "
                             "native",
                             i->name);
                return -EOPNOTSUPP;
        }
        if (mode != 0 && i->attached == ATTACH_NONE) {
                r = interface_attach(x, i, x->attach);
                if (r < 0)
                        return r;
                i->for_mode = true;
        }
        i->mode = mode;
        i->off_ns = mode == 0 ? now_ns() : 0;
        look_at_cookies(x, i);
        if (i->program)
                __atomic_store_n(&program_control(i->program)->mode, mode, __ATOMIC_RELEASE);
        return 0;
}

void interface_set_limit(struct xdp *x, struct interface *i, enum limit which, double pps)
{
        i->limits[which] = pps;
        if (i->program)
                put_limit(x, i, which);
}

void interface_look(struct xdp *x, struct interface *i)
{
        if (!i->program)
                return;
        program_forget_bans(i->program, x->now_ns);
        look_at_cookies(x, i);
        if (i->for_mode && i->off_ns > 0 && x->now_ns > i->off_ns + x->linger_ns)
                detach(x, i);
}

bool interface_is_flooded(const struct xdp *x, const struct interface *i, bool syn)
{
        const struct xdp_notice *n = i->program ? program_notice(i->program) : NULL;
        uint64_t flood_ns = n ? (syn ? n->syn_flood_ns : n->flood_ns) : 0;

        return flood_ns > 0 && x->now_ns < flood_ns + XDP_FLOOD_FOR_NS;
}

/* --- coming and going --- */

static bool is_monitored(const struct xdp *x, const char *name)
{
        for (size_t i = 0; i < x->n_monitored; i++)
                if (fnmatch(x->monitored[i], name, 0) == 0)
                        return true;
        return false;
}

int interface_came(struct xdp *x, uint32_t ifindex, const char *name, const char *path)
{
        struct interface *i = interface_find(x, ifindex);
        char *copy = strdup(path);
        bool renamed = i;

        if (!copy)
                return -ENOMEM;
        if (!i) {
                i = calloc(1, sizeof(*i));
                if (!i) {
                        free(copy);
                        return -ENOMEM;
                }
                i->ifindex = ifindex;
                i->link = -1;
                i->no_cookies = "";
                for (enum limit l = 0; l < _LIMIT_MAX; l++)
                        i->limits[l] = INFINITY;
                HASH_ADD(hh, x->interfaces, ifindex, sizeof(i->ifindex), i);
        }
        free(i->path);
        i->path = copy;
        (void) snprintf(i->name, sizeof(i->name), "%s", name);

        if (renamed && i->program) {
                add_queues(x, i, false);
                add_queues(x, i, true);
                return x->filters ? put_filters(x, i, x->filters) : 0;
        }
        if (is_monitored(x, name) && interface_attach(x, i, x->attach) >= 0)
                return interface_set_mode(x, i, XDP_MODE_MONITOR);
        return 0;
}

static void forget(struct xdp *x, struct interface *i)
{
        HASH_DEL(x->interfaces, i);
        detach(x, i);
        free(i->path);
        free(i);
}

void interface_went(struct xdp *x, uint32_t ifindex)
{
        struct interface *i = interface_find(x, ifindex);
        char name[IF_NAMESIZE];

        if (i && !if_indextoname(ifindex, name))
                forget(x, i);
}

void interfaces_free(struct xdp *x)
{
        struct interface *i, *next;

        HASH_ITER(hh, x->interfaces, i, next)
                forget(x, i);
}

int interfaces_filter(struct xdp *x, struct filters *filters)
{
        struct interface *i, *next;
        int r = 0;

        HASH_ITER(hh, x->interfaces, i, next) {
                if (!i->program)
                        continue;
                r = put_filters(x, i, filters);
                if (r < 0) {
                        x->host->log(x->host, TRIMTAB_LOG_ERROR, "%s: the new filters cannot be had, the old ones stay: %s", i->name,
                                     strerror(-r));
                        break;
                }
        }
        if (r >= 0)
                return 0;
        /* Those before it back: nobody is left with half. */
        for (struct interface *done = x->interfaces; done && done != i && x->filters; done = done->hh.next)
                if (done->program && put_filters(x, done, x->filters) < 0)
                        x->host->log(x->host, TRIMTAB_LOG_ERROR, "%s: nor the old ones", done->name);
        return r;
}
