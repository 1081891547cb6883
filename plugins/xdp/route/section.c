/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "section.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <linux/types.h>

#include "../items.h"
#include "../route.h"

const char *const route_path_names[_PATH_MAX + 1] = { "auto", "tc", "xdp", "socket", NULL };

static int check_vip(const char *item, char *why, uint32_t size)
{
        struct prefix p;
        int r = parse_prefix(item, &p, why, size);

        if (r < 0)
                return r;
        return p.length == (p.family == 4 ? 32 : 128) ? 0 : refuse(why, size, "expected an address, not a prefix");
}

static int check_protocol(const char *item, char *why, uint32_t size)
{
        if (strcmp(item, "tcp") == 0 || strcmp(item, "udp") == 0)
                return 0;
        return refuse(why, size, "expected tcp or udp");
}

int route_parse_netns(const char *item, char *ret, size_t ret_size, char *why, uint32_t size)
{
        int n;

        if (item[0] == '/')
                n = snprintf(ret, ret_size, "%s", item);
        else if (strncmp(item, "pid:", 4) == 0 && item[4] && strspn(item + 4, "0123456789") == strlen(item + 4))
                n = snprintf(ret, ret_size, "/proc/%s/ns/net", item + 4);
        else if (item[0] && item[0] != '.' && !strpbrk(item, "/:"))
                n = snprintf(ret, ret_size, "/run/netns/%s", item);
        else
                return refuse(why, size, "expected a name in /run/netns, an absolute path such as /proc/1234/ns/net, or pid:1234");
        return (size_t) n < ret_size ? 0 : refuse(why, size, "that is too long");
}

static int check_netns(const char *item, char *why, uint32_t size)
{
        char path[ROUTE_NETNS_SIZE];

        return route_parse_netns(item, path, sizeof(path), why, size);
}

static int check_device(const char *item, char *why, uint32_t size)
{
        return *item && strlen(item) < IF_NAMESIZE ? 0 : refuse(why, size, "expected the name of a device, such as eth0");
}

const struct trimtab_key route_section_keys[_ROUTE_KEY_MAX] = {
        [ROUTE_VIP] = { .name = "vip",
                        .help = "addresses that it goes to, which are the container's own",
                        .type = TRIMTAB_KEY_TEXT,
                        .flags = TRIMTAB_KEY_LIST | TRIMTAB_KEY_REQUIRED,
                        .check = check_vip },
        [ROUTE_PROTOCOL] = { .name = "protocol",
                             .help = "tcp, udp or both",
                             .type = TRIMTAB_KEY_TEXT,
                             .flags = TRIMTAB_KEY_LIST | TRIMTAB_KEY_REQUIRED,
                             .check = check_protocol },
        [ROUTE_PORT] = { .name = "port",
                         .help = "ports and ranges that it goes to",
                         .type = TRIMTAB_KEY_TEXT,
                         .flags = TRIMTAB_KEY_LIST | TRIMTAB_KEY_REQUIRED,
                         .check = item_check_range },
        [ROUTE_FOR] = { .name = "for",
                        .help = "interfaces that it comes in by, as iface:GLOB",
                        .type = TRIMTAB_KEY_TEXT,
                        .flags = TRIMTAB_KEY_LIST,
                        .check = item_check_interface },
        [ROUTE_NETNS] = { .name = "netns",
                          .help = "the container's network namespace: a name in /run/netns, an absolute path or pid:N",
                          .type = TRIMTAB_KEY_TEXT,
                          .check = check_netns },
        [ROUTE_DEVICE] = { .name = "device",
                           .help = "the container's end of the pair that joins it to the host, by its name there",
                           .type = TRIMTAB_KEY_TEXT,
                           .check = check_device },
        [ROUTE_LISTENER] = { .name = "listener",
                             .help = "the port of a listener in the daemon's own namespace, in place of a container",
                             .type = TRIMTAB_KEY_NUMBER,
                             .unit = "",
                             .min = 1,
                             .max = 65535 },
        [ROUTE_PATH] = { .name = "path",
                         .help = "tc: from the interface into the container; xdp: before the kernel has a packet of it; socket: to a "
                                 "listener; auto: whichever fits, and says why",
                         .type = TRIMTAB_KEY_CHOICE,
                         .choices = route_path_names },
        [ROUTE_DESCRIPTION] = { .name = "description", .help = "what it is for", .type = TRIMTAB_KEY_TEXT },
};

enum route_path route_path_of(const struct trimtab_entry *e)
{
        for (enum route_path p = 0; p < _PATH_MAX && e->items[ROUTE_PATH].n > 0; p++)
                if (strcmp(route_path_names[p], e->items[ROUTE_PATH].texts[0]) == 0)
                        return p;
        return PATH_AUTO;
}

static int check_keys(const struct trimtab_entry *e, char *why, uint32_t size)
{
        const struct trimtab_items *ports = &e->items[ROUTE_PORT];
        uint64_t n = 0;

        for (uint32_t i = 0; i < ports->n; i++) {
                struct range range;

                if (parse_range(ports->texts[i], &range, why, size) < 0)
                        return -EINVAL;
                if (range.first == 0)
                        return refuse(why, size, "nobody listens at port 0");
                n += range.last - range.first + 1u;
        }
        n *= (uint64_t) e->items[ROUTE_VIP].n * e->items[ROUTE_PROTOCOL].n;
        return n <= ROUTE_KEYS_MAX
                       ? 0
                       : refuse(why, size, "%llu ports of addresses and protocols are more than %u: make it several routes",
                                (unsigned long long) n, ROUTE_KEYS_MAX);
}

int route_check(const struct trimtab_entry *e, char *why, uint32_t size)
{
        static const enum route_section_key of_container[] = { ROUTE_FOR, ROUTE_NETNS, ROUTE_DEVICE };
        enum route_path path = route_path_of(e);
        bool listener = e->items[ROUTE_LISTENER].n > 0;

        if (path == PATH_SOCKET && !listener)
                return refuse(why, size, "path = socket needs listener = PORT");
        if (listener && (path == PATH_TC || path == PATH_XDP))
                return refuse(why, size, "path = %s goes to a container, and listener is of the daemon's own namespace: path = socket",
                              route_path_names[path]);
        for (size_t i = 0; i < sizeof(of_container) / sizeof(of_container[0]); i++) {
                const char *name = route_section_keys[of_container[i]].name;
                bool given = e->items[of_container[i]].n > 0;

                if (listener && given)
                        return refuse(why, size, "%s is of a container, and there is a listener: it is one or the other", name);
                if (!listener && !given)
                        return refuse(why, size, "%s is missing, as no listener is given", name);
        }
        return check_keys(e, why, size);
}
