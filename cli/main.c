/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trimtab: asks the daemon, tells it, and checks rules. See trimtab(1). */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "options.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/str.h"

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
        { "report", "[PLUGIN [REPORT]]", "what a plugin has to tell of its own; without a name, what there is to be asked", 0, 2,
          TAKES_DAEMON, run_report },
        { "do", "PLUGIN DEED [ARGUMENT]", "make a plugin do what it offers", 2, 3, TAKES_DAEMON, run_do },
        { "guard", "status|events|learn|release", "who may connect where: what is covered, refused, learnt; or take it down", 1, 1,
          TAKES_DAEMON | TAKES_LINES | TAKES_FOLLOW | TAKES_UNIT | TAKES_CONFIG, run_guard },
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

static void print_help(void)
{
        printf("Usage: trimtab [OPTION...] COMMAND [ARGUMENT...]\n\n"
               "Shows what trimtabd measures, decides and changes; puts it back; checks "
               "rules.\n\nCommands:\n");
        for (size_t i = 0; i < ELEMENTSOF(commands); i++)
                printf("  %-8s %-26s %s\n", commands[i].name, commands[i].arguments, commands[i].help);

        printf("\nOptions:\n");
        options_print(~0u);
        printf("  %-20s %s\n  %-20s %s\n\nSee trimtab(1).\n", "-h, --help",
               "this text; behind a command, about it", "--version", "the version");
}

static void print_command_help(const struct command *c)
{
        printf("Usage: trimtab %s%s%s\n\n%s\n\nOptions:\n", c->name, *c->arguments ? " " : "", c->arguments,
               c->help);
        options_print(c->options);
}

static int check_usage(const struct command *c, const struct request *request)
{
        const struct invocation *in = &request->in;
        const char *wrong = options_name(request->options & ~c->options);

        if (wrong) {
                complain("'%s' does not take %s", c->name, wrong);
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
        if (options_parse(argc, argv, &request) < 0)
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
