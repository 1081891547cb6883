/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <net/if.h>

#include "act/filter.h"
#include "daemon/state.h"
#include "util/cleanup.h"
#include "util/str.h"

/* "xdp.tc_filter": whose it is can be seen, and it is no knob of the plugin's. */
static char *knob_of(const char *plugin)
{
        return str_printf("%s.tc_filter", plugin);
}

/* The plugin may know of an interface before we do. */
static char *object_of(uint32_t ifindex)
{
        char name[IF_NAMESIZE];

        return str_printf("iface:%s", if_indextoname(ifindex, name) ?: "?");
}

int daemon_tc_filter_add(void *userdata, const char *plugin, int program_fd, uint32_t ifindex, uint32_t priority, uint32_t handle)
{
        const struct tc_place place = { ifindex, priority, handle };
        _cleanup_free_ char *knob = knob_of(plugin), *object = object_of(ifindex);
        struct daemon *d = userdata;

        if (!d->actor || d->stopping)
                return -ESHUTDOWN;
        if (!knob || !object)
                return -ENOMEM;
        return filter_add(d->actor, knob, object, &place, program_fd);
}

int daemon_tc_filter_remove(void *userdata, const char *plugin, uint32_t ifindex, uint32_t priority, uint32_t handle)
{
        const struct tc_place place = { ifindex, priority, handle };
        _cleanup_free_ char *knob = knob_of(plugin);
        struct daemon *d = userdata;

        if (!knob)
                return -ENOMEM;
        return d->actor ? filter_remove(d->actor, knob, &place) : -ENOENT;
}
