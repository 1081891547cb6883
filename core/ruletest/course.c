/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ruletest/course.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "ruletest/times.h"
#include "sense/store.h"
#include "util/array.h"
#include "util/ownership.h"
#include "util/str.h"

/* Events in one reading of a histogram, if a test does not say: enough for a p999. */
#define EVENTS_DEFAULT 1000
#define EVENTS_MAX 1e6

/* One course being read. */
struct draft {
        struct reading *reading;
        struct lexer *lexer;
        const struct metric *metric;
        enum dimension dimension; /* of what is written: a counter is told by its rate */
        double factor;
        uint64_t tick_ns;
};

static int expected(const struct draft *d, const char *what)
{
        diag_add(d->reading->diag, SEVERITY_ERROR, &d->lexer->token.place, "expected %s, found %s", what,
                 token_text(&d->lexer->token).text);
        return -EINVAL;
}

static int refuse_dimension(const struct draft *d, const struct token *t)
{
        const struct metric *m = d->metric;
        bool rate = m->kind == TRIMTAB_COUNTER;

        diag_add(d->reading->diag, SEVERITY_ERROR, &t->place, "%s'%s' is %s, expected %s%s",
                 rate ? "the rate of " : "", m->name, dimension_name(d->dimension),
                 d->dimension == DIMENSION_RATIO  ? "a number with %"
                 : d->dimension == DIMENSION_TIME ? "a number with a unit of time, such as 5ms"
                                                  : "a number of that kind",
                 rate ? " for its growth a second" : "");
        return -EINVAL;
}

static int refuse_several(const struct draft *d, const struct place *place)
{
        diag_add(d->reading->diag, SEVERITY_ERROR, place, "'%s' is no histogram: it has one value at a time",
                 d->metric->name);
        return -EINVAL;
}

/* The number at hand, in the metric's unit. */
static int read_value(const struct draft *d, double *ret)
{
        const struct token t = d->lexer->token;
        const struct metric *m = d->metric;

        if (t.type != TOKEN_NUMBER)
                return expected(d, "a value, or _ for a reading that is missing");
        if (t.dimension != d->dimension && t.number != 0 &&
            !(t.dimension == DIMENSION_NONE && d->dimension == DIMENSION_BYTES))
                return refuse_dimension(d, &t);
        if (m->flags & TRIMTAB_METRIC_SHARE && t.number > 1) {
                diag_add(d->reading->diag, SEVERITY_ERROR, &t.place,
                         "'%s' is a share of a whole, from 0%% to 100%%", m->name);
                return -EINVAL;
        }
        *ret = t.number / d->factor;
        return lexer_next(d->lexer);
}

/* "95*" before a value. 1: it is there. */
static int read_count(const struct draft *d, double *ret)
{
        const struct token t = d->lexer->token;
        struct lexer ahead = *d->lexer;
        int r;

        *ret = EVENTS_DEFAULT;
        if (t.type != TOKEN_NUMBER)
                return 0;
        r = lexer_next(&ahead);
        if (r < 0 || ahead.token.type != TOKEN_TIMES)
                return r;

        if (d->metric->kind != TRIMTAB_HISTOGRAM)
                return refuse_several(d, &t.place);
        if (t.dimension != DIMENSION_NONE || t.number != trunc(t.number) || t.number < 1 ||
            t.number > EVENTS_MAX) {
                diag_add(d->reading->diag, SEVERITY_ERROR, &t.place,
                         "expected a number of events, from 1 to 1M");
                return -EINVAL;
        }
        *ret = t.number;
        *d->lexer = ahead;
        r = lexer_next(d->lexer);
        return r < 0 ? r : 1;
}

/* [COUNT *] VALUE [.. VALUE] */
static int read_part(const struct draft *d, struct course_step *s)
{
        struct course_part part = {};
        int r;

        r = read_count(d, &part.count);
        if (r >= 0)
                r = read_value(d, &part.value);
        if (r < 0)
                return r;
        part.to = part.value;
        if (d->lexer->token.type == TOKEN_RANGE) {
                r = lexer_next(d->lexer);
                if (r >= 0)
                        r = read_value(d, &part.to);
                if (r < 0)
                        return r;
        }
        if (array_reserve(&s->parts, s->n_parts, sizeof(*s->parts)) < 0)
                return -ENOMEM;
        s->parts[s->n_parts++] = part;
        return 0;
}

static int read_parts(const struct draft *d, struct course_step *s)
{
        int r;

        if (token_is(&d->lexer->token, "_"))
                return lexer_next(d->lexer);

        for (;;) {
                r = read_part(d, s);
                if (r < 0 || d->lexer->token.type != TOKEN_PLUS)
                        return r;
                if (d->metric->kind != TRIMTAB_HISTOGRAM)
                        return refuse_several(d, &d->lexer->token.place);
                if (s->n_parts == COURSE_PARTS_MAX) {
                        diag_add(d->reading->diag, SEVERITY_ERROR, &d->lexer->token.place,
                                 "more than %d parts", COURSE_PARTS_MAX);
                        return -EINVAL;
                }
                r = lexer_next(d->lexer);
                if (r < 0)
                        return r;
        }
}

/* A time, or a number of readings. */
static int take_length(const struct draft *d, double number, enum dimension dimension,
                       const struct place *place, uint64_t *ret)
{
        double ns = dimension == DIMENSION_TIME ? number : number * (double) d->tick_ns;

        if ((dimension != DIMENSION_TIME && dimension != DIMENSION_NONE) || ns < 1 || ns > TIME_MAX_NS ||
            (dimension == DIMENSION_NONE && number != trunc(number))) {
                diag_add(d->reading->diag, SEVERITY_ERROR, place,
                         "expected for how long, such as x30s, or how many readings, such as x30");
                return -EINVAL;
        }
        *ret = (uint64_t) ns;
        return 0;
}

