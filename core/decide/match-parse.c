/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/match-parse.h"

#include <errno.h>
#include <string.h>

#include "util/ownership.h"

struct items {
        struct reading *reading;
        struct matcher matcher;
        size_t n, n_included;
};

static int refuse(struct items *items, const struct place *place, const char *why)
{
        diag_add(items->reading->diag, SEVERITY_ERROR, place, "%s", why);
        return -EINVAL;
}

/* All of one scope: @self, and which metrics and knobs go with it, would mean nothing otherwise. */
static int take_scope(struct items *items, uint32_t scope, const struct place *place)
{
        if (items->n++ > 0 && scope != items->reading->scope)
                return refuse(items, place, "objects of two scopes in one rule: make two rules of it");
        items->reading->scope = items->matcher.scope = scope;
        return 0;
}

static int parse_item(struct items *items, const char *text, size_t length, struct place place)
{
        bool exclude = length > 0 && *text == '!';
        const char *pattern = "";
        size_t pattern_length = 0;
        uint32_t scope = SCOPE_HOST;
        int r;

        if (exclude) {
                text++;
                length--;
                place.column++;
                place.width--;
        }

        if (length == 0)
                return refuse(items, &place, "expected an object, SCOPE:PATTERN or host");
        if (memchr(text, ' ', length) || memchr(text, '\t', length))
                return refuse(items, &place, "white space in a pattern: put a comma between two");
        if (length != 4 || memcmp(text, "host", 4) != 0) {
                r = name_pattern(items->reading, text, length, &place, &scope, &pattern, &pattern_length);
                if (r < 0)
                        return r;
        }

        r = take_scope(items, scope, &place);
        if (r < 0)
                return r;
        items->n_included += !exclude;
        return scope == SCOPE_WAITING ? 0 : matcher_add(&items->matcher, pattern, pattern_length, exclude);
}

/* One line: items between commas. A comma at the end of a line that is not the last joins it to the next. */
static int parse_line(struct items *items, const struct ini_line *line, bool is_last)
{
        const char *at = line->text, *comment = find_comment(line->text);
        int r;

        if (comment)
                return refuse_comment(items->reading->diag, line, comment);

        for (;;) {
                const char *end;
                struct place place = line->place;
                size_t length;

                at += strspn(at, " \t");
                if (*at == '\0' && !is_last && at != line->text)
                        return 0;
                end = strchrnul(at, ',');
                length = (size_t) (end - at);
                while (length > 0 && strchr(" \t", at[length - 1]))
                        length--;

                place.column += (unsigned) (at - line->text);
                place.width = length > 0 ? (unsigned) length : 1;
                r = parse_item(items, at, length, place);
                if (r < 0)
                        return r;
                if (*end == '\0')
                        return 0;
                at = end + 1;
        }
}

int match_parse(struct reading *reading, const struct ini_entry *entry, struct matcher *ret)
{
        struct items items = { .reading = reading };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < entry->n_lines; i++)
                r = parse_line(&items, &entry->lines[i], i + 1 == entry->n_lines);
        if (r >= 0 && items.n_included == 0)
                r = refuse(&items, &entry->lines[0].place,
                           "nothing to leave out of: name what the rule is for first");
        if (r < 0) {
                matcher_clear(&items.matcher);
                return r;
        }

        if (reading->scope == SCOPE_WAITING)
                matcher_clear(&items.matcher);
        *ret = items.matcher;
        return 0;
}
