/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_WATCHSET_H
#define TRIMTAB_WATCHSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The objects for which one metric is measured: the set in force, and the next one while it is gathered.
 * Sorted arrays of keys without doubles. {} is an empty one.
 */
struct watchset {
        uint64_t *keys; /* in force */
        size_t n;
        uint64_t *next;
        size_t n_next;
        bool retry; /* watch() failed for the set in force: it is called again */
};

void watchset_begin(struct watchset *w); /* forgets what was gathered */
int watchset_add(struct watchset *w, uint64_t key);

/* Sorts what was gathered; whether it differs from what is in force. */
bool watchset_differs(struct watchset *w);
/* What was gathered is in force now, the gathered set empty. */
void watchset_commit(struct watchset *w);
/* Whether key is in force. */
bool watchset_has(const struct watchset *w, uint64_t key);

void watchset_clear(struct watchset *w);

#endif
