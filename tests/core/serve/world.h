/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_WORLD_H
#define TRIMTAB_TEST_WORLD_H

#include <systemd/sd-event.h>

#include "serve/views.h"

/*
 * A daemon's belongings in a folder of the test's own, without a daemon: plugin "t" with a metric of each
 * kind and one knob on a plain file, two cgroups /a and /a/b, one rule, two events, and a file that is no
 * plugin.
 */
struct world {
        sd_event *event;
        char dir[64];
        struct options options;
        struct log log;
        struct catalogue *catalogue;
        struct objects *objects;
        struct store *store;
        struct engine *engine;
        struct ledger *ledger;
        struct actor *actor;
        struct plugins *plugins;
        struct events *events;
        struct views views;
        unsigned n_reports;
};

enum {
        WORLD_A = 11, /* keys of the cgroups */
        WORLD_B = 12,
        WORLD_METRICS = 10, /* five of plugin t, five that the daemon has of itself */
};

/* cmocka setup and teardown; *state is the world. */
int world_setup(void **state);
int world_teardown(void **state);

/* Lets the actor set t.weight of /a and waits until it did. */
void world_change_weight(struct world *w, double value);

/* The world as the rules see it. */
struct view world_view(struct world *w);

/* Lets the engine see the world once, so that the rules meet their objects. */
void world_tick(struct world *w);

#endif
