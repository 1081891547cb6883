/* SPDX-License-Identifier: MIT */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trimtab/plugin.h>

#include "starts.bpf.skel.h"

static const struct trimtab_option options[] = {
        { "max-cgroups", "cgroups", "The most that are counted at once", "4096", 1, 1 << 20 },
};

static const struct trimtab_metric metrics[] = {
        { "starts.programs", "", "Programs started (execve), without those of cgroups below", "cgroup", TRIMTAB_COUNTER, 0 },
};

struct starts {
        const struct trimtab_host *host;
        struct starts_bpf *bpf; /* NULL: the kernel took none */
        uint64_t *cgroups;      /* counted now */
        uint32_t n;
};

static int load(struct starts *s)
{
        double max = 0;
        int r;

        s->bpf = starts_bpf__open();
        if (!s->bpf)
                return -errno;
        r = s->host->option_number(s->host, "max-cgroups", &max);
        if (r >= 0)
                r = bpf_map__set_max_entries(s->bpf->maps.counts, (uint32_t) max);
        if (r >= 0)
                r = starts_bpf__load(s->bpf);
        return r;
}

static int starts_open(const struct trimtab_host *h, void **ret_self)
{
        struct starts *s = calloc(1, sizeof(*s));
        int r;

        *ret_self = s;
        if (!s)
                return -ENOMEM;
        s->host = h;

        r = load(s);
        if (r >= 0) {
                h->program(h, "count", bpf_program__fd(s->bpf->progs.count), NULL);
                return 0;
        }

        /* A refused program is not the end: trimtab plugins tells why there is no such metric. */
        h->program(h, "count", -1, strerror(-r));
        h->unavailable(h, 0, strerror(-r));
        starts_bpf__destroy(s->bpf);
        s->bpf = NULL;
        return 0;
}

static int has(const uint64_t *ids, uint32_t n, uint64_t id)
{
        for (uint32_t i = 0; i < n; i++)
                if (ids[i] == id)
                        return 1;
        return 0;
}

/* Attached only while somebody wants to know: unwatched, it costs nothing. */
static int starts_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        struct starts *s = self;
        uint64_t *wanted, none = 0;
        int fd, error = 0, r;

        if (!s->bpf)
                return 0;
        fd = bpf_map__fd(s->bpf->maps.counts);
        wanted = calloc(n + 1, sizeof(*wanted));
        if (!wanted)
                return -ENOMEM;
        if (n > 0)
                memcpy(wanted, objects, n * sizeof(*wanted));

        for (uint32_t i = 0; i < s->n; i++)
                if (!has(wanted, n, s->cgroups[i]))
                        (void) bpf_map_delete_elem(fd, &s->cgroups[i]);
        free(s->cgroups);
        s->cgroups = wanted;
        s->n = n;
        /* More than max-cgroups: those that found room are counted all the same. */
        for (uint32_t i = 0; i < n; i++)
                if (bpf_map_update_elem(fd, &wanted[i], &none, BPF_NOEXIST) < 0 && errno != EEXIST)
                        error = -errno;

        if (n == 0) {
                starts_bpf__detach(s->bpf);
                return 0;
        }
        r = starts_bpf__attach(s->bpf);
        return r < 0 ? r : error;
}

static int starts_collect(void *self, uint64_t now_ns)
{
        struct starts *s = self;
        int error = 0;

        for (uint32_t i = 0; s->bpf && i < s->n; i++) {
                uint64_t count;

                if (bpf_map_lookup_elem(bpf_map__fd(s->bpf->maps.counts), &s->cgroups[i], &count) < 0)
                        continue; /* it found no room */

                /* One that is gone by now is no error of ours. */
                int r = s->host->emit(s->host, 0, s->cgroups[i], (double) count);
                if (r < 0 && r != -ENOENT)
                        error = r;
        }
        return error;
}

static void starts_close(void *self)
{
        struct starts *s = self;

        if (!s)
                return;
        starts_bpf__destroy(s->bpf);
        free(s->cgroups);
        free(s);
}

TRIMTAB_PLUGIN("starts") = {
        TRIMTAB_PLUGIN_HEAD, .name = "starts", .version = "1", .license = "MIT", .help = "Who starts programs",
        TRIMTAB_OPTIONS(options), TRIMTAB_METRICS(metrics),
        .open = starts_open, .watch = starts_watch, .collect = starts_collect, .close = starts_close,
};
