/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "show.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "terminal.h"

int show_done(int r)
{
        if (r >= 0 && fflush(stdout) == 0 && !ferror(stdout))
                return EXIT_OK;

        complain("cannot print the answer: %s", r < 0 ? strerror(-r) : "write error");
        return EXIT_FAILED;
}

static int show_nothing(const struct invocation *in, const struct look *look)
{
        if (in->n_arguments == 0) {
                complain("%s", look->nothing);
                return EXIT_OK;
        }

        if (in->n_arguments == 1)
                complain("nothing is named '%s'", in->arguments[0]);
        else
                complain("nothing is named '%s' on an object named '%s'", in->arguments[0], in->arguments[1]);
        return EXIT_FAILED;
}

int show_list(const struct invocation *in, const struct rows *rows, const struct look *look)
{
        int r = 0;

        if (in->json)
                r = json_print(rows, false);
        else if (rows->n > 0)
                r = table_print(rows, look->columns, look->n_columns, look->colour);
        if (r < 0 || rows->n > 0)
                return show_done(r);
        return show_nothing(in, look);
}

int show_row(const struct invocation *in, const struct rows *rows, const struct look *look)
{
        if (in->json)
                return show_done(json_print(rows, true));

        if (rows->n > 0)
                table_print_row(&rows->items[0], look->columns, look->n_columns);
        return show_done(0);
}
