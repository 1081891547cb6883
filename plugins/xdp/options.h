/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_OPTIONS_H
#define XDP_OPTIONS_H

#include "state.h"

/* [plugin xdp] of trimtab.conf. */

#define XDP_N_OPTIONS 10
extern const struct trimtab_option xdp_options[XDP_N_OPTIONS];

/* -EINVAL after saying which is wrong; -ENOMEM. */
int options_read(struct xdp *x);
void options_free(struct xdp *x);

#endif
