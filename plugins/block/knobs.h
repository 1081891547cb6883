/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BLOCK_KNOBS_H
#define BLOCK_KNOBS_H

#include <trimtab/plugin.h>

#define N_KNOBS 6

extern const struct trimtab_knob block_knobs[N_KNOBS];

#endif
