/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_TC_H
#define XDP_TC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <trimtab/plugin.h>

#include "../table.h"

/* The program of the path tc, and where it is attached. */

struct tc;

/* Loads it, on those maps. tcx: by links, not filters, which the host adds. -errno; why gets the verifier's last word. */
int tc_new(const struct trimtab_host *host, const struct table *table, bool tcx, struct tc **ret, char *why, size_t size);
/* Takes it off everywhere. */
struct tc *tc_free(struct tc *tc);

int tc_program_fd(const struct tc *tc);
/* 0 where it is already. */
int tc_attach(struct tc *tc, uint32_t ifindex);
void tc_detach(struct tc *tc, uint32_t ifindex);
/* Takes it off where nobody needs it. */
void tc_trim(struct tc *tc, bool (*needed)(void *userdata, uint32_t ifindex), void *userdata);

#endif
