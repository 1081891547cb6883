/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MEM_KNOBS_H
#define MEM_KNOBS_H

#include <trimtab/plugin.h>

/* The machine's own settings; limits of cgroups are the cgroup plugin's. */

#define MEM_N_KNOBS 4

extern const struct trimtab_knob mem_knobs[MEM_N_KNOBS];

#endif
