/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ROWS_MESSAGE_H
#define TRIMTAB_ROWS_MESSAGE_H

#include <systemd/sd-bus.h>

#include "serve/rows.h"

/* Rows on D-Bus: aa{sv}, one row alone a{sv}. Variants: s, d, t, b, as and, for rows in rows, aa{sv}. The daemon appends, the command
 * reads. */

/* Appends all rows, or with single the first one. -errno of r->error or of sd-bus. */
int rows_append(sd_bus_message *m, const struct rows *r, bool single);

/* Adds the rows of a message to *ret. Values of other types (a newer daemon's) are skipped. */
int rows_read(sd_bus_message *m, bool single, struct rows *ret);

#endif
