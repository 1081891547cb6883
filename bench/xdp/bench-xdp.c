/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the XDP program costs a packet, by BPF_PROG_TEST_RUN, beside an empty program and xdp-filter.
 *
 *     bench-xdp RECORDS.json
 *
 * All subjects take turns, so that a machine that is slow for a while is slow for all; the least of many short runs of each is what the
 * program takes when nothing else is going on.
 */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "floor.bpf.skel.h"
#include "floor.h"
#include "program.h"

#define ROUNDS   200
#define REPEAT   20000
/* With many sources, so many in one run that it is not the first touch of each bucket that is measured, and fewer such runs. */
#define MANY        1000000
#define MANY_ROUNDS 20
#define BUCKETS 65536 /* the plugin's default */
#define SUBJECTS_MAX 24
#define XDP_FILTER "/usr/lib/x86_64-linux-gnu/bpf/xdpfilt_dny_all.o"

struct subject {
        const char *name, *note;
        int fd;
        bool many;   /* each packet from another source … */
        bool listed; /* … of those on the list */
        const uint8_t *packet;
        uint32_t size;
        double runs[ROUNDS];
        int n_runs;
};

static struct subject subjects[SUBJECTS_MAX];
static int n_subjects;
static struct floor_bpf *floor_skel;
static uint8_t udp4[64], udp6[64];

static void die(const char *what)
{
        (void) fprintf(stderr, "%s: %s\n", what, strerror(errno));
        exit(1);
}

static struct subject *add(const char *name, int fd, const char *note)
{
        struct subject *s = &subjects[n_subjects++];

        *s = (struct subject){ .name = name, .note = note, .fd = fd, .packet = udp4, .size = sizeof(udp4) };
        return s;
}

/* --- packets --- */

static void make_packets(void)
{
        static const uint8_t head4[] = { 0x45, 0, 0, 50, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 1, 2, 3, 10, 9, 0, 1 };
        static const uint8_t udp[] = { 0x30, 0x39, 0x13, 0x88, 0, 30, 0, 0 };
        static const uint8_t head6[] = { 0x60, 0, 0, 0, 0, 10, 17, 64, 0x20, 1, 0x0d, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3,
                                         0x20, 1, 0x0d, 0xb8, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };

        udp4[12] = 0x08;
        memcpy(udp4 + 14, head4, sizeof(head4));
        memcpy(udp4 + 34, udp, sizeof(udp));
        udp6[12] = 0x86;
        udp6[13] = 0xdd;
        memcpy(udp6 + 14, head6, sizeof(head6));
        memcpy(udp6 + 54, udp, sizeof(udp));
        udp6[59] = 10;
}

/* --- subjects --- */

/* A list of so many prefixes, none of which has a packet of ours but, if it is asked for, the source of the one that is always the same. */
static void put_list(struct xdp_program *p, bool v6, bool listed)
{
        struct filter filter = { .name = "bench", .sources = calloc(PREFIXES, sizeof(struct prefix)) };
        struct filters filters = { &filter, 1 };
        struct tables tables;

        if (!filter.sources)
                die("no memory");
        for (uint32_t i = 0; i < PREFIXES; i++) {
                struct prefix *prefix = &filter.sources[filter.n_sources++];
                uint32_t address = htonl(i * PREFIXES_STEP); /* over all of the addresses */

                prefix->family = v6 ? 6 : 4;
                prefix->length = v6 ? 48 : 24;
                prefix->bytes[0] = v6 ? 0x2a : 0;
                memcpy(prefix->bytes + (v6 ? 2 : 0), &address, 4);
                if (!v6)
                        prefix->bytes[3] = 0;
        }
        if (listed)
                filter.sources[0] = (struct prefix){ 4, 24, { 10, 1, 2 } };
        if (tables_make(&filters, "bench", &tables) < 0 || program_filter(p, &tables) < 0)
                die("the list cannot be had");
        tables_clear(&tables);
        free(filter.sources);
}

