/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* Of enum bpf_attach_type, which is shorter in the headers of the kernels that this is built on. */
#define TCX_INGRESS ((enum bpf_attach_type) 46)

bool hook_has_tcx(void)
{
        uint32_t ids[1], n = 0;

        /* Of the loopback interface, which is number 1 everywhere. More than fit is an answer too. */
        return bpf_prog_query(1, TCX_INGRESS, 0, NULL, ids, &n) >= 0 || errno == ENOSPC;
}

static bool adds_filters(const struct trimtab_host *host)
{
        return host->size >= offsetof(struct trimtab_host, tc_filter_remove) + sizeof(host->tc_filter_remove);
}

int hook_attach(const struct trimtab_host *host, int program_fd, uint32_t ifindex, bool tcx, struct hook *ret)
{
        struct hook h = { .ifindex = ifindex, .link = -1, .attached = true };
        int r;

        if (tcx) {
                h.link = bpf_link_create(program_fd, (int) ifindex, TCX_INGRESS, NULL);
                r = h.link < 0 ? -errno : 0;
        } else if (adds_filters(host))
                r = host->tc_filter_add(host, program_fd, ifindex, HOOK_PRIORITY, HOOK_HANDLE);
        else
                r = -EOPNOTSUPP;
        if (r >= 0)
                *ret = h;
        return r;
}

void hook_detach(const struct trimtab_host *host, struct hook *h)
{
        int r = 0;

        if (h->attached && h->link >= 0)
                (void) close(h->link);
        else if (h->attached)
                r = host->tc_filter_remove(host, h->ifindex, HOOK_PRIORITY, HOOK_HANDLE);
        /* With its interface, or at the end of the daemon, it is off before we say so. */
        if (r < 0 && r != -ENOENT && r != -EBUSY)
                host->log(host, TRIMTAB_LOG_WARNING, "the filter at interface %u stays, and does nothing once trimtab has ended: %s: "
                          "'trimtabd --restore' tries again", h->ifindex, strerror(-r));
        *h = (struct hook){ .link = -1 };
}
