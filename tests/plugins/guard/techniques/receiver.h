/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_RECEIVER_H
#define TEST_GUARD_RECEIVER_H

/*
 * The far end: a process in a network of its own that looks at every frame that comes out of the wire, whatever its protocol, and keeps
 * what it has seen of each attempt, by its port or the nonce in it. It answers as any machine does, and has a listener on each port.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RECEIVER_ATTEMPTS 128

struct receiver {
        pid_t pid;
        int way;                                /* to it, from any process; takes messages, answers each with 0 or an errno */
        struct receiver_truth *truth;           /* shared with it */
};

/* Written by it alone, but for the attempts that are reached. */
struct receiver_truth {
        atomic_uint seen[RECEIVER_ATTEMPTS]; /* SEEN_ bits by number of the attempt */
        atomic_uint marks;                   /* of the marks that were sent, how many arrived */
        atomic_uint lost;                    /* frames it had no room for: it must be 0 */
};

/* Starts it; its network is `receiver->pid`'s, and has nothing but loopback. 0 or a negative errno. */
int receiver_start(struct receiver *receiver);
void receiver_stop(struct receiver *receiver);

/* Its addresses are there: looks at the wire from now on. */
int receiver_open(struct receiver *receiver);

/* A new run: n attempts of which number i goes to port first + i; those of before are forgotten. mptcp: a bit for each. */
int receiver_begin(struct receiver *receiver, uint16_t first, const bool *mptcp, uint32_t n);

/* For an attempt: have it connect or send to `at`, as attempt `port`. 0, or why it did not get through. Waits for that. */
int receiver_dial(int way, uint16_t port, int type);
int receiver_dial_at(int way, uint16_t port, uint16_t at, int type);

/* Sends a mark, and waits until it has arrived: so has everything that was sent before it. 0 or -ETIMEDOUT. */
int receiver_mark(struct receiver *receiver);

/* A nonce, of which it knows by itself which attempt it is of. */
void receiver_nonce(uint16_t port, char *ret, uint32_t size);

#endif