enum {
        LIST = 1 << 0,
        LISTED = 1 << 1,
        LIMIT = 1 << 2,
        TALKERS = 1 << 3,
        V6 = 1 << 4,
        ALL_LIMITS = 1 << 5,
};

static int make(uint32_t mode, unsigned what)
{
        struct xdp_sizes sizes = { (uint32_t) libbpf_num_possible_cpus(), 1, BUCKETS, what & TALKERS };
        struct xdp_program *p;
        struct xdp_control *control;
        char why[256] = "";

        if (program_load(&sizes, &p, why, sizeof(why)) < 0) {
                (void) fprintf(stderr, "the kernel refuses the program: %s\n", why);
                exit(1);
        }
        control = program_control(p);
        control->mode = mode;
        if (what & LIST)
                put_list(p, what & V6, what & LISTED);
        /* One that is never reached: the cost is in looking. */
        if (what & (LIMIT | ALL_LIMITS))
                control->source = (struct xdp_rate){ 1, 1000000000 };
        if (what & ALL_LIMITS)
                control->destination = control->interface = control->source;
        return program_fd(p);
}

static int load_xdp_filter(void)
{
        struct bpf_object *object = bpf_object__open_file(XDP_FILTER, NULL);
        struct bpf_program *program;
        struct bpf_map *map;

        if (!object)
                return -1;
        bpf_object__for_each_map(map, object) {
                (void) bpf_map__set_pin_path(map, NULL);
        }
        program = bpf_object__next_program(object, NULL);
        (void) bpf_program__set_type(program, BPF_PROG_TYPE_XDP);
        if (bpf_object__load(object) < 0)
                return -1;
        /* As full as it gets: it has no prefixes. */
        map = bpf_object__find_map_by_name(object, "filter_ipv4");
        for (uint32_t i = 0; map && i < 10000; i++) {
                uint32_t address = htonl(0x0b000000u + i * 977);
                uint64_t flags[512] = { 1 };

                if (bpf_map_update_elem(bpf_map__fd(map), &address, flags, BPF_ANY) < 0)
                        break;
        }
        return bpf_program__fd(program);
}

static void make_subjects(void)
{
        const uint32_t monitor = XDP_MODE_MONITOR, filter = XDP_MODE_MONITOR | XDP_MODE_FILTER;
        struct subject *listed;
        int peer;

        floor_skel = floor_bpf__open_and_load();
        if (!floor_skel)
                die("the empty program");
        add("empty program", bpf_program__fd(floor_skel->progs.nothing), "");
        add("off", make(0, 0), "mode off");
        add("monitor", make(monitor, 0), "");
        add("monitor, top sources", make(monitor, TALKERS), "");
        add("filter, no list", make(filter, 0), "");
        add("redirect, no route", make(monitor | XDP_MODE_REDIRECT, 0), "that none of the packets takes");
        add("filter, 50k prefixes", make(filter, LIST), "the source is in none of them");
        add("filter, 50k prefixes, drops", make(filter, LIST | LISTED), "the source is in one of them");
        add("filter, 50k, source limit", make(filter, LIST | LIMIT), "target: 20 ns where the empty program takes 6");
        add("filter, 50k, limit, top", make(filter, LIST | LIMIT | TALKERS), "top sources too");
        add("filter, 50k, all limits, top", make(filter, LIST | ALL_LIMITS | TALKERS), "source, destination and interface");
        add("filter, 50k, limit, IPv6", make(filter, LIST | LIMIT | V6), "")->packet = udp6;
        add("flood, 50k, limit, UDP", make(filter | XDP_MODE_FLOOD, LIST | LIMIT), "what SYN cookies cost those that are none");
        peer = load_xdp_filter();
        if (peer >= 0)
                add("xdp-filter, all", peer, "addresses one by one, no prefixes, no limits");
        else
                (void) printf("  xdp-filter is not here: install xdp-tools to compare with it\n");

        add("empty program, any source", bpf_program__fd(floor_skel->progs.nothing), "each packet from another source")->many = true;
        add("two words, any source", bpf_program__fd(floor_skel->progs.two_words), "the least that hints and a limit take")->many = true;
        add("filter, 50k, limit, any source", make(filter, LIST | LIMIT), "each packet from another source")->many = true;
        add("filter, 50k, limit, top, any", make(filter, LIST | LIMIT | TALKERS), "each packet from another source")->many = true;
        listed = add("filter, 50k, drops, any listed", make(filter, LIST), "each packet from another source that is on the list");
        listed->many = listed->listed = true;
        if (peer >= 0)
                add("xdp-filter, all, any source", peer, "each packet from another source")->many = true;
}

