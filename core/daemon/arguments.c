/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

static const char usage[] =
        "Usage: trimtabd [OPTION]...\n"
        "\n"
        "Watches this machine through BPF and moves cgroup limits by rules; undoes what it changed.\n"
        "\n"
        "  -f, --foreground        show what is measured and decided on standard error\n"
        "  -c, --config FILE       read FILE instead of " TRIMTAB_SYSCONF_DIR "/trimtab.conf\n"
        "  -r, --rules DIR         read rules from DIR (*.conf); repeatable, the first wins over the later\n"
        "  -p, --plugins DIR       load plugins from DIR instead of " TRIMTAB_PLUGIN_DIR "\n"
        "  -d, --runtime-dir DIR   keep ledger, lock and socket in DIR instead of /run/trimtab\n"
        "  -m, --mode MODE         observe (measure), advise (say it) or enforce (do it)\n"
        "      --restore           put back everything an earlier run changed, and exit\n"
        "  -h, --help              this text\n"
        "  -V, --version           the version\n"
        "\n"
        "Exit status: 0 stopped, restored or switched off by the kernel's trimtab=off, 1 failed, 2 wrong usage. See trimtabd(8), trimtab(1), trimtab-rules(5).\n";

static const struct option options[] = {
        { "foreground", no_argument, NULL, 'f' },        { "config", required_argument, NULL, 'c' },
        { "rules", required_argument, NULL, 'r' },       { "plugins", required_argument, NULL, 'p' },
        { "runtime-dir", required_argument, NULL, 'd' }, { "mode", required_argument, NULL, 'm' },
        { "restore", no_argument, NULL, 'R' },           { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },           {},
};

static const char *const default_rules[] = {
        TRIMTAB_SYSCONF_DIR "/rules.d",
        "/run/trimtab/rules.d",
        TRIMTAB_VENDOR_RULES_DIR,
};

static int add_rules(struct arguments *a, const char *dir)
{
        /* One more than there are: the list ends with NULL. */
        const char **grown = reallocarray(a->rules, a->n_rules + 2, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        a->rules = grown;
        a->rules[a->n_rules++] = dir;
        a->rules[a->n_rules] = NULL;
        return 0;
}

static int unexpected(const char *what)
{
        fprintf(stderr, "trimtabd: unexpected argument '%s'\nTry 'trimtabd --help'.\n", what);
        return -EINVAL;
}

static int set_mode(struct arguments *a, const char *name)
{
        a->have_mode = true;
        if (mode_from_string(name, &a->mode) < 0 || a->mode == MODE_OFF) {
                fprintf(stderr, "trimtabd: unknown mode '%s': use observe, advise or enforce\n", name);
                return -EINVAL;
        }
        return 0;
}

static int take_option(struct arguments *a, int c)
{
        switch (c) {
        case 'f':
                a->foreground = true;
                return 0;
        case 'c':
                a->config = optarg;
                return 0;
        case 'r':
                return add_rules(a, optarg);
        case 'p':
                a->plugins = optarg;
                return 0;
        case 'd':
                a->runtime_dir = optarg;
                return 0;
        case 'm':
                return set_mode(a, optarg);
        case 'R':
                a->restore = true;
                return 0;
        case 'h':
                fputs(usage, stdout);
                return 1;
        case 'V':
                puts("trimtabd " TRIMTAB_VERSION);
                return 1;
        default: /* getopt has said what is wrong */
                fprintf(stderr, "Try 'trimtabd --help'.\n");
                return -EINVAL;
        }
}

int arguments_parse(int argc, char **argv, struct arguments *ret)
{
        struct arguments a = { .runtime_dir = "/run/trimtab" };
        int c, r = 0;

        while (r == 0 && (c = getopt_long(argc, argv, "fc:r:p:d:m:hV", options, NULL)) >= 0)
                r = take_option(&a, c);

        if (r == 0 && optind < argc)
                r = unexpected(argv[optind]);
        a.rules_given = a.n_rules > 0;
        if (r == 0 && !a.rules_given)
                for (size_t i = 0; r == 0 && i < ELEMENTSOF(default_rules); i++)
                        r = add_rules(&a, default_rules[i]);

        if (r != 0)
                arguments_clear(&a);
        *ret = a;
        return r;
}

void arguments_clear(struct arguments *a)
{
        free(a->rules);
        *a = (struct arguments) {};
}
