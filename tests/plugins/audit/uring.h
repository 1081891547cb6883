/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_AUDIT_URING_H
#define TEST_AUDIT_URING_H

/* One io_uring request, by the system calls alone. */

#include <stdint.h>

/* Makes it and waits for it: its result, or a negative errno. Of a read or write `buffer` and `length`, else NULL and 0. */
int uring_do(uint8_t opcode, int fd, void *buffer, uint32_t length);

#endif
