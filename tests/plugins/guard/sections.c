/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sections.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 300
#define KEYS_MAX    16

struct room {
        struct trimtab_entry entry;
        struct trimtab_items items[KEYS_MAX];
        const struct trimtab_section *section;
};

/* While it is read. */
struct reader {
        const struct trimtab_plugin *plugin;
        struct room *rooms;
        uint32_t n;
        int error;
};

static void begin(struct reader *r, char *head)
{
        char *kind = strtok(head, " ]"), *name = strtok(NULL, "]");
        struct room *room = &r->rooms[r->n];

        if (r->n == ENTRIES_MAX || !kind)
                abort();
        for (uint32_t i = 0; i < r->plugin->n_sections; i++)
                if (strcmp(r->plugin->sections[i].name, kind) == 0) {
                        room->section = &r->plugin->sections[i];
                        room->entry = (struct trimtab_entry){ .size = sizeof(room->entry), .section = i, .name = name ?: "", .path = "test",
                                                              .line = 1, .n_items = room->section->n_keys, .items = room->items };
                        r->n++;
                        return;
                }
        (void) fprintf(stderr, "sections: no kind '%s'\n", kind);
        abort();
}

static void add(struct reader *r, const struct trimtab_key *key, struct trimtab_items *items, char *text)
{
        char why[256] = "";

        text += strspn(text, " ");
        for (char *end = text + strlen(text); end > text && end[-1] == ' ';)
                *--end = '\0';
        if (key->check && key->check(text, why, sizeof(why)) < 0) {
                (void) fprintf(stderr, "sections: %s '%s': %s\n", key->name, text, why);
                r->error = -EINVAL;
        }
        items->texts = realloc((void *) items->texts, (items->n + 1) * sizeof(*items->texts));
        items->numbers = realloc((void *) items->numbers, (items->n + 1) * sizeof(*items->numbers));
        ((const char **) items->texts)[items->n] = text;
        ((double *) items->numbers)[items->n++] = strtod(text, NULL);
}

static void set(struct reader *r, char *line)
{
        struct room *room = &r->rooms[r->n - 1];
        char *value = strchr(line, '='), *save = NULL;

        if (!value || r->n == 0)
                abort();
        *value++ = '\0';
        for (uint32_t i = 0; i < room->section->n_keys; i++) {
                const struct trimtab_key *key = &room->section->keys[i];

                if (strncmp(line, key->name, strlen(key->name)) != 0 || line[strlen(key->name)] != ' ')
                        continue;
                if (!(key->flags & TRIMTAB_KEY_LIST))
                        add(r, key, &room->items[i], value);
                else
                        for (char *word = strtok_r(value, ",", &save); word; word = strtok_r(NULL, ",", &save))
                                add(r, key, &room->items[i], word);
                return;
        }
        (void) fprintf(stderr, "sections: no key in '%s'\n", line);
        abort();
}

static void check_whole(struct reader *r)
{
        char why[256] = "";

        for (uint32_t i = 0; i < r->n; i++)
                if (r->rooms[i].section->check && r->rooms[i].section->check(&r->rooms[i].entry, why, sizeof(why)) < 0) {
                        (void) fprintf(stderr, "sections: %s: %s\n", r->rooms[i].entry.name, why);
                        r->error = -EINVAL;
                }
}

int sections_configure(struct testhost *th, const char *text)
{
        struct reader r = { .plugin = testhost_plugin(th), .rooms = calloc(ENTRIES_MAX, sizeof(*r.rooms)) };
        const struct trimtab_entry **entries = calloc(ENTRIES_MAX, sizeof(*entries));
        char *copy = strdup(text), *line, *rest = copy;

        if (!r.rooms || !entries || !copy)
                abort();
        while ((line = strsep(&rest, "\n"))) {
                line += strspn(line, " ");
                if (*line == '[')
                        begin(&r, line + 1);
                else if (*line)
                        set(&r, line);
        }
        check_whole(&r);
        for (uint32_t i = 0; i < r.n; i++)
                entries[i] = &r.rooms[i].entry;
        if (r.error == 0)
                r.error = r.plugin->configure(testhost_self(th), entries, r.n);
        for (uint32_t i = 0; i < r.n; i++)
                for (uint32_t k = 0; k < KEYS_MAX; k++) {
                        free((void *) r.rooms[i].items[k].texts);
                        free((void *) r.rooms[i].items[k].numbers);
                }
        free(entries);
        free(r.rooms);
        free(copy);
        return r.error;
}
