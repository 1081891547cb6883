/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trimtab: asks the daemon, tells it, and checks rules. See trimtab(1). */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "config/units.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"
#include "when.h"

/* Which options a command takes. */
enum {
        TAKES_RUNTIME_DIR = 1 << 0,
        TAKES_JSON = 1 << 1,
        TAKES_LINES = 1 << 2,
        TAKES_ALL = 1 << 3,
        TAKES_PLUGINS = 1 << 4,
        TAKES_FILTER = 1 << 5,
        TAKES_FOLLOW = 1 << 6,
        TAKES_FOR = 1 << 7,
        TAKES_PERMANENT = 1 << 8,
        TAKES_RECORD = 1 << 9,
        TAKES_SIMULATE = 1 << 10,
        TAKES_TEST = 1 << 11,
        TAKES_DAEMON = TAKES_RUNTIME_DIR | TAKES_JSON,
};

/* Of `trimtab log` without -n: a screen. */
enum { LINES_DEFAULT = 25 };

/* Of `trimtab record` without --max-size: a day of a usual server. */
#define MAX_SIZE_DEFAULT 200000000ull

struct command {
        const char *name, *arguments, *help;
        int min_arguments, max_arguments; /* -1: any number */
        unsigned options;
        int (*run)(const struct invocation *in);
};

static const struct command commands[] = {
        { "status", "", "how the daemon does", 0, 0, TAKES_DAEMON, run_status },
        { "plugins", "[inspect FILE]",
          "what measures, and what could not be had; or look into a plugin's file", 0, 2, TAKES_DAEMON,
          run_plugins },
        { "metrics", "[NAME-GLOB [OBJECT-GLOB]]",
          "what is measured; with a name, also what no rule asked for", 0, 2, TAKES_DAEMON, run_metrics },
        { "knobs", "[NAME-GLOB [OBJECT-GLOB]]", "what can be changed, what is, and by whom", 0, 2,
          TAKES_DAEMON, run_knobs },
        { "rules", "[NAME-GLOB]", "each rule on each object, and where it stands", 0, 1, TAKES_DAEMON,
          run_rules },
        { "explain", "OBJECT|RULE|KNOB [OBJECT]", "why it is so, who made it so, and what it takes to undo it", 1, 2,
          TAKES_DAEMON, run_explain },
        { "log", "[-n N] [--follow]", "what happened last", 0, 0,
          TAKES_DAEMON | TAKES_LINES | TAKES_FILTER | TAKES_FOLLOW, run_log },
        { "check", "[--test] [FILE|DIR...]", "is what these rules say right? (no daemon, no root)", 0,
          -1, TAKES_JSON | TAKES_PLUGINS | TAKES_TEST, run_check },
        { "reload", "[--for TIME]", "read the rules anew; so long, if 'confirm' does not follow", 0, 0, TAKES_DAEMON | TAKES_FOR, run_reload },
        { "confirm", "", "what was reloaded for a time stays", 0, 0, TAKES_DAEMON, run_confirm },
        { "revert", "OBJECT|RULE|KNOB|ID|--all", "put back what the daemon changed", 0, 2, TAKES_DAEMON | TAKES_ALL,
          run_revert },
        { "pause", "[--for TIME]", "change nothing more; what is set stays", 0, 0, TAKES_DAEMON | TAKES_FOR, run_pause },
        { "resume", "", "let the rules act again", 0, 0, TAKES_DAEMON, run_resume },
        { "mode", "[observe|advise|enforce]", "how far the daemon may go", 0, 1, TAKES_DAEMON | TAKES_PERMANENT,
          run_mode },
        { "advise", "", "the same as 'mode advise': say it, and put back what is set", 0, 0,
          TAKES_DAEMON | TAKES_PERMANENT, run_advise },
        { "record", "-o FILE [--for TIME]", "write down what is measured and decided, until Ctrl-C", 0, 0,
          TAKES_RUNTIME_DIR | TAKES_FOR | TAKES_RECORD, run_record },
        { "simulate", "--recording FILE [--rules DIR]", "what these rules would have done then, and why (no daemon, no root)",
          0, 0, TAKES_JSON | TAKES_SIMULATE, run_simulate },
};

