/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "load.h"
#include "xdp.bpf.skel.h"

#define N_INNER (_XDP_PREFIXES_MAX + 2) /* maps of a generation: of prefixes, and of ports */

/* A map of the program's that we see in place. */
struct window {
        void *at;
        size_t size;
};

struct xdp_program {
        struct xdp_bpf *skel;
        struct xdp_sizes sizes;
        struct window counters, hits, talkers, sets, hints;
        bool placed[2][N_INNER]; /* generation -> inner maps that are there */
        struct ring_buffer *ring;
        char *no_cookies; /* why; NULL: it has them */
        bool event;       /* since the last look at the ring */
};

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
        return 0;
}

static int size_maps(struct xdp_bpf *skel, const struct xdp_sizes *s)
{
        const struct {
                struct bpf_map *map;
                uint32_t n;
        } maps[] = {
                { skel->maps.counters, s->n_cpus * s->n_queues },
                { skel->maps.hits, s->n_cpus * XDP_FILTERS_MAX },
                { skel->maps.talkers, s->talkers ? s->n_cpus * XDP_TALKERS : 1 },
                { skel->maps.source_buckets, s->n_buckets },
                { skel->maps.destination_buckets, s->n_buckets },
        };
        int r = 0;

        for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]) && r >= 0; i++)
                r = bpf_map__set_max_entries(maps[i].map, maps[i].n);
        return r;
}

static int share_maps(struct xdp_bpf *skel, const struct table *t)
{
        int r = load_share(skel->maps.routes, skel->maps.route_control, skel->maps.route_packets, t);

        return r >= 0 ? bpf_map__reuse_fd(skel->maps.route_devices, t->devices) : r;
}

static int map_window(struct window *w, const struct bpf_map *map)
{
        size_t page = (size_t) sysconf(_SC_PAGESIZE);
        size_t value = (bpf_map__value_size(map) + 7u) & ~(size_t) 7;
        size_t size = (value * bpf_map__max_entries(map) + page - 1) & ~(page - 1);
        void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

        if (at == MAP_FAILED)
                return -errno;
        *w = (struct window){ at, size };
        return 0;
}

static void unmap(struct window *w)
{
        if (w->at)
                (void) munmap(w->at, w->size);
        *w = (struct window){};
}

static int on_event(void *userdata, void *data, size_t size)
{
        struct xdp_program *p = userdata;

        p->event = true;
        return 0;
}

static int open_windows(struct xdp_program *p)
{
        int r = map_window(&p->counters, p->skel->maps.counters);

        if (r >= 0)
                r = map_window(&p->hits, p->skel->maps.hits);
        if (r >= 0)
                r = map_window(&p->talkers, p->skel->maps.talkers);
        if (r >= 0)
                r = map_window(&p->sets, p->skel->maps.sets);
        if (r >= 0)
                r = map_window(&p->hints, p->skel->maps.hints);
        if (r < 0)
                return r;

        p->ring = ring_buffer__new(bpf_map__fd(p->skel->maps.events), on_event, p, NULL);
        return p->ring ? 0 : -errno;
}

static int load_with(struct xdp_program *p, bool cookies, char *why, size_t size)
{
        struct load l;
        int r;

        p->skel = xdp_bpf__open();
        if (!p->skel)
                return -errno;
        p->skel->rodata->has_cookies = cookies;
        p->skel->rodata->n_queues = p->sizes.n_queues;
        p->skel->rodata->bucket_mask = p->sizes.n_buckets - 1;
        p->skel->rodata->counts_talkers = p->sizes.talkers;
        if (getrandom((void *) &p->skel->rodata->factor, sizeof(p->skel->rodata->factor), 0) < 0)
                p->skel->rodata->factor = 0x9e3779b97f4a7c15ull;
        p->skel->rodata->factor |= 1;

        r = size_maps(p->skel, &p->sizes);
        if (r >= 0 && p->sizes.table)
                r = share_maps(p->skel, p->sizes.table);
        if (r >= 0)
                r = load_begin(&l, p->skel->progs.trimtab_xdp);
        if (r < 0)
                return r;
        r = xdp_bpf__load(p->skel);
        load_end(&l, r, why, size);
        return r;
}

