/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_XDP_CHANCE_H
#define TEST_XDP_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Filters and packets by chance, in words: of few addresses and ports, so that they often meet. The same from the same seed. */

struct chance {
        uint64_t state; /* not 0 */
};

uint32_t chance_below(struct chance *c, uint32_t n);
bool chance_once_in(struct chance *c, uint32_t n);

#define CHANCE_TEXT_MAX 8192

/* As filters_of() takes them; at most so many. */
void chance_filters(struct chance *c, uint32_t max, char ret[CHANCE_TEXT_MAX]);
/* As frame_build() takes it. */
void chance_packet(struct chance *c, char ret[CHANCE_TEXT_MAX]);

void chance_address(struct chance *c, int family, uint8_t ret[16]);

#endif
