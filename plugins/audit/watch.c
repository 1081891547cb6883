/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BIT(i) (1u << (i))

void audit_tell_programs(struct audit *a)
{
        programs_tell(&a->programs, a->host, audit_uses, _METRIC_MAX, &a->available);
}

static uint32_t active_watches(const struct audit *a)
{
        uint32_t active = 0;

        for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++)
                if (audit_watch_is_active(a->watches.all[i]))
                        active |= BIT(i);
        return active;
}

static uint32_t detailed_watches(const struct audit *a)
{
        uint32_t detailed = 0;

        for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++)
                if (a->watches.all[i] && a->watches.all[i]->detail)
                        detailed |= BIT(i);
        return detailed;
}

/* Cgroups of active watches' `for` get slots of their own. Negative errno, told, if there are not enough. */
static int want_cgroups(struct audit *a)
{
        uint64_t *ids = calloc(HASH_COUNT(a->cgroups) + 1, sizeof(*ids));
        struct audit_cgroup *c, *next;
        uint32_t n = 0;
        int r;

        if (!ids)
                return -ENOMEM;
        HASH_ITER(hh, a->cgroups, c, next)
        {
                bool wanted = false;

                for (uint32_t i = 0; i < AUDIT_WATCHES_MAX && !wanted; i++)
                        wanted = audit_watch_is_active(a->watches.all[i]) && audit_watch_has_cgroup(a->watches.all[i], c->name);
                if (wanted)
                        ids[n++] = c->id;
        }
        r = watched_want(&a->groups.set, a->host, METRIC_FOR, ids, n);
        free(ids);
        return r;
}

static bool has_cgroup(const struct audit *a, const struct audit_watch *w, uint64_t id)
{
        struct audit_cgroup *c;

        HASH_FIND(hh, a->cgroups, &id, sizeof(id), c);
        return c && audit_watch_has_cgroup(w, c->name);
}

/* The watches in which a slot's doings count: its own cgroup's, and those of what is above, which all have slots. */
static uint32_t interest_of(const struct audit *a, uint32_t active, const struct watched *w)
{
        uint32_t interest = 0;

        for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++) {
                const struct audit_watch *watch = a->watches.all[i];
                bool counts;

                if (!(active & BIT(i)))
                        continue;
                counts = !watch->globs[0] || has_cgroup(a, watch, ROOT_CGROUP);
                for (const struct watched *above = w; above && !counts; above = above->parent)
                        counts = has_cgroup(a, watch, above->id);
                if (counts)
                        interest |= BIT(i);
        }
        return interest;
}

/* Returns the interest of all that is in no slot of its own. */
static uint32_t write_interests(struct audit *a, uint32_t active)
{
        uint32_t elsewhere = interest_of(a, active, NULL);

        for (uint32_t i = 0; i < a->groups.set.n_order; i++) {
                const struct watched *w = a->groups.set.order[i];

                a->view.interests[w->slot] = interest_of(a, active, w);
        }
        a->view.interests[audit_elsewhere(&a->sizes)] = elsewhere;
        return elsewhere;
}

/* The programs that the wanted metrics need. */
static uint32_t needed_programs(const struct audit *a, uint32_t wanted, uint32_t watches)
{
        uint32_t mask = 0;

        for (uint32_t m = 0; m < _METRIC_MAX; m++)
                if (wanted & METRIC_BIT(m))
                        mask |= audit_uses[m];
        for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++)
                if (watches & BIT(i))
                        for (uint32_t m = METRIC_FILE; m < METRIC_DETAILS_DROPPED; m++)
                                if (a->watches.all[i]->metrics & METRIC_BIT(m) || a->watches.all[i]->detail)
                                        mask |= audit_uses[m];
        /* Through io_uring, as far as it can be had. */
        if (mask & BIT(AUDIT_PROGRAM_ENTER))
                mask |= BIT(AUDIT_PROGRAM_SUBMIT) | BIT(AUDIT_PROGRAM_SUBMIT_SQE);
        if (mask & BIT(AUDIT_PROGRAM_EXIT))
                mask |= BIT(AUDIT_PROGRAM_COMPLETE);
        return mask & ~BIT(AUDIT_PROGRAM_IDENTIFY);
}

