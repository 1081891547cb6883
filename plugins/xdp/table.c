/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static int make(enum bpf_map_type type, const char *name, uint32_t key_size, uint32_t value_size, uint32_t n, uint32_t flags, int *ret)
{
        LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags);
        int fd = bpf_map_create(type, name, key_size, value_size, n, &options);

        if (fd < 0)
                return -errno;
        *ret = fd;
        return 0;
}

static int make_turnstile(struct table *t)
{
        LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = (uint32_t) t->control);

        t->turnstile = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "route_turnstile", sizeof(uint32_t), sizeof(uint32_t), 1, &options);
        return t->turnstile < 0 ? -errno : 0;
}

int table_need(struct table *ret, uint32_t n_cpus)
{
        struct table t = TABLE_NULL;
        int r;

        if (ret->entries >= 0)
                return 0;
        t.n_cpus = n_cpus;
        r = make(BPF_MAP_TYPE_HASH, "routes", sizeof(struct route_key), sizeof(struct route_target), ROUTE_ENTRIES_MAX,
                 BPF_F_NO_PREALLOC, &t.entries);
        if (r >= 0)
                r = make(BPF_MAP_TYPE_ARRAY, "route_control", sizeof(uint32_t), sizeof(struct route_control), 1, 0, &t.control);
        if (r >= 0)
                r = make(BPF_MAP_TYPE_PERCPU_ARRAY, "route_packets", sizeof(uint32_t), sizeof(uint64_t), ROUTE_SLOTS, 0, &t.packets);
        if (r >= 0)
                r = make(BPF_MAP_TYPE_DEVMAP_HASH, "route_devices", sizeof(uint32_t), sizeof(uint32_t), ROUTE_DEVICES_MAX, 0, &t.devices);
        if (r >= 0)
                r = make_turnstile(&t);
        if (r < 0) {
                table_close(&t);
                return r;
        }
        *ret = t;
        return 0;
}

void table_close(struct table *t)
{
        const int fds[] = { t->entries, t->control, t->packets, t->devices, t->turnstile };

        for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
                if (fds[i] >= 0)
                        (void) close(fds[i]);
        *t = TABLE_NULL;
}

int table_put(const struct table *t, const struct route_key *key, const struct route_target *target)
{
        return bpf_map_update_elem(t->entries, key, target, BPF_ANY) < 0 ? -errno : 0;
}

static bool matches(const struct table *t, struct table_match m, const struct route_key *key)
{
        struct route_target target;

        if (m.ifindex != UINT32_MAX && key->ifindex != m.ifindex)
                return false;
        if (m.set != UINT32_MAX && key->set != m.set)
                return false;
        return m.slot == UINT32_MAX || (bpf_map_lookup_elem(t->entries, key, &target) == 0 && target.slot == m.slot);
}

int table_take(const struct table *t, struct table_match match)
{
        struct route_key key, next;
        int n = 0, r;

        for (r = bpf_map_get_next_key(t->entries, NULL, &next); r == 0;) {
                key = next;
                r = bpf_map_get_next_key(t->entries, &key, &next);
                if (matches(t, match, &key) && bpf_map_delete_elem(t->entries, &key) == 0)
                        n++;
        }
        return n;
}

int table_switch(const struct table *t, uint32_t set)
{
        const struct route_control control = { .set = set };
        const uint32_t key = 0;

        if (bpf_map_update_elem(t->control, &key, &control, BPF_ANY) < 0)
                return -errno;
        /* Nobody looks at what is put in there: that the kernel waits when it is put is what it is for. */
        return bpf_map_update_elem(t->turnstile, &key, &t->control, BPF_ANY) < 0 ? -errno : 0;
}

int table_put_device(const struct table *t, uint32_t ifindex)
{
        return bpf_map_update_elem(t->devices, &ifindex, &ifindex, BPF_ANY) < 0 ? -errno : 0;
}

uint64_t table_packets(const struct table *t, uint32_t slot)
{
        uint64_t *values = calloc(t->n_cpus, sizeof(*values)), n = 0;

        if (values && bpf_map_lookup_elem(t->packets, &slot, values) == 0)
                for (uint32_t cpu = 0; cpu < t->n_cpus; cpu++)
                        n += values[cpu];
        free(values);
        return n;
}
