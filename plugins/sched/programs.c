/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "programs.h"
#include "sched.h"
#include "sched.bpf.skel.h"

#define STARTS_MAX 10240 /* tasks that wait at once, without kernel timestamps; as runqlat has it */

/* tp_btf first; raw_tp has a name of its own, so that `bpftool prog` shows which one runs. */
static const char *const forms[_SCHED_PROGRAM_MAX][2] = {
        [SCHED_PROGRAM_SWITCH] = { "sched_switch", "sched_switch_r" },
        [SCHED_PROGRAM_MIGRATE] = { "sched_migrate", "sched_migrate_r" },
        [SCHED_PROGRAM_WAKEUP] = { "sched_wakeup", "sched_wakeup_r" },
        [SCHED_PROGRAM_NEWTASK] = { "sched_newtask", "sched_newtask_r" },
        [SCHED_PROGRAM_COUNTERS] = { "sched_counters", "sched_counters_r" },
        [SCHED_PROGRAM_SEED] = { "sched_seed", NULL },
};

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
        return 0;
}

/* Does this way of measuring need the program at all? */
static bool is_needed(enum sched_program program, uint32_t sched_info)
{
        switch (program) {
        case SCHED_PROGRAM_WAKEUP:
        case SCHED_PROGRAM_NEWTASK:
                return !sched_info;
        case SCHED_PROGRAM_SEED:
                return sched_info;
        case SCHED_PROGRAM_SWITCH:
        case SCHED_PROGRAM_MIGRATE:
        case SCHED_PROGRAM_COUNTERS:
        case _SCHED_PROGRAM_MAX:
                break;
        }
        return true;
}

/* Opens the object with all maps sized and no program on. */
static struct sched_bpf *open_object(const struct sched_sizes *sizes, uint32_t sched_info)
{
        struct sched_bpf *skel = sched_bpf__open();
        struct bpf_program *prog;

        if (!skel)
                return NULL;

        bpf_object__for_each_program(prog, skel->obj) {
                (void) bpf_program__set_autoload(prog, false);
        }

        skel->rodata->config.sched_info = sched_info;
        skel->rodata->config.shared = sizes->n_shards < sizes->n_cpus;

        if (bpf_map__set_max_entries(skel->maps.groups, sizes->n_groups * sizes->n_shards) < 0 ||
            bpf_map__set_max_entries(skel->maps.cpus, sizes->n_cpus) < 0 ||
            bpf_map__set_max_entries(skel->maps.turns, sched_info ? 1 << SCHED_TURN_BITS : 1) < 0 ||
            bpf_map__set_max_entries(skel->maps.starts, sched_info ? 1 : STARTS_MAX) < 0 ||
            bpf_map__set_max_entries(skel->maps.cycles, sizes->n_cpus) < 0 ||
            bpf_map__set_max_entries(skel->maps.instructions, sizes->n_cpus) < 0) {
                sched_bpf__destroy(skel);
                return NULL;
        }
        return skel;
}

static struct bpf_program *find_program(struct sched_bpf *skel, const char *name)
{
        return bpf_object__find_program_by_name(skel->obj, name);
}