/* "x30s", "x 30s", "x30"; *ret 0: it does not say. */
static int read_length(const struct draft *d, uint64_t *ret)
{
        const struct token t = d->lexer->token;
        _cleanup_free_ char *word = NULL;
        enum dimension dimension;
        double number;
        int r;

        *ret = 0;
        if (t.type != TOKEN_NAME || t.text[0] != 'x')
                return 0;
        r = lexer_next(d->lexer);
        if (r < 0)
                return r;
        if (t.length == 1) {
                const struct token length = d->lexer->token;

                if (length.type != TOKEN_NUMBER)
                        return expected(d, "for how long, such as 30s");
                r = take_length(d, length.number, length.dimension, &length.place, ret);
                return r < 0 ? r : lexer_next(d->lexer);
        }

        word = strndup(t.text + 1, t.length - 1);
        if (!word)
                return -ENOMEM;
        r = quantity_parse(word, &number, &dimension, NULL);
        if (r < 0 || word[r] != '\0')
                dimension = DIMENSION_RATIO; /* it is refused with the rest */
        return take_length(d, number, dimension, &t.place, ret);
}

static bool is_ramp(const struct course_step *s)
{
        for (size_t i = 0; i < s->n_parts; i++)
                if (s->parts[i].value != s->parts[i].to)
                        return true;
        return false;
}

static int read_step(const struct draft *d, uint64_t begin_ns, struct course_step *s)
{
        struct token first = d->lexer->token;
        struct place place;
        uint64_t length_ns;
        bool last;
        int r;

        s->begin_ns = begin_ns;
        r = read_parts(d, s);
        if (r >= 0)
                r = read_length(d, &length_ns);
        if (r < 0)
                return r;

        last = d->lexer->token.type != TOKEN_COMMA;
        place = token_span(&first, &d->lexer->last);
        if (length_ns == 0 && is_ramp(s)) {
                diag_add(d->reading->diag, SEVERITY_ERROR, &place,
                         "from one value to another in which time? Say it with x, such as x30s");
                return -EINVAL;
        }
        if (length_ns == 0)
                s->end_ns = last ? UINT64_MAX : begin_ns + d->tick_ns;
        else
                s->end_ns = begin_ns + length_ns;
        if (!last && s->end_ns > TIME_MAX_NS) {
                diag_add(d->reading->diag, SEVERITY_ERROR, &place,
                         "all together are longer than a test may be");
                return -EINVAL;
        }
        return 0;
}

static void step_clear(struct course_step *s)
{
        free(s->parts);
        *s = (struct course_step){};
}

void course_clear(struct course *c)
{
        for (size_t i = 0; i < c->n; i++)
                step_clear(&c->steps[i]);
        free(c->steps);
        *c = (struct course){};
}

static int read_steps(const struct draft *d, struct course *c)
{
        uint64_t begin_ns = 0;
        int r;

        for (;;) {
                struct course_step s = {};

                r = read_step(d, begin_ns, &s);
                if (r >= 0)
                        r = array_reserve(&c->steps, c->n, sizeof(*c->steps));
                if (r < 0) {
                        step_clear(&s);
                        return r;
                }
                c->steps[c->n++] = s;
                begin_ns = s.end_ns;
                if (d->lexer->token.type == TOKEN_END)
                        return 0;
                if (d->lexer->token.type != TOKEN_COMMA)
                        return expected(d, "a comma, or x and for how long");
                r = lexer_next(d->lexer);
                if (r < 0)
                        return r;
        }
}

int course_parse(struct reading *r, struct lexer *l, const struct metric *m, uint64_t tick_ns,
                 struct course *ret)
{
        struct draft d = { .reading = r, .lexer = l, .metric = m, .tick_ns = tick_ns };
        _cleanup_(course_clear) struct course c = {};
        int e;

        statistic_dimension(m->kind == TRIMTAB_COUNTER ? STAT_RATE : STAT_LAST, m, &d.dimension, &d.factor);
        e = read_steps(&d, &c);
        if (e < 0)
                return e;
        *ret = c;
        c = (struct course){};
        return 0;
}

size_t course_at(const struct course *c, uint64_t time_ns, uint64_t tick_ns,
                 struct course_part ret[COURSE_PARTS_MAX])
{
        const struct course_step *s = c->steps;
        double share = 0;

        while (s < c->steps + c->n && s->end_ns <= time_ns)
                s++;
        if (s == c->steps + c->n)
                return 0;
        /* The first reading has the one value, the last one the other. */
        if (s->end_ns != UINT64_MAX && s->end_ns - s->begin_ns > tick_ns)
                share = fmin(1,
                             (double) (time_ns - s->begin_ns) / (double) (s->end_ns - s->begin_ns - tick_ns));
        for (size_t i = 0; i < s->n_parts; i++) {
                ret[i] = s->parts[i];
                ret[i].value += share * (ret[i].to - ret[i].value);
                ret[i].to = ret[i].value;
        }
        return s->n_parts;
}

uint64_t course_end(const struct course *c)
{
        const struct course_step *last = &c->steps[c->n - 1];

        return last->end_ns == UINT64_MAX ? last->begin_ns : last->end_ns;
}
