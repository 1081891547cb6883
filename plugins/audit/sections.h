/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDIT_SECTIONS_H
#define AUDIT_SECTIONS_H

/* [watch NAME]: which paths, and of which cgroups. */

#include <stdbool.h>
#include <stdint.h>

#include <trimtab/plugin.h>

#include "totals.h"

enum audit_key {
        KEY_PATH,
        KEY_FOR,
        KEY_DETAIL,
        _KEY_MAX,
};

extern const struct trimtab_section audit_sections[1];

/* One of them. Its number in struct audit_watches is its bit in the kernel's sets. */
struct audit_watch {
        char *name;
        char **paths, **globs; /* NULL-terminated; no globs: all cgroups */
        bool *told_missing;    /* by path: it has been told that there is none */
        bool detail;
        uint64_t key;     /* as an object of scope "watch" */
        uint32_t metrics; /* wanted */
        struct audit_file_account account;
};

struct audit_watches {
        struct audit_watch *all[AUDIT_WATCHES_MAX]; /* owned; NULL: free */
        uint64_t last_key;
};

/* A new one from an entry, with no key yet. Negative errno. */
int audit_watch_new(const struct trimtab_entry *entry, struct audit_watch **ret);

/* Accepts NULL. */
void audit_watch_free(struct audit_watch *w);

/* Somebody looks at it. */
static inline bool audit_watch_is_active(const struct audit_watch *w)
{
        return w && (w->metrics || w->detail);
}

/* The one with this key; NULL: none. */
struct audit_watch *audit_watches_find(const struct audit_watches *ws, uint64_t key);

/* Whether a cgroup of this name is one of those in its `for`, in the words of the rules: * stands for anything but a slash. */
bool audit_watch_has_cgroup(const struct audit_watch *w, const char *name);

#endif