/* The verifier's last word: the last line but its statistics. */
static void keep_reason(char *ret, size_t size, int r, char *log)
{
        char *line, *save = NULL, *last = NULL;

        for (line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
                if (strncmp(line, "processed ", 10) != 0 && strncmp(line, "verification time ", 18) != 0)
                        last = line;
        (void) snprintf(ret, size, "%s%s%s", strerror(-r), last ? ": " : "", last ? last : "");
}

/* Would the kernel take this program, alone? Else the reason is in ret_reason. */
static int try_program(const struct sched_sizes *sizes, uint32_t sched_info, const char *name,
                       char *ret_reason, size_t size)
{
        const struct sched_sizes trial = { .n_cpus = sizes->n_cpus, .n_groups = 1, .n_shards = 1 };
        struct sched_bpf *skel = open_object(&trial, sched_info);
        char log[16384] = "";
        int r;

        if (!skel)
                return -errno;

        (void) bpf_program__set_autoload(find_program(skel, name), true);
        (void) bpf_program__set_log_buf(find_program(skel, name), log, sizeof(log));
        r = sched_bpf__load(skel);
        if (r < 0)
                keep_reason(ret_reason, size, r, log);
        sched_bpf__destroy(skel);
        return r;
}

/* Finds the form of every needed program that the kernel takes, each by itself. */
static void choose_forms(struct sched_programs *p, const struct sched_sizes *sizes)
{
        for (uint32_t i = 0; i < _SCHED_PROGRAM_MAX; i++) {
                int r = -ENOENT;

                if (!is_needed(i, p->sched_info))
                        continue;
                for (p->form[i] = 0; p->form[i] < 2 && forms[i][p->form[i]] && r < 0; p->form[i]++)
                        r = try_program(sizes, p->sched_info, forms[i][p->form[i]], p->refusal[i],
                                        sizeof(p->refusal[i]));
                p->form[i]--;
                if (r >= 0)
                        p->refusal[i][0] = '\0';
        }
}

/* Loads what has not been refused. */
static int load_chosen(struct sched_programs *p, const struct sched_sizes *sizes)
{
        struct sched_bpf *skel = open_object(sizes, p->sched_info);
        int r;

        if (!skel)
                return errno > 0 ? -errno : -ENOMEM;

        for (uint32_t i = 0; i < _SCHED_PROGRAM_MAX; i++)
                if (is_needed(i, p->sched_info) && !p->refusal[i][0])
                        (void) bpf_program__set_autoload(find_program(skel, forms[i][p->form[i]]), true);

        r = sched_bpf__load(skel);
        if (r < 0) {
                sched_bpf__destroy(skel);
                return r;
        }
        p->skel = skel;
        return 0;
}

/* All at once, as almost every kernel takes it; one by one, and then the rest, if it does not. */
static int load_mode(struct sched_programs *p, const struct sched_sizes *sizes, uint32_t sched_info)
{
        *p = (struct sched_programs){ .sched_info = sched_info };
        if (load_chosen(p, sizes) >= 0)
                return 0;

        choose_forms(p, sizes);
        return load_chosen(p, sizes);
}

/* Does the kernel keep accounts? Its configuration and, before 5.14, a switch decide: look at our own. */
static bool keeps_sched_info(void)
{
        unsigned long long runtime, run_delay, arrivals;
        FILE *f = fopen("/proc/self/schedstat", "re");
        bool keeps;

        if (!f)
                return false;
        keeps = fscanf(f, "%llu %llu %llu", &runtime, &run_delay, &arrivals) == 3 && arrivals > 0;
        (void) fclose(f);
        return keeps;
}

int sched_programs_load(struct sched_programs *p, const struct sched_sizes *sizes, int32_t sched_info)
{
        libbpf_print_fn_t print = libbpf_set_print(quiet);
        uint32_t first = sched_info < 0 ? keeps_sched_info() : (uint32_t) sched_info;
        int r = load_mode(p, sizes, first);

        /* The books may be there and not within reach: no group scheduling, no such field any more. */
        if (sched_info < 0 && first && (r < 0 || p->refusal[SCHED_PROGRAM_SWITCH][0])) {
                struct sched_programs classic;

                if (load_mode(&classic, sizes, 0) >= 0 && !classic.refusal[SCHED_PROGRAM_SWITCH][0]) {
                        sched_programs_done(p);
                        *p = classic;
                        r = 0;
                } else
                        sched_programs_done(&classic);
        }
        libbpf_set_print(print);
        return r;
}

const char *sched_programs_refusal(const struct sched_programs *p, enum sched_program program)
{
        return p->refusal[program][0] ? p->refusal[program] : NULL;
}

int sched_programs_fd(const struct sched_programs *p, enum sched_program program)
{
        if (!p->skel || p->refusal[program][0])
                return -1;
        return bpf_program__fd(find_program(p->skel, sched_programs_name(p, program)));
}

int sched_programs_map_fd(const struct sched_programs *p, const char *name)
{
        return bpf_object__find_map_fd_by_name(p->skel->obj, name);
}

const char *sched_programs_name(const struct sched_programs *p, enum sched_program program)
{
        return forms[program][p->form[program]];
}

static int attach(struct sched_programs *p, enum sched_program program)
{
        struct bpf_link *link = bpf_program__attach(find_program(p->skel, sched_programs_name(p, program)));

        if (!link)
                return -errno;
        p->links[program] = link;
        return 0;
}

int sched_programs_attach(struct sched_programs *p, uint32_t mask)
{
        int r = 0;

        for (uint32_t i = 0; i < _SCHED_PROGRAM_MAX; i++) {
                bool wanted = (mask & 1u << i) && is_needed(i, p->sched_info) && i != SCHED_PROGRAM_SEED;
                int k;

                if (!wanted) {
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

bool sched_programs_is_attached(const struct sched_programs *p, enum sched_program program)
{
        return p->links[program];
}

int sched_programs_seed(struct sched_programs *p)
{
        struct bpf_link *link;
        char none[64];
        ssize_t n;
        int fd;

        if (!is_needed(SCHED_PROGRAM_SEED, p->sched_info))
                return 0;
        if (sched_programs_fd(p, SCHED_PROGRAM_SEED) < 0)
                return -EOPNOTSUPP;

        link = bpf_program__attach_iter(p->skel->progs.sched_seed, NULL);
        if (!link)
                return -errno;

        fd = bpf_iter_create(bpf_link__fd(link));
        n = fd < 0 ? -1 : read(fd, none, sizeof(none)); /* reading is what runs it; it prints nothing */
        n = n < 0 ? -errno : 0;

        if (fd >= 0)
                (void) close(fd);
        (void) bpf_link__destroy(link);
        return (int) n;
}

void sched_programs_done(struct sched_programs *p)
{
        for (uint32_t i = 0; i < _SCHED_PROGRAM_MAX; i++)
                (void) bpf_link__destroy(p->links[i]);
        sched_bpf__destroy(p->skel);
        *p = (struct sched_programs){};
}
