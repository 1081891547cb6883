/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_KNOBS_H
#define XDP_KNOBS_H

#include <trimtab/plugin.h>

/*
 * What rules may change. All but the files end with the process: a link that nobody holds is detached by the kernel. The files are the
 * host's to write and to put back.
 */

#define XDP_N_KNOBS 8
extern const struct trimtab_knob xdp_knobs[XDP_N_KNOBS];

#endif
