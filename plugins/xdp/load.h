/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_LOAD_H
#define XDP_LOAD_H

#include <bpf/libbpf.h>
#include <stddef.h>

#include "table.h"

/* Loading a program, with libbpf silent and the verifier's last word kept. */

struct load {
        char *log;
        libbpf_print_fn_t print;
};

int load_begin(struct load *l, struct bpf_program *program);
/* error: what came of it; why gets its words, and those of the verifier. */
void load_end(struct load *l, int error, char *why, size_t size);

/* Puts the maps that all share in the place of a program's own. */
int load_share(struct bpf_map *routes, struct bpf_map *control, struct bpf_map *packets, const struct table *table);

#endif