/* A kernel that refuses it for the sake of SYN cookies has it without. */
static int load(struct xdp_program *p, char *why, size_t size)
{
        int r = load_with(p, true, why, size);

        if (r >= 0)
                return 0;
        p->no_cookies = strndup(why, size);
        if (!p->no_cookies)
                return -ENOMEM;
        xdp_bpf__destroy(p->skel);
        p->skel = NULL;
        *why = '\0';
        return load_with(p, false, why, size);
}

int program_load(const struct xdp_sizes *sizes, struct xdp_program **ret, char *why, size_t size)
{
        libbpf_print_fn_t print = libbpf_set_print(quiet);
        struct xdp_program *p = calloc(1, sizeof(*p));
        int r = -ENOMEM;

        if (p) {
                p->sizes = *sizes;
                r = load(p, why, size);
                if (r >= 0)
                        r = open_windows(p);
        }
        libbpf_set_print(print);
        if (r < 0) {
                if (!*why)
                        (void) snprintf(why, size, "%s", strerror(-r));
                program_free(p);
                return r;
        }
        *ret = p;
        return 0;
}

struct xdp_program *program_free(struct xdp_program *p)
{
        if (!p)
                return NULL;
        ring_buffer__free(p->ring);
        unmap(&p->counters);
        unmap(&p->hits);
        unmap(&p->talkers);
        unmap(&p->sets);
        unmap(&p->hints);
        xdp_bpf__destroy(p->skel);
        free(p->no_cookies);
        free(p);
        return NULL;
}

const char *program_lacks_cookies(const struct xdp_program *p)
{
        return p->no_cookies;
}

int program_fd(const struct xdp_program *p)
{
        return bpf_program__fd(p->skel->progs.trimtab_xdp);
}

struct xdp_control *program_control(struct xdp_program *p)
{
        return &p->skel->bss->control;
}

const struct xdp_notice *program_notice(const struct xdp_program *p)
{
        return &p->skel->bss->notice;
}

/* --- filters --- */

/* A map with all of that in it. */
static int make_array(const char *name, uint32_t flags, const void *values, uint32_t value_size, uint32_t n, int *ret)
{
        LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE | flags);
        void *at;
        int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t), value_size, n, &options);

        if (fd < 0)
                return -errno;
        at = mmap(NULL, (size_t) n * value_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (at == MAP_FAILED) {
                int r = -errno;

                (void) close(fd);
                return r;
        }
        memcpy(at, values, (size_t) n * value_size);
        (void) munmap(at, (size_t) n * value_size);
        *ret = fd;
        return 0;
}

/*
 * Puts an inner map into its place, or nothing. The kernel waits until no program looks at the one before, for some milliseconds: where
 * nothing was and nothing comes it is not asked.
 */
static int place(const struct bpf_map *outer, uint32_t key, int inner, bool *placed)
{
        int r = 0;

        if (inner >= 0)
                r = bpf_map_update_elem(bpf_map__fd(outer), &key, &inner, BPF_ANY) < 0 ? -errno : 0;
        else if (*placed)
                r = bpf_map_delete_elem(bpf_map__fd(outer), &key) < 0 ? -errno : 0;
        if (r >= 0)
                *placed = inner >= 0;
        return r;
}

/* What there is nothing of stays -1. */
static int make_inner(const struct tables *t, int fds[N_INNER])
{
        const uint64_t *ports[] = { t->source_ports, t->destination_ports };
        int r = 0;

        for (int i = 0; i < _XDP_PREFIXES_MAX && r >= 0; i++)
                if (t->prefixes[i].n > 0)
                        r = make_array("prefixes", BPF_F_INNER_MAP, t->prefixes[i].at, sizeof(union xdp_line), t->prefixes[i].n, &fds[i]);
        for (int i = 0; i < 2 && r >= 0; i++)
                if (ports[i])
                        r = make_array("ports", 0, ports[i], sizeof(uint64_t), 65536, &fds[_XDP_PREFIXES_MAX + i]);
        return r;
}

static int place_inner(struct xdp_program *p, uint32_t generation, const int fds[N_INNER])
{
        int r = 0;

        for (uint32_t i = 0; i < _XDP_PREFIXES_MAX && r >= 0; i++)
                r = place(p->skel->maps.prefixes, generation * _XDP_PREFIXES_MAX + i, fds[i], &p->placed[generation][i]);
        if (r >= 0)
                r = place(p->skel->maps.source_ports, generation, fds[N_INNER - 2], &p->placed[generation][N_INNER - 2]);
        return r >= 0 ? place(p->skel->maps.destination_ports, generation, fds[N_INNER - 1], &p->placed[generation][N_INNER - 1]) : r;
}

