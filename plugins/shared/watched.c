/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watched.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup-table.h"

struct watched_key {
        uint64_t id;
        struct watched *watched;
        UT_hash_handle hh;
};

int watched_init(struct watched_set *set, uint32_t n_slots, uint32_t stride, const struct watched_ops *ops,
                 void *userdata)
{
        *set = (struct watched_set){
                .ops = ops,
                .userdata = userdata,
                .order = calloc(n_slots, sizeof(*set->order)),
                .free_slots = calloc(n_slots, sizeof(*set->free_slots)),
                .n_slots = n_slots,
                .n_free = n_slots,
        };
        if (!set->order || !set->free_slots) {
                watched_done(set);
                return -ENOMEM;
        }
        for (uint32_t i = 0; i < n_slots; i++)
                set->free_slots[i] = i * stride;
        return 0;
}

static void free_watched(struct watched_set *set, struct watched *w)
{
        HASH_DEL(set->by_id, w);
        free(w->path);
        free(w);
}

static void free_key(struct watched_set *set, struct watched_key *key)
{
        HASH_DEL(set->keys, key);
        free(key);
}

void watched_done(struct watched_set *set)
{
        struct watched *w, *next;
        struct watched_key *key, *next_key;

        HASH_ITER(hh, set->keys, key, next_key) {
                free_key(set, key);
        }
        HASH_ITER(hh, set->by_id, w, next) {
                free_watched(set, w);
        }
        free(set->order);
        free(set->free_slots);
        *set = (struct watched_set){};
}

struct watched *watched_find(const struct watched_set *set, uint64_t id)
{
        struct watched *w;

        HASH_FIND(hh, set->by_id, &id, sizeof(id), w);
        return w;
}

/* From now on the cgroup counts for `w`; NULL: for none. */
static int point_key(struct watched_set *set, uint64_t id, struct watched *w)
{
        struct watched_key *key;
        int r;

        HASH_FIND(hh, set->keys, &id, sizeof(id), key);
        if (!w) {
                if (!key)
                        return 0;
                free_key(set, key);
                return set->ops->point(set->userdata, id, CGROUP_SLOT_NONE);
        }

        if (!key) {
                key = calloc(1, sizeof(*key));
                if (!key)
                        return -ENOMEM;
                key->id = id;
                HASH_ADD(hh, set->keys, id, sizeof(key->id), key);
        }
        key->watched = w;

        r = set->ops->point(set->userdata, id, w->slot);
        if (r < 0)
                free_key(set, key);
        return r;
}

static bool is_below(const char *path, const char *top)
{
        size_t n = strlen(top);

        return strncmp(path, top, n) == 0 && path[n] == '/';
}

/* The nearest watched cgroup above a directory; the deepest come first. */
static struct watched *find_above(const struct watched_set *set, const char *path)
{
        for (uint32_t i = 0; i < set->n_order; i++)
                if (set->order[i]->path && is_below(path, set->order[i]->path))
                        return set->order[i];
        return NULL;
}

/* Points all below the directory to `w`, up to what is watched itself. Takes fd. */
static int point_subtree(struct watched_set *set, int fd, struct watched *w)
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
                if (fstat(child, &st) < 0 || watched_find(set, st.st_ino)) {
                        (void) close(child);
                        continue;
                }
                r = point_key(set, st.st_ino, w);
                if (r < 0)
                        (void) close(child);
                else
                        r = point_subtree(set, child, w);
        }
        (void) closedir(dir);
        return r;
}

static int point_watched(struct watched_set *set, struct watched *w)
{
        int fd, r = point_key(set, w->id, w);

        if (r < 0 || !w->path)
                return r;
        fd = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? 0 : point_subtree(set, fd, w);
}

/* Keeps the order: a path below another is longer. */
static void insert_in_order(struct watched_set *set, struct watched *w)
{
        size_t length = w->path ? strlen(w->path) : 0;
        uint32_t at = set->n_order++;

        for (; at > 0 && (set->order[at - 1]->path ? strlen(set->order[at - 1]->path) : 0) < length; at--)
                set->order[at] = set->order[at - 1];
        set->order[at] = w;
}

static void take_from_order(struct watched_set *set, const struct watched *w)
{
        uint32_t kept = 0;

        for (uint32_t i = 0; i < set->n_order; i++)
                if (set->order[i] != w)
                        set->order[kept++] = set->order[i];
        set->n_order = kept;
}

/*
 * A new one comes between those below it and what was above them. Only they are looked at: with all parents
 * sought anew each time, watching a thousand cgroups would hold up the loop for seconds.
 */
static void put_between(struct watched_set *set, struct watched *w)
{
        if (!w->path)
                return;
        w->parent = find_above(set, w->path);
        for (uint32_t i = 0; i < set->n_order; i++) {
                struct watched *other = set->order[i];

                if (other->parent == w->parent && other->path && is_below(other->path, w->path))
                        other->parent = w;
        }
}

