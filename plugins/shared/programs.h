/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHARED_PROGRAMS_H
#define SHARED_PROGRAMS_H

/*
 * The BPF programs of one object: which form of each this kernel takes, and which are attached now.
 *
 * Every program stands alone: one that the kernel refuses stays out of the object and keeps its reason.
 */

#include <stdbool.h>
#include <stdint.h>

#include <trimtab/plugin.h>

struct bpf_link;
struct bpf_object;
struct bpf_program;

#define PROGRAMS_MAX 32

/* A program: what it is called in the object, the best form first ("sched_switch" as tp_btf, "sched_switch_r" as raw_tp), NULL: no other. */
struct program_forms {
        const char *names[2];
};

/* The skeleton that bpftool has made, without its type. PROGRAMS_SKELETON() defines the last three. */
struct program_skeleton {
        /* Opens the object, maps sized and constants set; `trial`: it is only to see whether a program is taken, so small. NULL: errno. */
        void *(*open)(const void *how, bool trial);
        struct bpf_object *(*object)(void *skeleton);
        int (*load)(void *skeleton);
        void (*destroy)(void *skeleton);
};

struct programs {
        const struct program_skeleton *skeleton;
        const struct program_forms *forms;
        void *loaded; /* the skeleton; NULL: none */
        uint32_t n;
        uint32_t needed; /* bit i: program i is loaded, as far as the kernel takes it */
        uint32_t form[PROGRAMS_MAX];
        struct bpf_link *links[PROGRAMS_MAX];
        char refusal[PROGRAMS_MAX][160]; /* "": accepted */
};

/*
 * Loads the programs in `needed` (bits) that this kernel takes into *p, which must be zero; `how` is passed to open(). Nothing is attached. Returns 0 even
 * if programs were refused: ask programs_refusal(). Negative errno if no map could be made.
 */
int programs_load(struct programs *p, const struct program_skeleton *skeleton, const struct program_forms *forms, uint32_t n,
                  uint32_t needed, const void *how);

/* Detaches and frees everything, and makes *p zero again. */
void programs_done(struct programs *p);

/* Why the program cannot be had, valid as long as *p; NULL if it can. */
const char *programs_refusal(const struct programs *p, uint32_t i);

/* NULL if it was refused or is not needed. */
struct bpf_program *programs_get(const struct programs *p, uint32_t i);

/* Its descriptor, owned by *p; -1 if it was refused or is not needed. */
int programs_fd(const struct programs *p, uint32_t i);

/* The descriptor of the map with this name, owned by *p; a negative errno if there is none. */
int programs_map(const struct programs *p, const char *name);

/* Maps the first `size` bytes of a map with BPF_F_MMAPABLE, to read and write; NULL, with errno, if it cannot be. */
void *programs_mmap(const struct programs *p, const char *map, uint64_t size);

/* The name it has in the kernel. */
const char *programs_name(const struct programs *p, uint32_t i);

/*
 * Attaches the programs in `mask` (bits) and detaches all others. One that cannot be attached becomes a refused one, and the others go on. Returns
 * 0, or the negative errno of the last that has become so.
 */
int programs_attach(struct programs *p, uint32_t mask);

bool programs_is_attached(const struct programs *p, uint32_t i);

/*
 * Tells the host of all programs, and of each metric m that cannot do without one that was refused (uses[m], bits); these are taken out of
 * *available (bits). Call it after programs_load(), and after programs_attach() has failed.
 */
void programs_tell(const struct programs *p, const struct trimtab_host *h, const uint32_t *uses, uint32_t n_metrics,
                   uint32_t *available);

#define PROGRAMS_SKELETON(name)                                                                              \
        static struct bpf_object *name##_object(void *s)                                                     \
        {                                                                                                    \
                return ((struct name##_bpf *) s)->obj;                                                       \
        }                                                                                                    \
        static int name##_load(void *s)                                                                      \
        {                                                                                                    \
                return name##_bpf__load(s);                                                                  \
        }                                                                                                    \
        static void name##_destroy(void *s)                                                                  \
        {                                                                                                    \
                name##_bpf__destroy(s);                                                                      \
        }

#endif
