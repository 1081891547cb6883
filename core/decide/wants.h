/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_WANTS_H
#define TRIMTAB_WANTS_H

#include "decide/runner.h"

/* What must be measured for the rules to run. */

struct want {
        uint32_t metric;
        uint64_t object, window_ns;
};

struct wants {
        struct want *items;
        size_t n;
};

void wants_clear(struct wants *w);

/* Whether what the rule needs depends on other objects than those that it runs for. */
bool wants_look_around(const struct rule *rule);

/* Adds what the instances of a rule need. -ENOMEM. */
int wants_add(struct wants *w, const struct runner *r, const struct view *view);

/* By metric, then object, each once with the longest window. */
void wants_merge(struct wants *w);

#endif
