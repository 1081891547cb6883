/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CLI_GUARD_H
#define TRIMTAB_CLI_GUARD_H

#include <systemd/sd-bus.h>

#include "command.h"
#include "serve/rows.h"

/* The parts of `trimtab guard`. Each returns an exit code, and has said what is wrong. */

int guard_status(const struct invocation *in);
int guard_events(const struct invocation *in);
int guard_learn(const struct invocation *in);
int guard_release(const struct invocation *in);

/* Whether a row's subject is of the units that --unit names: "nginx", "nginx.service", "/user.slice*"; all when it is not given. */
bool guard_is_unit(const struct invocation *in, const char *subject);

/*
 * What can be known and done with no guard to ask: by trimtab.conf, the files that it names, and what is pinned. Both strings
 * are owned.
 */
struct guard_files {
        char *pins, *learnt;
};
/* Complains of what is wrong in trimtab.conf and goes on with what it says otherwise. -ENOMEM */
int guard_files_find(const struct invocation *in, struct guard_files *ret);
void guard_files_clear(struct guard_files *f);

/* guard-offline.c: what is pinned, with nobody to ask. */
int guard_offline_status(const struct invocation *in);
int guard_offline_release(const struct invocation *in);

#endif
