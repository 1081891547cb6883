/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULE_FILES_H
#define TRIMTAB_RULE_FILES_H

#include "config/ini.h"

/*
 * Reads rules for commands that need no daemon: files each, in the order given; folders together, as the
 * daemon would with --rules. None given: where the daemon looks. What cannot be read is in diag. -ENOMEM,
 * or -errno of a folder.
 */
int rule_files_load(const char *const *paths, size_t n, struct ini *ini, struct diag *diag);

#endif
