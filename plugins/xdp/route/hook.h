/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_HOOK_H
#define XDP_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include <trimtab/plugin.h>

/*
 * A program at tc's ingress of an interface. By a tcx link where the kernel has them (6.6): it ends with the process. Else by a filter of
 * the qdisc clsact, which outlives a process that is killed, and does nothing then (tc.bpf.c): the host adds it, and takes it off without
 * us, too.
 */

#define HOOK_PRIORITY 7471 /* nobody's custom; not the first, so that others' filters go before */
#define HOOK_HANDLE   1
#define HOOK_PROGRAM  "trimtab_route"

struct hook {
        uint32_t ifindex;
        int link;      /* tcx; -1: by a filter */
        bool attached;
};

bool hook_has_tcx(void);

/* -errno; -EEXIST: somebody else's filter has our handle and priority; -EOPNOTSUPP: a host that knows no filters. */
int hook_attach(const struct trimtab_host *host, int program_fd, uint32_t ifindex, bool tcx, struct hook *ret);
void hook_detach(const struct trimtab_host *host, struct hook *h);

#endif
