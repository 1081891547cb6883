/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRIMTAB_GUARD_H
#define TRIMTAB_GUARD_H

/* What the BPF programs of the guard and its user side share. Include <linux/types.h>, or kernel.bpf.h, first. */

/* What becomes of a connection. */
enum guard_mode {
        GUARD_OFF,
        GUARD_LEARN,   /* it is written down */
        GUARD_AUDIT,   /* it is judged, and what would be refused is told */
        GUARD_ENFORCE, /* it is refused */
        _GUARD_MODE_MAX,
};

enum guard_verdict {
        GUARD_NONE, /* nothing is said of it */
        GUARD_ALLOW,
        GUARD_DENY,
};

enum guard_log {
        GUARD_LOG_FIRST, /* of all that are alike, as long as they are remembered */
        GUARD_LOG_NONE,
        GUARD_LOG_ALL,
};

enum guard_backend {
        GUARD_CGROUP,
        GUARD_LSM,
        _GUARD_BACKEND_MAX,
};

enum guard_kind {
        GUARD_CONNECT,
        GUARD_SEND,   /* with an address of its own */
        GUARD_CREATE, /* a socket whose destinations are not all seen later: raw, packet, ping */
        GUARD_LISTEN,
        _GUARD_KIND_MAX,
};

/*
 * A layer is what one rule says, or a part of it, in the order of precedence: the first layer that matches the task and says something of
 * the destination is obeyed. Which layers match is one bit each.
 */
#define GUARD_LAYERS_MAX 256
#define GUARD_WORDS      (GUARD_LAYERS_MAX / 64)
#define GUARD_MATCH_MAX  32 /* of those a task matches; a task that matches more is refused */

struct guard_bits {
        __u64 word[GUARD_WORDS];
};

/* Protocols that are none: what has no destination that anybody could look at. An item without a protocol allows neither. */
#define GUARD_PROTOCOL_ANY    0
#define GUARD_PROTOCOL_PACKET 254
#define GUARD_PROTOCOL_RAW    255

/* What is said of a prefix. `kind` says what of it stands here. */
struct guard_term {
        __u16 first, last; /* ports; GUARD_TERM_LIST: the number of the first block, lower half first */
        __u8 protocol;     /* GUARD_TERM_LIST: how many blocks */
        __u8 verdict;
        __u8 kind;
        __u8 reserved;
};
#define GUARD_TERM_NONE 0 /* a marker on the way to a longer prefix */
#define GUARD_TERM_ONE  1
#define GUARD_TERM_LIST 2 /* in the map `terms`, the most specific first */

#define GUARD_BLOCK      8
#define GUARD_BLOCKS_MAX 8

struct guard_block {
        struct guard_term terms[GUARD_BLOCK]; /* up to the first of verdict GUARD_NONE */
};

/*
 * Prefixes are found by a binary search on the lengths that a layer has (Waldvogel et al. 1997): markers lead to longer ones, and each
 * says what its covering prefixes say, too, so that nothing has to be tried again. As in the xdp plugin.
 */
struct guard_step {
        __u8 length;
        __u8 longer, shorter; /* the next, where there was one of that length or not; 0: that was all */
        __u8 reserved;
};
#define GUARD_STEPS 256 /* of 129 lengths: whatever a byte says is a place in it, and nobody has to check */

struct guard_search {
        __u32 n_steps; /* 0: the layer has no prefix of that family */
        struct guard_step step[GUARD_STEPS];
};

#define GUARD_LISTEN_MAX 32

struct guard_layer {
        struct guard_search v4, v6;
        __u16 rule;     /* whose it is, by number; GUARD_NO_RULE: nobody's */
        __u8 log;       /* enum guard_log */
        __u8 audits;    /* what it refuses is told, and let through */
        __u8 has_deny;  /* any item that refuses */
        __u32 n_listen;
        struct {
                __u16 first, last;
        } listen[GUARD_LISTEN_MAX];
};
#define GUARD_NO_RULE 0xffff

