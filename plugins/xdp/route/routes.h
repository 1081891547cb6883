/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_ROUTES_H
#define XDP_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>
#include <trimtab/plugin.h>

#include "../route.h"
#include "../text.h"
#include "section.h"

/* The [route NAME] sections: what is meant, not whether it can be had. */

struct route {
        char *name;
        enum route_path path;
        struct prefix *vips; /* whole addresses */
        size_t n_vips;
        struct range *ports;
        size_t n_ports;
        uint8_t *protocols; /* TCP, UDP */
        size_t n_protocols;
        char **interfaces; /* globs */
        size_t n_interfaces;
        char *netns;       /* the path of its file; NULL: of a socket */
        char *device;
        uint16_t listener; /* 0: not of a socket */
};

/* Of one reading of the files. Immutable once made. */
struct routes {
        struct route *route;
        size_t n;
};

/*
 * From the entries of that section; others are passed over. < 0: why gets what the matter is: -E2BIG: more than ROUTES_MAX; -EEXIST: two
 * of them take the same packets; -ENOMEM.
 */
int routes_read(const struct trimtab_entry *const *entries, uint32_t n, uint32_t section, struct routes **ret, char *why, size_t size);
struct routes *routes_free(struct routes *r);

bool route_applies(const struct route *r, const char *interface);

/* Calls for each VIP, protocol and port of it, until one fails; the key's set and ifindex are 0. */
int route_each_key(const struct route *r, int (*call)(void *userdata, const struct route_key *key), void *userdata);

#endif
