/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_AUDIT_TECHNIQUES_H
#define TEST_AUDIT_TECHNIQUES_H

/* The ways to get at a file, each with what the plugin must see of it: the table in plugins/audit/README.md, as a test. */

#include <stdint.h>

/* In the order of enum audit_file_count. */
struct seen {
        uint32_t reads, writes, syncs, opens, maps, execs, read_bytes, written_bytes;
};

/* What is watched: `file`, and the directory `tree` with `inside` in it. `outside` is not. */
struct place {
        char top[128], file[160], tree[160], inside[176], outside[160];
};

/* Makes all of it below the current directory. Aborts if it cannot. */
void place_make(struct place *p);
void place_remove(const struct place *p);

#define TECHNIQUE_SKIP 77

struct technique {
        const char *name;
        int (*run)(const struct place *p); /* in a process of its own: 0, an errno, or TECHNIQUE_SKIP: not on this machine */
        struct seen seen;
};

extern const struct technique techniques[];
extern const uint32_t n_techniques;

#endif