/* Those whose parent is no longer in the order get the next one above. */
static void pull_out(struct watched_set *set, const struct watched *w)
{
        for (uint32_t i = 0; i < set->n_order; i++)
                if (set->order[i]->parent == w)
                        set->order[i]->parent = find_above(set, set->order[i]->path);
}

static int take_slot(struct watched_set *set, struct watched *w)
{
        if (w->id == ROOT_CGROUP)
                return 0;
        if (set->n_free == 0)
                return -ENOSPC;

        w->slot = set->free_slots[set->first_free];
        set->first_free = (set->first_free + 1) % set->n_slots;
        set->n_free--;
        set->ops->begin(set->userdata, w);
        return 0;
}

static void give_slot(struct watched_set *set, const struct watched *w)
{
        set->free_slots[(set->first_free + set->n_free++) % set->n_slots] = w->slot;
}

int watched_add(struct watched_set *set, uint64_t id, const char *path, struct watched **ret)
{
        struct watched *w;
        int r;

        if (watched_find(set, id))
                return -EEXIST;

        w = calloc(1, set->ops->size);
        if (!w)
                return -ENOMEM;
        w->id = id;
        w->slot = CGROUP_SLOT_NONE;
        w->path = path ? strdup(path) : NULL;
        r = path && !w->path ? -ENOMEM : take_slot(set, w);
        if (r < 0) {
                free(w->path);
                free(w);
                return r;
        }

        HASH_ADD(hh, set->by_id, id, sizeof(w->id), w);
        *ret = w;
        if (w->slot == CGROUP_SLOT_NONE)
                return 0;

        insert_in_order(set, w);
        put_between(set, w);
        r = point_watched(set, w);
        if (r < 0)
                watched_remove(set, w);
        return r;
}

void watched_remove(struct watched_set *set, struct watched *w)
{
        struct watched_key *key, *next;

        if (w->slot != CGROUP_SLOT_NONE) {
                take_from_order(set, w);
                HASH_ITER(hh, set->keys, key, next) {
                        if (key->watched == w)
                                (void) point_key(set, key->id, w->parent);
                }
                set->ops->end(set->userdata, w);
                pull_out(set, w);
                give_slot(set, w);
        }
        free_watched(set, w);
}

static int want_one(struct watched_set *set, const struct trimtab_host *host, uint32_t metric, uint64_t id)
{
        struct watched *w = watched_find(set, id);
        const char *path = NULL;
        int r;

        if (!w) {
                (void) host->object_path(host, "cgroup", id, &path);
                r = watched_add(set, id, path, &w);
                if (r < 0)
                        return r;
        }
        w->metrics |= 1u << metric;
        return 0;
}

/* Lets go of what is not wanted any more, and so makes room. */
static void keep_wanted(struct watched_set *set, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        struct watched *w, *next;

        for (w = set->by_id; w; w = w->hh.next)
                w->metrics &= ~(1u << metric);
        for (uint32_t i = 0; i < n; i++) {
                w = watched_find(set, objects[i]);
                if (w)
                        w->metrics |= 1u << metric;
        }
        HASH_ITER(hh, set->by_id, w, next) {
                if (!w->metrics)
                        watched_remove(set, w);
        }
}

int watched_want(struct watched_set *set, const struct trimtab_host *host, uint32_t metric, const uint64_t *objects,
                 uint32_t n)
{
        uint32_t refused = 0;
        int r = 0;

        keep_wanted(set, metric, objects, n);
        for (uint32_t i = 0; i < n; i++) {
                int k = want_one(set, host, metric, objects[i]);

                if (k < 0) {
                        refused++;
                        r = k;
                }
        }
        /* The host asks again at every tick as long as it fails. */
        if (refused && refused != set->n_refused[metric])
                host->log(host, TRIMTAB_LOG_WARNING, "%u cgroups are not measured: %s%s", refused, strerror(-r),
                          r == -ENOSPC ? " (raise max-cgroups)" : "");
        set->n_refused[metric] = refused;
        return r;
}

uint32_t watched_metrics(const struct watched_set *set)
{
        uint32_t metrics = 0;

        for (const struct watched *w = set->by_id; w; w = w->hh.next)
                metrics |= w->metrics;
        return metrics;
}

int watched_came(struct watched_set *set, uint64_t id, const char *path)
{
        struct watched *above = find_above(set, path);

        if (!above || watched_find(set, id))
                return 0;
        return point_key(set, id, above);
}

void watched_went(struct watched_set *set, uint64_t id)
{
        (void) point_key(set, id, NULL);
}

void watched_on_object(struct watched_set *set, const struct trimtab_host *host, uint64_t id, uint32_t came)
{
        const char *path;
        int r;

        if (!came) {
                watched_went(set, id);
                return;
        }
        if (host->object_path(host, "cgroup", id, &path) < 0)
                return;
        r = watched_came(set, id, path);
        if (r < 0)
                host->log(host, TRIMTAB_LOG_WARNING, "a new cgroup is not measured: %s", strerror(-r));
}
