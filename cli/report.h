/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CLI_REPORT_H
#define TRIMTAB_CLI_REPORT_H

#include <systemd/sd-bus.h>

#include "command.h"
#include "serve/rows.h"

/* What a plugin reports, added to *ret. Says what the daemon objects to; negative errno. */
int report_ask(sd_bus *bus, const char *plugin, const char *report, struct rows *ret);

/* What came of a deed: an object, or for people its message. An exit code. */
int report_show_answer(const struct invocation *in, const struct rows *answer);

/* Rows as a table of these fields, headings and units made of their names; a field that no row has is left out. -errno. */
int report_print_table(const struct rows *rows, char *const *fields);

#endif
