/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ACT_LOOK_H
#define TRIMTAB_ACT_LOOK_H

#include "act/order.h"

/*
 * Notices that somebody else has set what we hold, while nobody is about to write it: at once where the
 * watcher sees the write, else at the second of two looks, some ten seconds apart. A look is one read.
 */

/* A write to some file by another process; userdata is the actor. */
void look_seen(void *userdata, const struct sighting *s);

/* The order for one entry: gives it up, if it is so, or is not reported. */
void look_begin(struct order *o);

/* The order is over: whether its file is worth watching may have changed. */
void look_follow(const struct order *o);

#endif
