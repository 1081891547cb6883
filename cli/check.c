/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `trimtab check`: the daemon's own reading of rules, without a daemon and without root. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "config/conf-files.h"
#include "config/ini.h"
#include "decide/ruleset.h"
#include "json.h"
#include "offline.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"

/* Where the daemon looks, the highest precedence first. */
static const char *const default_dirs[] = {
        TRIMTAB_SYSCONF_DIR "/rules.d",
        "/run/trimtab/rules.d",
        TRIMTAB_VENDOR_RULES_DIR,
        NULL,
};

static int load_file(struct ini *ini, const char *path, struct diag *diag)
{
        const struct place place = { .path = path };
        int r;

        r = ini_load_file(ini, path, diag);
        if (r == -ENOENT)
                diag_add(diag, SEVERITY_ERROR, &place, "%s", strerror(ENOENT));
        /* Said in diag, and the other files are worth a look: all but this is an answer. */
        return r == -ENOMEM ? r : 0;
}

/* All files of folders that hide each other's. */
static int load_dirs(struct ini *ini, const char *const *dirs, struct diag *diag)
{
        char **files = NULL;
        size_t n;
        int r;

        r = conf_files(dirs, &files, &n);
        if (r < 0)
                return r;

        for (size_t i = 0; i < n && r >= 0; i++)
                r = load_file(ini, files[i], diag);
        conf_files_free(files);
        return r;
}

/* Files are read each, in the order given; folders together, as the daemon would with --rules. */
static int load_arguments(const struct invocation *in, struct ini *ini, struct diag *diag)
{
        _cleanup_free_ const char **dirs = NULL;
        size_t n_dirs = 0;
        int r;

        dirs = calloc((size_t) in->n_arguments + 1, sizeof(*dirs));
        if (!dirs)
                return -ENOMEM;

        for (int i = 0; i < in->n_arguments; i++) {
                struct stat st;

                if (stat(in->arguments[i], &st) >= 0 && S_ISDIR(st.st_mode)) {
                        dirs[n_dirs++] = in->arguments[i];
                        continue;
                }
                r = load_file(ini, in->arguments[i], diag);
                if (r < 0)
                        return r;
        }

        return load_dirs(ini, dirs, diag);
}

/* All that is wrong, in diag. */
static int check(const struct invocation *in, const struct offline *offline, struct ini *ini,
                 struct diag *diag, size_t *ret_n_rules)
{
        struct ruleset *set = NULL;
        int r;

        r = in->n_arguments > 0 ? load_arguments(in, ini, diag) : load_dirs(ini, default_dirs, diag);
        if (r < 0)
                return r;

        r = ruleset_parse(ini, offline->catalogue, offline->objects, diag, &set);
        if (r < 0)
                return r;

        *ret_n_rules = ruleset_n(set);
        ruleset_free(set);
        return 0;
}

static int compare_places(const void *a, const void *b)
{
        const struct diag_item *x = *(const struct diag_item *const *) a,
                               *y = *(const struct diag_item *const *) b;
        int by_path = strcmp(x->path ?: "", y->path ?: "");

        if (by_path != 0)
                return by_path;
        if (x->line != y->line)
                return x->line < y->line ? -1 : 1;
        return (x->column > y->column) - (x->column < y->column);
}

/* In the order in which diag_print has them. */
static int print_json(const struct diag *diag)
{
        _cleanup_free_ const struct diag_item **items = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };

        items = calloc(diag->n + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        for (size_t i = 0; i < diag->n; i++)
                items[i] = &diag->items[i];
        qsort(items, diag->n, sizeof(*items), compare_places);

        for (size_t i = 0; i < diag->n; i++) {
                rows_begin(&rows);
                rows_string(&rows, "file", items[i]->path);
                rows_uint(&rows, "line", items[i]->line);
                rows_uint(&rows, "column", items[i]->column);
                rows_string(&rows, "severity", items[i]->severity == SEVERITY_ERROR ? "error" : "warning");
                rows_string(&rows, "message", items[i]->message);
        }

        return rows.error < 0 ? rows.error : json_print(&rows, false);
}

static void print_summary(const struct diag *diag, size_t n_rules, size_t n_files)
{
        printf("%zu %s in %zu %s: %u %s, %u %s\n", n_rules, n_rules == 1 ? "rule" : "rules", n_files,
               n_files == 1 ? "file" : "files", diag->n_errors, diag->n_errors == 1 ? "error" : "errors",
               diag->n_warnings, diag->n_warnings == 1 ? "warning" : "warnings");
}

int run_check(const struct invocation *in)
{
        _cleanup_(offline_clear) struct offline offline = { 0 };
        _cleanup_(diag_clear) struct diag diag = { 0 };
        _cleanup_(ini_clear) struct ini ini = { 0 };
        size_t n_rules = 0;
        int r;

        r = offline_load(&offline, in->plugin_dir);
        if (r < 0)
                return EXIT_FAILED;

        r = check(in, &offline, &ini, &diag, &n_rules);
        if (r < 0) {
                complain("cannot read the rules: %s", strerror(-r));
                return EXIT_FAILED;
        }

        if (in->json)
                r = print_json(&diag);
        else {
                diag_print(&diag, stderr, terminal_coloured(stderr));
                print_summary(&diag, n_rules, ini.n_files);
        }
        if (show_done(r) != EXIT_OK)
                return EXIT_FAILED;
        return diag.n_errors > 0 ? EXIT_FAILED : EXIT_OK;
}
