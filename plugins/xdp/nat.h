/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_NAT_H
#define XDP_NAT_H

#include <stdint.h>

#include "state.h"

/*
 * Ports that NAT sends elsewhere while something listens on them here, as Docker's proxy does: mode flood would answer for the listener,
 * which never gets the connection. What nftables and iptables-nft have is seen, of rules that name one port; not what is in sets, and
 * not the tables of iptables-legacy.
 */

struct port_set {
        uint64_t bits[65536 / 64];
};

/* Ports of TCP with such a rule and a listener, in the caller's network namespace. How many, or -errno. */
int nat_ports(struct port_set *ret);

/* When an interface begins to answer SYNs: says which ports are not to be answered for, and what would help. */
void nat_look(struct xdp *x, const struct interface *i);

#endif
