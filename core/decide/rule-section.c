/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/rule-section.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/expr-parse.h"
#include "decide/match-parse.h"
#include "util/ownership.h"
#include "util/str.h"

/* More keys than any kind of section has. */
#define KEYS_MAX 32

DEFINE_CLEANUP(struct rule *, rule_free);

int parse_for(struct draft *d, const struct ini_entry *entry)
{
        int r;

        r = match_parse(&d->reading, entry, &d->rule->match);
        if (r < 0)
                d->reading.scope = SCOPE_WAITING; /* one mistake, one message: nothing is held against it */
        return r;
}

int parse_guard(struct draft *d, const struct ini_entry *entry)
{
        return expr_parse(&d->reading, entry->lines, entry->n_lines, &d->rule->guard);
}

int parse_merged(struct draft *d, const struct ini_entry *in_force, int (*line)(struct draft *d, const struct ini_line *line),
                 void (*reset)(struct rule *rule))
{
        int r, result = 0;

        for (const struct ini_entry *e = d->section->entries; e <= in_force; e++) {
                if (!streq(e->key, in_force->key))
                        continue;
                if (e->n_lines == 0)
                        reset(d->rule);
                for (size_t i = 0; i < e->n_lines; i++) {
                        r = line(d, &e->lines[i]);
                        if (r == -ENOMEM)
                                return r;
                        if (r < 0)
                                result = r;
                }
        }
        return result;
}

/* Every key must be known, also one that a later file overrides. */
static void check_keys(struct draft *d, const struct section_key *keys, size_t n_keys)
{
        const struct ini_section *s = d->section;
        const char *names[KEYS_MAX];

        for (size_t i = 0; i < n_keys; i++)
                names[i] = keys[i].name;

        for (size_t i = 0; i < s->n_entries; i++) {
                const struct ini_entry *e = &s->entries[i];
                struct place place = e->place;
                size_t k = 0;

                place.width = (unsigned) strlen(e->key);
                while (k < n_keys && !streq(names[k], e->key))
                        k++;
                if (k == n_keys) {
                        d->bad = true;
                        (void) refuse_unknown(d->reading.diag, &place, "key", e->key, names,
                                              n_keys);
                }
        }
}

static int parse_keys(struct draft *d, const struct section_key *keys, size_t n_keys)
{
        int r;

        for (size_t i = 0; i < n_keys; i++) {
                const struct ini_entry *e = ini_get(d->section, keys[i].name);

                if (e && e->n_lines > 0) {
                        r = keys[i].parse(d, e);
                        if (r == -ENOMEM)
                                return r;
                        if (r < 0)
                                d->bad = true;
                } else if (keys[i].required) {
                        d->bad = true;
                        diag_add(d->reading.diag, SEVERITY_ERROR, e ? &e->place : &d->section->place,
                                 "%s '%s' has no '%s'", d->section->kind, d->section->name, keys[i].name);
                }
        }
        return 0;
}

/* Lists that are merged entry by entry. */
static bool is_merged(const char *key)
{
        return streq(key, "within") || streq(key, "by") || streq(key, "take");
}

/* What is in force of the section, in one text. */
static char *text_in_force(const struct ini_section *s)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        for (size_t i = 0; i < s->n_entries; i++) {
                const struct ini_entry *e = &s->entries[i];

                if (!is_merged(e->key) && e != ini_get(s, e->key))
                        continue;
                fprintf(f, "%s\n", e->key);
                for (size_t j = 0; j < e->n_lines; j++)
                        fprintf(f, "\t%s\n", e->lines[j].text);
        }
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

static int make_draft(const struct ini_section *section, size_t section_index, struct rule **ret)
{
        _cleanup_(rule_freep) struct rule *rule = calloc(1, sizeof(*rule));

        if (!rule)
                return -ENOMEM;
        *rule = (struct rule){
                .name = strdup(section->name),
                .text = text_in_force(section),
                .path = strdup(section->place.path),
                .line = section->place.line,
                .file_index = section->file_index,
                .section_index = section_index,
                .priority = 50,
                .match.scope = SCOPE_HOST,
                .hold_ns = 10 * SECOND_NS,
                .clear_hold_ns = 30 * SECOND_NS,
                .cooldown_ns = 15 * SECOND_NS,
                .window_ns = 10 * SECOND_NS,
                .on_clear = ON_CLEAR_RESTORE,
                .mode = MODE_ENFORCE,
                .keep = -1,
        };
        if (!rule->name || !rule->text || !rule->path)
                return -ENOMEM;
        *ret = TAKE(rule);
        return 0;
}

int section_read(const struct ini_section *section, size_t section_index, const struct section_key *keys, size_t n_keys,
                 int (*finish)(struct draft *d), const struct catalogue *catalogue, const struct objects *objects,
                 struct diag *diag, struct rule **ret)
{
        _cleanup_(rule_freep) struct rule *rule = NULL;
        struct draft d = {
                .reading = { .catalogue = catalogue,
                             .objects = objects,
                             .diag = diag,
                             .diag_from = diag->n,
                             .scope = SCOPE_HOST },
                .section = section,
        };
        int r;

        r = make_draft(section, section_index, &rule);
        if (r < 0)
                return r;

        d.rule = rule;
        d.reading.window_ns = rule->window_ns;
        check_keys(&d, keys, n_keys);
        r = parse_keys(&d, keys, n_keys);
        if (r >= 0 && !d.bad && rule->match.n == 0 && !d.reading.waits_for)
                r = matcher_add(&rule->match, "", 0, false);
        if (r >= 0 && !d.bad) {
                rule->waits_for = TAKE(d.reading.waits_for);
                r = finish(&d);
        }
        free(d.reading.waits_for);
        if (r < 0 && r != -EINVAL)
                return r;

        *ret = d.bad || r < 0 ? NULL : TAKE(rule);
        return 0;
}
