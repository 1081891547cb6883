/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_INSPECT_H
#define TRIMTAB_INSPECT_H

#include <stdint.h>
#include <sys/types.h>

/*
 * What a file says it is, read with libelf before any of its code may run.
 */
struct inspection {
        char name[32]; /* from the note */
        uint32_t abi;
        uint64_t symbol_size; /* of trimtab_plugin_v1 */
        char reason[256];     /* when refused: why, for people */
};

/* 0: a plugin for this machine and ABI. -ENOEXEC: none, reason says why; other -errno: it cannot be read. */
int inspect_fd(int fd, struct inspection *ret);

/*
 * Opens path for loading: every component owned by root or `owner` and not writable by others (sticky folders
 * are fine), no symbolic link at the end. Returns an fd (the caller's), -EPERM and the reason, or another
 * -errno and the reason (-ENOENT, -EACCES, …).
 */
int inspect_open(const char *path, uid_t owner, struct inspection *ret);

/* Puts the reason into i and returns error. */
int inspection_refuse(struct inspection *i, int error, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#endif
