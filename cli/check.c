/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `trimtab check`: the daemon's own reading of rules, without a daemon and without root. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "config/ini.h"
#include "decide/ruleset.h"
#include "diag-rows.h"
#include "json.h"
#include "offline.h"
#include "rule-files.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"

/* All that is wrong, in diag. */
static int check(const struct invocation *in, const struct offline *offline, struct ini *ini,
                 struct diag *diag, size_t *ret_n_rules)
{
        struct ruleset *set = NULL;
        int r;

        r = rule_files_load((const char *const *) in->arguments, (size_t) in->n_arguments, ini, diag);
        if (r < 0)
                return r;

        r = ruleset_parse(ini, offline->catalogue, offline->objects, diag, &set);
        if (r < 0)
                return r;

        *ret_n_rules = ruleset_n(set);
        ruleset_free(set);
        return 0;
}

static int print_json(const struct diag *diag)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        int r = diag_rows(diag, false, &rows);

        return r < 0 ? r : json_print(&rows, false);
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

        if (in->n_tests > 0)
                return run_check_tests(in);
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
