/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_RING_H
#define TEST_GUARD_RING_H

/* One io_uring request, by the system calls alone. */

#include <linux/io_uring.h>
#include <stdint.h>

/* Makes it in a ring with these IORING_SETUP_ flags and waits for it: its result, or a negative errno. */
int ring_do(const struct io_uring_sqe *request, uint32_t setup);

/* The same in two steps, for a ring that is another process'. */
int ring_open(uint32_t setup, struct io_uring_params *ret);
int ring_submit(int ring, const struct io_uring_params *p, const struct io_uring_sqe *request);

#endif
