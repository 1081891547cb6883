/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trimtab explain: why it is so. */
#include "explain.h"

#include <stdio.h>

#include "connection.h"
#include "json.h"
#include "prose.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/str.h"

/* What holds everything up comes first. */
static void print_daemon(const struct row *answer)
{
        const char *mode = row_text(answer, "mode"), *by = row_text(answer, "paused_by");
        _cleanup_free_ char *until = NULL;

        if (mode && !streq(mode, "enforce"))
                printf("The daemon's mode is %s: it changes nothing. 'trimtab mode enforce' lets it act.\n\n",
                       mode);
        if (!row_is(answer, "paused"))
                return;

        if (row_uint(answer, "paused_until_usec") > 0)
                until = moment_text(row_uint(answer, "paused_until_usec"));
        if (by && streq(by, "fuse"))
                printf("The write fuse has blown: nothing is changed until 'trimtab resume'.\n\n");
        else
                printf("The daemon is paused %s%s: nothing is changed.\n\n", until ? "until " : "",
                       until ?: "until 'trimtab resume'");
}

static void print_nothing(const struct row *answer)
{
        const char *kind = row_text(answer, "kind");

        printf("Nothing of this %s is changed or wanted by a rule, and no rule runs for it.\n",
               kind ?: "name");
}

int run_explain(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };
        _cleanup_free_ char *what = NULL;
        const struct row *answer;

        what = str_printf("%s%s%s", in->arguments[0], in->n_arguments > 1 ? " " : "",
                          in->n_arguments > 1 ? in->arguments[1] : "");
        if (!what) {
                complain("out of memory");
                return EXIT_FAILED;
        }

        if (connection_open(in, &bus) < 0 || connection_call_rows(bus, true, &rows, "Explain", "s", what) < 0)
                return EXIT_FAILED;
        if (in->json || rows.n == 0)
                return show_done(json_print(&rows, true));

        answer = &rows.items[0];
        print_daemon(answer);
        explain_values(answer);
        explain_rules_of(answer);
        if (row_rows(answer, "values")->n == 0 && row_rows(answer, "rules")->n == 0)
                print_nothing(answer);
        return show_done(0);
}
