/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BENCH_XDP_FLOOR_H
#define BENCH_XDP_FLOOR_H

/* The list of the bench: so many prefixes of 24 bits, so far apart. */
#define PREFIXES      50000
#define PREFIXES_STEP 83886u

#endif
