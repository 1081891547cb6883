/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/rule-keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/ownership.h"
#include "util/str.h"

/* Longer than anybody means, short enough that a few of them can be added without a thought. */
#define DURATION_MAX_NS (365 * 24 * 3600 * SECOND_NS)
#define WINDOW_MAX_NS (3600 * SECOND_NS)
#define PRIORITY_MAX 1000

static struct place line_place(const struct ini_line *line)
{
        struct place place = line->place;

        place.width = (unsigned) strlen(line->text);
        return place;
}

/* The one line of a key that has one. */
static int only_line(struct draft *d, const struct ini_entry *entry, const struct ini_line **ret)
{
        const char *comment = find_comment(entry->lines[0].text);
        struct place place;

        if (comment)
                return refuse_comment(d->reading.diag, &entry->lines[0], comment);
        if (entry->n_lines > 1) {
                place = line_place(&entry->lines[1]);
                diag_add(d->reading.diag, SEVERITY_ERROR, &place, "'%s' takes one line", entry->key);
                return -EINVAL;
        }
        *ret = &entry->lines[0];
        return 0;
}

int parse_time(struct draft *d, const struct ini_entry *entry, uint64_t min, uint64_t max, uint64_t *ret)
{
        const struct ini_line *line;
        unsigned long long ns;
        struct place place;
        int r;

        r = only_line(d, entry, &line);
        if (r < 0)
                return r;
        place = line_place(line);
        if (duration_parse(line->text, &ns) < 0) {
                diag_add(d->reading.diag, SEVERITY_ERROR, &place, "expected a time with a unit, such as 10s");
                return -EINVAL;
        }
        if (ns < min || ns > max) {
                _cleanup_free_ char *low = quantity_format((double) min, DIMENSION_TIME);
                _cleanup_free_ char *high = quantity_format((double) max, DIMENSION_TIME);

                diag_add(d->reading.diag, SEVERITY_ERROR, &place, "expected a time from %s to %s", low ?: "?",
                         high ?: "?");
                return -EINVAL;
        }
        *ret = ns;
        return 0;
}

int parse_hold(struct draft *d, const struct ini_entry *entry)
{
        return parse_time(d, entry, 0, DURATION_MAX_NS, &d->rule->hold_ns);
}

int parse_clear_hold(struct draft *d, const struct ini_entry *entry)
{
        return parse_time(d, entry, 0, DURATION_MAX_NS, &d->rule->clear_hold_ns);
}

int parse_cooldown(struct draft *d, const struct ini_entry *entry)
{
        return parse_time(d, entry, 0, DURATION_MAX_NS, &d->rule->cooldown_ns);
}

int parse_every(struct draft *d, const struct ini_entry *entry)
{
        return parse_time(d, entry, 0, DURATION_MAX_NS, &d->rule->every_ns);
}

int parse_rule_window(struct draft *d, const struct ini_entry *entry)
{
        int r;

        r = parse_time(d, entry, 1, WINDOW_MAX_NS, &d->rule->window_ns);
        if (r >= 0)
                d->reading.window_ns = d->rule->window_ns;
        return r;
}

int parse_priority(struct draft *d, const struct ini_entry *entry)
{
        const struct ini_line *line;
        struct place place;
        long priority;
        char *end;
        int r;

        r = only_line(d, entry, &line);
        if (r < 0)
                return r;

        priority = strtol(line->text, &end, 10);
        if (*end != '\0' || priority < 0 || priority > PRIORITY_MAX) {
                place = line_place(line);
                diag_add(d->reading.diag, SEVERITY_ERROR, &place, "expected a whole number from 0 to %d",
                         PRIORITY_MAX);
                return -EINVAL;
        }
        d->rule->priority = (int) priority;
        return 0;
}

/* One of a few words; its number in the list. */
static int parse_word(struct draft *d, const struct ini_entry *entry, const char *const *words, size_t n,
                      size_t *ret)
{
        const struct ini_line *line;
        struct place place;
        int r;

        r = only_line(d, entry, &line);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++)
                if (streq(words[i], line->text)) {
                        *ret = i;
                        return 0;
                }
        place = line_place(line);
        return refuse_unknown(d->reading.diag, &place, entry->key, line->text, words, n);
}

int parse_mode(struct draft *d, const struct ini_entry *entry)
{
        static const char *const words[] = { "off", "advise", "enforce" };
        static const enum mode modes[] = { MODE_OFF, MODE_ADVISE, MODE_ENFORCE };
        size_t i;
        int r;

        r = parse_word(d, entry, words, ELEMENTSOF(words), &i);
        if (r < 0)
                return r;
        d->rule->mode = modes[i];
        return 0;
}

int parse_on_clear(struct draft *d, const struct ini_entry *entry)
{
        const char *words[] = {
                on_clear_name(ON_CLEAR_RESTORE),
                on_clear_name(ON_CLEAR_EASE),
                on_clear_name(ON_CLEAR_KEEP),
        };
        size_t i;
        int r;

        r = parse_word(d, entry, words, ELEMENTSOF(words), &i);
        if (r < 0)
                return r;
        d->rule->on_clear = (enum on_clear) i;
        return 0;
}

int parse_on_exit(struct draft *d, const struct ini_entry *entry)
{
        static const char *const words[] = { "restore", "keep" };
        size_t i;
        int r;

        r = parse_word(d, entry, words, ELEMENTSOF(words), &i);
        if (r >= 0)
                d->rule->keep = (int) i;
        return r;
}

static int parse_yes(struct draft *d, const struct ini_entry *entry, bool *ret)
{
        static const char *const words[] = { "no", "yes" };
        size_t i;
        int r;

        r = parse_word(d, entry, words, ELEMENTSOF(words), &i);
        if (r >= 0)
                *ret = i == 1;
        return r;
}

int parse_contest(struct draft *d, const struct ini_entry *entry)
{
        return parse_yes(d, entry, &d->rule->contest);
}

int parse_delegated(struct draft *d, const struct ini_entry *entry)
{
        return parse_yes(d, entry, &d->rule->delegated);
}

/* Free text: a # in it may be meant. */
int parse_description(struct draft *d, const struct ini_entry *entry)
{
        _cleanup_free_ char *all = strdup(entry->lines[0].text);

        for (size_t i = 1; all && i < entry->n_lines; i++) {
                char *more = str_printf("%s %s", all, entry->lines[i].text);

                free(all);
                all = more;
        }
        if (!all)
                return -ENOMEM;
        d->rule->description = TAKE(all);
        return 0;
}