/* A cache line of the hash table that all layers' prefixes are in. Nothing stands behind a line with room. */
union guard_line {
        struct {
                __u64 key; /* address, layer, length + 1; 0: free */
                struct guard_term term;
        } v4[4];
        struct {
                __u64 upper, lower;
                __u64 tag; /* layer, length + 1; 0: free */
                struct guard_term term;
        } v6[2];
};
#define GUARD_LINES_MAX 4

#define GUARD_TAG(layer, length) ((__u64) (layer) << 8 | ((length) + 1u))

static inline __u32 guard_line_of(__u64 factor, __u32 n_lines, __u64 upper, __u64 lower, __u64 tag)
{
        __u64 hash = upper * factor;

        hash = (hash ^ hash >> 32 ^ lower ^ tag) * factor;
        return (hash >> 32) * n_lines >> 32;
}

/* What a cgroup matches: for sure, and perhaps, where only user space can tell: what such a layer refuses is refused. */
struct guard_class {
        struct guard_bits certain, maybe;
};

/* Cgroups that are known while a policy is in force; those that find no room are looked up by name each time. */
#define GUARD_CLASSES_MAX 8192

struct guard_class_key {
        __u64 cgroup, generation;
};

/*
 * Cgroups that user space has not seen are found by their names: a tree of paths, from its root GUARD_NODE_ROOT, and two nodes for the names
 * of units, which count where all above are slices.
 */
#define GUARD_NAME_MAX      92 /* two of a container's are 85; the verifier counts the stack of all calls together */
#define GUARD_NODE_ROOT     0u
#define GUARD_NODE_UNIT     0xfffffffeu
#define GUARD_NODE_TEMPLATE 0xfffffffdu /* "foo@" for foo@*.service */
#define GUARD_DEPTH_MAX     24          /* below that nothing is looked at: the cgroup is what it is in */

struct guard_edge_key {
        __u32 node;
        char name[GUARD_NAME_MAX];
};

struct guard_edge {
        __u32 node;
        __u32 reserved;
        struct guard_bits bits;
};

/* An inode, as the kernel knows it; the generation tells it from a later one with its number. */
struct guard_inode {
        __u64 number;
        __u32 device, generation;
};

/* What a policy has allowed, and to whom; read and written as in verdicts.bpf.h. One cache line. */
#ifndef GUARD_VERDICT_BITS
#define GUARD_VERDICT_BITS 8
#endif

struct guard_allowed {
        __u64 turn;
        __u64 stamp; /* of the policy; 0: nothing is here */
        __u64 cgroup, upper, lower;
        __u64 details; /* user, port, protocol, family */
        struct guard_inode exe;
};

/* What holds for a whole policy. */
struct guard_set {
        __u64 stamp;  /* the policy's own, never 0: GUARD_STAMP_… */
        __u64 factor; /* of the hash */
        __u32 n_v4, n_v6, first_v6; /* lines of the table: those of IPv6 stand behind those of IPv4 */
        __u32 verdict;              /* where no layer says anything */
        __u32 has_cgroups, has_exes, has_uids;
        __u32 n_words;                                  /* of the layers there are */
        struct guard_bits any_cgroup, any_exe, any_uid; /* that do not ask */
        struct guard_bits globs;                        /* of cgroups' names, which only user space can match */
        struct guard_bits allows, denies;               /* by default */
        struct guard_bits listens;                      /* say who listens where */
        struct guard_bits speaks;                       /* have items */
        struct guard_bits audits;                       /* only tell what they refuse */
        struct guard_class everybody;                   /* where no cgroup is asked for */
};

/* What of a policy must be known with its stamp is in it, below its number. */
#define GUARD_STAMP_GENERATION 1u /* which of the two it is */
#define GUARD_STAMP_ASKS       2u /* its rules ask for programs or users, not for cgroups alone */
#define GUARD_STAMP_BITS       2

