/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_PLUGIN_BUDGET_H
#define TRIMTAB_PLUGIN_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How often a plugin may collect. One that takes more of a CPU than its share is asked every second time, every
 * fourth and so on, and more often again once it can afford it. {} is a plugin that is asked every time.
 */
struct budget {
        unsigned shift;        /* asked every 2^shift ticks */
        unsigned ticks;        /* since it was asked */
        unsigned over, under;  /* looks in a row */
        uint64_t asked_at_ns;  /* the last time; 0: never */
};

enum budget_change { BUDGET_SAME, BUDGET_SLOWED, BUDGET_EASED };

/* Once a tick: whether the plugin is to be asked now. */
bool budget_due(struct budget *b);

/*
 * It was asked at now_ns, and took spent_ns of CPU time. share: of one CPU, 0.05 is 5 %; 0: no limit. One long
 * collect is no reason to be slowed, ten in a row are.
 */
enum budget_change budget_account(struct budget *b, uint64_t now_ns, uint64_t spent_ns, double share);

#endif
