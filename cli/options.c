/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/units.h"
#include "terminal.h"
#include "util/clock.h"
#include "util/ownership.h"
#include "util/str.h"
#include "when.h"

/* Of `trimtab log` without -n: a screen. */
enum { LINES_DEFAULT = 25 };

/* Of `trimtab record` without --max-size: a day of a usual server. */
#define MAX_SIZE_DEFAULT 200000000ull

/* --- those that are more than a word --- */

static int take_lines(const char *text, struct invocation *ret)
{
        unsigned long n;
        char *end;

        errno = 0;
        n = strtoul(text, &end, 10);
        if (errno != 0 || *end || end == text || *text == '-' || n == 0 || n > UINT32_MAX) {
                complain("-n takes a number from 1 on, not '%s'", text);
                return -EINVAL;
        }

        ret->lines = (uint32_t) n;
        return 0;
}

static int take_since(const char *text, struct invocation *ret)
{
        if (moment_parse(text, realtime_usec(), &ret->since_usec) >= 0)
                return 0;
        complain("--since takes a time such as 10m (ago), 14:03 or '2026-01-02 14:03', not '%s'", text);
        return -EINVAL;
}

static int take_for(const char *text, struct invocation *ret)
{
        if (span_parse(text, &ret->for_usec) >= 0)
                return 0;
        complain("--for takes a time such as 90s, 10m, 2h or 1d, not '%s'", text);
        return -EINVAL;
}

static int take_max_size(const char *text, struct invocation *ret)
{
        enum dimension dimension;
        double size;
        int n = quantity_parse(text, &size, &dimension, NULL);

        if (n > 0 && !text[n] && (dimension == DIMENSION_NONE || dimension == DIMENSION_BYTES) && size >= 1) {
                ret->max_size = size < 0x1p63 ? (uint64_t) size : 0;
                return 0;
        }
        complain("--max-size takes a size such as 200M, 2Gi or max, not '%s'", text);
        return -EINVAL;
}

static int take_speed(const char *text, struct invocation *ret)
{
        unsigned long n;
        char *end;

        ret->speed = 0;
        if (streq(text, "max"))
                return 0;
        n = strtoul(text, &end, 10);
        if (*end || end == text || *text == '-' || n == 0 || n > 1000000) {
                complain("--speed takes max, 1, 10 or another number from 1 on, not '%s'", text);
                return -EINVAL;
        }
        ret->speed = (unsigned) n;
        return 0;
}

static int take_rules(const char *path, struct invocation *ret)
{
        if (ret->n_rules == RULES_MAX) {
                complain("--rules was given more than %d times", RULES_MAX);
                return -EINVAL;
        }
        ret->rules[ret->n_rules++] = path;
        return 0;
}

static int take_test(const char *path, struct invocation *ret)
{
        if (ret->n_tests == TESTS_MAX) {
                complain("--test was given more than %d times: name the others behind it, or their folder", TESTS_MAX);
                return -EINVAL;
        }
        ret->tests[ret->n_tests++] = path;
        return 0;
}

/* --- all --- */

/* What becomes of an option: a mark, a word kept as it is, or what take() makes of it. */
enum kind { MARK, WORD, TAKEN };

#define AT(member) offsetof(struct invocation, member)

