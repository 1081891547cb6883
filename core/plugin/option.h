/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_OPTION_H
#define TRIMTAB_OPTION_H

#include <stdint.h>

#include <trimtab/plugin.h>

#include "config/diag.h"
#include "config/ini.h"

/*
 * The options that a plugin declares, as its [plugin NAME] section sets them. By its unit an option is yes/no
 * (NULL), text ("") or a number in that unit, bounded by min..max (both 0: not bounded).
 */

struct option_value {
        double number; /* in the option's unit; yes is 1 */
        char *text;    /* as written, stripped; the lines of a longer value joined by a space */
};

/*
 * Values of n options; section NULL: the defaults. An unknown key or bad value goes to diag with its place,
 * and the default stands in. *ret: new array of n, NULL for none. -EINVAL: a default is bad, why is in diag;
 * -ENOMEM.
 */
int options_read(const struct trimtab_option *options, uint32_t n, const struct ini_section *section,
                 struct diag *diag, struct option_value **ret);

void option_values_free(struct option_value *values, uint32_t n);

#endif
