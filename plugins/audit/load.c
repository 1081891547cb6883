/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "audit.bpf.skel.h"
#include "calls.h"

#define BIT(i) (1u << (i))

static const struct program_forms forms[_AUDIT_PROGRAM_MAX] = {
        [AUDIT_PROGRAM_ENTER] = { { "audit_enter", "audit_enter_r" } },
        [AUDIT_PROGRAM_EXIT] = { { "audit_exit", "audit_exit_r" } },
        [AUDIT_PROGRAM_EXEC] = { { "audit_exec", "audit_exec_r" } },
        [AUDIT_PROGRAM_FORK] = { { "audit_fork", "audit_fork_r" } },
        [AUDIT_PROGRAM_SUBMIT] = { { "audit_submit" } },
        [AUDIT_PROGRAM_SUBMIT_SQE] = { { "audit_submit_s" } },
        [AUDIT_PROGRAM_COMPLETE] = { { "audit_complete" } },
        [AUDIT_PROGRAM_IDENTIFY] = { { "audit_identify" } },
};

/* What this kernel's tracepoints are like. */
struct kernel {
        uint32_t submit_req; /* it has io_uring_submit_req, not io_uring_submit_sqe */
        uint32_t cqe;        /* io_uring_complete hands over the completion's entry */
};

struct how {
        struct audit_sizes sizes;
        struct kernel kernel;
};

/* How many arguments a tracepoint has, its own first one left out; -1: there is none. */
static int count_arguments(const struct btf *btf, const char *name)
{
        int id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
        const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t) id);

        t = t ? btf__type_by_id(btf, t->type) : NULL; /* the pointer … */
        t = t ? btf__type_by_id(btf, t->type) : NULL; /* … to the function */
        return t && btf_is_func_proto(t) ? btf_vlen(t) - 1 : -1;
}

static void look_at_kernel(struct kernel *ret)
{
        struct btf *btf = btf__load_vmlinux_btf();

        *ret = (struct kernel){ .submit_req = 1 };
        if (!btf)
                return;
        ret->submit_req = count_arguments(btf, "btf_trace_io_uring_submit_sqe") < 0;
        ret->cqe = count_arguments(btf, "btf_trace_io_uring_complete") == 3;
        btf__free(btf);
}

static void *open_skeleton(const void *userdata, bool trial)
{
        const struct how *how = userdata;
        const struct audit_sizes *sizes = &how->sizes;
        uint32_t n_groups = trial ? 1 : (sizes->n_groups + 1) * sizes->n_shards;
        struct audit_bpf *skel = audit_bpf__open();

        if (!skel)
                return NULL;
        skel->rodata->config.n_shards = sizes->n_shards;
        skel->rodata->config.shared = sizes->n_shards < sizes->n_cpus;
        skel->rodata->config.elsewhere = audit_elsewhere(sizes);
        skel->rodata->config.cqe = how->kernel.cqe;
        audit_calls_fill((struct audit_config *) &skel->rodata->config);

        if (bpf_map__set_max_entries(skel->maps.groups, n_groups) < 0 ||
            bpf_map__set_max_entries(skel->maps.interests, n_groups) < 0 ||
            bpf_map__set_max_entries(skel->maps.paths, trial ? 1 : AUDIT_WATCHES_MAX * sizes->n_shards) < 0 ||
            bpf_map__set_max_entries(skel->maps.inodes, trial ? 1 : sizes->n_inodes) < 0) {
                audit_bpf__destroy(skel);
                return NULL;
        }
        return skel;
}

PROGRAMS_SKELETON(audit)

static const struct program_skeleton skeleton = { open_skeleton, audit_object, audit_load, audit_destroy };

int audit_programs_load(struct programs *p, const struct audit_sizes *sizes)
{
        struct how how = { .sizes = *sizes };
        uint32_t other;

        look_at_kernel(&how.kernel);
        other = how.kernel.submit_req ? AUDIT_PROGRAM_SUBMIT_SQE : AUDIT_PROGRAM_SUBMIT;
        return programs_load(p, &skeleton, forms, _AUDIT_PROGRAM_MAX, (BIT(_AUDIT_PROGRAM_MAX) - 1) & ~BIT(other), &how);
}

volatile struct audit_control *audit_control_of(const struct programs *p)
{
        return &((struct audit_bpf *) p->loaded)->bss->control;
}

uint64_t audit_details_dropped(const struct programs *p)
{
        return ((struct audit_bpf *) p->loaded)->bss->details_dropped;
}

int audit_identify(const struct programs *p, int fd, struct audit_inode *ret)
{
        const struct audit_bpf *skel = p->loaded;
        uint64_t args[1] = { (uint64_t) fd };
        LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = args, .ctx_size_in = sizeof(args));
        int program = programs_fd(p, AUDIT_PROGRAM_IDENTIFY);

        if (program < 0)
                return -EOPNOTSUPP;
        if (bpf_prog_test_run_opts(program, &options) < 0)
                return -errno;
        if (options.retval != 0)
                return -EBADF;
        ret->number = skel->bss->identity.number;
        ret->device = skel->bss->identity.device;
        ret->generation = skel->bss->identity.generation;
        return 0;
}
