/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"
#include "plugin/section-item.h"
#include "plugin/section-room.h"
#include "util/array.h"
#include "util/str.h"

/* Of one value or one file: who has broken a whole list need not read it all. */
#define MESSAGES_MAX 20

/* A run of items from one source, for one key. */
struct run {
        struct section_draft *draft;
        uint32_t key;
        unsigned n_said, n_more; /* what was wrong: said, and beyond the most that is */
        struct place more;       /* the first of those beyond */
        struct callback before;
};

static void run_begin(struct run *run, struct section_draft *d, uint32_t key)
{
        *run = (struct run) { .draft = d, .key = key };
        if (d->reading->plugin)
                run->before = callback_enter(d->reading->plugin, "key_check");
}

static void run_end(struct run *run)
{
        struct section_draft *d = run->draft;

        if (d->reading->plugin)
                callback_leave(d->reading->plugin, run->before);
        if (run->n_more > 0)
                diag_add(d->reading->diag, SEVERITY_ERROR, &run->more, "and %u more from here on", run->n_more);
}

/* Takes message over. */
static int complain(struct run *run, const struct place *place, char *message)
{
        struct section_draft *d = run->draft;

        d->bad = true;
        if (run->n_said < MESSAGES_MAX) {
                run->n_said++;
                diag_add(d->reading->diag, SEVERITY_ERROR, place, "%s", message ?: "out of memory");
        } else if (run->n_more++ == 0) {
                run->more = (struct place) { .path = place->path, .line = place->line };
        }
        free(message);
        return 0;
}

/* text lives as long as the entry. */
static int add_item(struct run *run, const char *text, const struct place *place)
{
        const struct trimtab_key *key = &run->draft->reading->section->keys[run->key];
        struct draft_key *k = &run->draft->keys[run->key];
        struct fault why = {};
        double number = 0;
        int r;

        r = item_check(key, text, &number, &why);
        if (r == -EINVAL) {
                struct place part = *place;

                part.column += (unsigned) why.at;
                part.width = (unsigned) why.width;
                return complain(run, &part, why.message);
        }
        if (r < 0)
                return r;

        if (array_reserve(&k->texts, k->n, sizeof(*k->texts)) < 0 ||
            (key->type == TRIMTAB_KEY_NUMBER && array_reserve(&k->numbers, k->n, sizeof(*k->numbers)) < 0) ||
            ((key->flags & TRIMTAB_KEY_FILE) && array_reserve(&k->places, k->n, sizeof(*k->places)) < 0))
                return -ENOMEM;
        if (key->type == TRIMTAB_KEY_NUMBER)
                k->numbers[k->n] = number;
        if (key->flags & TRIMTAB_KEY_FILE)
                k->places[k->n] = *place;
        k->texts[k->n++] = text;
        return 0;
}

/* --- what stands in the section itself --- */

/* A copy that the entry keeps; the line is cut in it. */
static char *keep_line(struct section_entry *e, const char *text)
{
        if (array_reserve(&e->lines, e->n_lines, sizeof(*e->lines)) < 0)
                return NULL;
        e->lines[e->n_lines] = strdup(text);
        return e->lines[e->n_lines] ? e->lines[e->n_lines++] : NULL;
}

static int add_line(struct run *run, const struct ini_line *line)
{
        char *text = keep_line(run->draft->entry, line->text);
        struct place place = line->place;

        if (!text)
                return -ENOMEM;
        place.width = (unsigned) strlen(text);
        return add_item(run, text, &place);
}

/* "a, b, c": a comma at the end of a line goes on below. */
static int add_list_line(struct run *run, const struct ini_line *line)
{
        char *text = keep_line(run->draft->entry, line->text), *rest = text;
        int r = 0;

        if (!text)
                return -ENOMEM;
        while (rest && r >= 0) {
                char *comma = strchr(rest, ','), *item;
                struct place place = line->place;

                if (comma)
                        *comma = '\0';
                item = str_strip(rest);
                place.column += (unsigned) (item - text);
                place.width = (unsigned) strlen(item);
                rest = comma ? comma + 1 : NULL;

                if (*item)
                        r = add_item(run, item, &place);
                else if (comma)
                        r = complain(run, &place, strdup("expected an item before ','"));
        }
        return r;
}

int key_read(struct section_draft *d, uint32_t key)
{
        const struct trimtab_key *k = &d->reading->section->keys[key];
        const struct ini_entry *e = d->keys[key].given;
        struct run run;
        int r = 0;

        run_begin(&run, d, key);
        if (!(k->flags & TRIMTAB_KEY_LIST) && e->n_lines > 1)
                r = complain(&run, &e->lines[1].place, str_printf("'%s' takes one item", k->name));
        else
                for (size_t i = 0; i < e->n_lines && r >= 0; i++)
                        r = k->flags & TRIMTAB_KEY_LIST ? add_list_line(&run, &e->lines[i]) : add_line(&run, &e->lines[i]);
        run_end(&run);
        return r;
}

/* --- what stands in files --- */

static uint32_t number_of(const struct trimtab_section *s, const char *name)
{
        uint32_t i = 0;

        while (!streq(s->keys[i].name, name)) /* the descriptor was judged: it is there */
                i++;
        return i;
}

static int add_file(struct section_draft *d, uint32_t list, struct list_file *f)
{
        struct section_entry *e = d->entry;
        struct run run;
        int r = 0;

        if (array_reserve(&e->files, e->n_files, sizeof(struct list_file *)) < 0)
                return -ENOMEM;
        e->files[e->n_files++] = list_file_ref(f);

        run_begin(&run, d, list);
        for (size_t i = 0; i < f->n && r >= 0; i++) {
                struct place place = list_file_place(f, i);

                if (*f->lines[i].text)
                        r = add_item(&run, f->lines[i].text, &place);
                else
                        r = complain(&run, &place, strdup("a NUL byte, expected text"));
        }
        run_end(&run);
        return r;
}

int key_read_files(struct section_draft *d, uint32_t key)
{
        const struct trimtab_section *s = d->reading->section;
        const struct draft_key *k = &d->keys[key];
        uint32_t list = number_of(s, s->keys[key].of);

        for (size_t i = 0; i < k->n; i++) {
                bool absolute = k->texts[i][0] == '/';
                struct list_file *f = NULL;
                int r = absolute ? lists_get(d->reading->lists, k->texts[i], &f) : -EINVAL;

                if (r >= 0)
                        r = add_file(d, list, f);
                if (r == -ENOMEM)
                        return r;
                if (r >= 0)
                        continue;
                d->bad = true;
                diag_add(d->reading->diag, SEVERITY_ERROR, &k->places[i], "%s '%s': %s", s->keys[key].name, k->texts[i],
                         absolute ? list_file_error(r) : "expected an absolute path");
        }
        return 0;
}
