/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * The same program, held up now and then before it looks into a map, as by an interrupt or by a host that gives its CPU to somebody else:
 * for longer than it takes to change a list.
 */

#include "../../../../plugins/xdp/maps.bpf.h"

static long wait_a_little(__u64 i, void *ctx)
{
        return 0;
}

static __always_inline void stall(void)
{
        if ((bpf_get_prandom_u32() & 127) == 0)
                bpf_loop(4000000, wait_a_little, NULL, 0);
}

#define bpf_map_lookup_elem(map, key) (stall(), bpf_map_lookup_elem(map, key))

#include "../../../../plugins/xdp/xdp.bpf.c"
