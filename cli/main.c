/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trimtab: asks the daemon, tells it, and checks rules. See trimtab(1). */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/str.h"

/* Which options a command takes. */
enum {
        TAKES_RUNTIME_DIR = 1 << 0,
        TAKES_JSON = 1 << 1,
        TAKES_LINES = 1 << 2,
        TAKES_ALL = 1 << 3,
        TAKES_PLUGINS = 1 << 4,
        TAKES_DAEMON = TAKES_RUNTIME_DIR | TAKES_JSON,
};

/* Of `trimtab log` without -n: a screen. */
enum { LINES_DEFAULT = 25 };

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
        { "log", "[-n N]", "what happened last", 0, 0, TAKES_DAEMON | TAKES_LINES, run_log },
        { "check", "[FILE|DIR...] [--plugins DIR]", "is what these rules say right? (no daemon, no root)", 0,
          -1, TAKES_JSON | TAKES_PLUGINS, run_check },
        { "reload", "", "read the rules anew", 0, 0, TAKES_DAEMON, run_reload },
        { "revert", "OBJECT|RULE|--all", "put back what the daemon changed", 0, 1, TAKES_DAEMON | TAKES_ALL,
          run_revert },
};

static const struct {
        const char *name, *help;
        unsigned takes;
} option_help[] = {
        { "--runtime-dir DIR", "ask the daemon that runs there, not the system's own", TAKES_RUNTIME_DIR },
        { "--json", "one JSON document, not a table", TAKES_JSON },
        { "-n, --lines N", "so many lines, the last ones (25)", TAKES_LINES },
        { "--all", "everything", TAKES_ALL },
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
        const char *names[ELEMENTSOF(commands)], *nearest;
        const struct command *c = command_find(name);

        if (c)
                return c;

        for (size_t i = 0; i < ELEMENTSOF(commands); i++)
                names[i] = commands[i].name;
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
                printf("  %-8s %-30s %s\n", commands[i].name, commands[i].arguments, commands[i].help);

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

enum { OPTION_RUNTIME_DIR = 0x100, OPTION_JSON, OPTION_ALL, OPTION_PLUGINS, OPTION_VERSION };

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

static int take_option(int option, struct request *ret)
{
        switch (option) {

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

        case 'n':
                ret->options |= TAKES_LINES;
                return parse_lines(optarg, &ret->in.lines);

        case 'h':
                ret->help = true;
                return 0;

        case OPTION_VERSION:
                ret->version = true;
                return 0;

        default: /* getopt has said it */
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
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, OPTION_VERSION },
                { NULL, 0, NULL, 0 },
        };
        int option, r;

        *ret = (struct request){ .in.lines = LINES_DEFAULT };

        while ((option = getopt_long(argc, argv, "n:h", options, NULL)) >= 0) {
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

        if (!name) {
                print_help();
                return EXIT_OK;
        }

        c = command_find_or_complain(name);
        if (!c)
                return EXIT_USAGE;
        print_command_help(c);
        return EXIT_OK;
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

        if (parse(argc, argv, &request) < 0)
                return EXIT_USAGE;

        name = argv[optind];
        if (request.version) {
                printf("trimtab %s\n", TRIMTAB_VERSION);
                return EXIT_OK;
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
