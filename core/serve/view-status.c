/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "decide/rule.h"
#include "serve/strings.h"
#include "serve/view-explain.h"
#include "serve/views.h"
#include "util/array.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* What a person should know of, one line each. */
struct problems {
        char **lines; /* NULL-terminated */
        size_t n;
        int error;
};

/* Takes over line; NULL: out of memory. */
static void problem_add(struct problems *p, char *line)
{
        _cleanup_free_ char *owned = line;

        if (!line)
                p->error = -ENOMEM;
        if (p->error < 0)
                return;

        /* One element ahead of the count: the NULL at the end. */
        p->error = array_reserve(&p->lines, p->n + 1, sizeof(*p->lines));
        if (p->error < 0)
                return;
        p->lines[p->n++] = TAKE(owned);
        p->lines[p->n] = NULL;
}

static void plugin_problems(const struct plugin_info *info, struct problems *p)
{
        if (info->state != PLUGIN_OPEN)
                problem_add(p,
                            str_printf("plugin %s is %s: %s", info->name ?: info->path,
                                       plugin_state_name(info->state), info->reason ?: "no reason is known"));

        if (info->sections_reason)
                problem_add(p, str_printf("plugin %s: none of its sections is in force: %s", info->name, info->sections_reason));

        for (size_t i = 0; i < info->n_programs; i++)
                if (info->programs[i].reason)
                        problem_add(p, str_printf("plugin %s: BPF program %s: %s", info->name,
                                                  info->programs[i].name, info->programs[i].reason));
}

static void rule_problems(const struct ruleset *set, struct problems *p)
{
        for (size_t i = 0; set && i < ruleset_n(set); i++) {
                const struct rule *rule = ruleset_at(set, i);

                if (rule->waits_for)
                        problem_add(p, str_printf("rule %s waits for %s", rule->name, rule->waits_for));
        }
}

static void list_problems(const struct lists *lists, struct problems *p)
{
        for (size_t i = 0; lists && i < lists->n; i++) {
                const struct list_file *f = lists->files[i];
                int r = list_file_changed(f);

                if (r > 0)
                        problem_add(p, str_printf("list file %s has changed since it was read: 'trimtab reload' reads it again", f->path));
                else if (r < 0)
                        problem_add(p, str_printf("list file %s: %s: what it held stays in force until the next reload, which will fail",
                                                  f->path, strerror(-r)));
        }
}

static uint64_t count_objects(const struct objects *objects)
{
        uint64_t total = 0;

        for (uint32_t scope = 0; objects_scope_name(objects, scope); scope++) {
                size_t n;

                (void) objects_of_scope(objects, scope, &n);
                total += n;
        }

        return total;
}

static double seconds_since(uint64_t now_ns, uint64_t then_ns)
{
        return now_ns > then_ns ? (double) (now_ns - then_ns) / (double) NSEC_PER_SEC : 0;
}

static void pause_problem(const struct views *v, struct problems *p)
{
        if (v->pause.on && v->pause.by_fuse)
                problem_add(p, str_printf("the write fuse has blown (more than %u changes in a minute): nothing is changed until "
                                          "'trimtab resume'; 'trimtab log' shows what was",
                                          v->options->writes_per_minute));
}

void view_add_pause(const struct views *v, struct rows *ret)
{
        rows_bool(ret, "paused", v->pause.on);
        if (!v->pause.on)
                return;
        rows_string(ret, "paused_by", v->pause.by_fuse ? "fuse" : "person");
        rows_uint(ret, "paused_since_usec", v->pause.since_usec);
        if (v->pause.until_usec > 0)
                rows_uint(ret, "paused_until_usec", v->pause.until_usec);
}

int view_status(const struct views *v, struct rows *ret)
{
        _cleanup_(strings_freep) char **lines = NULL;
        struct problems problems = { 0 };
        const struct ruleset *set = engine_rules(v->engine);
        uint64_t map_bytes = 0, n_open = 0;
        size_t n_changed;

        /* A place for the NULL, also when there is no problem at all. */
        problems.error = array_reserve(&problems.lines, 0, sizeof(*problems.lines));
        if (problems.error < 0)
                return problems.error;
        problems.lines[0] = NULL;

        pause_problem(v, &problems);
        for (size_t i = 0; i < plugins_n(v->plugins); i++) {
                struct plugin_info info;

                plugins_info(v->plugins, i, &info);
                n_open += info.state == PLUGIN_OPEN;
                for (size_t j = 0; j < info.n_programs; j++)
                        map_bytes += info.programs[j].map_bytes;
                plugin_problems(&info, &problems);
        }
        rule_problems(set, &problems);
        list_problems(v->lists, &problems);
        lines = problems.lines;

        (void) ledger_entries(v->ledger, &n_changed);

        rows_begin(ret);
        rows_string(ret, "version", TRIMTAB_VERSION);
        rows_uint(ret, "pid", (uint64_t) getpid());
        rows_string(ret, "mode", mode_to_string(v->options->mode));
        view_add_pause(v, ret);
        rows_string(ret, "runtime_dir", v->runtime_dir);
        rows_string(ret, "config", v->config);
        rows_number(ret, "uptime_s", seconds_since(v->now_ns, v->started_ns));
        rows_number(ret, "tick_s", (double) v->options->tick_ns / (double) NSEC_PER_SEC);
        rows_uint(ret, "ticks", v->n_ticks);
        if (v->n_ticks > 0)
                rows_number(ret, "last_tick_s", seconds_since(v->now_ns, v->last_tick_ns));
        rows_number(ret, "tick_cpu_us", (double) v->tick_cost_ns / (double) NSEC_PER_USEC);
        rows_uint(ret, "plugins", n_open);
        rows_uint(ret, "rules", set ? ruleset_n(set) : 0);
        rows_uint(ret, "objects", count_objects(v->objects));
        rows_uint(ret, "store_bytes", store_size(v->store));
        rows_uint(ret, "map_bytes", map_bytes);
        rows_uint(ret, "writes", v->n_writes);
        rows_uint(ret, "changed", n_changed);
        rows_bool(ret, "systemd", sd_booted() > 0);
        rows_strings(ret, "problems", (const char *const *) lines);
        return problems.error < 0 ? problems.error : ret->error;
}
