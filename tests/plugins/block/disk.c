/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define BLOCK 4096u

static int make_loop(struct disk *d)
{
        char file[] = "/var/tmp/trimtab-test-block-XXXXXX";
        struct loop_config config = { .block_size = 512, .info.lo_flags = LO_FLAGS_DIRECT_IO };
        int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), number;

        d->backing = mkstemp(file);
        if (d->backing < 0 || control < 0)
                return -errno;
        (void) unlink(file);
        /* Written, not a hole: that would be read from no disk. */
        if (posix_fallocate(d->backing, 0, DISK_BYTES) != 0)
                return -ENOSPC;
        config.fd = (uint32_t) d->backing;

        for (int i = 0; i < 20; i++) {
                number = ioctl(control, LOOP_CTL_GET_FREE);
                if (number < 0)
                        return -errno;
                (void) snprintf(d->node, sizeof(d->node), "/dev/loop%d", number);
                if (access(d->node, F_OK) < 0)
                        (void) mknod(d->node, S_IFBLK | 0600, makedev(7, (unsigned) number));
                d->fd = open(d->node, O_RDWR | O_CLOEXEC);
                if (d->fd >= 0 && ioctl(d->fd, LOOP_CONFIGURE, &config) == 0)
                        break; /* else somebody else was faster */
                if (d->fd >= 0)
                        (void) close(d->fd);
                d->fd = -1;
        }
        (void) close(control);
        return d->fd < 0 ? -EBUSY : 0;
}

int disk_open(struct disk *d, const char *name)
{
        struct stat st;
        int r;

        *d = (struct disk){ .backing = -1, .fd = -1 };
        if (name) {
                (void) snprintf(d->node, sizeof(d->node), "/dev/%.50s", name);
                d->fd = open(d->node, O_RDWR | O_CLOEXEC);
                if (d->fd < 0)
                        return -errno;
        } else {
                r = make_loop(d);
                if (r < 0)
                        return r;
        }
        if (stat(d->node, &st) < 0)
                return -errno;
        d->key = st.st_rdev;
        d->dev = major(st.st_rdev) << 20 | minor(st.st_rdev);
        (void) snprintf(d->path, sizeof(d->path), "/sys/block/%.50s", strrchr(d->node, '/') + 1);
        return 0;
}

void disk_close(struct disk *d)
{
        if (d->backing >= 0) {
                (void) ioctl(d->fd, LOOP_CLR_FD);
                (void) close(d->backing);
        }
        if (d->fd >= 0)
                (void) close(d->fd);
        d->fd = d->backing = -1;
}

static int change_partition(const struct disk *d, int op)
{
        struct blkpg_partition p = { .start = 1 << 20, .length = DISK_BYTES / 2, .pno = 1 };
        struct blkpg_ioctl_arg arg = { .op = op, .datalen = sizeof(p), .data = &p };

        return ioctl(d->fd, BLKPG, &arg) < 0 ? -errno : 0;
}

int disk_add_partition(const struct disk *d, const char *node)
{
        const char *name = strrchr(d->node, '/') + 1;
        unsigned maj = 0, min = 0;
        char path[192];
        int r;
        FILE *f;

        r = change_partition(d, BLKPG_ADD_PARTITION);
        if (r < 0)
                return r;
        /* "loop0p1", "vda1" */
        (void) snprintf(path, sizeof(path), "%s/%s%s1/dev", d->path, name, name[strlen(name) - 1] <= '9' ? "p" : "");
        f = fopen(path, "re");
        r = f && fscanf(f, "%u:%u", &maj, &min) == 2 ? 0 : -ENOENT;
        if (f)
                (void) fclose(f);
        (void) unlink(node);
        return r < 0 ? r : mknod(node, S_IFBLK | 0600, makedev(maj, min)) < 0 ? -errno : 0;
}

int disk_remove_partition(const struct disk *d)
{
        int r = -EBUSY;

        for (int i = 0; r == -EBUSY && i < 100; i++) {
                r = change_partition(d, BLKPG_DEL_PARTITION);
                (void) usleep(10000);
        }
        return r;
}

int disk_set(const struct disk *d, const char *file, const char *text)
{
        char path[128];
        int fd, r = 0;

        (void) snprintf(path, sizeof(path), "%s/queue/%s", d->path, file);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (write(fd, text, strlen(text)) < 0)
                r = -errno;
        (void) close(fd);
        return r;
}

void disk_stat(const struct disk *d, uint64_t ret[17])
{
        char path[128];
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/stat", d->path);
        f = fopen(path, "re");
        for (int i = 0; i < 17; i++) {
                unsigned long long n = 0;

                if (!f || fscanf(f, "%llu", &n) != 1)
                        n = 0;
                ret[i] = n;
        }
        if (f)
                (void) fclose(f);
}

static int transfer(const char *node, uint32_t n, uint32_t size, bool writing)
{
        int fd = open(node, (writing ? O_WRONLY : O_RDONLY) | O_DIRECT | O_CLOEXEC);
        unsigned seed = (unsigned) getpid();
        int r = fd < 0 ? -errno : 0;
        void *at = NULL;

        if (r >= 0 && posix_memalign(&at, BLOCK, size) != 0)
                r = -ENOMEM;
        if (r >= 0)
                memset(at, 0x5a, size);
        for (uint32_t i = 0; r >= 0 && i < n; i++) {
                off_t place = (off_t) ((uint32_t) rand_r(&seed) % (DISK_BYTES / 2 / size)) * size;
                ssize_t k = writing ? pwrite(fd, at, size, place) : pread(fd, at, size, place);

                if (k != (ssize_t) size)
                        r = k < 0 ? -errno : -EIO;
        }
        free(at);
        if (fd >= 0)
                (void) close(fd);
        return r;
}

int disk_read(const char *node, uint32_t n, uint32_t size)
{
        return transfer(node, n, size, false);
}

int disk_write(const char *node, uint32_t n, uint32_t size)
{
        return transfer(node, n, size, true);
}

int disk_dirty(const char *node, uint32_t size)
{
        int fd = open(node, O_WRONLY | O_CLOEXEC), r = fd < 0 ? -errno : 0;
        static char block[BLOCK];

        memset(block, getpid() & 0xff, sizeof(block));
        for (uint32_t at = 0; r >= 0 && at < size; at += BLOCK)
                if (pwrite(fd, block, BLOCK, at) != BLOCK)
                        r = -EIO;
        if (fd >= 0)
                (void) close(fd);
        return r;
}

static int on_cache(const char *node, bool wait)
{
        int fd = open(node, O_WRONLY | O_CLOEXEC), r = 0;

        if (fd < 0)
                return -errno;
        if ((wait ? fsync(fd) : sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE)) < 0)
                r = -errno;
        (void) close(fd);
        return r;
}

int disk_start_writeback(const char *node)
{
        return on_cache(node, false);
}

int disk_sync(const char *node)
{
        return on_cache(node, true);
}
