/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DAEMON_RULES_H
#define TRIMTAB_DAEMON_RULES_H

#include "config/ini.h"
#include "plugin/rules-text.h"

struct daemon;

/*
 * Adds all drop-in rules of these folders (highest precedence first, NULL-terminated) to ini. A file that cannot be read is said
 * in diag.
 */
int rules_read(const char *const *dirs, struct diag *diag, struct ini *ini);

/*
 * Reads the rules and the plugins' sections anew. At start bad rules are left out, and a plugin with anything wrong in its sections has
 * none of them. A reload (ret_before is given) with any error keeps all that is in force, -EINVAL, and so does one in which a plugin does
 * not take its new sections: -errno; else *ret_before is the text that was in force. *ret_messages: new string of what diag says, may be
 * NULL.
 */
int daemon_load_rules(struct daemon *d, struct rules_text *ret_before, char **ret_messages);

/* A text that was in force once, as a reload of it; the one in force goes to *text. The files are not looked at. */
int daemon_return_to_rules(struct daemon *d, struct rules_text *text);

/* The rules as they were read, against the metrics and knobs that there are by now: some wait for a plugin that went, others wait
 * no more. Plugins that came get their sections of the same text. The files are not looked at: they may be half saved. */
int daemon_bind_rules(struct daemon *d);

#endif
