/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DESCRIPTOR_ROOM_H
#define TRIMTAB_DESCRIPTOR_ROOM_H

#include <errno.h>

#include "plugin/descriptor.h"

/* Inside of the judgement on a descriptor: descriptor-check.c, and descriptor-section.c for sections and their keys. */

/* One entry under judgement: what it is, for the reason. */
struct entry {
        const char *what; /* "metric" */
        const char *name;
        struct inspection *why;
};

#define REFUSE(e, format, ...)                                                                               \
        inspection_refuse((e)->why, -ENOEXEC, "%s %s: " format, (e)->what,                                   \
                          (e)->name __VA_OPT__(, ) __VA_ARGS__)

/* A lower case word, in which any of `also` may stand. 0, or -ENOEXEC and why, as all of these. */
int check_name(const struct entry *e, const char *name, const char *also);
int check_help(const struct entry *e, const char *help);
int check_choices(const struct entry *e, const char *const *choices);

int check_section(const struct descriptor *d, uint32_t i, struct inspection *why);

#endif
