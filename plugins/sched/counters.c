/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counters.h"

/* Pinned: a counter that takes turns with others would count a part and call it the whole. */
static int open_event(const struct sched_event *event, int pid, int cpu)
{
        struct perf_event_attr attr = {
                .size = sizeof(attr),
                .type = event->type,
                .config = event->config,
                .pinned = 1,
        };
        long fd = syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

        return fd < 0 ? -errno : (int) fd;
}

int sched_counter_probe(const struct sched_event *event)
{
        int fd = open_event(event, 0, -1);

        if (fd < 0)
                return fd;
        (void) close(fd);
        return 0;
}

int sched_counter_open(struct sched_counter *c, const struct sched_event *event, int map, uint32_t n_cpus)
{
        uint32_t opened = 0;
        int r = -ENODEV;

        *c = (struct sched_counter){ .fds = malloc(n_cpus * sizeof(*c->fds)), .map = map };
        if (!c->fds)
                return -ENOMEM;

        for (c->n = 0; c->n < n_cpus; c->n++) {
                int fd = open_event(event, -1, (int) c->n);

                if (fd >= 0 && bpf_map_update_elem(map, &c->n, &fd, BPF_ANY) < 0) {
                        r = -errno;
                        (void) close(fd);
                        fd = -1;
                } else if (fd < 0)
                        r = fd;
                c->fds[c->n] = fd < 0 ? -1 : fd;
                opened += fd >= 0;
        }

        if (opened == 0) {
                sched_counter_close(c);
                return r;
        }
        return 0;
}

void sched_counter_close(struct sched_counter *c)
{
        for (uint32_t i = 0; i < c->n; i++)
                if (c->fds[i] >= 0) {
                        (void) bpf_map_delete_elem(c->map, &i);
                        (void) close(c->fds[i]);
                }
        free(c->fds);
        *c = (struct sched_counter){};
}
