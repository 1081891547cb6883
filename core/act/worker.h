/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_WORKER_H
#define TRIMTAB_WORKER_H

#include <stdbool.h>
#include <systemd/sd-event.h>

/*
 * What may block for seconds, off the loop. Tasks begin in the order in which they were handed over; a few
 * may be stuck in the kernel at once before the others must wait. The loop is told when a task has ended,
 * from the loop.
 */

struct worker;

/* Part of what the caller does: it stays the caller's, and must live until `ended` was called or it was
 * taken back. */
struct task {
        int (*run)(struct task *t);                /* on a thread of the worker's */
        void (*ended)(struct task *t, int result); /* from the loop; may free the task */
        void (*left)(struct task *t); /* from worker_free(): it is stuck, and the worker's from now on … */
        void (*drop)(struct task *t); /* … which frees it when it comes after all, from its thread */
        int result;
        struct task *next; /* the worker's */
};

int worker_new(sd_event *event, struct worker **ret);
/*
 * Waits for the tasks that have begun, a second at most, and calls `ended` of none. Whatever the kernel holds longer is left behind: a
 * thread in it cannot be ended from outside, and the process would never come to its end waiting for it.
 */
struct worker *worker_free(struct worker *w);

/* Threads start as they are needed. On error (-EAGAIN: no thread to be had) the task is not the worker's. */
int worker_submit(struct worker *w, struct task *t);
/* Takes it back. False: it has begun, its end will come. */
bool worker_take_back(struct worker *w, struct task *t);

#endif
