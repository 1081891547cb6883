/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define BIT(i) (1u << (i))

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
        return 0;
}

static struct bpf_program *find(const struct programs *p, void *skeleton, const char *name)
{
        return bpf_object__find_program_by_name(p->skeleton->object(skeleton), name);
}

/* Opens the object with no program on. */
static void *open_object(const struct programs *p, const void *how, bool trial)
{
        void *skeleton = p->skeleton->open(how, trial);
        struct bpf_program *prog;

        if (!skeleton)
                return NULL;
        bpf_object__for_each_program(prog, p->skeleton->object(skeleton)) {
                (void) bpf_program__set_autoload(prog, false);
        }
        return skeleton;
}

/* The verifier's verdict is the line before its statistics. */
static void keep_reason(char *ret, size_t size, int r, char *log)
{
        char *line, *save = NULL, *last = NULL;

        for (line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
                if (strncmp(line, "processed ", 10) != 0 && strncmp(line, "verification time ", 18) != 0)
                        last = line;
        (void) snprintf(ret, size, "%s%s%s", strerror(-r), last ? ": " : "", last ? last : "");
}

/* Would the kernel take this program, alone? Else the reason is kept. */
static int try_program(struct programs *p, uint32_t i, const void *how)
{
        void *skeleton = open_object(p, how, true);
        struct bpf_program *prog;
        char log[16384] = "";
        int r;

        if (!skeleton)
                return -errno;
        prog = find(p, skeleton, programs_name(p, i));
        (void) bpf_program__set_autoload(prog, true);
        (void) bpf_program__set_log_buf(prog, log, sizeof(log));
        r = p->skeleton->load(skeleton);
        if (r < 0)
                keep_reason(p->refusal[i], sizeof(p->refusal[i]), r, log);
        else
                p->refusal[i][0] = '\0';
        p->skeleton->destroy(skeleton);
        return r;
}

/* Finds the form of every needed program that the kernel takes, each by itself. */
static void choose_forms(struct programs *p, const void *how)
{
        for (uint32_t i = 0; i < p->n; i++)
                if (p->needed & BIT(i) && try_program(p, i, how) < 0 && p->forms[i].names[1]) {
                        p->form[i] = 1;
                        (void) try_program(p, i, how);
                }
}

/* Loads what has not been refused. */
static int load_chosen(struct programs *p, const void *how)
{
        void *skeleton = open_object(p, how, false);
        int r;

        if (!skeleton)
                return errno > 0 ? -errno : -ENOMEM;
        for (uint32_t i = 0; i < p->n; i++)
                if (p->needed & BIT(i) && !p->refusal[i][0])
                        (void) bpf_program__set_autoload(find(p, skeleton, programs_name(p, i)), true);

        r = p->skeleton->load(skeleton);
        if (r < 0) {
                p->skeleton->destroy(skeleton);
                return r;
        }
        p->loaded = skeleton;
        return 0;
}

int programs_load(struct programs *p, const struct program_skeleton *skeleton, const struct program_forms *forms, uint32_t n,
                  uint32_t needed, const void *how)
{
        libbpf_print_fn_t print = libbpf_set_print(quiet);
        int r;

        *p = (struct programs){ .skeleton = skeleton, .forms = forms, .n = n, .needed = needed };

        /* All at once, as almost every kernel takes it; one by one, and then the rest, if it does not. */
        r = load_chosen(p, how);
        if (r < 0) {
                choose_forms(p, how);
                r = load_chosen(p, how);
        }
        libbpf_set_print(print);
        return r;
}

void programs_done(struct programs *p)
{
        for (uint32_t i = 0; i < p->n; i++)
                (void) bpf_link__destroy(p->links[i]);
        if (p->loaded)
                p->skeleton->destroy(p->loaded);
        *p = (struct programs){};
}

const char *programs_refusal(const struct programs *p, uint32_t i)
{
        return p->refusal[i][0] ? p->refusal[i] : NULL;
}

const char *programs_name(const struct programs *p, uint32_t i)
{
        return p->forms[i].names[p->form[i]];
}

struct bpf_program *programs_get(const struct programs *p, uint32_t i)
{
        if (!p->loaded || !(p->needed & BIT(i)) || p->refusal[i][0])
                return NULL;
        return find(p, p->loaded, programs_name(p, i));
}

int programs_fd(const struct programs *p, uint32_t i)
{
        struct bpf_program *prog = programs_get(p, i);

        return prog ? bpf_program__fd(prog) : -1;
}

int programs_map(const struct programs *p, const char *name)
{
        if (!p->loaded)
                return -ENOENT;
        return bpf_object__find_map_fd_by_name(p->skeleton->object(p->loaded), name);
}

void *programs_mmap(const struct programs *p, const char *map, uint64_t size)
{
        void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, programs_map(p, map), 0);

        return at == MAP_FAILED ? NULL : at;
}

static int attach(struct programs *p, uint32_t i)
{
        p->links[i] = bpf_program__attach(programs_get(p, i));
        return p->links[i] ? 0 : -errno;
}

int programs_attach(struct programs *p, uint32_t mask)
{
        int r = 0;

        for (uint32_t i = 0; i < p->n; i++) {
                int k;

                if (!(mask & p->needed & BIT(i))) {
                        (void) bpf_link__destroy(p->links[i]);
                        p->links[i] = NULL;
                        continue;
                }
                if (p->links[i] || p->refusal[i][0])
                        continue;
                k = attach(p, i);
                if (k < 0) {
                        (void) snprintf(p->refusal[i], sizeof(p->refusal[i]), "cannot be attached: %s",
                                        strerror(-k));
                        r = k;
                }
        }
        return r;
}

bool programs_is_attached(const struct programs *p, uint32_t i)
{
        return p->links[i];
}

void programs_tell(const struct programs *p, const struct trimtab_host *h, const uint32_t *uses, uint32_t n_metrics,
                   uint32_t *available)
{
        for (uint32_t i = 0; i < p->n; i++) {
                const char *refusal = programs_refusal(p, i);
                int fd = programs_fd(p, i);

                if (fd >= 0 || refusal)
                        h->program(h, programs_name(p, i), fd, refusal);
                for (uint32_t m = 0; refusal && m < n_metrics; m++)
                        if (uses[m] & BIT(i) && *available & BIT(m)) {
                                *available &= ~BIT(m);
                                h->unavailable(h, m, refusal);
                        }
        }
}
