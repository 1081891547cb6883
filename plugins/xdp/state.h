/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_STATE_H
#define XDP_STATE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include <trimtab/plugin.h>
#include <uthash.h>

#include "attach.h"
#include "driver.h"
#include "filters.h"
#include "program.h"
#include "table.h"
#include "talkers.h"

/* All that the plugin holds. One thread: the host's loop. */

enum limit {
        LIMIT_SOURCE,
        LIMIT_DESTINATION,
        LIMIT_INTERFACE,
        _LIMIT_MAX,
};

struct interface {
        uint32_t ifindex;
        char name[IF_NAMESIZE];
        char *path; /* in sysfs */
        struct xdp_program *program; /* NULL: not loaded */
        uint32_t n_queues;
        int link; /* -1: not attached */
        enum attachment attached;
        bool for_mode;           /* attached because a mode was asked for, not xdp.attach */
        uint64_t attached_ns;    /* the last time that it was tried */
        uint64_t off_ns;         /* mode off since, 0: it is not */
        uint32_t mode;           /* XDP_MODE_… */
        const char *no_cookies;  /* why mode flood answers no SYN, as last told; NULL: it does, or "" before */
        bool nat_looked_at;      /* since it answers SYNs */
        double limits[_LIMIT_MAX]; /* packets per second; INFINITY: none */
        uint32_t watched;        /* a bit for each of these that somebody asks for */
        uint64_t packets, bytes; /* emitted totals, whoever counted … */
        uint64_t kernel_packets, kernel_bytes, program_packets, program_bytes; /* … and what these said last */
        uint64_t hits_told[XDP_FILTERS_MAX]; /* already in the filters' totals */
        int sums_error;    /* of a veth: whether what comes in has its checksums, see route/peer.h … */
        uint64_t sums_ns;  /* … as of then … */
        bool sums_known;   /* … if anybody has looked */
        struct talkers talkers;
        UT_hash_handle hh;
};

/* What a filter has decided on, by its name: through all readings of the files. */
struct filter_total {
        uint64_t key; /* its object */
        char *name;
        uint64_t packets;
        bool present; /* in the files as they are in force */
        UT_hash_handle hh;
};

/* A source that sends, or sent a while ago, much: an object. */
struct source {
        uint64_t key; /* see xdp.h */
        uint64_t packets;
        uint64_t seen_ns; /* among those that send most */
        UT_hash_handle hh;
};

struct xdp {
        const struct trimtab_host *host;
        struct interface *interfaces; /* ifindex -> interface */
        struct filters *filters;      /* in force */
        struct filter_total *totals;
        struct source *sources;
        struct table table;           /* of routes, for all programs; there once one needs it */
        struct routing *routing; /* NULL: there never were any routes */
        uint32_t n_cpus;
        uint64_t now_ns;
        uint32_t softnet_watched; /* as in struct interface */

        /* Options. */
        enum attachment attach;
        bool tcx; /* routes of path = tc by tcx links, where the kernel has them */
        char **monitored; /* globs of interfaces that are attached from the start */
        size_t n_monitored;
        struct range *management;
        size_t n_management;
        uint64_t burst_ns, linger_ns;
        double flood_pps, flood_syn_pps;
        uint32_t n_buckets, n_top;
};

#endif
