/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_FILTER_H
#define TRIMTAB_TEST_FILTER_H

/* A kind of section with a key of every sort, for tests of the reading and for the fuzzer. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <trimtab/plugin.h>

enum { FILTER_SOURCE, FILTER_SOURCE_FILE, FILTER_RATE, FILTER_HOLD, FILTER_ACTION, FILTER_PORT, FILTER_NOTE, FILTER_N };

static const char *const filter_actions[] = { "drop", "count", "pass", NULL };

/* What it says may come from anywhere: an item in it, too. */
static inline int filter_check_source(const char *item, char *why, uint32_t size)
{
        if (item[strspn(item, "0123456789./")] == '\0')
                return 0;
        (void) snprintf(why, size, "expected a network, not \x1b[31m%s", item);
        return -EINVAL;
}

static inline int filter_check(const struct trimtab_entry *entry, char *why, uint32_t size)
{
        if (entry->items[FILTER_RATE].n == 0 || entry->items[FILTER_PORT].n > 0)
                return 0;
        (void) snprintf(why, size, "a rate needs a port");
        return -EINVAL;
}

static const struct trimtab_key filter_keys[] = {
        [FILTER_SOURCE] = { "source", NULL, "Who", TRIMTAB_KEY_TEXT, TRIMTAB_KEY_LIST | TRIMTAB_KEY_REQUIRED,
                            .check = filter_check_source },
        [FILTER_SOURCE_FILE] = { "source-file", NULL, "Who else", TRIMTAB_KEY_TEXT, TRIMTAB_KEY_FILE | TRIMTAB_KEY_LIST,
                                 .of = "source" },
        [FILTER_RATE] = { "rate", "pps", "How many", TRIMTAB_KEY_NUMBER, 0, 1, 10000 },
        [FILTER_HOLD] = { "hold", "ms", "How long", TRIMTAB_KEY_NUMBER, 0, 0, 0 },
        [FILTER_ACTION] = { "action", NULL, "What then", TRIMTAB_KEY_CHOICE, 0, .choices = filter_actions },
        [FILTER_PORT] = { "port", "", "Where", TRIMTAB_KEY_NUMBER, TRIMTAB_KEY_LIST, 1, 65535 },
        [FILTER_NOTE] = { "note", NULL, "Whatever", TRIMTAB_KEY_TEXT, 0 },
};

static const struct trimtab_section filter_section = { TRIMTAB_KEYS(filter_keys), .name = "filter",
                                                       .help = "What to do with packets", .check = filter_check };

#endif
