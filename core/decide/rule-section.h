/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULE_SECTION_H
#define TRIMTAB_RULE_SECTION_H

#include "decide/rule-keys.h"

/* What reading a [rule] and a [goal] have in common. */

struct section_key {
        const char *name;
        key_parser parse;
        bool required;
};

/*
 * Reads a section by its keys, in their order, into a new rule with the defaults of all: *ret NULL when something was wrong, and said.
 * finish gives the rule what follows from its keys; not called when something was wrong. -ENOMEM.
 */
int section_read(const struct ini_section *section, size_t section_index, const struct section_key *keys, size_t n_keys,
                 int (*finish)(struct draft *d), const struct catalogue *catalogue, const struct objects *objects,
                 struct diag *diag, struct rule **ret);

int parse_for(struct draft *d, const struct ini_entry *entry);
int parse_guard(struct draft *d, const struct ini_entry *entry);

/*
 * Calls line for each line of a list in which every file may change single items of those before it: all entries of the key up to the
 * one in force. reset is called where one is empty: it drops what came before. A bad line does not hide the next one.
 */
int parse_merged(struct draft *d, const struct ini_entry *in_force, int (*line)(struct draft *d, const struct ini_line *line),
                 void (*reset)(struct rule *rule));

#endif
