/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SECTION_SET_H
#define TRIMTAB_SECTION_SET_H

#include "plugin/rules-text.h"
#include "plugin/section.h"

struct plugin;

/* All entries of one plugin, as configure() gets them. */
struct section_set {
        struct section_entry **entries;
        const struct trimtab_entry **told; /* the same as the plugin sees them */
        size_t n;
};

/*
 * The plugin's sections of the text. *ret NULL: something was wrong and said in diag, or, by what was said when the files were read,
 * something of them may be missing: half of a list is another list. -ENOMEM
 */
int section_set_read(struct plugin *p, struct rules_text *text, struct diag *diag, struct section_set **ret);
/* Whether the text has any section of the plugin's. */
bool section_set_any(const struct plugin *p, const struct ini *ini);
struct section_set *section_set_free(struct section_set *set);

#endif
