/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SECTION_ROOM_H
#define TRIMTAB_SECTION_ROOM_H

#include <stdbool.h>

#include "plugin/section.h"

/* Inside of reading a section: section.c goes over the keys, section-key.c reads the items of one. */

struct draft_key {
        const struct ini_entry *given; /* the entry in force, with a value; NULL: none */
        const char **texts;            /* as they grow */
        double *numbers;
        struct place *places; /* of the paths of files, for what is wrong with those */
        size_t n;
};

struct section_draft {
        const struct section_reading *reading;
        const struct ini_section *from;
        struct draft_key *keys; /* one a key of the section */
        struct section_entry *entry;
        bool bad; /* something was wrong and said */
};

/* The value that is given for the key: its items are checked and added. What is wrong is said. -ENOMEM */
int key_read(struct section_draft *d, uint32_t key);
/* After all others: the items of the files that this key names, to the key that they are of. */
int key_read_files(struct section_draft *d, uint32_t key);

#endif
