/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chance.h"

struct chance chance_of_seed(uint64_t seed)
{
        return (struct chance){ .state = (seed + 1) * 0x9e3779b97f4a7c15ull };
}

struct chance chance_of_bytes(const uint8_t *bytes, size_t n)
{
        return (struct chance){ .bytes = bytes, .n = n };
}

static unsigned next_byte(struct chance *c)
{
        if (c->n == 0)
                return 0;
        c->n--;
        return *c->bytes++;
}

unsigned pick(struct chance *c, unsigned n)
{
        if (n < 2)
                return 0;
        if (c->bytes)
                return (n <= 256 ? next_byte(c) : next_byte(c) << 8 | next_byte(c)) % n;

        /* xorshift64* */
        c->state ^= c->state >> 12;
        c->state ^= c->state << 25;
        c->state ^= c->state >> 27;
        return (unsigned) ((c->state * 2685821657736338717ull) >> 33) % n;
}

bool once_in(struct chance *c, unsigned n)
{
        return pick(c, n) == n - 1;
}

bool chance_lasts(const struct chance *c)
{
        return !c->bytes || c->n > 0;
}
