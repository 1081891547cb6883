/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_WORKER_H
#define TRIMTAB_WORKER_H

#include <stdbool.h>
#include <systemd/sd-event.h>

/*
 * One thread for what may block for seconds; one job at a time. The loop hands a job over and is told when it
 * has ended, from the loop, whether or not anybody still waits for it.
 */

struct worker;

/* The thread starts with the first job. ended(userdata, result of the job) is called once a job. */
int worker_new(sd_event *event, void (*ended)(void *userdata, int result), void *userdata,
               struct worker **ret);
/* Waits for the job under way. */
struct worker *worker_free(struct worker *w);

/* Runs job(argument) on the thread. The argument is the worker's from here: released with free_argument, on
 * the loop's thread, also when this fails. -EBUSY: another job is under way. */
int worker_submit(struct worker *w, int (*job)(void *argument), void *argument,
                  void (*free_argument)(void *argument));
bool worker_is_busy(const struct worker *w);

#endif
