/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RUNNER_H
#define TRIMTAB_RUNNER_H

#include "decide/instance.h"

/* A rule and its instances, one for each object that its `for` matches now. */
struct runner {
        const struct rule *rule;
        bool looks_around;           /* see wants_look_around */
        struct instance **instances; /* sorted by the object's key: a rule's objects are of one scope */
        size_t n;
};

struct runner runner_of(const struct rule *rule);

/* Lets go of all. */
void runner_clear(struct runner *r, struct arbiter *a, const char *reason);

/* Matches anew: instances of objects that stay stay as they are. -ENOMEM leaves it as it was. */
int runner_match(struct runner *r, const struct objects *objects, struct arbiter *a);

/* Matches one object anew that came, went (object NULL) or was renamed. Whether its instance came or went, or -ENOMEM. */
int runner_match_one(struct runner *r, struct oid id, const struct object *object, struct arbiter *a);

/* The same rule read anew: takes over what was there. */
int runner_adopt(struct runner *r, struct runner *from);

#endif
