/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_LAW_H
#define TRIMTAB_TEST_LAW_H

#include "decide/controller.h"

/* The controller by itself: loads go in, orders come out, and the test says whether levers move. Settles in 6
 * s, eases after 30. */

#define SEC 1000000000ull
#define MINUTE (60 * SEC)

enum { LEVERS = 2 };

struct law {
        struct controller c;
        struct controller_config config;
        struct controller_lever levers[LEVERS];
        uint64_t now_ns;
        bool stiff; /* no lever moves */
};

/* Nothing is known yet. */
struct law law_of(size_t n_levers);

/* One look, and what it orders done. */
struct controller_order look(struct law *l, double load);
void expect(struct law *l, double load, enum controller_verb verb);

/* So many seconds of that load: nothing is done; or that at the end of them and nothing before. */
void quiet(struct law *l, unsigned seconds, double load);
void after(struct law *l, unsigned seconds, double load, enum controller_verb verb);

/* Until something is done, which; at most so long. Returns how many seconds it took. */
unsigned until(struct law *l, unsigned most, double load, struct controller_order *ret);

/* Violated since it looks, and has just made its first step. */
struct law stepped(size_t n_levers, double load);
/* One step was enough: met without margin, and held. */
struct law holding(void);
/* Its only lever did nothing, and is back. */
struct law stuck(void);

#endif
