/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_COALESCE_KERNEL_H
#define TRIMTAB_TEST_COALESCE_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A kernel with an interface whose interrupts can be coalesced, seen past what is tested: coalesce-made-up.c answers messages in this
 * process, coalesce-card.c is the real one, asked by ioctl. Shared with processes forked off.
 */

enum coalesce { RX_USECS, RX_FRAMES, TX_USECS, ADAPTIVE_RX, _COALESCE_MAX };

/* 0, or why there is none. */
const char *kernel_open(void);
void kernel_close(void);

uint32_t kernel_ifindex(void);
/* Whether the driver has that; what it has not is 0 and stays so. */
bool kernel_has(enum coalesce which);
uint32_t kernel_get(enum coalesce which);
/* As somebody else does. */
void kernel_set(enum coalesce which, uint32_t value);

/* Only what is made up can be otherwise. */
struct kernel_moods {
        bool gone;          /* there is no such interface */
        bool no_tx_usecs;   /* the driver does not have that */
        uint32_t multiples; /* what is set becomes the next lower multiple of it; 0: is as it is */
        int set_error;      /* what it answers to a change */
        unsigned n_sets;    /* changes so far */
        uint32_t others;    /* attributes besides the one asked for, in all of them */
};
/* NULL: it is real. */
struct kernel_moods *kernel_moods(void);

#endif
