/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHARED_SOFTNET_H
#define SHARED_SOFTNET_H

#include <trimtab/plugin.h>

/* What /proc/net/softnet_stat says, a CPU a line. */
void softnet_emit(const struct trimtab_host *h, uint32_t dropped, uint32_t squeezed);

#endif
