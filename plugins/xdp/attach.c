/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"

const char *const attachment_names[_ATTACH_MAX + 1] = { "none", "native", "generic", NULL };

/* Of a program by its number: "xdp_dispatcher (program 42)". */
static void name_program(uint32_t id, char *ret, size_t size)
{
        struct bpf_prog_info info = {};
        uint32_t length = sizeof(info);
        int fd = bpf_prog_get_fd_by_id(id);

        if (fd >= 0) {
                if (bpf_obj_get_info_by_fd(fd, &info, &length) < 0)
                        info.name[0] = '\0';
                (void) close(fd);
        }
        (void) snprintf(ret, size, "'%s' (program %u)", info.name[0] ? info.name : "?", id);
}

static uint32_t program_id(int fd)
{
        struct bpf_prog_info info = {};
        uint32_t length = sizeof(info);

        return bpf_obj_get_info_by_fd(fd, &info, &length) < 0 ? 0 : info.id;
}

enum attachment attached_as(uint32_t ifindex, int program_fd)
{
        LIBBPF_OPTS(bpf_xdp_query_opts, query);
        uint32_t id = program_id(program_fd);

        if (id == 0 || bpf_xdp_query((int) ifindex, 0, &query) < 0)
                return ATTACH_NONE;
        if (query.drv_prog_id == id)
                return ATTACH_NATIVE;
        return query.skb_prog_id == id ? ATTACH_GENERIC : ATTACH_NONE;
}

/* The number of a program that is there, in any mode; 0: none. */
static uint32_t somebody_elses(uint32_t ifindex)
{
        LIBBPF_OPTS(bpf_xdp_query_opts, query);

        if (bpf_xdp_query((int) ifindex, 0, &query) < 0)
                return 0;
        return query.prog_id ? query.prog_id
                             : (query.drv_prog_id ? query.drv_prog_id
                                                  : (query.skb_prog_id ? query.skb_prog_id : query.hw_prog_id));
}

static int say_busy(uint32_t id, const char *interface, char *why, size_t size)
{
        char name[64];

        name_program(id, name, sizeof(name));
        (void) snprintf(why, size,
                        "%s has somebody else's XDP program %s: it stays; detach it (ip link set dev %s xdp off, or xdp-loader unload %s) to "
                        "have trimtab's",
                        interface, name, interface, interface);
        return -EBUSY;
}

int attach(int program_fd, uint32_t ifindex, const char *interface, enum attachment how, int *ret, char *why, size_t size)
{
        LIBBPF_OPTS(bpf_link_create_opts, options,
                    .flags = how == ATTACH_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
        uint32_t other = somebody_elses(ifindex);
        int fd, r;

        if (other)
                return say_busy(other, interface, why, size);

        fd = bpf_link_create(program_fd, (int) ifindex, BPF_XDP, &options);
        r = fd < 0 ? -errno : 0;
        if (r == -EBUSY && (other = somebody_elses(ifindex)))
                return say_busy(other, interface, why, size);
        if (r < 0) {
                driver_explain(interface, how == ATTACH_NATIVE, r, why, size);
                return r;
        }
        if (attached_as(ifindex, program_fd) != how) {
                (void) close(fd);
                (void) snprintf(why, size, "%s took the program, and not in the mode asked for", interface);
                return -EOPNOTSUPP;
        }
        *ret = fd;
        return 0;
}
