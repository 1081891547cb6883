/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_LISTENER_H
#define XDP_LISTENER_H

#include <stdint.h>

/*
 * A descriptor of our own of the socket that some process listens at a port with, in the caller's network namespace: of that transport
 * (TCP, UDP) and for packets of that family (4, 6). Of several that share the port any one: the kernel gives each its part.
 * -ENOENT: nobody listens; -ESRCH: somebody does, and cannot be found among the processes; -EPERM: who it is may not be asked for it,
 * which takes CAP_SYS_PTRACE and pidfd_getfd(2). Whoever keeps it open keeps the port.
 */
int listener_find(uint8_t protocol, uint8_t family, uint16_t port);

#endif
