/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

/* From the rules, and what they are about as it is now, to the policy in force. */

void in_force_clear(struct in_force *f)
{
        policy_clear(&f->policy);
        exes_clear(&f->exes);
        lifeline_clear(&f->lifeline);
        rules_free(f->rules);
        *f = (struct in_force){};
}

static int read_lifeline(const struct guard *g, struct lifeline *ret)
{
        const struct lifeline_files files = {
                .resolv_conf = "/etc/resolv.conf", .tcp = "/proc/net/tcp", .tcp6 = "/proc/net/tcp6", .ssh_port = g->settings.ssh_port
        };

        return lifeline_read(&files, ret);
}

static int make_policy(struct guard *g, struct in_force *f)
{
        struct resolved *resolved = NULL;
        size_t n_resolved = 0;
        char why[256] = "";
        int r = names_resolved(&g->names, f->rules, &resolved, &n_resolved);

        if (r >= 0) {
                const struct policy_input in = {
                        .rules = f->rules,
                        .lifeline = f->lifeline.items,
                        .n_lifeline = f->lifeline.n,
                        .resolved = resolved,
                        .n_resolved = n_resolved,
                };

                r = policy_make(&in, &f->policy, why, sizeof(why));
        }
        free(resolved);
        if (r < 0)
                g->host->log(g->host, TRIMTAB_LOG_ERROR, "no policy can be made of the rules: %s", why[0] ? why : strerror(-r));
        return r;
}

static int put_in_force(struct guard *g, struct in_force *f)
{
        struct guard_class_of *classes = NULL;
        struct guard_exe_of *exes = NULL;
        struct guard_uid_of *uids = NULL;
        struct tasks tasks = {};
        int r = cgroups_classify(&g->cgroups, &f->policy, f->rules, &classes, &tasks.n_classes);

        r = r < 0 ? r : exes_bits(&f->exes, &f->policy, f->rules, &exes, &tasks.n_exes);
        r = r < 0 ? r : uids_bits(&f->policy, f->rules, &uids, &tasks.n_uids);
        tasks.classes = classes;
        tasks.exes = exes;
        tasks.uids = uids;
        if (r >= 0)
                r = program_swap(&g->program, &f->policy, &tasks);
        if (r < 0)
                g->host->log(g->host, TRIMTAB_LOG_ERROR, "the kernel does not take the policy: %s", strerror(-r));
        free(classes);
        free(exes);
        free(uids);
        return r;
}

int guard_set_rules(struct guard *g, struct rules *rules)
{
        struct in_force f = { .rules = rules };
        int r = names_want(&g->names, rules);

        r = r < 0 ? r : read_lifeline(g, &f.lifeline);
        r = r < 0 ? r : make_policy(g, &f);
        r = r < 0 ? r : exes_init(&f.exes, rules);
        if (r >= 0 && program_is_loaded(&g->program)) {
                (void) exes_look(&f.exes, &g->program);
                r = put_in_force(g, &f);
        }
        if (r < 0) {
                f.rules = NULL;
                in_force_clear(&f);
                return r;
        }
        if (g->now.rules == rules)
                g->now.rules = NULL;
        in_force_clear(&g->now);
        g->now = f;
        return 0;
}

void guard_refresh(struct guard *g)
{
        struct lifeline lifeline = {};
        bool changed;

        if (!g->now.rules || guard_asked(g) == GUARD_OFF)
                return;
        changed = exes_look(&g->now.exes, &g->program) | names_changed(&g->names);
        if (read_lifeline(g, &lifeline) >= 0)
                changed |= lifeline_compare(&lifeline, &g->now.lifeline) != 0;
        lifeline_clear(&lifeline);
        if (changed)
                (void) guard_set_rules(g, g->now.rules);
}
