/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_TECHNIQUE_H
#define TEST_GUARD_TECHNIQUE_H

/* The ways out of a machine, each tried for real. A family of them is one file and one table. */

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the receiver has seen of an attempt. */
#define SEEN_FRAME (1u << 0)    /* any frame to its port or with its nonce: a SYN is enough */
#define SEEN_SAID (1u << 1)     /* a frame with its nonce, which is data of the sender's choice */
#define SEEN_IN_SYN (1u << 2)   /* ... and it was a SYN */
#define SEEN_MPTCP (1u << 3)    /* a SYN that offered MPTCP */
#define SEEN_REACHED (1u << 4)  /* the other way round: the receiver got through to a port of the attempt's */

#define NONCE_SIZE 32
#define FRAME_TYPE 0x88b5       /* for local experiments, by IEEE 802; nothing else sends it */
#define RAW_PROTOCOL 253        /* the same of RFC 3692 */

struct attempt;

struct technique {
        const char *name, *what;
        int (*prepare)(struct attempt *a); /* before the guard has hold of it: 0 or a negative errno. May be absent. */
        int (*run)(struct attempt *a);     /* 0, or the negative errno that ended it */
        uint32_t shows;                    /* all of these are seen when nobody guards */
        uint32_t leaks;                    /* any of these under a guard is a leak; 0: any at all */
        bool optional;                     /* there are kernels without it */
        const char *expected;              /* a letter for each of the reference guard's ways: B blocked, L leaks. None: it is not tried */
        const char *older;                 /* the same before 6.5, where it differs */
};

struct family {
        const struct technique *techniques;
        uint32_t n;
};

/* Both ends of the wire, as each technique addresses the far one. */
struct ends {
        const char *v4, *v6, *mapped;
        uint8_t far_mac[6];
        uint32_t near_index;
        const char *aside_v4;  /* the far end as seen from another network namespace, which is the descriptor: */
        int aside;
        const char *unguarded; /* cgroup.procs of a cgroup that is not guarded */
};

extern struct ends ends;

struct attempt {
        uint16_t port;          /* its own, and of no other attempt */
        char nonce[NONCE_SIZE]; /* likewise; a string */
        const char *program;    /* speak.c: what to run where it is about programs */
        const char *scratch;    /* an empty directory of its own */
        int fd;                 /* what prepare() got; -1 */
        int helper;             /* the end of a pair to a process that stays unguarded; -1 */
        pid_t helper_pid;
        int receiver;           /* see receiver.h */
        atomic_uint *seen;      /* where the attempt itself is the receiver */
};


/* --- for the families --- */

/* The far end: 4, 6, or 46 for ::ffff:. Returns its length. */
socklen_t far_address(const struct attempt *a, int version, struct sockaddr_storage *ret);

/* 0 or -errno of the last call, where r is what it returned. */
int result(ssize_t r);

/* A socket, or a negative errno. It is aborted when it is closed: what was not sent then never is. */
int make_socket(int family, int type, int protocol);

/* Sends the nonce; the rest as sendto(). Closes fd, whatever becomes of it. */
int say_and_close(const struct attempt *a, int fd, int flags, const struct sockaddr_storage *to, socklen_t length);

/* Connects, says the nonce, closes. */
int connect_and_say(const struct attempt *a, int fd, int version);

/* A file written as a string; for sysctls and cgroups. */
int write_text(const char *path, const char *text);

#endif
