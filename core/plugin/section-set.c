/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/section-set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"
#include "util/array.h"
#include "util/str.h"

DEFINE_CLEANUP(struct section_set *, section_set_free);
DEFINE_CLEANUP(struct section_entry *, section_entry_free);

struct section_set *section_set_free(struct section_set *set)
{
        if (!set)
                return NULL;
        for (size_t i = 0; i < set->n; i++)
                section_entry_free(set->entries[i]);
        free(set->entries);
        free(set->told);
        free(set);
        return NULL;
}

/* The plugin's kind of section of that name, by its number in the descriptor; -1: none. */
static int find_kind(const struct plugin *p, const char *kind)
{
        for (uint32_t i = 0; i < p->descriptor.plugin.n_sections; i++)
                if (streq(p->descriptor.sections[i].name, kind))
                        return (int) i;
        return -1;
}

bool section_set_any(const struct plugin *p, const struct ini *ini)
{
        for (size_t i = 0; i < ini->n_sections; i++)
                if (find_kind(p, ini->sections[i].kind) >= 0)
                        return true;
        return false;
}

/* A header that was refused: "[filter bog#ons]". Which section it would have begun nobody knows, but its kind can be read. */
static bool is_header_of(const struct plugin *p, const char *line)
{
        _cleanup_free_ char *word = NULL;

        line += strspn(line, " \t");
        if (*line != '[')
                return false;
        line += 1 + strspn(line + 1, " \t");
        word = strndup(line, strcspn(line, " \t]"));
        return !word || find_kind(p, word) >= 0;
}

/* By what was said of the files: one that cannot be read may have held anything. */
static bool may_lack(const struct plugin *p, const struct diag *said)
{
        for (size_t i = 0; i < said->n; i++) {
                const struct diag_item *item = &said->items[i];

                if (item->severity != SEVERITY_ERROR)
                        continue;
                if (item->line == 0 || (item->source && is_header_of(p, item->source)))
                        return true;
        }
        return false;
}

static int add(struct section_set *set, struct section_entry *e)
{
        _cleanup_(section_entry_freep) struct section_entry *entry = e;

        if (array_reserve(&set->entries, set->n, sizeof(struct section_entry *)) < 0 ||
            array_reserve(&set->told, set->n, sizeof(const struct trimtab_entry *)) < 0)
                return -ENOMEM;
        set->told[set->n] = &entry->entry;
        set->entries[set->n++] = TAKE(entry);
        return 0;
}

int section_set_read(struct plugin *p, struct rules_text *text, struct diag *diag, struct section_set **ret)
{
        _cleanup_(section_set_freep) struct section_set *set = calloc(1, sizeof(*set));
        const struct ini *ini = &text->ini;
        bool bad = may_lack(p, &text->said);
        int r;

        *ret = NULL;
        if (!set)
                return -ENOMEM;

        for (size_t i = 0; i < ini->n_sections; i++) {
                int kind = find_kind(p, ini->sections[i].kind);
                struct section_reading reading = { .plugin = p, .lists = &text->lists, .diag = diag };
                struct section_entry *e;

                if (kind < 0)
                        continue;
                reading.section = &p->descriptor.sections[kind];
                reading.index = (uint32_t) kind;
                r = section_parse(&reading, &ini->sections[i], &e);
                if (r >= 0 && e)
                        r = add(set, e);
                if (r < 0)
                        return r;
                bad = bad || !e;
        }

        if (!bad)
                *ret = TAKE(set);
        return 0;
}
