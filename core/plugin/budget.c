/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/budget.h"

/* A first look at thousands of new cgroups is expensive once; what lasts ten ticks lasts. */
#define OVER_MAX 10
/* Slower to speed up than to slow down, or it would swing. */
#define UNDER_MAX 30
/* Every sixteenth tick: less often, and a window of ten seconds would be empty most of the time. */
#define SHIFT_MAX 4

bool budget_due(struct budget *b)
{
        if (++b->ticks < 1u << b->shift)
                return false;
        b->ticks = 0;
        return true;
}

enum budget_change budget_account(struct budget *b, uint64_t now_ns, uint64_t spent_ns, double share)
{
        uint64_t passed_ns = now_ns > b->asked_at_ns ? now_ns - b->asked_at_ns : 0;
        double used = passed_ns > 0 ? (double) spent_ns / (double) passed_ns : 0;
        bool first = b->asked_at_ns == 0;

        b->asked_at_ns = now_ns;
        if (first || passed_ns == 0)
                return BUDGET_SAME;
        if (share <= 0)
                share = 1e9;

        /* Asked twice as often it would use twice as much: that must fit, too. */
        b->over = used > share ? b->over + 1 : 0;
        b->under = used * 2 < share ? b->under + 1 : 0;

        if (b->over >= OVER_MAX && b->shift < SHIFT_MAX) {
                b->shift++;
                b->over = 0;
                return BUDGET_SLOWED;
        }
        if (b->under >= UNDER_MAX && b->shift > 0) {
                b->shift--;
                b->under = 0;
                return BUDGET_EASED;
        }
        return BUDGET_SAME;
}
