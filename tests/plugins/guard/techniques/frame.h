/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_FRAME_H
#define TEST_GUARD_FRAME_H

/* What of an attempt is in a frame. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_NONCE "trimtab-guard:" /* and five digits, which are the port */
#define FRAME_MARK "trimtab-guard-mark"

struct frame {
        uint16_t port; /* of the attempt: out of its nonce, or where it goes to */
        uint32_t seen; /* SEEN_ bits; 0: it is of no attempt */
        bool mark;
};

struct frame frame_read(const uint8_t *data, size_t size);

#endif
