/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_EVENTS_H
#define GUARD_EVENTS_H

/* Refusals, as the kernel's side tells them: read once a tick, and the last ones kept. */

#include <stddef.h>
#include <stdint.h>
#include <trimtab/plugin.h>

#include "program.h"

#define EVENTS_KEPT 256
#define EVENTS_TOLD 32 /* lines in the journal at a tick; the rest is counted */

struct ring_buffer;

struct events {
        struct ring_buffer *ring;
        struct guard_event kept[EVENTS_KEPT]; /* a ring */
        uint64_t n;                           /* that ever came */
        uint32_t n_now;                       /* at this tick */
        const struct rules *rules;            /* while they are told */
        const struct trimtab_host *host;
};

int events_open(struct events *e, const struct program *program, const struct trimtab_host *host);
void events_close(struct events *e);
/* Reads and tells all there are. rules: those in force. */
void events_read(struct events *e, const struct rules *rules);

/* "web.service (curl, pid 41) to 192.0.2.1:443/tcp" */
void event_format(const struct guard_event *e, const char *cgroup, char *ret, size_t size);
/* "192.0.2.1:443/tcp", "[2001:db8::1]:53/udp" */
void destination_format(uint8_t family, uint64_t upper, uint64_t lower, uint16_t port, uint8_t protocol, char *ret, size_t size);

#endif
