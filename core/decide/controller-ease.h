/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CONTROLLER_EASE_H
#define TRIMTAB_CONTROLLER_EASE_H

#include "decide/controller.h"

/* The half of the controller that gives back: when, how much, and what it learns where that was missed. Of
 * controller.c only. */

/* Rests double up to an hour. 0: the first one. */
uint64_t rest_longer(uint64_t rest_ns);

/* Met: how long so, how well, and whether what was given back is borne. */
void ease_look(struct controller *c, const struct controller_config *config,
               const struct controller_lever *levers, uint64_t now_ns, double load);

/* Violated. True: an ease was being judged and has to be taken back. What was eased lately makes the next one
 * wait. */
bool ease_broke(struct controller *c, uint64_t now_ns);

/* Of the way that is left. */
double ease_part(const struct controller *c, const struct controller_config *config,
                 const struct controller_lever *lever, uint64_t now_ns);

void ease_done(struct controller *c, const struct controller_config *config,
               const struct controller_lever *levers, size_t lever, uint64_t now_ns, double load, bool moved);

#endif
