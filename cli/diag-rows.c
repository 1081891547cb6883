/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diag-rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/str.h"

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

int diag_rows(const struct diag *diag, bool with_source, struct rows *rows)
{
        _cleanup_free_ const struct diag_item **items = NULL;

        items = calloc(diag->n + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        for (size_t i = 0; i < diag->n; i++)
                items[i] = &diag->items[i];
        qsort(items, diag->n, sizeof(*items), compare_places);

        for (size_t i = 0; i < diag->n; i++) {
                rows_begin(rows);
                rows_string(rows, "file", items[i]->path);
                rows_uint(rows, "line", items[i]->line);
                rows_uint(rows, "column", items[i]->column);
                rows_string(rows, "severity", items[i]->severity == SEVERITY_ERROR ? "error" : "warning");
                rows_string(rows, "message", items[i]->message);
                if (with_source && items[i]->source) {
                        _cleanup_free_ char *source = strdup(items[i]->source);

                        if (!source)
                                return -ENOMEM;
                        rows_string(rows, "source", str_strip(source));
                }
        }

        return rows->error;
}
