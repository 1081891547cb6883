/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_FAMILIES_H
#define TEST_GUARD_FAMILIES_H

#include "technique.h"

extern const struct family tcp_family;        /* streams */
extern const struct family udp_family;        /* datagrams */
extern const struct family uring_family;      /* system calls that are not made by system calls */
extern const struct family raw_family;        /* below the transport: raw, ping and packet sockets */
extern const struct family other_family;      /* families and protocols that one does not think of */
extern const struct family route_family;      /* to one address by way of another */
extern const struct family descriptor_family; /* sockets that somebody else has made */
extern const struct family program_family;    /* programs under another name or from another place */
extern const struct family namespace_family;  /* the same from elsewhere */
extern const struct family listen_family;     /* not out, but in */

#endif
