/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `trimtab check`: the daemon's own reading of rules, without a daemon and without root. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "decide/ruleset.h"
#include "diag-rows.h"
#include "json.h"
#include "offline.h"
#include "plugin/sections.h"
#include "rule-files.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"

struct counts {
        size_t n_rules, n_sections, n_files; /* sections: of plugins */
};

/* All that is wrong, in diag. */
static int check(const struct invocation *in, const struct offline *offline, struct rules_text *text,
                 struct diag *diag, struct counts *ret)
{
        struct section_sets *sections = NULL;
        struct ruleset *set = NULL;
        int r;

        r = rule_files_load((const char *const *) in->arguments, (size_t) in->n_arguments, &text->ini, &text->said);
        if (r < 0)
                return r;
        diag_add_all(diag, &text->said);

        r = sections_read(offline->plugins, text, SECTIONS_OF_ALL, diag, &sections);
        if (r >= 0)
                r = ruleset_parse(&text->ini, offline->catalogue, offline->objects, diag, &set);
        if (r >= 0)
                *ret = (struct counts){ ruleset_n(set), sections_n(sections), text->ini.n_files };
        ruleset_free(set);
        sections_free(sections);
        return r;
}

static int print_json(const struct diag *diag)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        int r = diag_rows(diag, false, &rows);

        return r < 0 ? r : json_print(&rows, false);
}

static void print_summary(const struct diag *diag, const struct counts *n)
{
        printf("%zu %s", n->n_rules, n->n_rules == 1 ? "rule" : "rules");
        if (n->n_sections > 0)
                printf(" and %zu %s of plugins", n->n_sections, n->n_sections == 1 ? "section" : "sections");
        printf(" in %zu %s: %u %s, %u %s\n", n->n_files, n->n_files == 1 ? "file" : "files", diag->n_errors,
               diag->n_errors == 1 ? "error" : "errors", diag->n_warnings,
               diag->n_warnings == 1 ? "warning" : "warnings");
}

int run_check(const struct invocation *in)
{
        _cleanup_(offline_clear) struct offline offline = { 0 };
        _cleanup_(diag_clear) struct diag diag = { 0 };
        _cleanup_(rules_text_clear) struct rules_text text = { 0 };
        struct counts counts = { 0 };
        int r;

        if (in->n_tests > 0)
                return run_check_tests(in);
        r = offline_load(&offline, in->plugin_dir);
        if (r < 0)
                return EXIT_FAILED;

        r = check(in, &offline, &text, &diag, &counts);
        if (r < 0) {
                complain("cannot read the rules: %s", strerror(-r));
                return EXIT_FAILED;
        }

        if (in->json)
                r = print_json(&diag);
        else {
                diag_print(&diag, stderr, terminal_coloured(stderr));
                print_summary(&diag, &counts);
        }
        if (show_done(r) != EXIT_OK)
                return EXIT_FAILED;
        return diag.n_errors > 0 ? EXIT_FAILED : EXIT_OK;
}