static const struct {
        const char *name, *help;
        unsigned takes;
} option_help[] = {
        { "--runtime-dir DIR", "ask the daemon that runs there, not the system's own", TAKES_RUNTIME_DIR },
        { "--json", "one JSON document, not a table", TAKES_JSON },
        { "-n, --lines N", "so many lines, the last ones (25)", TAKES_LINES },
        { "--rule GLOB", "only what rules of that name did", TAKES_FILTER },
        { "--object GLOB", "only what happened to these objects", TAKES_FILTER },
        { "--since TIME", "only what is newer: 10m (ago), 14:03, '2026-01-02 14:03'", TAKES_FILTER },
        { "-f, --follow", "go on as it happens; with --json one object a line", TAKES_FOLLOW },
        { "--all", "everything", TAKES_ALL },
        { "--for TIME", "so long: 90s, 10m, 2h, 1d", TAKES_FOR },
        { "--permanent", "also for the next start, by a file beside trimtab.conf", TAKES_PERMANENT },
        { "-o, --output FILE", "the recording to write", TAKES_RECORD },
        { "--metrics GLOB", "record these, too, although no rule wants them", TAKES_RECORD },
        { "--objects GLOB", "but only of these objects; alone: all of these", TAKES_RECORD },
        { "--max-size SIZE", "end with a file of that size: 200M (the default), 2G, max", TAKES_RECORD },
        { "--recording FILE", "the recording to run the rules over", TAKES_SIMULATE },
        { "--rules DIR|FILE", "the rules, several times if need be; else those that are installed", TAKES_SIMULATE },
        { "--speed N|max", "so many times as fast as it was, and say things as they come; max (the default)", TAKES_SIMULATE },
        { "--test FILE|DIR", "rule tests to run, several if need be; of a folder all *.test", TAKES_TEST },
        { "--plugins DIR", "the plugins whose metrics and knobs there are", TAKES_PLUGINS },
};

static const struct command *command_find(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(commands); i++)
                if (streq(commands[i].name, name))
                        return &commands[i];
        return NULL;
}

static const struct command *command_find_or_complain(const char *name)
{
        const char *names[ELEMENTSOF(commands) + 1], *nearest;
        const struct command *c = command_find(name);

        if (c)
                return c;

        for (size_t i = 0; i < ELEMENTSOF(commands); i++)
                names[i] = commands[i].name;
        names[ELEMENTSOF(commands)] = "help";
        nearest = str_nearest(name, names, ELEMENTSOF(names));
        if (nearest)
                complain("there is no command '%s', did you mean '%s'?", name, nearest);
        else
                complain("there is no command '%s', 'trimtab help' lists them", name);
        return NULL;
}

static void print_options(unsigned takes)
{
        for (size_t i = 0; i < ELEMENTSOF(option_help); i++)
                if (takes & option_help[i].takes)
                        printf("  %-20s %s\n", option_help[i].name, option_help[i].help);
}

static void print_help(void)
{
        printf("Usage: trimtab [OPTION...] COMMAND [ARGUMENT...]\n\n"
               "Shows what trimtabd measures, decides and changes; puts it back; checks "
               "rules.\n\nCommands:\n");
        for (size_t i = 0; i < ELEMENTSOF(commands); i++)
                printf("  %-8s %-26s %s\n", commands[i].name, commands[i].arguments, commands[i].help);

        printf("\nOptions:\n");
        print_options(~0u);
        printf("  %-20s %s\n  %-20s %s\n\nSee trimtab(1).\n", "-h, --help",
               "this text; behind a command, about it", "--version", "the version");
}

static void print_command_help(const struct command *c)
{
        printf("Usage: trimtab %s%s%s\n\n%s\n\nOptions:\n", c->name, *c->arguments ? " " : "", c->arguments,
               c->help);
        print_options(c->options);
}

enum {
        OPTION_RUNTIME_DIR = 0x100,
        OPTION_JSON,
        OPTION_ALL,
        OPTION_PLUGINS,
        OPTION_RULE,
        OPTION_OBJECT,
        OPTION_SINCE,
        OPTION_FOR,
        OPTION_PERMANENT,
        OPTION_METRICS,
        OPTION_OBJECTS,
        OPTION_MAX_SIZE,
        OPTION_RECORDING,
        OPTION_RULES,
        OPTION_SPEED,
        OPTION_TEST,
        OPTION_VERSION,
};

struct request {
        struct invocation in;
        unsigned options; /* TAKES_…: given */
        bool help, version;
};

static int parse_lines(const char *text, uint32_t *ret)
{
        unsigned long n;
        char *end;

        errno = 0;
        n = strtoul(text, &end, 10);
        if (errno != 0 || *end || end == text || *text == '-' || n == 0 || n > UINT32_MAX) {
                complain("-n takes a number from 1 on, not '%s'", text);
                return -EINVAL;
        }

        *ret = (uint32_t) n;
        return 0;
}

