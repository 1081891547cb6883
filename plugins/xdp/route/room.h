/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_ROUTING_ROOM_H
#define XDP_ROUTING_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"
#include "routes.h"
#include "../state.h"
#include "steer.h"
#include "target.h"
#include "tc.h"

/* What the files here share of routes that are in force. */

#define SECOND_NS 1000000000ull
/* How often what is up is looked at whole: what changes inside a container, such as its addresses, is told to nobody outside. */
#define LOOK_NS (10 * SECOND_NS)

/* A route as it is now. */
struct route_state {
        const struct route *route;
        uint64_t key; /* its object */
        uint32_t slot;
        uint64_t packets, told; /* emitted, and what the programs said last */
        bool up, dirty;
        bool has_entries; /* or may have: none need be looked for where there never were any */
        bool refused; /* of a listener: to look again at once is no use */
        bool announced, told_up; /* what was logged last */
        uint32_t told_ifindex;
        struct target target; /* while it is up, and of a container */
        ino_t netns;
        uint64_t looked_ns;
        struct report said;
};

struct route_set {
        struct routes *routes;
        struct route_state *states; /* as many */
        uint32_t number;
};

struct routing {
        struct table *table;
        struct tc *tc;       /* NULL: no route needs it */
        struct steer *steer; /* the same */
        bool tcx;
        int ask, links; /* netlink sockets */
        uint64_t slots[ROUTE_SLOTS / 64]; /* taken */
        struct route_set set;             /* in force */
};

/* --- parts.c --- */

/* on_links: links have changed. */
int parts_new(struct xdp *x, int (*on_links)(void *self, int32_t fd), struct routing **ret);
void parts_free(struct xdp *x, struct routing *g);
/* Loads the programs that these routes need; and takes off what those in force do not. */
int parts_need(struct xdp *x, struct routing *g, const struct routes *routes);
void parts_trim(struct xdp *x, struct routing *g);

/* --- one.c --- */

/* What path = auto comes to: nothing but the keys that are there decides. */
enum route_path route_pick(const struct route *route);

/* An entry for each of the route's keys, in that set and from that interface (0: any). */
int route_put(const struct routing *g, struct route_state *s, uint32_t set, uint32_t ifindex, const struct route_target *target);
/* Takes these out. */
void route_take(const struct routing *g, const struct route_state *s, uint32_t set, uint32_t ifindex);

bool route_is_full(int error);

/* Has it up or down as the container is there or not, in a set that need not be in force yet. < 0: there is no room for its entries. */
int route_settle(struct xdp *x, struct routing *g, struct route_state *s, uint32_t set);
/* Says what has become of it, if that is news. */
void route_announce(struct xdp *x, const struct routing *g, struct route_state *s);
/* Takes in what the programs have counted. */
void route_advance(const struct routing *g, struct route_state *s);

/* --- change.c --- */

void route_set_free(struct routing *g, struct route_set *set);

/* --- routing.c --- */

int routing_new(struct xdp *x, struct routing **ret);

/* --- container.c, listen.c --- */

/*
 * Puts a route's entries into a set. 0: packets take it, once the set is in force; the report has what else is amiss. < 0: they do not,
 * and it says why; -E2BIG, -ENOMEM: there is no room.
 */
int container_put(struct xdp *x, struct routing *g, struct route_state *s, uint32_t set, struct report *report);
int listener_put(struct routing *g, struct route_state *s, uint32_t set, struct report *report);

/* Whether that may no longer be so, as far as a look at little tells. */
bool container_changed(const struct xdp *x, const struct route_state *s);
bool listener_changed(const struct xdp *x, const struct routing *g, const struct route_state *s);

/* Takes its sockets out. */
void listener_take(const struct routing *g, const struct route_state *s);

#endif
