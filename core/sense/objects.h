/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_OBJECTS_H
#define TRIMTAB_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The registry of objects: what there is to measure and to change. Keys inside, names at the edges. Pure memory;
 * the scanners (cgroup-tree, machine) fill it.
 */

/* The scopes the core knows. A plugin's own get the numbers behind. */
enum {
        SCOPE_HOST,
        SCOPE_CPU,
        SCOPE_CGROUP,
        SCOPE_BLOCK,
        SCOPE_IFACE,
        SCOPE_IRQ,
        SCOPE_BUILTIN_MAX,
};

/* Names an object for as long as anybody likes: the object itself may be gone. */
struct oid {
        uint32_t scope;
        uint64_t key;
};

static inline bool oid_equal(struct oid a, struct oid b)
{
        return a.scope == b.scope && a.key == b.key;
}

struct object {
        struct oid id;
        char *name; /* without the scope: "/system.slice/nginx.service", "0", "" for the host */
        char *path; /* its directory, for knob files; NULL: none */
};

struct objects;

int objects_new(struct objects **ret); /* the host object is there from the start */
struct objects *objects_free(struct objects *o);

/* The number of a scope, -ENOENT. objects_scope_add returns the number of an existing one, too. */
int objects_scope_find(const struct objects *o, const char *name, size_t length);
int objects_scope_add(struct objects *o, const char *name);
const char *objects_scope_name(const struct objects *o, uint32_t scope);

/* Adds or renames. path may be NULL. */
int objects_add(struct objects *o, struct oid id, const char *name, const char *path);
/* -ENOENT */
int objects_remove(struct objects *o, struct oid id);

/* Valid until the next add or remove; NULL: not there. */
const struct object *objects_get(const struct objects *o, struct oid id);
const struct object *objects_by_name(const struct objects *o, uint32_t scope, const char *name);

/* Changes whenever the set does: whoever keeps matches compares. */
uint64_t objects_generation(const struct objects *o);

/*
 * Calls cb for every object that came, went or was renamed since that generation, in that order; one may be told several
 * times. -ESTALE: too much has changed since then to tell, look at all. Else what cb returned that was not 0.
 */
int objects_foreach_change(const struct objects *o, uint64_t since, int (*cb)(void *userdata, struct oid id),
                           void *userdata);

/* Every object of a scope, in the order of their names. The array is the registry's, valid until the next change. */
const struct object *const *objects_of_scope(const struct objects *o, uint32_t scope, size_t *ret_n);

/* The object one level up by name ("/a/b" -> "/a"; "/" has none); NULL. */
const struct object *objects_parent(const struct objects *o, const struct object *object);

/* "cgroup:/system.slice", "host". New string or NULL. A vanished one reads "cgroup:#1234". */
char *objects_full_name(const struct objects *o, struct oid id);

/* Whether the name is the pattern, in which * stands for any characters but a /. Nothing else is special: the names of
 * units have a \ in them, and may have a ? or a [. */
bool object_name_matches(const char *pattern, const char *name);

#endif
