/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_LIFELINE_H
#define GUARD_LIFELINE_H

/*
 * What stays open whatever is denied, unless it is just this that is: loopback, the resolver, and those who are logged in by SSH.
 */

#include <stddef.h>
#include <stdint.h>

#include "item.h"

struct lifeline {
        struct item *items;
        size_t n;
};

struct lifeline_files {
        const char *resolv_conf;
        const char *tcp, *tcp6; /* /proc/net/tcp */
        uint16_t ssh_port;
};

/* What it is now. -ENOMEM; files that are not there say nothing. */
int lifeline_read(const struct lifeline_files *files, struct lifeline *ret);
void lifeline_clear(struct lifeline *l);
int lifeline_compare(const struct lifeline *a, const struct lifeline *b);

#endif