static uint32_t counted_classes(uint32_t wanted)
{
        return wanted & METRIC_BIT(METRIC_SYSCALLS) ? BIT(_AUDIT_CLASS_MAX) - 1 : wanted >> METRIC_CALLS & (BIT(_AUDIT_CLASS_MAX) - 1);
}

/* Tells the programs what to look at, then attaches those that are needed and detaches the rest. */
static void update(struct audit *a)
{
        volatile struct audit_control *control = audit_control_of(&a->programs);
        uint32_t wanted = watched_metrics(&a->groups.set) & a->available & ~METRIC_BIT(METRIC_FOR);
        uint32_t watches = active_watches(a), elsewhere, mask;
        const struct watched *root = watched_find(&a->groups.set, ROOT_CGROUP);

        elsewhere = write_interests(a, watches);
        control->counted = counted_classes(wanted);
        control->timed = (wanted >> METRIC_LATENCY & (BIT(AUDIT_TIMED) - 1)) << AUDIT_READ;
        control->detailed = detailed_watches(a);
        control->watches = watches;
        control->elsewhere = elsewhere || (root && root->metrics & wanted);

        mask = needed_programs(a, wanted, watches);
        if (!programs_is_attached(&a->programs, AUDIT_PROGRAM_ENTER) || !programs_is_attached(&a->programs, AUDIT_PROGRAM_EXIT) ||
            a->groups.has_freed)
                control->epoch++;
        a->groups.has_freed = false;
        if (programs_attach(&a->programs, mask) < 0)
                audit_tell_programs(a);
}

void audit_refresh(struct audit *a)
{
        volatile struct audit_control *control = audit_control_of(&a->programs);
        int64_t below;
        bool changed;

        if (active_watches(a)) {
                below = audit_inodes_refresh(&a->inodes, &a->programs, &a->watches, a->host, &changed);
                control->below = below < 0 ? ~0u : (uint32_t) below;
                control->details_per_tick = a->details_per_second;
        } else
                audit_inodes_clear(&a->inodes, &a->programs);
        control->tick++; /* what was found for open files is looked at anew: one may have been moved */
}

static int update_watches(struct audit *a)
{
        int r = want_cgroups(a);

        update(a);
        audit_refresh(a);
        return r;
}

/* Where an account begins: what the kernel side has counted for others, or for nobody, is none of it. */
static void begin_watch(struct audit *a, uint32_t i)
{
        audit_view_path(&a->view, i, &a->watches.all[i]->account.last);
}

static int watch_paths(struct audit *a, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        int r = 0;

        for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++)
                if (a->watches.all[i])
                        a->watches.all[i]->metrics &= ~METRIC_BIT(metric);
        for (uint32_t i = 0; i < n; i++) {
                struct audit_watch *w = audit_watches_find(&a->watches, objects[i]);

                if (w)
                        w->metrics |= METRIC_BIT(metric) & a->available;
                else
                        r = -ENOENT;
        }
        return r;
}

int audit_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        struct audit *a = self;
        int r = 0, k;

        if (metric >= _METRIC_MAX)
                return -EINVAL;
        if (METRICS_FILE & METRIC_BIT(metric)) {
                r = watch_paths(a, metric, objects, n);
                k = update_watches(a);
                return r < 0 ? r : k;
        }
        if (metric == METRIC_DETAILS_DROPPED)
                a->host_metrics = n ? METRIC_BIT(metric) : 0;
        else
                r = watched_want(&a->groups.set, a->host, metric, objects, n);
        update(a);
        return r;
}