static int parse_since(const char *text, uint64_t *ret)
{
        if (moment_parse(text, realtime_usec(), ret) >= 0)
                return 0;
        complain("--since takes a time such as 10m (ago), 14:03 or '2026-01-02 14:03', not '%s'", text);
        return -EINVAL;
}

static int parse_for(const char *text, uint64_t *ret)
{
        if (span_parse(text, ret) >= 0)
                return 0;
        complain("--for takes a time such as 90s, 10m, 2h or 1d, not '%s'", text);
        return -EINVAL;
}

static int parse_max_size(const char *text, uint64_t *ret)
{
        enum dimension dimension;
        double size;
        int n = quantity_parse(text, &size, &dimension, NULL);

        if (n > 0 && !text[n] && (dimension == DIMENSION_NONE || dimension == DIMENSION_BYTES) && size >= 1) {
                *ret = size < 0x1p63 ? (uint64_t) size : 0;
                return 0;
        }
        complain("--max-size takes a size such as 200M, 2Gi or max, not '%s'", text);
        return -EINVAL;
}

static int parse_speed(const char *text, unsigned *ret)
{
        unsigned long n;
        char *end;

        *ret = 0;
        if (streq(text, "max"))
                return 0;
        n = strtoul(text, &end, 10);
        if (*end || end == text || *text == '-' || n == 0 || n > 1000000) {
                complain("--speed takes max, 1, 10 or another number from 1 on, not '%s'", text);
                return -EINVAL;
        }
        *ret = (unsigned) n;
        return 0;
}

static int add_rules(const char *path, struct invocation *ret)
{
        if (ret->n_rules == RULES_MAX) {
                complain("--rules was given more than %d times", RULES_MAX);
                return -EINVAL;
        }
        ret->rules[ret->n_rules++] = path;
        return 0;
}

static int add_test(const char *path, struct invocation *ret)
{
        if (ret->n_tests == TESTS_MAX) {
                complain("--test was given more than %d times: name the others behind it, or their folder", TESTS_MAX);
                return -EINVAL;
        }
        ret->tests[ret->n_tests++] = path;
        return 0;
}

/* Those of recordings. */
static int take_recording_option(int option, struct request *ret)
{
        ret->options |= option == OPTION_RECORDING || option == OPTION_RULES || option == OPTION_SPEED ? TAKES_SIMULATE
                                                                                                     : TAKES_RECORD;
        if (option == 'o')
                ret->in.output = optarg;
        else if (option == OPTION_METRICS)
                ret->in.metrics = optarg;
        else if (option == OPTION_OBJECTS)
                ret->in.objects = optarg;
        else if (option == OPTION_RECORDING)
                ret->in.recording = optarg;
        else if (option == OPTION_RULES)
                return add_rules(optarg, &ret->in);
        else if (option == OPTION_SPEED)
                return parse_speed(optarg, &ret->in.speed);
        else
                return parse_max_size(optarg, &ret->in.max_size);
        return 0;
}

static int take_option(int option, struct request *ret)
{
        switch (option) {

        case 'o':
        case OPTION_METRICS:
        case OPTION_OBJECTS:
        case OPTION_MAX_SIZE:
        case OPTION_RECORDING:
        case OPTION_RULES:
        case OPTION_SPEED:
                return take_recording_option(option, ret);

        case OPTION_RUNTIME_DIR:
                ret->in.runtime_dir = optarg;
                ret->options |= TAKES_RUNTIME_DIR;
                return 0;

        case OPTION_JSON:
                ret->in.json = true;
                ret->options |= TAKES_JSON;
                return 0;

        case OPTION_ALL:
                ret->in.all = true;
                ret->options |= TAKES_ALL;
                return 0;

        case OPTION_PLUGINS:
                ret->in.plugin_dir = optarg;
                ret->options |= TAKES_PLUGINS;
                return 0;

        case OPTION_TEST:
                ret->options |= TAKES_TEST;
                return add_test(optarg, &ret->in);

        case OPTION_RULE:
                ret->in.rule = optarg;
                ret->options |= TAKES_FILTER;
                return 0;

        case OPTION_OBJECT:
                ret->in.object = optarg;
                ret->options |= TAKES_FILTER;
                return 0;

        case OPTION_SINCE:
                ret->options |= TAKES_FILTER;
                return parse_since(optarg, &ret->in.since_usec);

        case 'f':
                ret->in.follow = true;
                ret->options |= TAKES_FOLLOW;
                return 0;

        case OPTION_FOR:
                ret->options |= TAKES_FOR;
                return parse_for(optarg, &ret->in.for_usec);

        case OPTION_PERMANENT:
                ret->in.permanent = true;
                ret->options |= TAKES_PERMANENT;
                return 0;

        case 'n':
                ret->options |= TAKES_LINES;
                return parse_lines(optarg, &ret->in.lines);

        case 'h':
                ret->help = true;
                return 0;

        case OPTION_VERSION:
                ret->version = true;
                return 0;

        default: /* getopt has said what is wrong with it */
                complain("'trimtab help COMMAND' lists the options");
                return -EINVAL;
        }
}

