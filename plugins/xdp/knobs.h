/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_KNOBS_H
#define XDP_KNOBS_H

#include <trimtab/plugin.h>

/* What rules may change. All end with the process: a link that nobody holds is detached by the kernel. */

#define XDP_N_KNOBS 6
extern const struct trimtab_knob xdp_knobs[XDP_N_KNOBS];

#endif
