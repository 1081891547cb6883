/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "disks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* "/sys/block/dm-0/slaves" and the like. */
static void path_below(const char *path, const char *name, char *ret, size_t size)
{
        (void) snprintf(ret, size, "%s/%s", path, name);
}

static bool is_there(const char *path, const char *name)
{
        char text[512];

        path_below(path, name, text, sizeof(text));
        return access(text, F_OK) == 0;
}

static bool has_entries(const char *path, const char *name)
{
        char text[512];
        struct dirent *entry;
        bool found = false;
        DIR *dir;

        path_below(path, name, text, sizeof(text));
        dir = opendir(text);
        while (dir && !found && (entry = readdir(dir)))
                found = entry->d_name[0] != '.';
        if (dir)
                (void) closedir(dir);
        return found;
}

int block_disks_init(struct block_disks *d, struct block_view *view)
{
        uint32_t n = view->sizes.n_disks;

        *d = (struct block_disks){ .view = view, .n_entries = n, .free_slots = calloc(n ?: 1, sizeof(*d->free_slots)), .n_free = n };
        if (!d->free_slots)
                return -ENOMEM;
        for (uint32_t i = 0; i < n; i++)
                d->free_slots[i] = (n - i) * view->sizes.n_shards; /* the first one is not theirs */
        return 0;
}

struct block_disk_object *block_disks_find(const struct block_disks *d, uint64_t key)
{
        struct block_disk_object *disk;

        HASH_FIND(hh, d->by_key, &key, sizeof(key), disk);
        return disk;
}

static void close_inflight(struct block_disk_object *disk)
{
        if (disk->inflight_fd >= 0)
                (void) close(disk->inflight_fd);
        disk->inflight_fd = -1;
}

static void free_disk(struct block_disks *d, struct block_disk_object *disk)
{
        HASH_DEL(d->by_key, disk);
        close_inflight(disk);
        free(disk->path);
        free(disk);
}

void block_disks_done(struct block_disks *d)
{
        struct block_disk_object *disk, *next;

        HASH_ITER(hh, d->by_key, disk, next) {
                free_disk(d, disk);
        }
        free(d->free_slots);
        *d = (struct block_disks){};
}

/* Takes an entry, if there is one; an earlier user has left its counts in it. */
static int take_entry(struct block_disks *d, struct block_disk_object *disk)
{
        if (d->n_free == 0)
                return -ENOSPC;
        disk->slot = d->free_slots[--d->n_free];
        block_view_read(d->view, disk->slot, &disk->account.last);
        return 0;
}

int block_disks_add(struct block_disks *d, uint64_t key, const char *path)
{
        struct block_disk_object *disk = block_disks_find(d, key);
        int r, k;

        if (disk)
                return 0;
        disk = calloc(1, sizeof(*disk));
        if (disk)
                disk->path = strdup(path);
        if (!disk || !disk->path) {
                free(disk);
                return -ENOMEM;
        }
        disk->key = key;
        disk->dev = major((dev_t) key) << 20 | minor((dev_t) key);
        disk->inflight_fd = -1;
        disk->slot = BLOCK_SLOT_OTHERS;
        disk->stacked = has_entries(path, "slaves") || is_there(path, "loop");
        disk->has_requests = is_there(path, "mq");
        HASH_ADD(hh, d->by_key, key, sizeof(disk->key), disk);

        /* What others share is taken for I/O of its own, so what is stacked is not among them. */
        r = take_entry(d, disk);
        if (r < 0 && disk->stacked)
                return r;
        k = block_view_add_disk(d->view, disk->dev, disk->slot, disk->stacked);
        return k < 0 ? k : r;
}

void block_disks_remove(struct block_disks *d, uint64_t key)
{
        struct block_disk_object *disk = block_disks_find(d, key);

        if (!disk)
                return;
        block_view_remove_disk(d->view, disk->dev);
        if (disk->slot != BLOCK_SLOT_OTHERS) {
                struct block_stats now;

                /* What it did stays with the machine, whose counters must not fall. */
                block_view_read(d->view, disk->slot, &now);
                block_account_advance(&disk->account, &now);
                if (!disk->stacked)
                        block_totals_add(&d->others.totals, &disk->account.totals);
                d->free_slots[d->n_free++] = disk->slot;
        }
        free_disk(d, disk);
}

void block_disks_read(struct block_disks *d, struct block_totals *ret_machine)
{
        struct block_stats now;

        block_view_read(d->view, BLOCK_SLOT_OTHERS, &now);
        block_account_advance(&d->others, &now);
        *ret_machine = d->others.totals;

        for (struct block_disk_object *disk = d->by_key; disk; disk = disk->hh.next) {
                if (disk->slot == BLOCK_SLOT_OTHERS)
                        continue;
                block_view_read(d->view, disk->slot, &now);
                block_account_advance(&disk->account, &now);
                if (!disk->stacked)
                        block_totals_add(ret_machine, &disk->account.totals);
        }
}

int block_disk_inflight(struct block_disk_object *disk, double *ret)
{
        unsigned long reads, writes;
        char text[64];
        ssize_t n;

        if (disk->inflight_fd < 0) {
                char path[512];

                path_below(disk->path, "inflight", path, sizeof(path));
                disk->inflight_fd = open(path, O_RDONLY | O_CLOEXEC);
                if (disk->inflight_fd < 0)
                        return -errno;
        }
        n = pread(disk->inflight_fd, text, sizeof(text) - 1, 0);
        if (n < 0)
                return -errno;
        text[n] = '\0';
        if (sscanf(text, "%lu %lu", &reads, &writes) != 2)
                return -ENODATA;
        *ret = (double) (reads + writes);
        return 0;
}
