/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ROLL_H
#define TRIMTAB_ROLL_H

#include "sense/objects.h"

/*
 * A roll call: brings the registry's objects of one scope in line with a list of all that there are. An object of the same key
 * by another name is another object: the one went, the other came.
 */

/* Called for every object: after one came, before one that went leaves the registry. */
typedef void (*object_changed)(void *userdata, struct oid id, bool came);

struct roll {
        struct objects *objects;
        uint32_t scope;
        object_changed changed; /* may be NULL */
        void *userdata;
        uint64_t *keys;         /* of those present so far; roll_clear frees them */
        size_t n;
};

/* This one is there. path may be NULL. 0 or -ENOMEM. */
int roll_present(struct roll *r, uint64_t key, const char *name, const char *path);
/* Everybody has answered: who has not, leaves. 0 or -ENOMEM, then nobody does. */
int roll_end(struct roll *r);
void roll_clear(struct roll *r);

#endif
