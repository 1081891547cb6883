/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BLOCK_DISKS_H
#define BLOCK_DISKS_H

/*
 * The disks that the host knows, whether watched or not: only their requests count. Whole disks: partitions are no objects, and
 * their requests are the disk's.
 */

#include <stdbool.h>
#include <stdint.h>

#include <uthash.h>

#include "totals.h"
#include "view.h"

struct block_disk_object {
        uint64_t key;       /* dev_t as user space packs it */
        uint32_t dev;       /* and as the kernel does */
        uint32_t slot;      /* BLOCK_SLOT_OTHERS: there was no entry left, or no place in the table */
        uint32_t metrics;   /* bit n: metric number n is wanted for it */
        bool stacked;       /* on other disks or on a file, whose disks see the same I/O */
        bool has_requests;  /* else bios go straight through it to what is below */
        int inflight_fd;    /* -1: not open */
        char *path;         /* its directory in sysfs */
        struct block_account account;
        UT_hash_handle hh;
};

struct block_disks {
        struct block_view *view;          /* not owned */
        struct block_disk_object *by_key; /* uthash; owned */
        uint32_t n_entries, *free_slots, n_free;
        struct block_account others; /* those without an entry */
};

/* `view` must outlive *d. Negative errno. */
int block_disks_init(struct block_disks *d, struct block_view *view);

/* Accepts a zeroed one, and makes it one. */
void block_disks_done(struct block_disks *d);

/* One that is there already is kept as it is. -ENOSPC: it is known, and not counted by itself. */
int block_disks_add(struct block_disks *d, uint64_t key, const char *path);
void block_disks_remove(struct block_disks *d, uint64_t key);

/* NULL: not known. */
struct block_disk_object *block_disks_find(const struct block_disks *d, uint64_t key);

/* Brings all accounts up to date; *ret_machine: all disks together, each I/O once. */
void block_disks_read(struct block_disks *d, struct block_totals *ret_machine);

/* Requests that the device has now; negative errno. */
int block_disk_inflight(struct block_disk_object *disk, double *ret);

#endif
