/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "steer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../load.h"
#include "lookup.bpf.skel.h"

struct steer {
        struct lookup_bpf *skel;
        struct bpf_link *link;
};

static int load_program(struct steer *s, const struct table *table, char *why, size_t size)
{
        struct load l;
        int r;

        s->skel = lookup_bpf__open();
        if (!s->skel)
                return -errno;
        r = load_share(s->skel->maps.routes, s->skel->maps.route_control, s->skel->maps.route_packets, table);
        if (r >= 0)
                r = load_begin(&l, s->skel->progs.trimtab_lookup);
        if (r < 0)
                return r;
        r = lookup_bpf__load(s->skel);
        load_end(&l, r, why, size);
        return r;
}

static int attach_here(struct steer *s, char *why, size_t size)
{
        int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), r;

        if (netns < 0)
                return -errno;
        s->link = bpf_program__attach_netns(s->skel->progs.trimtab_lookup, netns);
        r = s->link ? 0 : -errno;
        (void) close(netns);
        if (r < 0)
                (void) snprintf(why, size, "it cannot be attached to the network namespace: %s", strerror(-r));
        return r;
}

int steer_new(const struct table *table, struct steer **ret, char *why, size_t size)
{
        struct steer *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        r = load_program(s, table, why, size);
        if (r >= 0)
                r = attach_here(s, why, size);
        if (r < 0) {
                steer_free(s);
                return r;
        }
        *ret = s;
        return 0;
}

struct steer *steer_free(struct steer *s)
{
        if (!s)
                return NULL;
        (void) bpf_link__destroy(s->link);
        lookup_bpf__destroy(s->skel);
        free(s);
        return NULL;
}

int steer_program_fd(const struct steer *s)
{
        return bpf_program__fd(s->skel->progs.trimtab_lookup);
}

int steer_put(struct steer *s, uint32_t at, int socket)
{
        uint64_t value = (uint64_t) socket;

        return bpf_map_update_elem(bpf_map__fd(s->skel->maps.sockets), &at, &value, BPF_ANY) < 0 ? -errno : 0;
}

void steer_take(struct steer *s, uint32_t at)
{
        (void) bpf_map_delete_elem(bpf_map__fd(s->skel->maps.sockets), &at);
}

bool steer_has(const struct steer *s, uint32_t at)
{
        uint64_t cookie;

        return bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.sockets), &at, &cookie) == 0;
}
