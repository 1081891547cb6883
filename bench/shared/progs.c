/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progs.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

uint32_t progs_last(void)
{
        uint32_t id = 0, last = 0;

        while (bpf_prog_get_next_id(id, &id) == 0)
                last = id;
        return last;
}

void progs_read(uint32_t after, struct progs *ret)
{
        uint32_t id = after;

        ret->n = 0;
        while (ret->n < PROGS_MAX && bpf_prog_get_next_id(id, &id) == 0) {
                struct bpf_prog_info info = {};
                uint32_t size = sizeof(info);
                int fd = bpf_prog_get_fd_by_id(id);

                if (fd < 0)
                        continue;
                if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0) {
                        struct prog *p = &ret->list[ret->n++];

                        *p = (struct prog){ .id = id, .run_time_ns = info.run_time_ns, .run_cnt = info.run_cnt };
                        (void) snprintf(p->name, sizeof(p->name), "%s", info.name);
                }
                (void) close(fd);
        }
}

static const struct prog *find(const struct progs *progs, uint32_t id)
{
        for (uint32_t i = 0; i < progs->n; i++)
                if (progs->list[i].id == id)
                        return &progs->list[i];
        return NULL;
}

double progs_cost(const struct progs *before, const struct progs *after, const char *part, uint64_t *ret_runs)
{
        uint64_t runs = 0, ns = 0;

        for (uint32_t i = 0; i < before->n; i++) {
                const struct prog *b = &before->list[i], *a = find(after, b->id);

                if (!a || !strstr(a->name, part))
                        continue;
                ns += a->run_time_ns - b->run_time_ns;
                if (a->run_cnt - b->run_cnt > runs)
                        runs = a->run_cnt - b->run_cnt;
        }
        *ret_runs = runs;
        return (double) ns;
}
