/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_XDP_RUN_H
#define TEST_XDP_RUN_H

#include <stdint.h>

#include <linux/types.h>

#include "../../../plugins/xdp/program.h"
#include "frame.h"

/* The program as it is loaded for an interface, and packets through it: no interface, by BPF_PROG_TEST_RUN. What fails ends the test. */

struct xdp_program *run_load(void);
void run_filters(struct xdp_program *p, const struct filters *filters, const char *interface);
/* As filters_of(). */
void run_filters_text(struct xdp_program *p, const char *text);
void run_mode(struct xdp_program *p, uint32_t mode);

/* XDP_PASS, XDP_DROP, …, of the last of n runs. */
uint32_t run_frame(const struct xdp_program *p, const struct frame *f, uint32_t n);

#endif
