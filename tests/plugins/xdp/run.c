/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entries.h"

static void give_up(const char *what, int error, const char *why)
{
        (void) fprintf(stderr, "%s: %s %s\n", what, strerror(-error), why);
        abort();
}

struct xdp_program *run_load(void)
{
        struct xdp_sizes sizes = {
                .n_cpus = (uint32_t) libbpf_num_possible_cpus(), .n_queues = 1, .n_buckets = 1u << 16, .talkers = true
        };
        struct xdp_program *p;
        char why[512] = "";
        int r = program_load(&sizes, &p, why, sizeof(why));

        if (r < 0)
                give_up("the program cannot be loaded", r, why);
        return p;
}

void run_filters(struct xdp_program *p, const struct filters *filters, const char *interface)
{
        struct tables tables;
        int r = tables_make(filters, interface, &tables);

        if (r >= 0) {
                r = program_filter(p, &tables);
                tables_clear(&tables);
        }
        if (r < 0)
                give_up("the filters cannot be had", r, "");
}

void run_filters_text(struct xdp_program *p, const char *text)
{
        struct filters *filters = filters_of(text);

        run_filters(p, filters, "test0");
        filters_free(filters);
}

void run_mode(struct xdp_program *p, uint32_t mode)
{
        __atomic_store_n(&program_control(p)->mode, mode, __ATOMIC_RELEASE);
}

uint32_t run_frame(const struct xdp_program *p, const struct frame *f, uint32_t n)
{
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = f->at, .data_size_in = (uint32_t) f->n, .repeat = (int) n);
        int r = bpf_prog_test_run_opts(program_fd(p), &options);

        if (r < 0)
                give_up("a packet cannot be run", r, "");
        return options.retval;
}