/* Options may stand before and behind the command: getopt brings the other words to the end. */
static int parse(int argc, char **argv, struct request *ret)
{
        static const struct option options[] = {
                { "runtime-dir", required_argument, NULL, OPTION_RUNTIME_DIR },
                { "json", no_argument, NULL, OPTION_JSON },
                { "all", no_argument, NULL, OPTION_ALL },
                { "plugins", required_argument, NULL, OPTION_PLUGINS },
                { "lines", required_argument, NULL, 'n' },
                { "rule", required_argument, NULL, OPTION_RULE },
                { "object", required_argument, NULL, OPTION_OBJECT },
                { "since", required_argument, NULL, OPTION_SINCE },
                { "follow", no_argument, NULL, 'f' },
                { "for", required_argument, NULL, OPTION_FOR },
                { "permanent", no_argument, NULL, OPTION_PERMANENT },
                { "output", required_argument, NULL, 'o' },
                { "metrics", required_argument, NULL, OPTION_METRICS },
                { "objects", required_argument, NULL, OPTION_OBJECTS },
                { "max-size", required_argument, NULL, OPTION_MAX_SIZE },
                { "recording", required_argument, NULL, OPTION_RECORDING },
                { "rules", required_argument, NULL, OPTION_RULES },
                { "speed", required_argument, NULL, OPTION_SPEED },
                { "test", required_argument, NULL, OPTION_TEST },
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, OPTION_VERSION },
                { NULL, 0, NULL, 0 },
        };
        int option, r;

        *ret = (struct request){ .in.lines = LINES_DEFAULT, .in.max_size = MAX_SIZE_DEFAULT };

        while ((option = getopt_long(argc, argv, "n:fo:h", options, NULL)) >= 0) {
                r = take_option(option, ret);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int check_usage(const struct command *c, const struct request *request)
{
        const struct invocation *in = &request->in;
        unsigned wrong = request->options & ~c->options;

        for (size_t i = 0; i < ELEMENTSOF(option_help); i++)
                if (wrong & option_help[i].takes) {
                        complain("'%s' does not take %s", c->name, option_help[i].name);
                        return -EINVAL;
                }

        if (in->n_arguments < c->min_arguments ||
            (c->max_arguments >= 0 && in->n_arguments > c->max_arguments)) {
                complain("usage: trimtab %s %s", c->name, c->arguments);
                return -EINVAL;
        }

        return 0;
}

static int run_help(const char *name)
{
        const struct command *c;

        if (!name || streq(name, "help")) {
                print_help();
                return show_done(0);
        }

        c = command_find_or_complain(name);
        if (!c)
                return EXIT_USAGE;
        print_command_help(c);
        return show_done(0);
}

int main(int argc, char **argv)
{
        const struct command *c;
        struct request request;
        const char *name;

        /* What we print is UTF-8; widths in tables are right only when the C library knows. */
        (void) setlocale(LC_CTYPE, "");
        if (MB_CUR_MAX == 1)
                (void) setlocale(LC_CTYPE, "C.UTF-8");

        if (argc > 0)
                argv[0] = program_invocation_short_name; /* getopt complains in its name, as we do */
        if (parse(argc, argv, &request) < 0)
                return EXIT_USAGE;

        name = argv[optind];
        if (request.version) {
                printf("trimtab %s\n", TRIMTAB_VERSION);
                return show_done(0);
        }
        if (request.help)
                return run_help(name);
        if (!name) {
                complain("a command is missing, 'trimtab help' lists them");
                return EXIT_USAGE;
        }
        if (streq(name, "help"))
                return run_help(argv[optind + 1]);

        c = command_find_or_complain(name);
        if (!c)
                return EXIT_USAGE;

        request.in.arguments = argv + optind + 1;
        request.in.n_arguments = argc - optind - 1;
        if (check_usage(c, &request) < 0)
                return EXIT_USAGE;
        return c->run(&request.in);
}
