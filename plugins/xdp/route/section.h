/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_SECTION_H
#define XDP_SECTION_H

#include <stddef.h>
#include <stdint.h>

#include <trimtab/plugin.h>

/* What a [route NAME] section may say, and whether it makes sense. Pure. */

enum route_section_key {
        ROUTE_VIP,
        ROUTE_PROTOCOL,
        ROUTE_PORT,
        ROUTE_FOR,
        ROUTE_NETNS,
        ROUTE_DEVICE,
        ROUTE_LISTENER,
        ROUTE_PATH,
        ROUTE_DESCRIPTION,
        _ROUTE_KEY_MAX,
};
extern const struct trimtab_key route_section_keys[_ROUTE_KEY_MAX];
/* Whether the keys go together; as trimtab_section.check. */
int route_check(const struct trimtab_entry *e, char *why, uint32_t size);

enum route_path {
        PATH_AUTO,
        PATH_TC,
        PATH_XDP,
        PATH_SOCKET,
        _PATH_MAX,
};
extern const char *const route_path_names[_PATH_MAX + 1]; /* NULL behind them */

/* By its name, "auto" where none is given. */
enum route_path route_path_of(const struct trimtab_entry *e);

/* The path of a network namespace's file, of its name, "pid:N" or that path. As the parsers of text.h. */
#define ROUTE_NETNS_SIZE 1024
int route_parse_netns(const char *item, char *ret, size_t ret_size, char *why, uint32_t size);

#endif