struct guard_control {
        __u32 mode; /* first, whatever comes: a later version switches an earlier one off by it */
        __u32 counting;   /* connections are counted, too */
        __u64 in_force;   /* the stamp of the policy */
        __u64 stamp;      /* grows with whatever makes an old verdict void */
        __u32 teller;     /* enum guard_backend: of two that see the same it is this one that tells */
        __u32 pings_seen; /* destinations of ping sockets are looked at by the LSM, so that they need not be refused at once */
        /* Trying out what has an effect: what goes there is refused by that backend, whatever the policy. */
        __u32 probing;    /* backend + 1; GUARD_PROBE_PASS: nobody refuses it; 0: nothing is tried */
        __u32 probe_v4;
        __u32 probe_port;
        __u64 events_lost, flows_lost, classes_lost;
};

#define GUARD_PROBE_PASS     0xffu
#define GUARD_PROBE_PROTOCOL 253    /* for experiments (RFC 3692) */
#define GUARD_PROBE_ETHERTYPE 0x88b5 /* for local experiments */

/* One that is judged. Addresses in the machine's order; of IPv4 in the upper half of `upper`. */
struct guard_request {
        __u64 upper, lower;
        __u64 cgroup;
        struct guard_inode exe;
        __u32 uid;
        __u16 port;
        __u8 family; /* 4, 6 */
        __u8 protocol;
        __u8 kind, backend;
        __u8 exact; /* GUARD_CREATE: only what is said of this very protocol allows it */
        __u8 log;   /* of the layer that has spoken */
        __u16 rule;     /* … and whose it is; meanwhile its number */
        __u16 reserved;
};

/* Running totals of a cgroup, or a CPU's share of them. */
enum guard_count {
        GUARD_CONNECTS,
        GUARD_DENIED,
        GUARD_WOULD_DENY,
        _GUARD_COUNT_MAX,
};

struct guard_counts {
        __u64 n[_GUARD_COUNT_MAX];
        __u64 reserved;
};

#define GUARD_UNIT_MAX 64

/* One refusal, to be told. */
struct guard_event {
        __u64 time_ns; /* CLOCK_MONOTONIC */
        __u64 cgroup, upper, lower;
        struct guard_inode exe;
        __u32 pid, uid;
        __u16 port, rule;
        __u8 family, protocol, kind, backend;
        __u8 enforced;
        __u8 reserved[7];
        char comm[16]; /* as it is: anything but NUL may be in it */
        char unit[GUARD_UNIT_MAX]; /* the name of the cgroup's directory, for when it is gone by the time this is read */
};

#define GUARD_SEEN_BITS 13

/* A process that was refused something, found by its number; which one of that number it is, its start says. Of the group's leader, both. */
#define GUARD_OFFENDERS_MAX 4096

struct guard_offender {
        __u64 cgroup;
        __u64 start_ns; /* CLOCK_BOOTTIME */
        __u64 time_ns;  /* of the last refusal, CLOCK_MONOTONIC */
        __u32 enforced;
        __u32 reserved;
};

/* Learnt: who went where, and how often. */
struct guard_flow_key {
        __u64 cgroup, upper, lower;
        __u16 port;
        __u8 family, protocol, kind;
        __u8 reserved[3];
};

struct guard_flow {
        __u64 n;
        struct guard_inode exe; /* of the first */
        __u32 pid, uid;
        char comm[16];
};

/* Of a socket that was connected under our eyes: whether whoever sends by it may, too. */
struct guard_socket {
        __u64 upper, lower;
        __u64 stamp, cgroup;
        struct guard_inode exe;
        __u32 uid;
        __u16 port;
        __u8 family, protocol;
};

/* A question put by user space: guard_try answers what would become of it. */
struct guard_question {
        struct guard_request request;
        struct guard_class class;
        __u32 verdict;
        __u32 reserved;
};

#endif
