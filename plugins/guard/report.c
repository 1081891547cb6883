/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pins.h"
#include "state.h"

static const char *const hooks_columns[] = { "backend", "tried", "hook", "attached", "seen", "reason", NULL };
static const char *const coverage_columns[] = { "technique", "covered", "by", "note", NULL };
static const char *const events_columns[] = { "time_usec", "verdict", "subject", "comm", "pid", "destination", "rule", NULL };
static const char *const refusals_columns[] = { "n", "verdict", "subject", "comm", "destination", "rule", "last_usec", NULL };
static const char *const learnt_columns[] = { "line", NULL };

const struct trimtab_report guard_reports[_REPORT_MAX] = {
        [REPORT_STATUS] = { "status", "what is asked for, what of it is in force, and why not all", NULL },
        [REPORT_HOOKS] = { "hooks", "each hook, and whether it was seen to refuse", hooks_columns },
        [REPORT_COVERAGE] = { "coverage", "the ways out of a machine, and which are looked at", coverage_columns },
        [REPORT_EVENTS] = { "events", "the last refusals that were told, oldest first", events_columns },
        [REPORT_REFUSALS] = { "refusals", "the same, alike ones together", refusals_columns },
        [REPORT_LEARNT] = { "learnt", "the rules that mode learn would write, line by line", learnt_columns },
};

const struct trimtab_deed guard_deeds[_DEED_MAX] = {
        [DEED_RELEASE] = { "release", "refuse nothing any more, until a reload or a change of guard.mode" },
};

int guard_report(void *self, uint32_t report, const struct trimtab_rows *to)
{
        struct guard *g = self;

        switch (report) {
        case REPORT_STATUS:
                report_status(g, to);
                return 0;
        case REPORT_HOOKS:
                report_hooks(g, to);
                return 0;
        case REPORT_COVERAGE:
                report_coverage(g, to);
                return 0;
        case REPORT_EVENTS:
                events_read(&g->events, g->now.rules);
                report_events(g, to);
                return 0;
        case REPORT_REFUSALS:
                events_read(&g->events, g->now.rules);
                return report_refusals(g, to);
        case REPORT_LEARNT:
                return report_learnt(g, to);
        default:
                return -EINVAL;
        }
}

/* Off first, which counts at once; then what would keep it in the kernel. */
static int release(struct guard *g, const struct trimtab_rows *answer)
{
        bool was = program_is_attached(&g->program);
        int others, left = 0;
        char text[256];

        g->released = true;
        g->override = -1;
        program_set_mode(&g->program, GUARD_OFF);
        program_detach(&g->program);
        if (program_unpin(&g->program) < 0)
                left++;
        others = pins_remove(g->settings.pins, PINS_ALL, &left);
        if (left)
                (void) snprintf(text, sizeof(text), "released, but for %d of the policies pinned below %s, which could not be removed", left,
                                g->settings.pins);
        else
                (void) snprintf(text, sizeof(text), "released: nothing is refused until 'trimtab reload', a restart of the daemon, or guard.mode is set");
        g->host->event(g->host, text);

        answer->row(answer);
        answer->flag(answer, "released", left == 0);
        answer->flag(answer, "was_attached", was);
        answer->count(answer, "others", (uint64_t) others);
        answer->text(answer, "message", text);
        return 0;
}

int guard_deed(void *self, uint32_t deed, const char *argument, const struct trimtab_rows *answer)
{
        struct guard *g = self;

        if (deed != DEED_RELEASE)
                return -EINVAL;
        if (*argument) {
                g->host->log(g->host, TRIMTAB_LOG_ERROR, "release takes nothing behind it");
                return -EINVAL;
        }
        return release(g, answer);
}
