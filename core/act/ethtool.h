/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ETHTOOL_H
#define TRIMTAB_ETHTOOL_H

#include <stdbool.h>

/*
 * The one file that changes settings of interfaces for which there is no file: interrupt coalescing, by ethtool's netlink, in the
 * caller's network namespace. sysfile.h hands over to it what is of TRIMTAB_FORM_ETHTOOL. -errno throughout.
 *
 * path is "ethtool:7/coalesce", 7 being the ifindex, which no other interface gets as long as this one lives; key is the setting as
 * ethtool -C calls it: "rx-usecs", "adaptive-rx".
 */

/* As text: "50"; "on" or "off". -ENODEV: there is no such interface; -EOPNOTSUPP: its driver does not have that; -EINVAL: no such path or key. */
int ethtool_read(const char *path, const char *key, char **ret_raw);
/* Only this one setting. A driver may take another value that it likes better: read it back. */
int ethtool_write(const char *path, const char *key, const char *raw);

/* Whether the interface is there. */
bool ethtool_lives(const char *path);

#endif
