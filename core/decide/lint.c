/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/lint.h"

#include <string.h>

#include "decide/lint-room.h"

static struct place line_place(const struct ini_line *line)
{
        struct place place = line->place;

        place.width = (unsigned) strlen(line->text);
        return place;
}

struct place lint_place(const struct lint *l, const struct rule *r, const char *key)
{
        const struct ini_section *section = &l->ini->sections[r->section_index];
        const struct ini_entry *e = ini_get(section, key);

        return e && e->n_lines > 0 ? line_place(&e->lines[0]) : section->place;
}

struct place lint_action_place(const struct lint *l, const struct rule *r, size_t i)
{
        /* Of a rule that does not wait, every line of `then` made an action. */
        return line_place(&ini_get(&l->ini->sections[r->section_index], "then")->lines[i]);
}

/* As the arbiter ranks them at equal priority. */
static bool ranks_before(const struct rule *a, const struct rule *b)
{
        return a->file_index != b->file_index ? a->file_index > b->file_index
                                              : a->section_index > b->section_index;
}

/* Of a rule that waits, too little is known; a goal has no `when` and no `then` of its own. */
static bool is_for_lint(const struct rule *r)
{
        return !r->waits_for && !r->goal;
}

int ruleset_lint(const struct ruleset *set, const struct ini *ini, const struct catalogue *catalogue,
                 const struct objects *objects, struct diag *diag)
{
        const struct lint l = { .ini = ini, .catalogue = catalogue, .objects = objects, .diag = diag };

        for (size_t i = 0; i < ruleset_n(set); i++) {
                const struct rule *rule = ruleset_at(set, i);
                int r;

                if (!is_for_lint(rule))
                        continue;
                r = lint_rule(&l, rule);
                if (r < 0)
                        return r;
                lint_until(&l, rule);

                for (size_t k = 0; k < i; k++) {
                        const struct rule *other = ruleset_at(set, k);
                        bool before = ranks_before(rule, other);

                        if (!is_for_lint(other))
                                continue;
                        r = lint_fight(&l, before ? rule : other, before ? other : rule);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}
