/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULETEST_TIMES_H
#define TRIMTAB_RULETEST_TIMES_H

#include "decide/names.h"

/* Times in a test count from its first tick. No test is longer: a day shows what a rule does. */
#define TIME_MAX_NS (24 * 3600e9)

/* [from, to] or [from, to), as whoever asks has it. */
struct when {
        uint64_t from_ns, to_ns; /* UINT64_MAX: to the end */
        bool point;              /* one time: both are the same */
};

/* "25s", "20s..60s", "20s..", "..60s" from the lexer on. 0; -EINVAL after saying why in diag. */
int when_read(struct reading *r, struct lexer *l, struct when *ret);

/* "25s", "10min", "0s": exact, as it could stand in a test. New string or NULL. */
char *time_text(uint64_t ns);

#endif
