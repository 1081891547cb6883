/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "warned.h"
#include "world.h"

#define ON_WEB "for = cgroup:/a/web\nthen = cpu.weight = 200\n"

static void make_rule(char *text, size_t size, const struct lines *l)
{
        int n = snprintf(text, size, "[rule r]\nwhen = %s\n", l->when ?: "avg(psi.cpu) > 10%");

        if (l->until)
                n += snprintf(text + n, size - (size_t) n, "until = %s\n", l->until);
        snprintf(text + n, size - (size_t) n, "%s", l->more ?: ON_WEB);
}

static bool is_as_said(const struct diag *diag, const struct warned *c)
{
        const struct diag_item *item = diag->items;

        if (!c->message)
                return diag->n == 0;
        return diag->n == 1 && diag->n_warnings == 1 && strcmp(item->message, c->message) == 0 &&
               item->line == c->line && item->column == c->column && item->width == c->width && item->source;
}

void check_warned(const struct warned *cases, size_t n)
{
        size_t n_wrong = 0;

        for (size_t i = 0; i < n; i++) {
                struct ruleset *set = NULL;
                struct world w;
                char text[1024];

                world_init(&w);
                make_rule(text, sizeof(text), &cases[i].lines);
                (void) world_parse(&w, text, &set);
                if (!is_as_said(&w.diag, &cases[i]) || ruleset_n(set) != 1) {
                        fprintf(stderr, "%s  expected at %u:%u+%u: %s\n", text, cases[i].line,
                                cases[i].column, cases[i].width, cases[i].message ?: "nothing");
                        for (size_t k = 0; k < w.diag.n; k++)
                                fprintf(stderr, "  found at %u:%u+%u: %s\n", w.diag.items[k].line,
                                        w.diag.items[k].column, w.diag.items[k].width,
                                        w.diag.items[k].message);
                        n_wrong++;
                }
                ruleset_free(set);
                world_clear(&w);
        }
        assert_int_equal(n_wrong, 0);
}
