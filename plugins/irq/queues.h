/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_QUEUES_H
#define IRQ_QUEUES_H

/* The queues of interfaces are objects of the scope "queue": "eth0/rx-3", the folder in sysfs their path. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <trimtab/plugin.h>

struct queue {
        uint64_t key; /* ifindex << 32, bit 31 for sending, number */
        char name[48];
        bool is_here; /* as of the scan under way */
};

struct queues {
        struct queue *list;
        size_t n, max;
        uint32_t ticks; /* since the last scan */
        bool are_old;
};

/* Once a tick: brings the host's registry up to date, every ten ticks or where are_old says so: drivers change the number of queues at will. */
void queues_tick(struct queues *q, const struct trimtab_host *h, const char *root);

/* Gives the memory back; the host forgets a plugin's objects by itself. */
void queues_done(struct queues *q);

#endif
