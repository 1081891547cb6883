/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CGROUP_KNOBS_H
#define TRIMTAB_CGROUP_KNOBS_H

#include <trimtab/plugin.h>

#include "machine.h"

#define N_KNOBS 19

extern const struct trimtab_knob knobs[N_KNOBS];

/* Says once which knobs this machine does not have, or has without effect, and why. */
void knobs_tell(const struct trimtab_host *h, const struct machine *machine);

#endif
