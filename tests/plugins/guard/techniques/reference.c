/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reference.h"

#include <errno.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

#include "reference-cgroup.bpf.skel.h"
#include "reference-lsm.bpf.skel.h"

#define LINKS 8

#define LSM_SEND "ref_connect", "ref_sendmsg"
#define GROUP_CONNECT "ref_connect4", "ref_connect6"
#define GROUP_SEND GROUP_CONNECT, "ref_sendmsg4", "ref_sendmsg6"

const struct reference_way reference_ways[REFERENCE_WAYS] = {
        { "LSM connect", true, { "ref_connect" } },
        { "LSM +sendmsg", true, { LSM_SEND } },
        { "LSM +create", true, { LSM_SEND, "ref_create" } },
        { "cgroup connect", false, { GROUP_CONNECT } },
        { "cgroup +sendmsg", false, { GROUP_SEND } },
        { "cgroup +create", false, { GROUP_SEND, "ref_sock_create" } },
        { "LSM listen", true, { "ref_listen" } },
        { "cgroup bind", false, { "ref_bind4", "ref_bind6" } },
};

struct reference {
        struct reference_cgroup_bpf *cgroup;
        struct reference_lsm_bpf *lsm;
        int base_fd;
        struct bpf_link *links[LINKS];
};

static int load_lsm(struct reference *r, const struct groups *g)
{
        r->lsm = reference_lsm_bpf__open();
        if (!r->lsm)
                return -errno;
        r->lsm->rodata->guarded = g->guarded_id;
        r->lsm->rodata->level = GROUPS_GUARDED_LEVEL;
        return reference_lsm_bpf__load(r->lsm);
}

static int load_cgroup(struct reference *r, const struct groups *g)
{
        r->cgroup = reference_cgroup_bpf__open();
        if (!r->cgroup)
                return -errno;
        r->cgroup->rodata->guarded = g->guarded_id;
        r->cgroup->rodata->level = GROUPS_GUARDED_LEVEL;
        return reference_cgroup_bpf__load(r->cgroup);
}

int reference_open(const struct groups *g, bool lsm, struct reference **ret)
{
        struct reference *r = calloc(1, sizeof(*r));
        int error;

        if (!r)
                return -ENOMEM;
        r->base_fd = g->base_fd;
        error = lsm ? load_lsm(r, g) : load_cgroup(r, g);
        if (error < 0) {
                reference_close(r);
                return error;
        }
        *ret = r;
        return 0;
}

int reference_attach(struct reference *r, const struct reference_way *way)
{
        const struct bpf_object *object = way->lsm ? r->lsm->obj : r->cgroup->obj;

        for (int i = 0; i < LINKS && way->programs[i]; i++) {
                struct bpf_program *program = bpf_object__find_program_by_name(object, way->programs[i]);

                r->links[i] = way->lsm ? bpf_program__attach(program) : bpf_program__attach_cgroup(program, r->base_fd);
                if (!r->links[i])
                        return -errno;
        }
        return 0;
}

void reference_detach(struct reference *r)
{
        for (int i = 0; i < LINKS; i++) {
                (void) bpf_link__destroy(r->links[i]);
                r->links[i] = NULL;
        }
}

void reference_close(struct reference *r)
{
        if (!r)
                return;
        reference_detach(r);
        reference_cgroup_bpf__destroy(r->cgroup);
        reference_lsm_bpf__destroy(r->lsm);
        free(r);
}
