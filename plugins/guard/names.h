/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_NAMES_H
#define GUARD_NAMES_H

/*
 * The addresses that name:HOST stands for. A thread asks the resolver, which may wait as long as it likes; what it was told is kept across
 * policies, and for an hour after the resolver has last said so, as connections are made to addresses that were handed out before.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "policy.h"

#define NAMES_EVERY_S 30
#define NAMES_KEPT_S  3600

struct address {
        struct prefix prefix;
        uint64_t seen_s;
};

struct name {
        char *host;
        bool wanted;
        struct address *addresses;
        size_t n;
        struct name *next;
};

struct names {
        pthread_t thread;
        pthread_mutex_t lock;
        pthread_cond_t wake;
        bool running, stopping, again;
        struct name *all;
        uint64_t changes, taken; /* how often anything has changed, and what was taken of it */
};

/* Those of the rules are asked from now on, and no others. */
int names_want(struct names *n, const struct rules *rules);
/* Has anything changed since names_resolved()? */
bool names_changed(struct names *n);
/* What is known of each item with a name. -ENOMEM */
int names_resolved(struct names *n, const struct rules *rules, struct resolved **ret, size_t *ret_n);
void names_done(struct names *n);

#endif
