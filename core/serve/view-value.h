/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_VIEW_VALUE_H
#define TRIMTAB_VIEW_VALUE_H

#include "serve/views.h"

/* Inside the views only: a knob's value as rows tell it (view-knobs.c). */

/* A number, or a text. */
void view_add_value(struct rows *ret, const char *field, const struct trimtab_value *value);

/* "value" and "original", read now, or "reason": why there is none. */
void view_add_values(const struct views *v, const struct knob *k, const struct object *object,
                     struct rows *ret);

/* What the ledger has on this knob of this object ("cgroup:/a"); NULL: we did not change it. */
const struct ledger_entry *view_find_entry(const struct views *v, const struct knob *k,
                                           const char *full_name);

/* "via": the file, or "unit UNIT PROPERTY". -ENOMEM. */
int view_add_via(const struct ledger_entry *entry, struct rows *ret);

/* One event as `trimtab log` has it (view-log.c). */
void view_add_event(const struct event *event, struct rows *ret);

#endif
