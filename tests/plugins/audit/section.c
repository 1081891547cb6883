/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "section.h"

#include <stdlib.h>
#include <string.h>

#include "../../../plugins/audit/sections.h"

struct room {
        struct trimtab_entry entry;
        struct trimtab_items items[_KEY_MAX];
        const char *words[_KEY_MAX][SECTION_WORDS];
        char text[1024];
};

static void split(struct room *room, uint32_t key, char *text)
{
        char *save = NULL;

        for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
                room->words[key][room->items[key].n++] = word;
        room->items[key].texts = room->words[key];
}

static void fill(struct room *room, const struct section *s)
{
        const char *const given[_KEY_MAX] = { [KEY_PATH] = s->path, [KEY_FOR] = s->cgroup, [KEY_DETAIL] = s->detail };
        size_t at = 0;

        for (uint32_t key = 0; key < _KEY_MAX; key++) {
                size_t n = given[key] ? strlen(given[key]) + 1 : 0;

                if (!n)
                        continue;
                if (at + n > sizeof(room->text))
                        abort();
                memcpy(room->text + at, given[key], n);
                split(room, key, room->text + at);
                at += n;
        }
        room->entry = (struct trimtab_entry){
                .size = sizeof(room->entry), .name = s->name, .path = "test", .line = 1, .n_items = _KEY_MAX, .items = room->items
        };
}

int sections_configure(struct testhost *th, const struct section *sections, uint32_t n)
{
        const struct trimtab_entry **entries = calloc(n + 1, sizeof(*entries));
        struct room *rooms = calloc(n + 1, sizeof(*rooms));
        int r;

        if (!entries || !rooms)
                abort();
        for (uint32_t i = 0; i < n; i++) {
                fill(&rooms[i], &sections[i]);
                entries[i] = &rooms[i].entry;
        }
        r = testhost_plugin(th)->configure(testhost_self(th), entries, n);
        free(entries);
        free(rooms);
        return r;
}
