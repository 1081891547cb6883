/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SLOT_H
#define TRIMTAB_SLOT_H

#include "decide/arbiter.h"

/* A knob of an object that somebody claims, or did until just now. Inside of the arbiter. */

struct slot_key {
        uint32_t knob;
        struct oid object;
        bool advise;
};

struct slot {
        struct slot_key key;
        struct claim *claims;
        struct claim *owner; /* the best of them when it was last settled; NULL: none */

        bool written;                           /* a value was decided and not taken back */
        bool confirmed;                         /* and one was taken by the knob: */
        struct trimtab_value taken;             /* the last such */
        struct trimtab_value wanted, effective; /* the last decided; what the knob made of it */

        /* By the last owner, for when nobody follows. */
        bool keep;
        const char *let_go_by;
        uint64_t let_go_at;
        char let_go_reason[200];
        struct cause let_go_cause;
};

/* Sorted by key. */
struct slots {
        struct slot **items;
        size_t n;
};

struct slot *slots_find(const struct slots *s, const struct slot_key *key);
struct slot *slots_get(struct slots *s,
                       const struct slot_key *key);    /* made if need be; NULL: out of memory */
void slots_remove(struct slots *s, struct slot *slot); /* with its claims */

/* Takes a claim out of its slot and its holder, and frees it. */
void slot_unlink(struct slot *s, struct claim *c);

/* By priority, then the later file, the later section, then who acted first. NULL: none. */
struct claim *slot_best(const struct slot *s);
/* The best of another rule than the owner's. */
const struct claim *slot_second(const struct slot *s);

#endif
