/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_TOTALS_H
#define XDP_TOTALS_H

#include "state.h"

/* What filters have decided on and sources have sent, as objects of their own. */

/* Takes in what the programs have counted for the filters in force since the last time. */
void totals_advance(struct xdp *x);
/* Other filters are in force: objects for those, none for the others. -ENOMEM. */
int totals_follow(struct xdp *x);
void totals_free(struct xdp *x);

/* Who sends most by now; those that no longer do are kept for a while. */
void sources_look(struct xdp *x);
void sources_free(struct xdp *x);

#endif
