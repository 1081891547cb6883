/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULE_KEYS_H
#define TRIMTAB_RULE_KEYS_H

#include "config/ini.h"
#include "decide/names.h"
#include "decide/rule.h"

/* The keys of a rule that are one word or number. */

/* One rule in the making. */
struct draft {
        struct reading reading;
        const struct ini_section *section;
        struct rule *rule;
        bool bad;        /* something was wrong and said */
        bool bounds_bad; /* in `within`: hold nothing against `then` for want of them */
};

/* A key that was given: its entry in force is not empty. 0; -EINVAL after saying why; -ENOMEM. */
typedef int (*key_parser)(struct draft *d, const struct ini_entry *entry);

/* The one line of a time from min to max, in ns. */
int parse_time(struct draft *d, const struct ini_entry *entry, uint64_t min, uint64_t max, uint64_t *ret);

int parse_description(struct draft *d, const struct ini_entry *entry);
int parse_hold(struct draft *d, const struct ini_entry *entry);
int parse_clear_hold(struct draft *d, const struct ini_entry *entry);
int parse_cooldown(struct draft *d, const struct ini_entry *entry);
int parse_every(struct draft *d, const struct ini_entry *entry);
int parse_rule_window(struct draft *d, const struct ini_entry *entry);
int parse_priority(struct draft *d, const struct ini_entry *entry);
int parse_mode(struct draft *d, const struct ini_entry *entry);
int parse_on_clear(struct draft *d, const struct ini_entry *entry);
int parse_on_exit(struct draft *d, const struct ini_entry *entry);
int parse_contest(struct draft *d, const struct ini_entry *entry);
int parse_delegated(struct draft *d, const struct ini_entry *entry);

#endif
