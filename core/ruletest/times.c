/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ruletest/times.h"

#include <errno.h>
#include <inttypes.h>

#include "util/ownership.h"
#include "util/str.h"

static int read_time(struct reading *r, struct lexer *l, uint64_t *ret)
{
        const struct token t = l->token;

        if (t.type != TOKEN_NUMBER || (t.dimension != DIMENSION_TIME && t.number != 0)) {
                diag_add(r->diag, SEVERITY_ERROR, &t.place,
                         "expected a time with a unit, such as 25s, found %s", token_text(&t).text);
                return -EINVAL;
        }
        if (t.number > TIME_MAX_NS) {
                diag_add(r->diag, SEVERITY_ERROR, &t.place, "a test is no longer than 24h");
                return -EINVAL;
        }
        *ret = (uint64_t) t.number;
        return lexer_next(l);
}

int when_read(struct reading *r, struct lexer *l, struct when *ret)
{
        const struct token first = l->token;
        struct when w = { .to_ns = UINT64_MAX };
        struct place place;
        int e = 0;

        if (first.type != TOKEN_RANGE)
                e = read_time(r, l, &w.from_ns);
        if (e < 0)
                return e;
        if (l->token.type != TOKEN_RANGE) {
                *ret = (struct when){ w.from_ns, w.from_ns, true };
                return 0;
        }
        e = lexer_next(l);
        if (e >= 0 && (l->token.type == TOKEN_NUMBER || first.type == TOKEN_RANGE))
                e = read_time(r, l, &w.to_ns);
        if (e < 0)
                return e;
        if (w.to_ns < w.from_ns) {
                place = token_span(&first, &l->last);
                diag_add(r->diag, SEVERITY_ERROR, &place, "it ends before it begins");
                return -EINVAL;
        }
        *ret = w;
        return 0;
}

char *time_text(uint64_t ns)
{
        static const struct {
                uint64_t ns, least;
                const char *name;
        } units[] = {
                { 3600000000000, 3600000000000, "h" },
                { 60000000000, 600000000000, "min" }, /* 90s and 300s are how people count */
                { 1000000000, 0, "s" },
                { 1000000, 0, "ms" },
                { 1000, 0, "us" },
                { 1, 0, "ns" },
        };
        size_t i = 0;

        while (ns % units[i].ns != 0 || ns < units[i].least)
                i++;
        return str_printf("%" PRIu64 "%s", ns / units[i].ns, units[i].name);
}
