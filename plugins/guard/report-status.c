/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "coverage.h"
#include "pins.h"
#include "report.h"
#include "state.h"

static const char *const verdict_names[] = { [GUARD_NONE] = "", [GUARD_ALLOW] = "allow", [GUARD_DENY] = "deny" };
static const char *const coverage_names[] = { [COVERAGE_ANY] = "any", [COVERAGE_CGROUP] = "cgroup", [COVERAGE_LSM] = "lsm" };
static const char *const backend_names[] = { [GUARD_CGROUP] = "cgroup", [GUARD_LSM] = "lsm" };

/* A list in a text: what comes behind the first is set off. */
__attribute__((format(printf, 4, 5))) static void append(char *text, size_t size, const char *between, const char *format, ...)
{
        size_t n = strlen(text);
        va_list ap;

        if (n > 0 && n < size) {
                (void) snprintf(text + n, size - n, "%s", between);
                n = strlen(text);
        }
        va_start(ap, format);
        if (n < size)
                (void) vsnprintf(text + n, size - n, format, ap);
        va_end(ap);
}

/* What is in force, as the kernel has it. */
static uint32_t mode_in_force(const struct guard *g)
{
        return program_is_attached(&g->program) ? g->program.control->mode : GUARD_OFF;
}

/* Why it is less than asked; empty: it is not. */
static void find_why(const struct guard *g, char *ret, size_t size)
{
        uint32_t asked = guard_asked(g), mode = mode_in_force(g);

        *ret = '\0';
        if (g->released)
                append(ret, size, "; ", "it was released by hand: 'trimtab reload' takes it up again");
        if (asked == GUARD_ENFORCE && !g->released && mode == GUARD_AUDIT)
                append(ret, size, "; ", "the daemon's own mode is not enforce: 'trimtab mode enforce' lets it act");
        if (asked != GUARD_OFF && !g->released && !program_is_attached(&g->program))
                append(ret, size, "; ", "no program is attached: the log says why");
        else if (asked != GUARD_OFF && !g->released && !guard_is_covered(g))
                append(ret, size, "; ", "require-coverage asks for %s, and less was seen to have an effect: see its hooks",
                       coverage_names[g->now.rules->coverage]);
        if (!g->configured)
                append(ret, size, "; ", "no [egress] is among the rules");
}

static void status_mode(const struct guard *g, const struct trimtab_rows *to)
{
        uint32_t asked = guard_asked(g), mode = mode_in_force(g);
        char why[512];

        find_why(g, why, sizeof(why));
        to->text(to, "mode_asked", guard_mode_names[asked]);
        to->text(to, "mode", guard_mode_names[mode]);
        to->flag(to, "as_asked", mode == asked && (asked == GUARD_OFF || guard_is_covered(g)));
        to->text(to, "why", *why ? why : NULL);
        to->flag(to, "by_rule", g->override >= 0);
        to->text(to, "mode_configured", guard_mode_names[g->base]);
        to->flag(to, "released", g->released);
        to->flag(to, "attached", program_is_attached(&g->program));
        to->flag(to, "covered", guard_is_covered(g));
}

static void format_item(const struct item *item, char *ret, size_t size)
{
        char address[INET6_ADDRSTRLEN] = "?";
        bool host = item->prefix.length == (item->prefix.family == 4 ? 32 : 128);

        (void) inet_ntop(item->prefix.family == 4 ? AF_INET : AF_INET6, item->prefix.bytes, address, sizeof(address));
        (void) snprintf(ret, size, host && item->ports.first && item->prefix.family == 6 ? "[%s]" : "%s", address);
        if (!host)
                append(ret, size, "", "/%u", item->prefix.length);
        if (item->ports.first)
                append(ret, size, "", ":%u", item->ports.first);
}

static void status_lifeline(const struct guard *g, const struct trimtab_rows *to)
{
        char text[1024] = "", one[96];

        for (size_t i = 0; i < g->now.lifeline.n; i++) {
                format_item(&g->now.lifeline.items[i], one, sizeof(one));
                append(text, sizeof(text), ", ", "%s", one);
        }
        to->text(to, "lifeline", text);
}

static void status_policy(const struct guard *g, const struct trimtab_rows *to)
{
        const struct rules *rules = g->now.rules;
        uint64_t n_names = 0, n_items = 0, n_programs = 0;

        for (size_t i = 0; i < rules->n; i++)
                for (size_t j = 0; j < rules->all[i].n_items; j++)
                        if (rules->all[i].items[j].host)
                                n_names++;
                        else
                                n_items++;
        for (size_t i = 0; i < g->now.exes.n; i++)
                n_programs += g->now.exes.all[i].there;

        to->flag(to, "configured", g->configured);
        to->text(to, "default", verdict_names[rules->verdict == GUARD_DENY ? GUARD_DENY : GUARD_ALLOW]);
        to->text(to, "on_exit", rules->keep ? "keep" : "open");
        to->text(to, "require_coverage", coverage_names[rules->coverage]);
        to->text(to, "cgroup", g->settings.scope ? g->settings.cgroup : NULL);
        to->flag(to, "lsm_wanted", g->settings.lsm);
        to->count(to, "rules", rules->n);
        to->count(to, "prefixes", n_items);
        to->count(to, "names", n_names);
        to->count(to, "layers", g->now.policy.n_layers);
        to->count(to, "programs", g->now.exes.n);
        to->count(to, "programs_there", n_programs);
        status_lifeline(g, to);
}

