/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CHANCE_H
#define TRIMTAB_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where choices come from: a seed, or the bytes of a fuzzer, then noughts. The same source makes the same run. */
struct chance {
        uint64_t state;
        const uint8_t *bytes; /* NULL: by the seed */
        size_t n;
};

struct chance chance_of_seed(uint64_t seed);
struct chance chance_of_bytes(const uint8_t *bytes, size_t n);

unsigned pick(struct chance *c, unsigned n); /* 0..n-1; n at most 65536 */
bool once_in(struct chance *c, unsigned n);  /* true once in n times; never by noughts */

/* Whether there is something left to choose from. */
bool chance_lasts(const struct chance *c);

#endif
