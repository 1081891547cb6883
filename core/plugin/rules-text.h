/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULES_TEXT_H
#define TRIMTAB_RULES_TEXT_H

#include "config/diag.h"
#include "config/ini.h"
#include "plugin/list-file.h"

/*
 * What the rule files say, kept as long as it is in force: a plugin that comes later reads its sections here, never in files that may be
 * half saved by then.
 */
struct rules_text {
        struct ini ini;
        struct diag said;   /* by reading them: what is lost of a section is lost for who reads it later, too */
        struct lists lists; /* the files that sections name: each is read with the first section that does */
};

void rules_text_clear(struct rules_text *t);

#endif