/* The new set, built aside: those that keep their name keep their number, their key and their counts. */
static int build(struct audit *a, const struct trimtab_entry *const *entries, uint32_t n, struct audit_watches *ret)
{
        struct audit_watches *old = &a->watches;
        struct audit_watch *fresh[AUDIT_WATCHES_MAX];
        uint32_t n_fresh = 0;

        for (uint32_t i = 0; i < n; i++) {
                struct audit_watch *w;
                uint32_t j = 0;
                int r = audit_watch_new(entries[i], &w);

                if (r < 0)
                        return r;
                while (j < AUDIT_WATCHES_MAX && !(old->all[j] && strcmp(old->all[j]->name, w->name) == 0))
                        j++;
                if (j < AUDIT_WATCHES_MAX) {
                        w->key = old->all[j]->key;
                        w->metrics = old->all[j]->metrics;
                        w->account = old->all[j]->account;
                        ret->all[j] = w;
                } else
                        fresh[n_fresh++] = w;
        }
        for (uint32_t i = 0, j = 0; i < n_fresh; i++) {
                while (ret->all[j])
                        j++;
                fresh[i]->key = ++ret->last_key;
                ret->all[j] = fresh[i];
        }
        return 0;
}

int audit_configure(void *self, const struct trimtab_entry *const *entries, uint32_t n)
{
        struct audit *a = self;
        struct audit_watches made = { .last_key = a->watches.last_key }, old = a->watches;
        int r;

        if (n > AUDIT_WATCHES_MAX) {
                a->host->log(a->host, TRIMTAB_LOG_ERROR, "%u sections [watch NAME]: %d is the most", n, AUDIT_WATCHES_MAX);
                return -E2BIG;
        }
        r = build(a, entries, n, &made);
        if (r < 0) {
                a->host->log(a->host, TRIMTAB_LOG_ERROR, "sections [watch NAME]: %s", strerror(-r));
                for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++)
                        audit_watch_free(made.all[i]);
                return r;
        }

        audit_details_tell(a); /* those that wait are of the old set */
        audit_control_of(&a->programs)->epoch++; /* and so are calls under way */
        audit_inodes_clear(&a->inodes, &a->programs);
        a->watches = made;
        for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++) {
                struct audit_watch *before = old.all[i], *w = made.all[i];
                bool stays = before && w && before->key == w->key;

                if (before && !stays)
                        (void) a->host->object_remove(a->host, "watch", before->key);
                if (w && !stays) {
                        begin_watch(a, i);
                        r = a->host->object_add(a->host, "watch", w->key, w->name, w->paths[0]);
                        if (r < 0)
                                a->host->log(a->host, TRIMTAB_LOG_WARNING, "watch %s: %s", w->name, strerror(-r));
                }
                audit_watch_free(before);
        }
        (void) update_watches(a);
        return 0;
}

static void forget_cgroup(struct audit *a, uint64_t id)
{
        struct audit_cgroup *c;

        HASH_FIND(hh, a->cgroups, &id, sizeof(id), c);
        if (!c)
                return;
        HASH_DEL(a->cgroups, c);
        free(c->name);
        free(c);
}

/* Returns whether some active watch is for it. */
static bool note_cgroup(struct audit *a, uint64_t id)
{
        struct audit_cgroup *c;
        const char *name;

        forget_cgroup(a, id);
        if (a->host->object_name(a->host, "cgroup", id, &name) < 0)
                return false;
        c = calloc(1, sizeof(*c));
        if (!c)
                return false;
        c->id = id;
        c->name = strdup(name);
        if (!c->name) {
                free(c);
                return false;
        }
        HASH_ADD(hh, a->cgroups, id, sizeof(c->id), c);
        for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++)
                if (audit_watch_is_active(a->watches.all[i]) && audit_watch_has_cgroup(a->watches.all[i], c->name))
                        return true;
        return false;
}

void audit_on_object(void *self, const char *scope, uint64_t object, uint32_t came)
{
        struct audit *a = self;

        if (strcmp(scope, "cgroup") != 0)
                return;
        watched_on_object(&a->groups.set, a->host, object, came);
        if (!came)
                forget_cgroup(a, object);
        else if (note_cgroup(a, object))
                (void) update_watches(a);
}
