/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tc.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "hook.h"
#include "../load.h"
#include "tc.bpf.skel.h"

struct tc {
        const struct trimtab_host *host;
        struct tc_bpf *skel;
        bool tcx;
        struct hook *hooks;
        size_t n_hooks;
};

/* From here on filters go on to the program, as long as we have the map open. */
static int take_leash(struct tc *tc)
{
        uint32_t key = 0, fd = (uint32_t) bpf_program__fd(tc->skel->progs.route_packet);

        return bpf_map_update_elem(bpf_map__fd(tc->skel->maps.leash), &key, &fd, BPF_ANY) < 0 ? -errno : 0;
}

static int load_program(struct tc *tc, const struct table *table, char *why, size_t size)
{
        struct load l;
        int r;

        tc->skel = tc_bpf__open();
        if (!tc->skel)
                return -errno;
        r = load_share(tc->skel->maps.routes, tc->skel->maps.route_control, tc->skel->maps.route_packets, table);
        if (r >= 0)
                r = load_begin(&l, tc->skel->progs.route_packet);
        if (r < 0)
                return r;
        r = tc_bpf__load(tc->skel);
        load_end(&l, r, why, size);
        return r < 0 ? r : take_leash(tc);
}

int tc_new(const struct trimtab_host *host, const struct table *table, bool tcx, struct tc **ret, char *why, size_t size)
{
        struct tc *tc = calloc(1, sizeof(*tc));
        int r;

        if (!tc)
                return -ENOMEM;
        tc->host = host;
        tc->tcx = tcx;
        r = load_program(tc, table, why, size);
        if (r < 0) {
                tc_free(tc);
                return r;
        }
        *ret = tc;
        return 0;
}

struct tc *tc_free(struct tc *tc)
{
        if (!tc)
                return NULL;
        for (size_t i = 0; i < tc->n_hooks; i++)
                hook_detach(tc->host, &tc->hooks[i]);
        free(tc->hooks);
        tc_bpf__destroy(tc->skel);
        free(tc);
        return NULL;
}

int tc_program_fd(const struct tc *tc)
{
        return bpf_program__fd(tc->tcx ? tc->skel->progs.route_packet : tc->skel->progs.trimtab_route);
}

int tc_attach(struct tc *tc, uint32_t ifindex)
{
        struct hook *grown;
        int r;

        for (size_t i = 0; i < tc->n_hooks; i++)
                if (tc->hooks[i].ifindex == ifindex)
                        return 0;
        grown = reallocarray(tc->hooks, tc->n_hooks + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        tc->hooks = grown;
        r = hook_attach(tc->host, tc_program_fd(tc), ifindex, tc->tcx, &grown[tc->n_hooks]);
        if (r >= 0)
                tc->n_hooks++;
        return r;
}

static bool is_not(void *userdata, uint32_t ifindex)
{
        return ifindex != *(uint32_t *) userdata;
}

void tc_detach(struct tc *tc, uint32_t ifindex)
{
        tc_trim(tc, is_not, &ifindex);
}

void tc_trim(struct tc *tc, bool (*needed)(void *userdata, uint32_t ifindex), void *userdata)
{
        for (size_t i = tc->n_hooks; i-- > 0;)
                if (!needed(userdata, tc->hooks[i].ifindex)) {
                        hook_detach(tc->host, &tc->hooks[i]);
                        tc->hooks[i] = tc->hooks[--tc->n_hooks];
                }
}
