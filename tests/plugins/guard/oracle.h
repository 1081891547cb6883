/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_ORACLE_H
#define TEST_GUARD_ORACLE_H

/* What rules mean, as plainly as it can be said: no tables, every item of every rule looked at each time. And rules by chance. */

#include "policy.h"

struct task {
        const char *cgroup, *exe;
        uint32_t uid;
};

struct destination {
        struct prefix address; /* of full length */
        uint16_t port;
        uint8_t protocol;
        bool exact;  /* a socket that goes around */
        bool listen;
};

int oracle(const struct rules *rules, const struct item *lifeline, size_t n_lifeline, const struct task *task, const struct destination *to);

struct random_case {
        struct rules *rules;
        struct item lifeline[8];
        size_t n_lifeline;
};

/* The same for the same seed. */
void random_case_make(unsigned seed, struct random_case *ret);
void random_case_free(struct random_case *c);
void random_task(struct task *ret);
/* One that is near what the rules speak of. */
void random_destination(const struct random_case *c, struct destination *ret);

/* As the programs are asked. */
void request_make(const struct destination *to, struct guard_request *ret);
void describe(const struct random_case *c, const struct task *task, const struct destination *to);

/* Which layers a task matches, by the policy. */
void class_make(const struct policy *p, const struct rules *rules, const struct task *task, struct guard_class *ret);

#endif
