/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "entries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_up(const char *what, const char *text)
{
        (void) fprintf(stderr, "no filter: %s: '%s'\n", what, text);
        abort();
}

static uint32_t key_of(const char *word, size_t length)
{
        for (uint32_t k = 0; k < _FILTER_KEY_MAX; k++)
                if (strlen(filter_keys[k].name) == length && strncmp(filter_keys[k].name, word, length) == 0)
                        return k;
        give_up("no such key", word);
        return 0;
}

/* "KEY=ITEM,ITEM", or the action alone. "KEY=": given, and empty, as a file can be. */
static size_t read_word(struct line *l, char *word, size_t n_texts)
{
        char *equals = strchr(word, '='), *save = NULL;
        uint32_t key = equals ? key_of(word, (size_t) (equals - word)) : FILTER_ACTION;
        struct trimtab_items *items = &l->items[key];

        items->texts = l->texts + n_texts;
        for (char *item = strtok_r(equals ? equals + 1 : word, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
                l->texts[n_texts++] = item;
                items->n++;
        }
        return n_texts;
}

void line_read(const char *text, const char *name, struct line *ret)
{
        char *save = NULL;
        size_t n = 0;

        *ret = (struct line){ .text = strdup(text), .texts = calloc(strlen(text) + 1, sizeof(char *)) };
        if (!ret->text || !ret->texts)
                give_up("no memory", text);
        for (char *word = strtok_r(ret->text, " ", &save); word; word = strtok_r(NULL, " ", &save))
                n = read_word(ret, word, n);
        ret->entry = (struct trimtab_entry){
                .size = sizeof(ret->entry), .name = name, .path = "test", .line = 1, .n_items = _FILTER_KEY_MAX, .items = ret->items
        };
}

void line_clear(struct line *l)
{
        free(l->text);
        free(l->texts);
        *l = (struct line){};
}

/* As the host does before it hands a section over. */
static void check(const struct line *l, const char *text)
{
        char why[256] = "";

        for (uint32_t k = 0; k < _FILTER_KEY_MAX; k++)
                for (uint32_t i = 0; i < l->items[k].n && filter_keys[k].check; i++)
                        if (filter_keys[k].check(l->items[k].texts[i], why, sizeof(why)) < 0)
                                give_up(why, l->items[k].texts[i]);
        if (l->items[FILTER_ACTION].n != 1)
                give_up("no action", text);
        if (filter_check(&l->entry, why, sizeof(why)) < 0)
                give_up(why, text);
}

/* As many as may be, and one more that is one too many. */
#define LINES_MAX 65

struct filters *filters_of(const char *text)
{
        struct line lines[LINES_MAX];
        char names[LINES_MAX][12];
        const struct trimtab_entry *entries[LINES_MAX];
        char *copy = strdup(text), *save = NULL;
        struct filters *filters;
        uint32_t n = 0;

        if (!copy)
                give_up("no memory", text);
        for (char *one = strtok_r(copy, ";", &save); one && n < LINES_MAX; one = strtok_r(NULL, ";", &save)) {
                if (one[strspn(one, " ")] == '\0')
                        continue;
                (void) snprintf(names[n], sizeof(names[n]), "%u", n);
                line_read(one, names[n], &lines[n]);
                check(&lines[n], text);
                entries[n] = &lines[n].entry;
                n++;
        }
        if (filters_read(entries, n, 0, NULL, 0, &filters) < 0)
                give_up("refused", text);
        for (uint32_t i = 0; i < n; i++)
                line_clear(&lines[i]);
        free(copy);
        return filters;
}
