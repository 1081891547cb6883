/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/reason.h"

#include "decide/expr-print.h"

static void add_duration(struct text *t, uint64_t now_ns, uint64_t since_ns)
{
        text_add(t, " for ");
        text_add_quantity(t, now_ns > since_ns ? (double) (now_ns - since_ns) : 0, 1u << DIMENSION_TIME);
}

struct reason reason_act(const struct instance *i, const struct view *view)
{
        struct reason r = { 0 };
        struct text t;

        text_init(&t, r.text, sizeof(r.text));
        text_add_findings(&t, &i->holder.rule->when, i->seen, view->catalogue);
        add_duration(&t, view->now_ns, i->true_since_ns);
        r.cause = cause_of(&i->holder.rule->when, i->seen, view->catalogue);
        return r;
}

struct reason reason_clear(const struct instance *i, const struct view *view)
{
        struct reason r = { 0 };
        struct text t;

        text_init(&t, r.text, sizeof(r.text));
        if (i->until_is_unknown) {
                text_add(&t, "no data");
                add_duration(&t, view->now_ns, i->unknown_since_ns);
                return r;
        }
        text_add_findings(&t, &i->holder.rule->until, i->seen_until, view->catalogue);
        add_duration(&t, view->now_ns, i->since_ns);
        r.cause = cause_of(&i->holder.rule->until, i->seen_until, view->catalogue);
        return r;
}

struct reason reason_ease(const struct instance *i, const struct view *view)
{
        struct reason r = { 0 };
        struct text t;

        text_init(&t, r.text, sizeof(r.text));
        text_add(&t, "easing: ");
        text_add_findings(&t, &i->holder.rule->until, i->seen_until, view->catalogue);
        r.cause = cause_of(&i->holder.rule->until, i->seen_until, view->catalogue);
        return r;
}

struct reason reason_undo(const struct instance *i, const struct view *view)
{
        struct reason r = { 0 };
        struct text t;

        text_init(&t, r.text, sizeof(r.text));
        text_add(&t, "its guard turned false: ");
        text_add_node(&t, i->holder.rule->guard.root, view->catalogue);
        return r;
}

struct reason reason_goal(const struct instance *i, const struct view *view, enum reason_goal what)
{
        static const char *const words[] = {
                [REASON_STEP] = "a step for the goal: ",
                [REASON_NO_HELP] = "it did not help: ",
                [REASON_NOT_BORNE] = "it was missing: ",
                [REASON_EASE] = "giving back: ",
                [REASON_TAKE] = "taking a little: ",
                [REASON_GIVE] = "giving back what was taken: ",
                [REASON_STUCK] = "no lever is left: ",
        };
        const struct rule *rule = i->holder.rule;
        bool met = what == REASON_EASE || what == REASON_TAKE;
        const struct expr *e = met ? &rule->goal->keep : &rule->when;
        struct reason r = { 0 };
        struct text t;

        text_init(&t, r.text, sizeof(r.text));
        text_add(&t, "%s", words[what]);
        text_add_findings(&t, e, i->seen, view->catalogue);
        r.cause = cause_of(e, i->seen, view->catalogue);
        return r;
}
