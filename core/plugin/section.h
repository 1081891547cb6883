/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SECTION_H
#define TRIMTAB_SECTION_H

#include <trimtab/plugin.h>

#include "config/ini.h"
#include "plugin/list-file.h"

/* One section of a plugin's: from its text to the entry that configure() gets. */

struct plugin;

struct section_reading {
        struct plugin *plugin; /* whose check() is called, for the crash note; NULL: none is kept */
        const struct trimtab_section *section;
        uint32_t index;        /* of it in the descriptor */
        struct lists *lists;   /* the files that its keys name come from here, and are kept here */
        struct diag *diag;
};

struct section_entry {
        struct trimtab_entry entry; /* all that it points to is below */
        struct trimtab_items *items;
        char *name, *path;
        char **lines; /* texts of items lie in these … */
        size_t n_lines;
        struct list_file **files; /* … or in these */
        size_t n_files;
};

/* *ret NULL: something was wrong, and said; half of a section is another section. It needs nothing of `from` any more. -ENOMEM */
int section_parse(const struct section_reading *reading, const struct ini_section *from, struct section_entry **ret);
struct section_entry *section_entry_free(struct section_entry *e);

#endif
