/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_STATE_H
#define IRQ_STATE_H

/* The metrics, and the plugin while it is open. */

#include <stdbool.h>
#include <stdint.h>

#include <trimtab/plugin.h>

#include "balancer.h"
#include "devices.h"
#include "load.h"
#include "loads.h"
#include "queues.h"
#include "topology.h"

enum irq_metric {
        METRIC_TIME, /* of interrupts */
        METRIC_COUNT,
        METRIC_SOFTIRQ_TIME,
        METRIC_HURT,
        METRIC_CPU_TIME, /* of CPUs */
        METRIC_CPU_COUNT,
        METRIC_CPU_HURT,
        METRIC_CPU_SOFTIRQ_TIME,
        METRIC_CPU_NET_RX_TIME,
        METRIC_CPU_NET_TX_TIME,
        METRIC_CPU_BLOCK_TIME,
        METRIC_CPU_TIMER_TIME,
        METRIC_CPU_SCHED_TIME,
        METRIC_CPU_RCU_TIME,
        METRIC_CPU_DROPPED,
        METRIC_CPU_SQUEEZED,
        METRIC_NAPI_POLLS, /* of interfaces */
        METRIC_NAPI_PACKETS,
        METRIC_NAPI_EXHAUSTED,
        _METRIC_MAX,
};

/* The knobs that are called by number. */
enum { KNOB_AFFINITY };

/* The programs (bits of enum irq_program) that each metric cannot do without. */
extern const uint32_t irq_programs_of[_METRIC_MAX];

/* An interrupt as an object. */
struct irq_object {
        char name[128];       /* as it was when it was looked at; "": not yet */
        const char *refusal;  /* why it is not to be moved, static; NULL: it may be */
        bool is_here;
        uint32_t metrics;     /* bit n: metric number n is wanted for it */
        uint64_t moved_ns;    /* when it was last said where it should go; 0: never */
        uint32_t moved_to;    /* and where; PLACE_NOWHERE once it is known to fire there, or not to */
        uint64_t elsewhere_ns; /* when it was first seen to fire elsewhere after that; 0: not yet */
        uint32_t barred;      /* a CPU that it did not get to … */
        uint64_t barred_ns;   /* … and since when; 0: none */
};

struct irq_iface_object {
        uint32_t ifindex; /* 0: this number is free */
        uint32_t metrics;
};

/* The plugin's self. */
struct irq {
        const struct trimtab_host *host;
        const char *root; /* as in topology.h */
        struct irq_view view;
        uint32_t available;      /* bit n: metric number n can be had */
        uint32_t *cpu_metrics;   /* by CPU */
        struct irq_object *irqs; /* by number */
        struct irq_iface_object ifaces[IRQ_IFACES_MAX];

        /* For affinities, most of it for words in place of one. */
        struct loads loads;
        struct topology topology;
        struct device *devices; /* by interrupt */
        struct balancer balancer;
        bool beside_balancer, devices_are_old, balancer_is_told;
        uint64_t asked_ns; /* when somebody last wanted to know what a word means; 0: nobody lately */

        struct queues queues;
};

#endif
