/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_SCHED_LOAD_H
#define TEST_SCHED_LOAD_H

/* Cgroups of our own, and processes in them that do as they are told. */

#include <stdint.h>
#include <sys/types.h>

#define LOAD_MAX 32

struct load {
        char path[160]; /* of the cgroup */
        uint64_t id;
        pid_t pids[LOAD_MAX];
        uint32_t n;
};

/* Makes a cgroup below the unified hierarchy's root (or below `parent`). Negative errno. */
int load_init(struct load *l, const char *name, const struct load *parent);

/* Kills the processes, waits for them, and removes the cgroup. */
void load_done(struct load *l);

/* Starts a process in the cgroup that runs work(argument) and must not return. Negative errno. */
pid_t load_start(struct load *l, void (*work)(uint32_t argument), uint32_t argument);

/* Kills the processes and waits for them. */
void load_stop(struct load *l);

/* Stops the processes, as SIGSTOP does, and comes back when they have stopped. */
void load_freeze(const struct load *l);
/* And they go on. */
void load_thaw(const struct load *l);

/* Waits for the processes to end by themselves. */
void load_wait(struct load *l);

/*
 * Works. Spins for ever; sleeps `usec`, spins as long, again and again; the same with 2 ms of spinning; spins
 * for `usec` of CPU time and ends.
 */
void work_spin(uint32_t unused);
void work_nap(uint32_t usec);
void work_sleep(uint32_t usec);
void work_burn(uint32_t usec);

/* Moves every process from CPU to CPU, one each `usec` in turn, n_moves in all. */
void load_shuffle(const struct load *l, uint32_t usec, uint32_t n_moves);

#endif
