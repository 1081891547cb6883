/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_OPTIONS_H
#define TRIMTAB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/diag.h"
#include "config/ini.h"

/* How far the daemon may go. Ordered: a rule's own mode can only lower it. */
enum mode {
        MODE_OFF,
        MODE_OBSERVE, /* measure only, decide nothing */
        MODE_ADVISE,  /* decide and say it, change nothing */
        MODE_ENFORCE,
};

enum on_exit { ON_EXIT_RESTORE, ON_EXIT_KEEP };

/* trimtab.conf, [daemon]. The defaults are those of options_init. */
struct options {
        enum mode mode;            /* mode = observe | advise | enforce */
        uint64_t tick_ns;          /* tick = 1s, 100ms..1min */
        enum on_exit on_exit;      /* on-exit = restore | keep */
        char **protect;            /* protect = globs of cgroup names, added to the built-in list; NULL-terminated */
        size_t n_protect;
        uint64_t foreign_backoff_ns; /* foreign-backoff = 1h */
        unsigned writes_per_minute;  /* writes-per-minute = 30; 0: no limit */
        double plugin_budget;        /* plugin-budget = 5%: of a CPU, for each plugin's collect(); 0: no limit */
        struct ini ini;            /* the whole file: [plugin NAME] sections are read through it */
};

int options_init(struct options *o);

/* Reads the file at path over what o holds. A missing file is fine when !required. Errors go to diag. */
int options_load(struct options *o, const char *path, bool required, struct diag *diag);

/* One entry of [daemon], wherever it stands. 1; 0: there is no such key. What is wrong with it goes to diag. -ENOMEM. */
int options_load_entry(struct options *o, const struct ini_entry *entry, struct diag *diag);

void options_clear(struct options *o);

const char *mode_to_string(enum mode mode);
int mode_from_string(const char *s, enum mode *ret); /* -EINVAL */

#endif
