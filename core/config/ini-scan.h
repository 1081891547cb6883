/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_INI_SCAN_H
#define TRIMTAB_INI_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "config/ini.h"

/*
 * Cuts a file into pieces that any build of inih carries unharmed, each with its place, and refuses in diag what
 * none could. A line's value becomes one piece or, where inih would cut it or see a comment in it, several.
 */

enum {
        INI_NAME_MAX = 49,   /* of a section or key: inih keeps 50 with the NUL, and cuts without a word */
        INI_PIECE_MAX = 120, /* with a key and decoration well under the 200 of the builds that cut lines there */
};

enum piece_kind {
        PIECE_SECTION, /* text: what stands between [ and ] */
        PIECE_KEY,     /* key, and text: the beginning of the value on its line, maybe empty */
        PIECE_LINE,    /* text: the beginning of a further line of the value */
        PIECE_REST,    /* text: goes on where the last piece of this line was cut */
        PIECE_REFUSED, /* nothing: a line of the section was refused, which is in diag */
};

struct piece {
        enum piece_kind kind;
        const char *key; /* PIECE_KEY; not NUL-terminated, as text; both point into the file's text */
        size_t key_length;
        struct place key_place;
        const char *text;
        size_t length;
        struct place place; /* of text; its width is all of the value on this line */
};

enum scan_state {
        SCAN_OUTSIDE,  /* before the first section */
        SCAN_BETWEEN,  /* in a section, no key yet */
        SCAN_VALUE,    /* below a key */
        SCAN_SKIP_KEY, /* below a key line that was refused */
        SCAN_SKIP_ALL, /* in a section whose header was refused */
};

struct scan {
        struct ini_file *file; /* its lines are cut out of its text as the scan goes */
        struct diag *diag;
        char *next, *end;      /* what is still to be cut */
        const char *rest;      /* of the last piece's line: what did not fit into it */
        size_t rest_length;
        struct place rest_place;
        enum scan_state state;
        bool outside_said;     /* once a file: what is no INI file at all would drown everything else */
};

/* file: whose text of size bytes, with a NUL behind, is to be cut; not owned. */
void scan_init(struct scan *scan, struct ini_file *file, size_t size, struct diag *diag);

/* The next piece: 1, 0 at the end, -ENOMEM. */
int scan_next(struct scan *scan, struct piece *ret);

#endif
