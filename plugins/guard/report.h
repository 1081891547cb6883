/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_REPORT_H
#define GUARD_REPORT_H

/* What the guard tells those who ask, and what it does when a person says so; fields as trimtab(1) promises them. */

#include <trimtab/plugin.h>

struct guard;

enum {
        REPORT_STATUS,
        REPORT_HOOKS,
        REPORT_COVERAGE,
        REPORT_EVENTS,
        REPORT_REFUSALS,
        REPORT_LEARNT,
        _REPORT_MAX,
};

enum { DEED_RELEASE, _DEED_MAX };

extern const struct trimtab_report guard_reports[_REPORT_MAX];
extern const struct trimtab_deed guard_deeds[_DEED_MAX];

int guard_report(void *self, uint32_t report, const struct trimtab_rows *to);
int guard_deed(void *self, uint32_t deed, const char *argument, const struct trimtab_rows *answer);

/* report-status.c, report-events.c */
void report_status(struct guard *g, const struct trimtab_rows *to);
void report_hooks(const struct guard *g, const struct trimtab_rows *to);
void report_coverage(const struct guard *g, const struct trimtab_rows *to);
void report_events(const struct guard *g, const struct trimtab_rows *to);
/* -ENOMEM */
int report_refusals(const struct guard *g, const struct trimtab_rows *to);
int report_learnt(struct guard *g, const struct trimtab_rows *to);

#endif
