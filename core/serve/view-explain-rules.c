/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>

#include "decide/explain.h"
#include "decide/expr-print.h"
#include "serve/view-explain.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* Conditions as people write them; longer ones are cut: the file has the rest. */
enum { TEXT_MAX = 1024 };

static double seconds(uint64_t ns)
{
        return (double) ns / (double) NSEC_PER_SEC;
}

static const char *truth_name(enum truth t)
{
        static const char *const names[] = {
                [TRUTH_FALSE] = "false",
                [TRUTH_TRUE] = "true",
                [TRUTH_UNKNOWN] = "unknown",
        };

        return names[t];
}

struct comparing {
        struct explaining *x;
        const char *condition; /* "when", "until", "guard" */
};

void view_add_quantity(struct rows *rows, const char *text_field, const char *base_field, double base, dimensions dims)
{
        char buffer[64];
        struct text text;

        if (isnan(base))
                return;
        text_init(&text, buffer, sizeof(buffer));
        text_add_quantity(&text, base, dims);
        rows_string(rows, text_field, buffer);
        rows_number(rows, base_field, base);
}

static int add_finding(void *userdata, const struct finding *f)
{
        const struct comparing *c = userdata;
        const struct catalogue *catalogue = c->x->views->catalogue;
        struct rows *rows = &c->x->inner;
        char buffer[TEXT_MAX];
        struct text text;

        rows_begin(rows);
        rows_string(rows, "condition", c->condition);
        text_init(&text, buffer, sizeof(buffer));
        text_add_node(&text, f->node, catalogue);
        rows_string(rows, "text", buffer);
        if (f->node->kind != NODE_AGGREGATE) {
                text_init(&text, buffer, sizeof(buffer));
                text_add_node(&text, f->node->left, catalogue);
                rows_string(rows, "metric", buffer);
                view_add_quantity(rows, "value", "value_base", f->value, f->node->left->dims);
                view_add_quantity(rows, "threshold", "threshold_base", f->threshold, f->node->left->dims);
        }
        rows_bool(rows, "denied", f->denied);
        rows_string(rows, "holds", truth_name(f->truth));
        return 0;
}

static void add_findings(struct explaining *x, const char *condition, const struct expr *e,
                         const double *seen)
{
        struct comparing c = { x, condition };

        if (seen)
                (void) findings_foreach(e, seen, add_finding, &c);
}

static void add_condition(struct explaining *x, const char *field, const struct expr *e)
{
        char buffer[TEXT_MAX];
        struct text text;

        if (!e->root)
                return;
        text_init(&text, buffer, sizeof(buffer));
        text_add_node(&text, e->root, x->views->catalogue);
        rows_string(x->rules, field, buffer);
}

static void add_text(struct explaining *x, const struct explained_rule *r)
{
        const struct rule *rule = r->rule;

        rows_string(x->rules, "name", rule->name);
        rows_string(x->rules, "description", rule->description);
        rows_string(x->rules, "file", rule->path);
        rows_uint(x->rules, "line", rule->line);
        rows_string(x->rules, "mode", mode_to_string(rule->mode));
        rows_number(x->rules, "priority", rule->priority);
        rows_string(x->rules, "kind", rule->goal ? "goal" : "rule");
        if (rule->goal)
                add_condition(x, "keep", &rule->goal->keep);
        add_condition(x, "when", &rule->when);
        add_condition(x, "until", &rule->until);
        add_condition(x, "guard", &rule->guard);
        rows_string(x->rules, "on_clear", on_clear_name(rule->on_clear));
        rows_number(x->rules, "hold_s", seconds(rule->hold_ns));
        rows_number(x->rules, "clear_hold_s", seconds(rule->clear_hold_ns));
        rows_number(x->rules, "cooldown_s", seconds(rule->cooldown_ns));
        rows_number(x->rules, "every_s", seconds(rule->every_ns));
}

static void add_state(struct explaining *x, const struct explained_rule *r)
{
        uint64_t now_ns = x->views->now_ns;

        rows_string(x->rules, "phase", phase_name(r->phase));
        if (r->since_ns > 0 && r->since_ns <= now_ns)
                rows_number(x->rules, "since_s", seconds(now_ns - r->since_ns));
        rows_string(x->rules, "when_holds", truth_name(r->when));
        if (r->until_counts)
                rows_string(x->rules, "until_holds", truth_name(r->until));
        if (r->rule->guard.root)
                rows_string(x->rules, "guard_holds", truth_name(r->guard));
        rows_number(x->rules, "hold_done_s", seconds(r->hold_ns));
        rows_number(x->rules, "clear_done_s", seconds(r->clear_ns));
        rows_number(x->rules, "next_s", seconds(r->next_ns));
        rows_uint(x->rules, "actions", r->actions);

        add_findings(x, "when", &r->rule->when, r->seen_when);
        if (r->until_counts)
                add_findings(x, "until", &r->rule->until, r->seen_until);
        add_findings(x, "guard", &r->rule->guard, r->seen_guard);
        rows_rows(x->rules, "comparisons", &x->inner);
}

static void add_obstacles(struct explaining *x, const struct explained_rule *r)
{
        for (size_t i = 0; i < r->n_hindrances; i++) {
                const struct hindrance *h = &r->hindrances[i];

                rows_begin(&x->inner);
                rows_string(&x->inner, "what", obstacle_name(h->what));
                if (h->left_ns > 0)
                        rows_number(&x->inner, "left_s", seconds(h->left_ns));
                rows_string(&x->inner, "text", h->text);
        }
        if (x->views->pause.on) {
                rows_begin(&x->inner);
                rows_string(&x->inner, "what", x->views->pause.by_fuse ? "fuse" : "paused");
        }
        rows_rows(x->rules, "obstacles", &x->inner);
}

static bool moves(const struct rule *rule, uint32_t knob)
{
        for (size_t i = 0; i < rule->n_actions; i++)
                if (rule->actions[i].knob == knob)
                        return true;
        return false;
}

/* A knob in general has to do with whoever is about to move it; with an object, with all who could, too. */
static bool concerns(const struct subject *s, const struct explained_rule *r)
{
        uint32_t knob = s->knob ? s->knob->number : UINT32_MAX;

        if (s->rule)
                return streq(r->rule->name, s->rule);
        if (explain_holds(r, knob, s->has_object ? &s->object : NULL))
                return true;
        if (s->knob && !moves(r->rule, knob))
                return false;
        if (s->has_object)
                return r->has_object && oid_equal(r->object, s->object);
        return !r->has_object || r->phase != PHASE_IDLE;
}

static int add_rule(void *userdata, const struct explained_rule *r)
{
        struct explaining *x = userdata;
        _cleanup_free_ char *object = NULL;

        if (!concerns(&x->subject, r))
                return 0;

        rows_begin(x->rules);
        add_text(x, r);
        if (r->has_object) {
                object = objects_full_name(x->views->objects, r->object);
                if (!object)
                        return -ENOMEM;
                rows_string(x->rules, "object", object);
                add_state(x, r);
                view_explain_goal(x, r);
        }
        add_obstacles(x, r);
        return x->rules->error;
}

int view_explain_rules(struct explaining *x)
{
        return explain_rules(x->views->engine, &x->views->world, add_rule, x);
}
