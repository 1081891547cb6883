/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_STEER_H
#define XDP_STEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../table.h"

/* The program of the path socket, in the daemon's own network namespace. Its link ends with the process. */

struct steer;

/* Loads and attaches it. -errno; why gets what the kernel had to say. */
int steer_new(const struct table *table, struct steer **ret, char *why, size_t size);
struct steer *steer_free(struct steer *s);

int steer_program_fd(const struct steer *s);

/* The socket is only looked at: who listens still decides how long it lives, and when it is closed its place is empty again. */
int steer_put(struct steer *s, uint32_t at, int socket);
void steer_take(struct steer *s, uint32_t at);
bool steer_has(const struct steer *s, uint32_t at);

#endif
