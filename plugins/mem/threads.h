/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MEM_THREADS_H
#define MEM_THREADS_H

/* The CPU time of kernel threads that there are one a node of: kswapd0, kswapd1, … */

#include <stdbool.h>
#include <stdint.h>

struct mem_thread {
        int fd;      /* of its schedstat */
        uint64_t ns; /* at the last look */
};

struct mem_threads {
        const char *prefix;       /* "kswapd" */
        struct mem_thread *list;   /* owned; NULL: not looked for yet */
        uint32_t n;
};

/* Looks for them: how many there are, or a negative errno. -EOPNOTSUPP: the kernel does not keep accounts. */
int mem_threads_open(struct mem_threads *t, const char *proc, const char *prefix);

/* Accepts a zeroed one, and makes it one. */
void mem_threads_close(struct mem_threads *t);

/* Their CPU time, in ns, since they are: all together. */
uint64_t mem_threads_read(struct mem_threads *t);

#endif
