/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SECTIONS_H
#define TRIMTAB_SECTIONS_H

#include "plugin/plugins.h"
#include "plugin/rules-text.h"

/*
 * The plugins' own sections of the rule files: [filter NAME]. Read aside first, for all plugins; then handed over, a plugin's sections
 * all or none.
 */

struct section_sets;

enum sections_of {
        SECTIONS_OF_ALL, /* plugins whose code is loaded, be they open or not */
        SECTIONS_OF_NEW, /* those only that have not been offered any yet: they came after the text was put in force */
};

/* What is wrong goes to diag, with its place. Calls no more of a plugin than check(). -ENOMEM */
int sections_read(struct plugins *p, struct rules_text *text, enum sections_of which, struct diag *diag, struct section_sets **ret);
struct section_sets *sections_free(struct section_sets *s);
size_t sections_n(const struct section_sets *s); /* entries in which nothing is wrong */

/*
 * At the start, and for plugins that came: each open one gets its set, unless something was wrong with it: then it has no entries. Who
 * gets none, or does not take them, is said in diag.
 */
void sections_offer(struct section_sets *s, struct diag *diag);

/*
 * At a reload, with nothing wrong: each open plugin takes its new set in the place of the old one, or, where one refuses, all keep the
 * old one: that is said in diag, and returned: -errno.
 */
int sections_replace(struct section_sets *s, struct diag *diag);

#endif
