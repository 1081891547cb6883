/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_BLOCK_DISK_H
#define TEST_BLOCK_DISK_H

/* A disk whose contents are nobody's, and what is done to it. */

#include <stdbool.h>
#include <stdint.h>

#define DISK_BYTES (64u << 20)

struct disk {
        char node[64]; /* "/dev/loop0" */
        char path[64]; /* "/sys/block/loop0" */
        uint64_t key;  /* dev_t */
        uint32_t dev;  /* as the kernel keeps it */
        int backing;   /* of a loop; -1 */
        int fd;        /* kept open: the last close would write back what is dirty */
};

/* name NULL: a loop over a file of our own that is gone with it. Negative errno. */
int disk_open(struct disk *d, const char *name);
void disk_close(struct disk *d);

/* Its first partition comes, as `node` (of its own, to be unlinked), and goes. Negative errno. */
int disk_add_partition(const struct disk *d, const char *node);
int disk_remove_partition(const struct disk *d);

/* A file of its queue: "iostats". Negative errno. */
int disk_set(const struct disk *d, const char *file, const char *text);
/* Numbers of its stat file: reads, read merges, sectors, ms, writes, … */
void disk_stat(const struct disk *d, uint64_t ret[17]);

/* `n` of `size` bytes each, at random places, with O_DIRECT. 0, or a negative errno of any. */
int disk_read(const char *node, uint32_t n, uint32_t size);
int disk_write(const char *node, uint32_t n, uint32_t size);

/* Writes the first `size` bytes through the page cache; begins write-back of all; waits for it, and for the device's cache. */
int disk_dirty(const char *node, uint32_t size);
int disk_start_writeback(const char *node);
int disk_sync(const char *node);

#endif
