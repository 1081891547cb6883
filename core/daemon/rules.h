/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DAEMON_RULES_H
#define TRIMTAB_DAEMON_RULES_H

#include "config/ini.h"

struct daemon;

/*
 * Adds all drop-in rules of these folders (highest precedence first, NULL-terminated) to ini. A file that cannot be read is said
 * in diag.
 */
int rules_read(const char *const *dirs, struct diag *diag, struct ini *ini);

/* Reads the rules anew. At start bad rules are left out; a reload with any error keeps the set in force: -EINVAL. *ret_messages: new
 * string of what diag says, may be NULL. */
int daemon_load_rules(struct daemon *d, bool reload, char **ret_messages);

/* The rules as they were read, against the metrics and knobs that there are by now: some wait for a plugin that went, others wait
 * no more. The files are not looked at: they may be half saved. */
int daemon_bind_rules(struct daemon *d);

#endif
