/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_OBJECT_NAMES_H
#define TRIMTAB_RECORD_OBJECT_NAMES_H

#include <stdint.h>

#include "sense/objects.h"

/* The names of the objects that a recording has told of, and in which block it did so last. */
struct object_name {
        struct oid id;
        char *name;
        uint64_t told_in;
};

struct object_names;

int object_names_new(struct object_names **ret);
struct object_names *object_names_free(struct object_names *n);

/* Adds or renames. */
int object_names_add(struct object_names *n, struct oid id, const char *name, uint64_t told_in);
void object_names_drop(struct object_names *n, struct oid id);
struct object_name *object_names_find(const struct object_names *n, struct oid id); /* NULL: never told */

#endif