/* Since the plugin was opened, of all cgroups. */
static void status_counts(struct guard *g, const struct trimtab_rows *to)
{
        struct guard_counts sum;

        groups_read(&g->groups);
        sum = g->groups.elsewhere;
        for (uint32_t i = 0; i < g->groups.set.n_order; i++)
                for (uint32_t j = 0; j < _GUARD_COUNT_MAX; j++)
                        sum.n[j] += group_of(g->groups.set.order[i])->own.n[j];

        to->count(to, "denied", sum.n[GUARD_DENIED]);
        to->count(to, "would_deny", sum.n[GUARD_WOULD_DENY]);
        if (g->program.control->counting) /* else nobody has asked for it */
                to->count(to, "connects", sum.n[GUARD_CONNECTS]);
        to->count(to, "events", g->events.n);
        to->count(to, "events_lost", g->program.control->events_lost);
        to->count(to, "learnt", learn_n(&g->learnt));
        to->count(to, "learnt_lost", g->program.control->flows_lost);
        to->text(to, "learnt_file", g->settings.learnt);
}

void report_status(struct guard *g, const struct trimtab_rows *to)
{
        to->row(to);
        status_mode(g, to);
        status_policy(g, to);
        to->text(to, "pins", g->settings.pins);
        to->text(to, "pinned", g->program.pinned);
        to->count(to, "pinned_by_others", (uint64_t) pins_count(g->settings.pins, g->program.since_ns));
        status_counts(g, to);
}

/* Which program what was tried out is up to; _GUARD_PROGRAM_MAX: none of that backend's. */
static const enum guard_program hook_of[_GUARD_BACKEND_MAX][_PROBE_MAX] = {
        [GUARD_CGROUP] = { [PROBE_CONNECT4] = GUARD_PROGRAM_CONNECT4, [PROBE_CONNECT6] = GUARD_PROGRAM_CONNECT6,
                           [PROBE_SEND4] = GUARD_PROGRAM_SENDMSG4, [PROBE_SEND6] = GUARD_PROGRAM_SENDMSG6,
                           [PROBE_RAW] = GUARD_PROGRAM_SOCK_CREATE, [PROBE_PACKET] = _GUARD_PROGRAM_MAX,
                           [PROBE_LISTEN] = _GUARD_PROGRAM_MAX, [PROBE_ROUTE_OPTION] = GUARD_PROGRAM_SETSOCKOPT,
                           [PROBE_ROUTE_MESSAGE] = _GUARD_PROGRAM_MAX },
        [GUARD_LSM] = { [PROBE_CONNECT4] = GUARD_PROGRAM_LSM_CONNECT, [PROBE_CONNECT6] = GUARD_PROGRAM_LSM_CONNECT,
                        [PROBE_SEND4] = GUARD_PROGRAM_LSM_SENDMSG, [PROBE_SEND6] = GUARD_PROGRAM_LSM_SENDMSG,
                        [PROBE_RAW] = GUARD_PROGRAM_LSM_CREATE, [PROBE_PACKET] = GUARD_PROGRAM_LSM_CREATE,
                        [PROBE_LISTEN] = GUARD_PROGRAM_LSM_LISTEN, [PROBE_ROUTE_OPTION] = GUARD_PROGRAM_LSM_SETSOCKOPT,
                        [PROBE_ROUTE_MESSAGE] = GUARD_PROGRAM_LSM_SENDMSG },
};

static void report_hook(const struct guard *g, enum guard_backend backend, enum probe probe, const struct trimtab_rows *to)
{
        enum guard_program hook = hook_of[backend][probe];
        bool attached = g->program.links[hook], seen = attached && g->probed[backend] & 1u << probe;
        const char *reason = programs_refusal(&g->program.programs, hook);

        if (!reason && backend == GUARD_LSM && !g->settings.lsm)
                reason = "lsm = no";
        else if (!reason && attached && !seen)
                reason = "attached, and it was not seen to refuse anything";
        else if (!reason && hook == GUARD_PROGRAM_SETSOCKOPT && g->program.links[GUARD_PROGRAM_LSM_SETSOCKOPT])
                reason = "not needed: the LSM refuses it, at less cost";
        else if (!reason && !attached)
                reason = guard_asked(g) == GUARD_OFF || g->released ? "nothing is attached in mode off" : "it could not be attached: the log says why";
        to->row(to);
        to->text(to, "backend", backend_names[backend]);
        to->text(to, "tried", probe_names[probe]);
        to->text(to, "hook", programs_name(&g->program.programs, hook));
        to->flag(to, "attached", attached);
        to->flag(to, "seen", seen);
        to->text(to, "reason", seen ? NULL : reason);
}

void report_hooks(const struct guard *g, const struct trimtab_rows *to)
{
        for (enum guard_backend backend = 0; backend < _GUARD_BACKEND_MAX; backend++)
                for (enum probe probe = 0; probe < _PROBE_MAX; probe++)
                        if (hook_of[backend][probe] != _GUARD_PROGRAM_MAX)
                                report_hook(g, backend, probe, to);
}

void report_coverage(const struct guard *g, const struct trimtab_rows *to)
{
        static const uint32_t nothing[_GUARD_BACKEND_MAX], all[_GUARD_BACKEND_MAX] = { [GUARD_CGROUP] = ~0u, [GUARD_LSM] = ~0u };
        struct coverage_row rows[COVERAGE_ROWS_MAX], best[COVERAGE_ROWS_MAX];
        size_t n = coverage_rows(program_is_attached(&g->program) ? g->probed : nothing, rows);

        (void) coverage_rows(all, best);

        for (size_t i = 0; i < n; i++) {
                to->row(to);
                to->text(to, "technique", rows[i].technique);
                to->flag(to, "covered", rows[i].by != NULL);
                to->text(to, "by", rows[i].by);
                /* A note is of how it is covered, or of why nothing does. */
                to->text(to, "note", rows[i].by || !best[i].by ? rows[i].note : NULL);
                to->text(to, "by_at_best", best[i].by);
        }
}
