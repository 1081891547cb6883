/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/ruleset.h"

#include <errno.h>
#include <string.h>

#include "decide/lint.h"
#include "decide/kind.h"
#include "decide/rule.h"
#include "util/array.h"
#include "util/ownership.h"
#include "util/str.h"

struct ruleset {
        struct rule **rules;
        size_t n;
};

DEFINE_CLEANUP(struct ruleset *, ruleset_free);

static bool is_rule(const struct ruleset *set, const struct ini_section *section, struct diag *diag)
{
        /* One name, one thing: commands and records go by it. */
        if (ruleset_find(set, section->name)) {
                diag_add(diag, SEVERITY_ERROR, &section->place, "there is another rule or goal of the name '%s'", section->name);
                return false;
        }
        if (section->name[0] == '\0') {
                diag_add(diag, SEVERITY_ERROR, &section->place, "a %s needs a name: [%s NAME]", section->kind,
                         section->kind);
                return false;
        }
        return true;
}

int ruleset_parse(const struct ini *ini, const struct catalogue *catalogue, const struct objects *objects,
                  struct diag *diag, struct ruleset **ret)
{
        _cleanup_(ruleset_freep) struct ruleset *set = calloc(1, sizeof(*set));
        int r;

        if (!set)
                return -ENOMEM;

        for (size_t i = 0; i < ini->n_sections; i++) {
                struct rule *rule;

                r = kind_is_ours(&ini->sections[i], catalogue, diag);
                if (r < 0)
                        return r;
                if (r == 0 || !is_rule(set, &ini->sections[i], diag))
                        continue;
                /* A line of it was refused, and said: half of a rule is another rule. */
                if (ini->sections[i].broken)
                        continue;
                if (array_reserve(&set->rules, set->n, sizeof(*set->rules)) < 0)
                        return -ENOMEM;
                r = streq(ini->sections[i].kind, "goal")
                            ? goal_parse(&ini->sections[i], i, catalogue, objects, diag, &rule)
                            : rule_parse(&ini->sections[i], i, catalogue, objects, diag, &rule);
                if (r < 0)
                        return r;
                if (rule)
                        set->rules[set->n++] = rule;
        }

        r = ruleset_lint(set, ini, catalogue, objects, diag);
        if (r < 0)
                return r;
        *ret = TAKE(set);
        return 0;
}

struct ruleset *ruleset_free(struct ruleset *set)
{
        if (!set)
                return NULL;
        for (size_t i = 0; i < set->n; i++)
                rule_free(set->rules[i]);
        free(set->rules);
        free(set);
        return NULL;
}

size_t ruleset_n(const struct ruleset *set)
{
        return set->n;
}

const struct rule *ruleset_at(const struct ruleset *set, size_t i)
{
        return set->rules[i];
}

const struct rule *ruleset_find(const struct ruleset *set, const char *name)
{
        for (size_t i = 0; i < set->n; i++)
                if (streq(set->rules[i]->name, name))
                        return set->rules[i];
        return NULL;
}
