/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_LIST_FILE_H
#define TRIMTAB_LIST_FILE_H

#include <stddef.h>

#include "config/diag.h"
#include "util/file.h"

/*
 * Files that hold the items of a list, one a line, blank lines and those that begin with # or ; left out. Such a file may have a few
 * hundred thousand lines: it is read whole, cut in its own memory once, and from then on shared and never changed.
 */

struct list_line {
        const char *text; /* stripped of white space; "": here stands a NUL byte, which is no text */
        unsigned line, column;
};

struct list_file {
        unsigned references;
        char *path, *text;
        struct file_identity identity; /* as it was read */
        struct list_line *lines;
        size_t n;
};

/* -EMEDIUMTYPE: no plain file; -EFBIG: too large; other -errno: it cannot be read. Never waits for who would write to it. */
int list_file_read(const char *path, struct list_file **ret);
struct list_file *list_file_ref(struct list_file *f);
struct list_file *list_file_unref(struct list_file *f);

/* Whether there is another one at its path by now, or with other content, or none: 0, 1 or, of one that is gone, -errno. */
int list_file_changed(const struct list_file *f);

struct place list_file_place(const struct list_file *f, size_t i);

/* The files that one text of the rules names, each read once however many sections name it. */
struct lists {
        struct list_file **files;
        size_t n;
};

/* *ret: the lists' own. Errors as of list_file_read. */
int lists_get(struct lists *lists, const char *path, struct list_file **ret);
void lists_clear(struct lists *lists);

/* For people: what one of these errors means. */
const char *list_file_error(int error);

#endif
