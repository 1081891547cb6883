/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CONFIGURATION_H
#define TRIMTAB_CONFIGURATION_H

#include "config/options.h"

/*
 * trimtab.conf, and after it PATH.d/NAME.conf in the order of the names: each sets what it sets over those
 * before. A folder that is not there is fine. Errors go to diag; -errno as options_load.
 */
int configuration_load(struct options *o, const char *path, bool required, struct diag *diag);

#endif
