/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_INTERFACE_H
#define XDP_INTERFACE_H

#include "state.h"

/* One interface: what is attached to it, and what it does. All errors are logged where they happen. */

struct interface *interface_find(struct xdp *x, uint64_t ifindex);
/* It came, or has another name now. -ENOMEM. */
int interface_came(struct xdp *x, uint32_t ifindex, const char *name, const char *path);
/* It went. One that only gets another name keeps its program. */
void interface_went(struct xdp *x, uint32_t ifindex);
void interfaces_free(struct xdp *x);

/*
 * Attaches in that mode, or detaches. At most one try in ATTACH_REST_NS and interface, as many drivers stop their queues for it:
 * -EAGAIN before.
 */
int interface_attach(struct xdp *x, struct interface *i, enum attachment how);
/* Attaches first where nothing is, in the way of the option `attach`. -EOPNOTSUPP: routes, and the program is not in the driver. */
int interface_set_mode(struct xdp *x, struct interface *i, uint32_t mode);
void interface_set_limit(struct xdp *x, struct interface *i, enum limit which, double pps);

/* Other filters, for all interfaces: those that could not take them have the old ones, then all have. */
int interfaces_filter(struct xdp *x, struct filters *filters);

/* What is due with time: detaches what was there for a mode that is off for long; bans that are over. */
void interface_look(struct xdp *x, struct interface *i);

bool interface_is_flooded(const struct xdp *x, const struct interface *i, bool syn);

#endif