static const struct {
        const char *name;
        char letter; /* 0: it has none */
        enum kind kind;
        size_t offset; /* MARK, WORD: in struct invocation */
        int (*take)(const char *text, struct invocation *ret);
        unsigned takes;
        const char *shown, *help;
} all[] = {
        { "runtime-dir", 0, WORD, AT(runtime_dir), NULL, TAKES_RUNTIME_DIR, "--runtime-dir DIR",
          "ask the daemon that runs there, not the system's own" },
        { "json", 0, MARK, AT(json), NULL, TAKES_JSON, "--json", "one JSON document, not a table" },
        { "lines", 'n', TAKEN, 0, take_lines, TAKES_LINES, "-n, --lines N", "so many lines, the last ones (25)" },
        { "rule", 0, WORD, AT(rule), NULL, TAKES_FILTER, "--rule GLOB", "only what rules of that name did" },
        { "object", 0, WORD, AT(object), NULL, TAKES_FILTER, "--object GLOB", "only what happened to these objects" },
        { "since", 0, TAKEN, 0, take_since, TAKES_FILTER, "--since TIME", "only what is newer: 10m (ago), 14:03, '2026-01-02 14:03'" },
        { "follow", 'f', MARK, AT(follow), NULL, TAKES_FOLLOW, "-f, --follow", "go on as it happens; with --json one object a line" },
        { "unit", 0, WORD, AT(unit), NULL, TAKES_UNIT, "--unit GLOB", "only of these units, or cgroups" },
        { "config", 0, WORD, AT(config), NULL, TAKES_CONFIG, "--config FILE", "trimtab.conf of the daemon, should none run" },
        { "all", 0, MARK, AT(all), NULL, TAKES_ALL, "--all", "everything" },
        { "for", 0, TAKEN, 0, take_for, TAKES_FOR, "--for TIME", "so long: 90s, 10m, 2h, 1d" },
        { "permanent", 0, MARK, AT(permanent), NULL, TAKES_PERMANENT, "--permanent",
          "also for the next start, by a file beside trimtab.conf" },
        { "output", 'o', WORD, AT(output), NULL, TAKES_RECORD, "-o, --output FILE", "the recording to write" },
        { "metrics", 0, WORD, AT(metrics), NULL, TAKES_RECORD, "--metrics GLOB", "record these, too, although no rule wants them" },
        { "objects", 0, WORD, AT(objects), NULL, TAKES_RECORD, "--objects GLOB", "but only of these objects; alone: all of these" },
        { "max-size", 0, TAKEN, 0, take_max_size, TAKES_RECORD, "--max-size SIZE", "end with a file of that size: 200M (the default), 2G, max" },
        { "recording", 0, WORD, AT(recording), NULL, TAKES_SIMULATE, "--recording FILE", "the recording to run the rules over" },
        { "rules", 0, TAKEN, 0, take_rules, TAKES_SIMULATE, "--rules DIR|FILE",
          "the rules, several times if need be; else those that are installed" },
        { "speed", 0, TAKEN, 0, take_speed, TAKES_SIMULATE, "--speed N|max",
          "so many times as fast as it was, and say things as they come; max (the default)" },
        { "test", 0, TAKEN, 0, take_test, TAKES_TEST, "--test FILE|DIR", "rule tests to run, several if need be; of a folder all *.test" },
        { "plugins", 0, WORD, AT(plugin_dir), NULL, TAKES_PLUGINS, "--plugins DIR", "the plugins whose metrics and knobs there are" },
};

void options_print(unsigned takes)
{
        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (takes & all[i].takes)
                        printf("  %-20s %s\n", all[i].shown, all[i].help);
}

const char *options_name(unsigned takes)
{
        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (takes & all[i].takes)
                        return all[i].shown;
        return NULL;
}

/* --- what was typed --- */

/* What getopt answers with; of the i-th of all, NUMBER_OF_FIRST + i. */
enum { NUMBER_OF_VERSION = 0x100, NUMBER_OF_FIRST };

/* In getopt's words. "help" and "version" are everybody's. */
static void tell_getopt(struct option ret[ELEMENTSOF(all) + 3], char letters[2 * ELEMENTSOF(all) + 2])
{
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(all); i++) {
                int argument = all[i].kind == MARK ? no_argument : required_argument;

                ret[i] = (struct option){ all[i].name, argument, NULL, NUMBER_OF_FIRST + (int) i };
                if (all[i].letter)
                        letters[n++] = all[i].letter;
                if (all[i].letter && argument == required_argument)
                        letters[n++] = ':';
        }
        letters[n++] = 'h';
        letters[n] = '\0';
        ret[ELEMENTSOF(all)] = (struct option){ "help", no_argument, NULL, 'h' };
        ret[ELEMENTSOF(all) + 1] = (struct option){ "version", no_argument, NULL, NUMBER_OF_VERSION };
        ret[ELEMENTSOF(all) + 2] = (struct option){ NULL, 0, NULL, 0 };
}

static int take(size_t i, struct request *ret)
{
        void *at = (char *) &ret->in + all[i].offset;

        ret->options |= all[i].takes;
        switch (all[i].kind) {
        case MARK:
                *(bool *) at = true;
                return 0;
        case WORD:
                *(const char **) at = optarg;
                return 0;
        case TAKEN:
                return all[i].take(optarg, &ret->in);
        }
        return -EINVAL;
}

static int take_number(int number, struct request *ret)
{
        if (number == 'h')
                ret->help = true;
        else if (number == NUMBER_OF_VERSION)
                ret->version = true;
        else if (number >= NUMBER_OF_FIRST)
                return take((size_t) (number - NUMBER_OF_FIRST), ret);
        else {
                for (size_t i = 0; i < ELEMENTSOF(all); i++)
                        if (all[i].letter == number)
                                return take(i, ret);

                /* getopt has said what is wrong with it */
                complain("'trimtab help COMMAND' lists the options");
                return -EINVAL;
        }
        return 0;
}

int options_parse(int argc, char **argv, struct request *ret)
{
        struct option words[ELEMENTSOF(all) + 3];
        char letters[2 * ELEMENTSOF(all) + 2];
        int number, r;

        tell_getopt(words, letters);
        *ret = (struct request){ .in.lines = LINES_DEFAULT, .in.max_size = MAX_SIZE_DEFAULT };

        while ((number = getopt_long(argc, argv, letters, words, NULL)) >= 0) {
                r = take_number(number, ret);
                if (r < 0)
                        return r;
        }
        return 0;
}
