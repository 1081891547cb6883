/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CLI_OPTIONS_H
#define TRIMTAB_CLI_OPTIONS_H

#include <stdbool.h>

#include "command.h"

/* The options of all commands: one may stand before the command or behind it, and which it takes is the command's to say. */

/* Which options a command takes. */
enum {
        TAKES_RUNTIME_DIR = 1 << 0,
        TAKES_JSON = 1 << 1,
        TAKES_LINES = 1 << 2,
        TAKES_ALL = 1 << 3,
        TAKES_PLUGINS = 1 << 4,
        TAKES_FILTER = 1 << 5,
        TAKES_FOLLOW = 1 << 6,
        TAKES_FOR = 1 << 7,
        TAKES_PERMANENT = 1 << 8,
        TAKES_RECORD = 1 << 9,
        TAKES_SIMULATE = 1 << 10,
        TAKES_TEST = 1 << 11,
        TAKES_UNIT = 1 << 13,
        TAKES_CONFIG = 1 << 14,
        TAKES_DAEMON = TAKES_RUNTIME_DIR | TAKES_JSON,
};

/* What a person has typed. */
struct request {
        struct invocation in;
        unsigned options; /* TAKES_…: given */
        bool help, version;
};

/* The other words come to the end, from optind on. -EINVAL, after saying what is wrong. */
int options_parse(int argc, char **argv, struct request *ret);

/* Those of a set of TAKES_…, a line each. */
void options_print(unsigned takes);
/* The first of them, by its name; NULL: there is none. */
const char *options_name(unsigned takes);

#endif