int program_filter(struct xdp_program *p, const struct tables *tables)
{
        struct xdp_set *sets = p->sets.at;
        struct xdp_hint *hints = p->hints.at;
        uint32_t next = !program_control(p)->generation;
        int fds[N_INNER], r;

        for (int i = 0; i < N_INNER; i++)
                fds[i] = -1;
        r = make_inner(tables, fds);
        /* A packet that was held up since before the last switch still looks at what is about to be written over. */
        if (r >= 0)
                r = place(p->skel->maps.turnstile, 0, bpf_map__fd(p->skel->maps.interface_bucket), &(bool){ false });
        if (r >= 0)
                r = place_inner(p, next, fds);
        for (int i = 0; i < N_INNER; i++)
                if (fds[i] >= 0)
                        (void) close(fds[i]);
        if (r < 0)
                return r;

        hints[next] = *tables->hint;
        sets[next] = tables->set;
        __atomic_store_n(&program_control(p)->generation, next, __ATOMIC_RELEASE);
        return 0;
}

/* --- counts --- */

static void add_counters(struct xdp_counters *sum, const struct xdp_counters *c)
{
        sum->packets += c->packets;
        sum->bytes += c->bytes;
        sum->syns += c->syns;
        for (int i = 0; i < _XDP_VERDICT_MAX; i++)
                sum->verdicts[i] += c->verdicts[i];
}

void program_count(const struct xdp_program *p, uint32_t queue, struct xdp_counters *ret)
{
        const struct xdp_counters *at = p->counters.at;

        *ret = (struct xdp_counters){};
        for (uint32_t cpu = 0; cpu < p->sizes.n_cpus; cpu++)
                for (uint32_t q = 0; q < p->sizes.n_queues; q++)
                        if (queue == UINT32_MAX || q == queue)
                                add_counters(ret, &at[cpu * p->sizes.n_queues + q]);
}

uint64_t program_hits(const struct xdp_program *p, uint32_t filter)
{
        const uint64_t *at = p->hits.at;
        uint64_t n = 0;

        for (uint32_t cpu = 0; cpu < p->sizes.n_cpus; cpu++)
                n += at[cpu * XDP_FILTERS_MAX + filter];
        return n;
}

const struct xdp_talker *program_talkers(const struct xdp_program *p, size_t *ret_n)
{
        *ret_n = p->sizes.talkers ? (size_t) p->sizes.n_cpus * XDP_TALKERS : 0;
        return p->talkers.at;
}

/* --- bans --- */

int program_ban(struct xdp_program *p, uint64_t source, uint64_t until_ns)
{
        struct xdp_control *control = program_control(p);
        int fd = bpf_map__fd(p->skel->maps.bans);

        if (until_ns == 0) {
                if (bpf_map_delete_elem(fd, &source) < 0)
                        return errno == ENOENT ? 0 : -errno;
                control->n_bans--;
                return 0;
        }
        if (bpf_map_update_elem(fd, &source, &until_ns, BPF_EXIST) >= 0)
                return 0;
        if (bpf_map_update_elem(fd, &source, &until_ns, BPF_NOEXIST) < 0)
                return -errno;
        control->n_bans++;
        return 0;
}

void program_forget_bans(struct xdp_program *p, uint64_t now_ns)
{
        int fd = bpf_map__fd(p->skel->maps.bans);
        uint64_t source, next, until_ns;
        int r;

        if (program_control(p)->n_bans == 0)
                return;
        for (r = bpf_map_get_next_key(fd, NULL, &next); r == 0;) {
                source = next;
                r = bpf_map_get_next_key(fd, &source, &next);
                if (bpf_map_lookup_elem(fd, &source, &until_ns) == 0 && until_ns <= now_ns)
                        (void) program_ban(p, source, 0);
        }
}

/* --- floods --- */

int program_events_fd(const struct xdp_program *p)
{
        return ring_buffer__epoll_fd(p->ring);
}

bool program_read_events(struct xdp_program *p)
{
        p->event = false;
        (void) ring_buffer__consume(p->ring);
        return p->event;
}
