/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_ROUTING_H
#define XDP_ROUTING_H

#include "../state.h"

/*
 * The routes in force. Each is up, and packets take it, or down, and they go the kernel's way: a container may come and go, and its
 * route with it. All that happens is logged where it happens.
 */

/* Other routes, made ready beside those in force. */
struct routing_change;

/* < 0: they cannot be had, and nothing has changed. *ret NULL: there were none and are none. */
int routing_prepare(struct xdp *x, const struct trimtab_entry *const *entries, uint32_t n, uint32_t section, struct routing_change **ret);
/* Takes the place of those in force; cannot fail. Both accept NULL. */
void routing_commit(struct xdp *x, struct routing_change *change);
void routing_abandon(struct xdp *x, struct routing_change *change);

/* Once a tick: containers that came, went or changed without a word. */
void routing_look(struct xdp *x);
/* An interface came, goes, or has another name; routing_settle then has all routes follow that are concerned. */
void routing_touch(struct xdp *x, uint32_t ifindex);
void routing_settle(struct xdp *x);

void routing_emit(struct xdp *x, uint32_t packets_metric, uint32_t up_metric);

/* Nothing is left attached. */
void routing_free(struct xdp *x);

#endif
