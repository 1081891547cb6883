/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "groups.h"

struct sched_key {
        uint64_t id;
        struct sched_group *group;
        UT_hash_handle hh;
};

int sched_groups_init(struct sched_groups *g, struct sched_view *view)
{
        uint32_t n = view->sizes.n_groups;

        *g = (struct sched_groups){
                .view = view,
                .order = calloc(n, sizeof(*g->order)),
                .free_slots = calloc(n, sizeof(*g->free_slots)),
                .n_slots = n,
                .n_free = n,
        };
        if (!g->order || !g->free_slots) {
                sched_groups_done(g);
                return -ENOMEM;
        }
        for (uint32_t i = 0; i < n; i++)
                g->free_slots[i] = i * view->sizes.n_shards;
        return 0;
}

static void free_group(struct sched_groups *g, struct sched_group *group)
{
        HASH_DEL(g->by_id, group);
        free(group->path);
        free(group);
}

static void free_key(struct sched_groups *g, struct sched_key *key)
{
        HASH_DEL(g->keys, key);
        free(key);
}

void sched_groups_done(struct sched_groups *g)
{
        struct sched_group *group, *next_group;
        struct sched_key *key, *next_key;

        HASH_ITER(hh, g->keys, key, next_key) {
                free_key(g, key);
        }
        HASH_ITER(hh, g->by_id, group, next_group) {
                free_group(g, group);
        }
        free(g->order);
        free(g->free_slots);
        *g = (struct sched_groups){};
}

struct sched_group *sched_groups_find(const struct sched_groups *g, uint64_t id)
{
        struct sched_group *group;

        HASH_FIND(hh, g->by_id, &id, sizeof(id), group);
        return group;
}

static struct sched_key *find_key(const struct sched_groups *g, uint64_t id)
{
        struct sched_key *key;

        HASH_FIND(hh, g->keys, &id, sizeof(id), key);
        return key;
}

/* From now on the cgroup counts for `group`; NULL: for none. */
static int point_key(struct sched_groups *g, uint64_t id, struct sched_group *group)
{
        struct sched_key *key = find_key(g, id);
        int r;

        if (!group) {
                if (!key)
                        return 0;
                free_key(g, key);
                return sched_view_point(g->view, id, SCHED_SLOT_OTHER);
        }

        if (!key) {
                key = calloc(1, sizeof(*key));
                if (!key)
                        return -ENOMEM;
                key->id = id;
                HASH_ADD(hh, g->keys, id, sizeof(key->id), key);
        }
        key->group = group;

        r = sched_view_point(g->view, id, group->slot);
        if (r < 0)
                free_key(g, key);
        return r;
}

static bool is_below(const char *path, const char *top)
{
        size_t n = strlen(top);

        return strncmp(path, top, n) == 0 && path[n] == '/';
}

/* The nearest watched cgroup above a directory; the deepest come first. */
static struct sched_group *find_above(const struct sched_groups *g, const char *path)
{
        for (uint32_t i = 0; i < g->n_order; i++)
                if (g->order[i]->path && is_below(path, g->order[i]->path))
                        return g->order[i];
        return NULL;
}

/* Points all below the directory to `group`, up to what is watched itself. Takes fd. */
static int point_subtree(struct sched_groups *g, int fd, struct sched_group *group)
{
        DIR *dir = fdopendir(fd);
        struct dirent *entry;
        int r = 0;

        if (!dir) {
                (void) close(fd);
                return -errno;
        }

        while (r >= 0 && (entry = readdir(dir))) {
                struct stat st;
                int child;

                if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
                        continue;
                child = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (child < 0)
                        continue; /* gone again */
                if (fstat(child, &st) < 0 || sched_groups_find(g, st.st_ino)) {
                        (void) close(child);
                        continue;
                }
                r = point_key(g, st.st_ino, group);
                if (r < 0)
                        (void) close(child);
                else
                        r = point_subtree(g, child, group);
        }
        (void) closedir(dir);
        return r;
}

