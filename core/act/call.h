/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CALL_H
#define TRIMTAB_CALL_H

#include "sense/catalogue.h"
#include "sense/objects.h"

/*
 * Knobs that are no file but functions of their plugin. Their values are handled as text, as a plain file would hold it. On the loop's thread:
 * a plugin must not block. -ENODEV: the plugin is gone.
 */
int call_read(const struct knob *knob, struct oid object, char **ret_raw);
int call_write(const struct knob *knob, struct oid object, const char *raw);

#endif
