/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Of enum bpf_attach_type, which is shorter in the headers of the kernels that this is built on. */
#define TCX_INGRESS ((enum bpf_attach_type) 46)

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
        return 0;
}

bool hook_has_tcx(void)
{
        uint32_t ids[1], n = 0;

        /* Of the loopback interface, which is number 1 everywhere. More than fit is an answer too. */
        return bpf_prog_query(1, TCX_INGRESS, 0, NULL, ids, &n) >= 0 || errno == ENOSPC;
}

/* libbpf tells what the kernel had to say, and to a log that is not ours. */
#define FILTER_OPTIONS(name) LIBBPF_OPTS(bpf_tc_opts, name, .handle = HOOK_HANDLE, .priority = HOOK_PRIORITY)
#define FILTER_HOOK(name, number) LIBBPF_OPTS(bpf_tc_hook, name, .ifindex = (int) (number), .attach_point = BPF_TC_INGRESS)

static int add_filter(int program_fd, uint32_t ifindex)
{
        FILTER_HOOK(hook, ifindex);
        FILTER_OPTIONS(options);
        int r = bpf_tc_hook_create(&hook);

        if (r < 0 && r != -EEXIST)
                return r;
        options.prog_fd = program_fd;
        return bpf_tc_attach(&hook, &options);
}

static int remove_filter(uint32_t ifindex)
{
        FILTER_HOOK(hook, ifindex);
        FILTER_OPTIONS(options);

        return bpf_tc_detach(&hook, &options);
}

/* Whose program that filter is, by its name. */
static bool is_ours(uint32_t id)
{
        struct bpf_prog_info info = {};
        uint32_t length = sizeof(info);
        int fd = bpf_prog_get_fd_by_id(id), r;

        if (fd < 0)
                return false;
        r = bpf_obj_get_info_by_fd(fd, &info, &length);
        (void) close(fd);
        return r >= 0 && strncmp(info.name, HOOK_PROGRAM, sizeof(info.name)) == 0;
}

static int sweep(uint32_t ifindex)
{
        FILTER_HOOK(hook, ifindex);
        FILTER_OPTIONS(options);

        if (bpf_tc_query(&hook, &options) < 0 || !is_ours(options.prog_id))
                return 0;
        return remove_filter(ifindex) < 0 ? 0 : 1;
}

int hook_sweep(uint32_t ifindex)
{
        libbpf_print_fn_t print = libbpf_set_print(quiet);
        int r = sweep(ifindex);

        libbpf_set_print(print);
        return r;
}

int hook_attach(int program_fd, uint32_t ifindex, bool tcx, struct hook *ret)
{
        struct hook h = { .ifindex = ifindex, .link = -1, .attached = true };
        libbpf_print_fn_t print;
        int r;

        if (tcx) {
                h.link = bpf_link_create(program_fd, (int) ifindex, TCX_INGRESS, NULL);
                r = h.link < 0 ? -errno : 0;
        } else {
                print = libbpf_set_print(quiet);
                (void) sweep(ifindex);
                r = add_filter(program_fd, ifindex);
                libbpf_set_print(print);
        }
        if (r >= 0)
                *ret = h;
        return r;
}

void hook_detach(struct hook *h)
{
        libbpf_print_fn_t print;

        if (h->attached && h->link >= 0)
                (void) close(h->link);
        else if (h->attached) {
                print = libbpf_set_print(quiet);
                (void) remove_filter(h->ifindex);
                libbpf_set_print(print);
        }
        *h = (struct hook){ .link = -1 };
}
