/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TC_H
#define TRIMTAB_TC_H

#include <stdint.h>

/*
 * The one file that changes filters of tc: BPF programs at the ingress of the qdisc clsact, in the caller's network namespace. -errno
 * throughout.
 */

/* Which filter of which interface. */
struct tc_place {
        uint32_t ifindex, priority, handle;
};

/* "tc ifindex 7 ingress pref 7471 handle 1": what the ledger knows it by. NULL: out of memory. */
char *tc_place_text(const struct tc_place *p);
/* -EINVAL: it is none. */
int tc_place_parse(const char *text, struct tc_place *ret);

/* Whether the interface has a clsact: 1, or 0. */
int tc_has_clsact(uint32_t ifindex);
/* -EEXIST: it has one, or an ingress. */
int tc_add_clsact(uint32_t ifindex);
/* 1: it is off; 0: there is none, or somebody's filter is in it. Who adds one between look and deed loses it: the kernel has no word
 * for "if it is empty". */
int tc_remove_empty_clsact(uint32_t ifindex);

/* The kernel's number of the program there. -ENOENT: the place is free; -EEXIST: what is there is no program. */
int tc_filter_program(const struct tc_place *p, uint32_t *ret_id);
/* -EEXIST: the place is taken. */
int tc_filter_add(const struct tc_place *p, int program_fd);
int tc_filter_remove(const struct tc_place *p);

#endif
