/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_RULES_H
#define GUARD_RULES_H

/* The sections [egress] and [egress-rule NAME], read. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <trimtab/plugin.h>

#include <linux/types.h>

#include "guard.h"
#include "item.h"

enum { SECTION_EGRESS, SECTION_RULE, _SECTION_MAX };

enum coverage { COVERAGE_ANY, COVERAGE_CGROUP, COVERAGE_LSM };

struct rule {
        char *name;
        char *unit, *cgroup, *exe; /* NULL: not asked */
        int64_t uid;               /* -1: not asked */
        struct item *items;
        size_t n_items;
        struct range *listen;
        size_t n_listen;
        bool has_listen;
        uint8_t log;     /* enum guard_log */
        bool audits;     /* what it refuses is told, and let through */
        uint8_t verdict; /* where it says nothing: enum guard_verdict */
};

struct rules {
        uint32_t mode; /* enum guard_mode */
        uint8_t verdict;
        bool keep;     /* on-exit */
        enum coverage coverage;
        struct rule *all;
        size_t n;
};

extern const struct trimtab_section guard_sections[_SECTION_MAX];

extern const char *const guard_mode_names[_GUARD_MODE_MAX + 1];

/* All entries as they are handed over. Negative errno; *ret is the caller's by rules_free(). */
int rules_read(const struct trimtab_entry *const *entries, uint32_t n, struct rules **ret);
void rules_free(struct rules *r);

#endif
