/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_FILE_H
#define TRIMTAB_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* Which file it was, and as of when: another one of the same name, or with other content, is told apart. */
struct file_identity {
        dev_t device;
        ino_t inode; /* 0: there was none */
        off_t size;
        struct timespec changed;
};
struct file_identity file_identify(const char *path);
struct file_identity fd_identify(int fd);
/* Not where either was none. */
bool file_identity_same(const struct file_identity *a, const struct file_identity *b);

/*
 * The whole of a file, NUL-terminated, at most max bytes (-EFBIG past that). Made for /proc, /sys and cgroupfs:
 * reads to end of file, does not trust st_size. *ret is the caller's to free. ret_size may be NULL.
 */
int file_read(const char *path, size_t max, char **ret, size_t *ret_size);
int file_read_at(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_size);
/* What can be read of a descriptor from where it stands. */
int fd_read_all(int fd, size_t max, char **ret, size_t *ret_size);

/*
 * Replaces a file by a new one with this content, by rename: readers see the old or the new, never half. Who is killed in it leaves
 * PATH.PID~ behind.
 */
int file_replace_at(int dir_fd, const char *path, const void *data, size_t size, mode_t mode);
/* Removes what file_replace_at() of this path has left behind in processes that were killed. None may be in it. */
void file_sweep(const char *path);

/* Writes all of it or fails. */
int fd_write_all(int fd, const void *data, size_t size);

/* mkdir -p. */
int dir_make(const char *path, mode_t mode);

#endif