static int point_group(struct sched_groups *g, struct sched_group *group)
{
        int fd, r = point_key(g, group->id, group);

        if (r < 0 || !group->path)
                return r;
        fd = open(group->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? 0 : point_subtree(g, fd, group);
}

/* Keeps the order: a path below another is longer. */
static void insert_in_order(struct sched_groups *g, struct sched_group *group)
{
        size_t length = group->path ? strlen(group->path) : 0;
        uint32_t at = g->n_order++;

        for (; at > 0 && (g->order[at - 1]->path ? strlen(g->order[at - 1]->path) : 0) < length; at--)
                g->order[at] = g->order[at - 1];
        g->order[at] = group;
}

/*
 * A new one comes between those below it and what was above them. Only they are looked at: with all parents
 * sought anew each time, watching a thousand cgroups would hold up the loop for seconds.
 */
static void put_between(struct sched_groups *g, struct sched_group *group)
{
        if (!group->path)
                return;
        group->parent = find_above(g, group->path);
        for (uint32_t i = 0; i < g->n_order; i++) {
                struct sched_group *other = g->order[i];

                if (other->parent == group->parent && other->path && is_below(other->path, group->path))
                        other->parent = group;
        }
}

/* Those whose parent is no longer in the order get the next one above. */
static void pull_out(struct sched_groups *g, const struct sched_group *group)
{
        for (uint32_t i = 0; i < g->n_order; i++)
                if (g->order[i]->parent == group)
                        g->order[i]->parent = find_above(g, g->order[i]->path);
}

static int take_slot(struct sched_groups *g, struct sched_group *group)
{
        if (group->id == SCHED_ROOT_CGROUP)
                return 0;
        if (g->n_free == 0)
                return -ENOSPC;

        group->slot = g->free_slots[g->first_free];
        g->first_free = (g->first_free + 1) % g->n_slots;
        g->n_free--;
        sched_view_group(g->view, group->slot, &group->own.last); /* what earlier users of the slot left */
        return 0;
}

static void give_slot(struct sched_groups *g, struct sched_group *group)
{
        if (group->slot != SCHED_SLOT_OTHER)
                g->free_slots[(g->first_free + g->n_free++) % g->n_slots] = group->slot;
}

int sched_groups_add(struct sched_groups *g, uint64_t id, const char *path, struct sched_group **ret)
{
        struct sched_group *group;
        int r;

        if (sched_groups_find(g, id))
                return -EEXIST;

        group = calloc(1, sizeof(*group));
        if (!group)
                return -ENOMEM;
        group->id = id;
        group->slot = SCHED_SLOT_OTHER;
        group->path = path ? strdup(path) : NULL;
        r = path && !group->path ? -ENOMEM : take_slot(g, group);
        if (r < 0) {
                free(group->path);
                free(group);
                return r;
        }

        HASH_ADD(hh, g->by_id, id, sizeof(group->id), group);
        *ret = group;
        if (group->slot == SCHED_SLOT_OTHER)
                return 0;

        insert_in_order(g, group);
        put_between(g, group);
        r = point_group(g, group);
        if (r < 0)
                sched_groups_remove(g, group);
        return r;
}

static void take_from_order(struct sched_groups *g, const struct sched_group *group)
{
        uint32_t kept = 0;

        for (uint32_t i = 0; i < g->n_order; i++)
                if (g->order[i] != group)
                        g->order[kept++] = g->order[i];
        g->n_order = kept;
}

void sched_groups_remove(struct sched_groups *g, struct sched_group *group)
{
        struct sched_key *key, *next;
        struct sched_stats now;

        if (group->slot != SCHED_SLOT_OTHER) {
                take_from_order(g, group);
                HASH_ITER(hh, g->keys, key, next) {
                        if (key->group == group)
                                (void) point_key(g, key->id, group->parent);
                }

                sched_view_group(g->view, group->slot, &now);
                sched_account_advance(&group->own, &now);
                if (group->parent)
                        sched_totals_add(&group->parent->own.totals, &group->own.totals);
                pull_out(g, group);
                give_slot(g, group);
        }
        free_group(g, group);
}

int sched_groups_came(struct sched_groups *g, uint64_t id, const char *path)
{
        struct sched_group *above = find_above(g, path);

        if (!above || sched_groups_find(g, id))
                return 0;
        return point_key(g, id, above);
}

void sched_groups_went(struct sched_groups *g, uint64_t id)
{
        (void) point_key(g, id, NULL);
}

void sched_groups_read(struct sched_groups *g, uint64_t now)
{
        struct sched_stats stats;

        if (g->view->changed)
                sched_view_renew(g->view);

        for (uint32_t i = 0; i < g->n_order; i++) {
                sched_view_group(g->view, g->order[i]->slot, &stats);
                sched_account_advance(&g->order[i]->own, &stats);
                g->order[i]->sum = g->order[i]->own.totals;
        }

        for (uint32_t cpu = 0; cpu < g->view->sizes.n_cpus; cpu++) {
                uint32_t slot;
                uint64_t running = sched_view_running(g->view, cpu, now, &slot);

                for (uint32_t i = 0; running && i < g->n_order; i++)
                        if (g->order[i]->slot == slot)
                                g->order[i]->sum.counts[SCHED_RUNTIME] += running;
        }

        for (uint32_t i = 0; i < g->n_order; i++)
                if (g->order[i]->parent)
                        sched_totals_add(&g->order[i]->parent->sum, &g->order[i]->sum);
}
