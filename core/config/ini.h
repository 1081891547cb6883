/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_INI_H
#define TRIMTAB_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "config/diag.h"

/*
 * INI files as sections of entries of lines, each with its place. Read with inih, which cuts long lines and long
 * section names without a word and treats comments unevenly: this reader feeds it so that nothing is lost, and
 * refuses by name what inih could not carry (a section or key name over 49 bytes, a NUL byte).
 * Comments are whole lines that begin with # or ;. A line that begins with white space continues the value above.
 */

struct ini_line {
        char *text;         /* stripped of white space at both ends */
        struct place place; /* of the first byte of text */
};

struct ini_entry {
        char *key;
        struct place place; /* of the key */
        struct ini_line *lines; /* the value; n_lines 0: an empty value */
        size_t n_lines;
        size_t file_index;  /* which of ini.files, in load order */
};

struct ini_section {
        char *kind;         /* "rule" of [rule web-first]; all of it when there is one word */
        char *name;         /* "web-first"; "" when there is one word */
        struct place place; /* of the first header */
        size_t file_index;  /* of the last file that has it: the later file wins a tie */
        struct ini_entry *entries; /* of all files, in load order: a later one overrides */
        size_t n_entries;
        bool broken;        /* a line of it was refused, in diag: what is left is not what was meant, do not act on it */
};

struct ini_file {
        char *path;
        char *text;         /* places point into it */
        char **lines;       /* the source lines, for places */
        size_t n_lines;
};

struct ini {
        struct ini_file **files;
        size_t n_files;
        struct ini_section *sections; /* in order of first appearance */
        size_t n_sections;
};

/*
 * Adds one file (or one text under a made-up path) to ini. Syntax errors go to diag and the rest of the file is
 * read on. Returns 0, also with errors in diag; -errno when the file could not be read (-ENOENT: it vanished; said in
 * diag too, except -ENOENT; -ENOLINK: a link to nowhere) or memory ran out.
 */
int ini_load_file(struct ini *ini, const char *path, struct diag *diag);
int ini_load_text(struct ini *ini, const char *path, const char *text, size_t size, struct diag *diag);

/* The entry of a key that is in force (the last), or NULL. */
const struct ini_entry *ini_get(const struct ini_section *section, const char *key);

void ini_clear(struct ini *ini);

#endif
