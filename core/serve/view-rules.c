/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "decide/expr-print.h"
#include "decide/rule.h"
#include "serve/match.h"
#include "serve/views.h"
#include "util/cleanup.h"
#include "util/clock.h"

/* A condition as people write it; longer ones are cut: the file has the rest. */
enum { CONDITION_MAX = 1024 };

struct listing {
        const struct views *views;
        const char *glob;
        struct rows *rows;
};

static const char *truth_name(enum truth t)
{
        switch (t) {
        case TRUTH_FALSE:
                return "false";
        case TRUTH_TRUE:
                return "true";
        case TRUTH_UNKNOWN:
                return "unknown";
        }

        return "unknown";
}

static void add_condition(const struct listing *l, const struct rule *rule)
{
        char buffer[CONDITION_MAX];
        struct text text;

        if (!rule->when.root)
                return;

        text_init(&text, buffer, sizeof(buffer));
        text_add_node(&text, rule->when.root, l->views->catalogue);
        rows_string(l->rows, "when", buffer);
}

static void add_state(const struct listing *l, const struct instance_info *info)
{
        uint64_t now_ns = l->views->now_ns;

        rows_string(l->rows, "phase", phase_name(info->phase));
        if (info->since_ns > 0 && info->since_ns <= now_ns)
                rows_number(l->rows, "since_s", (double) (now_ns - info->since_ns) / (double) NSEC_PER_SEC);
        rows_string(l->rows, "holds", truth_name(info->when));
        if (info->measured && *info->measured)
                rows_string(l->rows, "measured", info->measured);
        rows_uint(l->rows, "actions", info->actions);
}

static int on_instance(void *userdata, const struct instance_info *info)
{
        const struct listing *l = userdata;
        const struct rule *rule = info->rule;
        _cleanup_free_ char *full = NULL;

        if (!match_name(l->glob, rule->name))
                return 0;

        rows_begin(l->rows);
        rows_string(l->rows, "name", rule->name);
        rows_string(l->rows, "mode", mode_to_string(rule->mode));
        add_condition(l, rule);

        /* A rule that matches nothing has no state of its own. */
        if (info->object.key != UINT64_MAX) {
                full = objects_full_name(l->views->objects, info->object);
                if (!full)
                        return -ENOMEM;
                rows_string(l->rows, "object", full);
                add_state(l, info);
        }

        rows_string(l->rows, "waits_for", info->waits_for);
        rows_string(l->rows, "description", rule->description);
        rows_string(l->rows, "file", rule->path);
        rows_uint(l->rows, "line", rule->line);
        return l->rows->error;
}

int view_rules(const struct views *v, const char *name_glob, struct rows *ret)
{
        struct listing listing = { .views = v, .glob = name_glob, .rows = ret };
        int r;

        r = engine_foreach_instance(v->engine, on_instance, &listing);
        return r < 0 ? r : ret->error;
}
