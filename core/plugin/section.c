/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/section.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"
#include "plugin/section-room.h"
#include "util/str.h"

enum { WHY_MAX = 256 };

DEFINE_CLEANUP(struct section_entry *, section_entry_free);

struct section_entry *section_entry_free(struct section_entry *e)
{
        if (!e)
                return NULL;
        for (uint32_t i = 0; e->items && i < e->entry.n_items; i++) {
                free((void *) e->items[i].texts);
                free((void *) e->items[i].numbers);
        }
        free(e->items);
        for (size_t i = 0; i < e->n_lines; i++)
                free(e->lines[i]);
        free(e->lines);
        for (size_t i = 0; i < e->n_files; i++)
                list_file_unref(e->files[i]);
        free(e->files);
        free(e->name);
        free(e->path);
        free(e);
        return NULL;
}

static void draft_clear(struct section_draft *d)
{
        for (uint32_t i = 0; d->keys && i < d->reading->section->n_keys; i++) {
                free(d->keys[i].texts);
                free(d->keys[i].numbers);
                free(d->keys[i].places);
        }
        free(d->keys);
        section_entry_free(d->entry);
}

static int draft_init(struct section_draft *d)
{
        const struct trimtab_section *s = d->reading->section;
        struct section_entry *e = d->entry = calloc(1, sizeof(*e));

        d->keys = calloc(s->n_keys + 1, sizeof(*d->keys));
        if (!e || !d->keys)
                return -ENOMEM;
        e->items = calloc(s->n_keys + 1, sizeof(*e->items));
        e->name = strdup(d->from->name);
        e->path = strdup(d->from->place.path);
        if (!e->items || !e->name || !e->path)
                return -ENOMEM;

        e->entry = (struct trimtab_entry) {
                .size = sizeof(e->entry),
                .section = d->reading->index,
                .name = e->name,
                .path = e->path,
                .line = d->from->place.line,
                .n_items = s->n_keys,
                .items = e->items,
        };
        return 0;
}

/* Every key must be known, also one that a later file overrides. */
static int check_keys(struct section_draft *d)
{
        const struct trimtab_section *s = d->reading->section;
        _cleanup_free_ const char **names = calloc(s->n_keys + 1, sizeof(*names));

        if (!names)
                return -ENOMEM;
        for (uint32_t i = 0; i < s->n_keys; i++)
                names[i] = s->keys[i].name;

        for (size_t i = 0; i < d->from->n_entries; i++) {
                const struct ini_entry *e = &d->from->entries[i];
                uint32_t k = 0;

                while (k < s->n_keys && !streq(names[k], e->key))
                        k++;
                if (k < s->n_keys)
                        continue;
                d->bad = true;
                diag_add_unknown(d->reading->diag, &e->place, "key", e->key, names, s->n_keys);
        }
        return 0;
}

/* The values before the files: a file's items stand behind those of the section itself. */
static int read_keys(struct section_draft *d)
{
        const struct trimtab_section *s = d->reading->section;
        int r = 0;

        for (uint32_t i = 0; i < s->n_keys && r >= 0; i++) {
                const struct ini_entry *e = ini_get(d->from, s->keys[i].name);

                if (!e || e->n_lines == 0)
                        continue;
                d->keys[i].given = e;
                r = key_read(d, i);
        }
        for (uint32_t i = 0; i < s->n_keys && r >= 0; i++)
                if ((s->keys[i].flags & TRIMTAB_KEY_FILE) && d->keys[i].given)
                        r = key_read_files(d, i);
        return r;
}

/* The key that names a file of this list; NULL: none can. *ret_given: whether one does. */
static const char *file_key_of(const struct section_draft *d, const char *list, bool *ret_given)
{
        const struct trimtab_section *s = d->reading->section;
        const char *name = NULL;

        *ret_given = false;
        for (uint32_t i = 0; i < s->n_keys; i++)
                if ((s->keys[i].flags & TRIMTAB_KEY_FILE) && streq(s->keys[i].of, list)) {
                        name = s->keys[i].name;
                        *ret_given = *ret_given || d->keys[i].given;
                }
        return name;
}

static void check_required(struct section_draft *d)
{
        const struct trimtab_section *s = d->reading->section;

        for (uint32_t i = 0; i < s->n_keys; i++) {
                const struct ini_entry *reset = ini_get(d->from, s->keys[i].name);
                bool by_file;
                const char *file = file_key_of(d, s->keys[i].name, &by_file);

                if (!(s->keys[i].flags & TRIMTAB_KEY_REQUIRED) || d->keys[i].given || by_file)
                        continue;
                d->bad = true;
                diag_add(d->reading->diag, SEVERITY_ERROR, reset ? &reset->place : &d->from->place, "%s '%s' has %s '%s'%s%s%s",
                         s->name, d->from->name, file ? "neither" : "no", s->keys[i].name, file ? " nor '" : "", file ?: "",
                         file ? "'" : "");
        }
}

/* What was gathered becomes the entry's. */
static void fill_items(struct section_draft *d)
{
        for (uint32_t i = 0; i < d->reading->section->n_keys; i++) {
                struct draft_key *k = &d->keys[i];

                d->entry->items[i] = (struct trimtab_items) {
                        .texts = TAKE(k->texts),
                        .numbers = TAKE(k->numbers),
                        .n = (uint32_t) k->n,
                };
        }
}

/* Whether the items go together, the plugin knows. */
static int check_whole(struct section_draft *d)
{
        const struct section_reading *r = d->reading;
        char why[WHY_MAX] = "";
        struct callback before;
        _cleanup_free_ char *safe = NULL;
        int verdict;

        if (!r->section->check)
                return 0;
        if (r->plugin)
                before = callback_enter(r->plugin, "section_check");
        verdict = r->section->check(&d->entry->entry, why, sizeof(why));
        if (r->plugin)
                callback_leave(r->plugin, before);
        if (verdict >= 0)
                return 0;

        why[sizeof(why) - 1] = '\0';
        safe = str_escape(why[0] ? why : "its items do not go together");
        if (!safe)
                return -ENOMEM;
        d->bad = true;
        diag_add(r->diag, SEVERITY_ERROR, &d->from->place, "%s '%s': %s", r->section->name, d->from->name, safe);
        return 0;
}

/* What can be said of it without its keys. */
static bool is_readable(const struct section_reading *reading, const struct ini_section *from)
{
        bool is_one = reading->section->flags & TRIMTAB_SECTION_ONE;

        if (is_one != (from->name[0] != '\0'))
                return !from->broken; /* a line of it was refused, and said */
        if (is_one) {
                diag_add(reading->diag, SEVERITY_ERROR, &from->place, "there is but one %s, without a name: [%s]", from->kind, from->kind);
                return false;
        }
        diag_add(reading->diag, SEVERITY_ERROR, &from->place, "a %s needs a name: [%s NAME]", from->kind, from->kind);
        return false;
}

int section_parse(const struct section_reading *reading, const struct ini_section *from, struct section_entry **ret)
{
        _cleanup_(draft_clear) struct section_draft d = { .reading = reading, .from = from };
        int r;

        *ret = NULL;
        if (!is_readable(reading, from))
                return 0;

        r = draft_init(&d);
        if (r >= 0)
                r = check_keys(&d);
        if (r >= 0)
                r = read_keys(&d);
        if (r < 0)
                return r;
        check_required(&d);
        if (d.bad)
                return 0;

        fill_items(&d);
        r = check_whole(&d);
        if (r < 0 || d.bad)
                return r;
        *ret = TAKE(d.entry);
        return 0;
}
