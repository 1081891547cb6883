/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_KIND_H
#define TRIMTAB_KIND_H

#include "config/diag.h"
#include "config/ini.h"
#include "sense/catalogue.h"

/*
 * Whose a section of the rule files is. 1: a rule or a goal; 0: not ours. That it is a plugin's is fine. Of one that nobody knows diag
 * says so: an error where it reads like a mistake, with the nearest kind; else, as a rule for a plugin that is not there, it waits, and
 * that is a warning. -ENOMEM
 */
int kind_is_ours(const struct ini_section *section, const struct catalogue *catalogue, struct diag *diag);

#endif
