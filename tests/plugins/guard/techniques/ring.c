/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *map(int ring, size_t size, uint64_t what)
{
        void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, (off_t) what);

        return at == MAP_FAILED ? NULL : at;
}

static uint32_t *word(char *ring, uint32_t offset)
{
        return (uint32_t *) (void *) (ring + offset);
}

/* Where the kernel itself polls for requests, the entering only wakes it, and waits. */
static int enter(int ring, uint32_t setup)
{
        uint32_t flags = IORING_ENTER_GETEVENTS | (setup & IORING_SETUP_SQPOLL ? IORING_ENTER_SQ_WAKEUP : 0);

        return (int) syscall(SYS_io_uring_enter, ring, 1, 1, flags, NULL, 0);
}

int ring_submit(int ring, const struct io_uring_params *p, const struct io_uring_sqe *request)
{
        size_t size = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
        char *rings = map(ring, size > 4096 ? size : 4096, IORING_OFF_SQ_RING);
        struct io_uring_sqe *sqes = map(ring, p->sq_entries * sizeof(*sqes), IORING_OFF_SQES);
        const struct io_uring_cqe *cqes;
        uint32_t tail;

        if (!rings || !sqes)
                return -ENOMEM;
        tail = *word(rings, p->sq_off.tail);
        sqes[0] = *request;
        word(rings, p->sq_off.array)[tail & *word(rings, p->sq_off.ring_mask)] = 0;
        __atomic_store_n(word(rings, p->sq_off.tail), tail + 1, __ATOMIC_RELEASE);
        if (enter(ring, p->flags) < 0)
                return -errno;
        cqes = (const struct io_uring_cqe *) (const void *) (rings + p->cq_off.cqes);
        tail = *word(rings, p->cq_off.head);
        __atomic_store_n(word(rings, p->cq_off.head), tail + 1, __ATOMIC_RELEASE);
        return cqes[tail & *word(rings, p->cq_off.ring_mask)].res;
}

int ring_open(uint32_t setup, struct io_uring_params *ret)
{
        int ring;

        *ret = (struct io_uring_params){ .flags = setup, .sq_thread_idle = 10 };
        ring = (int) syscall(SYS_io_uring_setup, 1, ret);
        return ring < 0 ? -errno : ring;
}

int ring_do(const struct io_uring_sqe *request, uint32_t setup)
{
        struct io_uring_params p;
        int ring = ring_open(setup, &p), r;

        if (ring < 0)
                return ring;
        r = ring_submit(ring, &p, request);
        (void) close(ring);
        return r;
}
