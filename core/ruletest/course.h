/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULETEST_COURSE_H
#define TRIMTAB_RULETEST_COURSE_H

#include "decide/names.h"

/*
 * How a measurement goes in a test: "5ms x30s, 5ms..40ms x10s, _ x5s, 95*2ms + 5*40ms". Steps follow each
 * other without a gap; the last one goes on if it does not say for how long.
 */

/* More than anybody writes by hand. */
enum { COURSE_PARTS_MAX = 16 };

/* Of a histogram: so many events of that value in one reading. Of others: the value, there is one part. */
struct course_part {
        double count;
        double value; /* in the metric's unit; of a counter, its growth a second */
        double to;    /* of a step: where the value gets to, evenly; else the same */
};

struct course_step {
        uint64_t begin_ns, end_ns; /* [begin, end); UINT64_MAX: it goes on */
        struct course_part *parts;
        size_t n_parts; /* 0: nothing is read */
};

struct course {
        struct course_step *steps;
        size_t n;
};

/*
 * Reads it from the lexer on, to the end of the line. tick_ns: the time between two readings. 0; -EINVAL
 * after saying why in diag; -ENOMEM.
 */
int course_parse(struct reading *r, struct lexer *l, const struct metric *m, uint64_t tick_ns,
                 struct course *ret);
void course_clear(struct course *c);

/* What is read at a time: the number of parts, 0 for nothing. */
size_t course_at(const struct course *c, uint64_t time_ns, uint64_t tick_ns,
                 struct course_part ret[COURSE_PARTS_MAX]);

/* The last time that it says something about: 0 or the end of its last step that has one. */
uint64_t course_end(const struct course *c);

#endif
