/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BESIDE_H
#define TRIMTAB_BESIDE_H

#include <stdbool.h>

/* The other files of an object, found from the path of one of them. */

/* Whether that is the file's own name. */
bool file_is(const char *path, const char *name);

/* Another file of the same object, "../x" of its parent. New string; NULL: out of memory. */
char *beside(const char *path, const char *name);

/* A number in such a file, INFINITY for "max". -errno as of sysfile_read and sysfile_decode. */
int beside_number(const char *path, const char *name, double *ret);

#endif
