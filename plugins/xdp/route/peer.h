/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_PEER_H
#define XDP_PEER_H

#include "netlink.h"

/*
 * Whether what comes in by a veth has its checksums: the other end, wherever it is, may leave them to a card that never comes, and XDP
 * would pass packets on as they are. fd: a netlink socket of the link's namespace. 0: it has; -EBADMSG: not; -ENOENT: the other end is
 * in a namespace that nobody has a name or process for.
 */
int peer_fills_checksums(int fd, const struct link *veth);

#endif