/* --- measuring --- */

static double run(const struct subject *s)
{
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = s->packet, .data_size_in = s->size, .repeat = s->many ? MANY : REPEAT);
        int fd = !s->many ? s->fd : bpf_program__fd(s->listed ? floor_skel->progs.any_listed : floor_skel->progs.any_source);
        uint32_t key = 0;

        if (s->many && bpf_map_update_elem(bpf_map__fd(floor_skel->maps.next), &key, &s->fd, BPF_ANY) < 0)
                die("the next program");
        if (bpf_prog_test_run_opts(fd, &options) < 0)
                die(s->name);
        return options.duration;
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *) a, y = *(const double *) b;

        return (x > y) - (x < y);
}

static const struct subject *find(const char *name)
{
        for (int i = 0; i < n_subjects; i++)
                if (strcmp(subjects[i].name, name) == 0)
                        return &subjects[i];
        return NULL;
}

static void report(json_t *list, const struct subject *s)
{
        const struct subject *empty = find(s->many ? "empty program, any source" : "empty program");
        const struct subject *peer = find(s->many ? "xdp-filter, all, any source" : "xdp-filter, all");
        double least = s->runs[0], spread = (s->runs[s->n_runs / 4] - least) / least;

        (void) printf("  %-32s %6.1f ns  %+6.1f above empty", s->name, least, least - empty->runs[0]);
        if (peer && s != peer && s != empty)
                (void) printf("  %.2f of xdp-filter's", (least - empty->runs[0]) / (peer->runs[0] - empty->runs[0]));
        (void) printf("\n");
        (void) json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:f, s:s, s:f, s:f, s:i, s:s}", "bench", "xdp", "subject", s->name,
                                                     "baseline", empty->name, "value", least, "unit", "ns", "ratio",
                                                     least / empty->runs[0], "spread", spread, "runs", s->n_runs, "note", s->note));
}

int main(int argc, char **argv)
{
        json_t *list = json_array();
        int r;

        if (argc != 2 || !list) {
                (void) fprintf(stderr, "usage: bench-xdp RECORDS.json\n");
                return 2;
        }
        (void) libbpf_set_print(NULL);
        make_packets();
        make_subjects();

        for (int round = 0; round < ROUNDS; round++)
                for (int i = 0; i < n_subjects; i++)
                        if (!subjects[i].many || round % (ROUNDS / MANY_ROUNDS) == 0)
                                subjects[i].runs[subjects[i].n_runs++] = run(&subjects[i]);
        for (int i = 0; i < n_subjects; i++)
                qsort(subjects[i].runs, (size_t) subjects[i].n_runs, sizeof(double), compare);

        (void) printf("xdp: ns a packet, the least of %d runs of %d packets; of any source, of %d runs of %d\n", ROUNDS, REPEAT,
                      MANY_ROUNDS, MANY);
        for (int i = 0; i < n_subjects; i++)
                report(list, &subjects[i]);
        r = json_dump_file(list, argv[1], JSON_INDENT(1));
        json_decref(list);
        return r < 0 ? 1 : 0;
}
