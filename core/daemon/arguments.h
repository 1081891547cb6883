/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ARGUMENTS_H
#define TRIMTAB_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/options.h"

/* The command line of trimtabd. */
struct arguments {
        bool foreground;         /* a person is watching: tell what is measured, too */
        bool restore;            /* put back what the ledger holds, and exit */
        bool have_mode;
        enum mode mode;          /* over trimtab.conf's */
        const char *config;      /* NULL: the installed place, and none is fine */
        const char *runtime_dir;
        const char **rules;      /* highest precedence first, NULL-terminated */
        size_t n_rules;
        bool rules_given; /* and not the usual folders, of which any may be missing */
        const char *plugins;     /* NULL: the installed place, or the build tree's when run from there */
};

/* 0: go on. 1: --help or --version was answered. -EINVAL: said on standard error. */
int arguments_parse(int argc, char **argv, struct arguments *ret);
void arguments_clear(struct arguments *a);

#endif
