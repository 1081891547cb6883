/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_SETTINGS_H
#define GUARD_SETTINGS_H

/* [plugin guard] in trimtab.conf. */

#include <stdbool.h>
#include <stdint.h>
#include <trimtab/plugin.h>

#define GUARD_N_OPTIONS 6

struct settings {
        char *cgroup;         /* its directory, whose sockets are judged */
        char *pins, *learnt;
        uint64_t scope;       /* its id; 0: it is the root */
        uint32_t scope_level; /* how deep it is */
        bool lsm;
        uint16_t ssh_port;
        uint32_t n_groups;
};

extern const struct trimtab_option guard_options[GUARD_N_OPTIONS];

/* Negative errno, told. */
int settings_read(const struct trimtab_host *h, struct settings *ret);
void settings_clear(struct settings *s);

#endif
