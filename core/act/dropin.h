/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DROPIN_H
#define TRIMTAB_DROPIN_H

#include <stdbool.h>

/*
 * The drop-ins in which systemd keeps what SetUnitProperties sets: UNIT.d/50-SETTING.conf below
 * system.control/, and below transient/ for a transient unit. The same file is an administrator's `systemctl
 * set-property --runtime`.
 */

/* Where the runtime drop-in is or would be; run_dir "/run/systemd". New string; NULL: out of memory. */
char *dropin_path(const char *run_dir, const char *unit, bool transient, const char *setting);

/* Whether an administrator pinned the setting for good (`systemctl set-property`); etc_dir "/etc/systemd".
 * <0: -errno. */
int dropin_is_pinned(const char *etc_dir, const char *unit, const char *setting);

/* Its bytes. -ENOENT: there is none. -EBADMSG: it holds NUL bytes, which no unit file may. */
int dropin_read(const char *path, char **ret);

/* Puts these bytes there, NULL: takes the file away, and its folder when that leaves it empty. */
int dropin_put(const char *path, const char *bytes);

/* Takes its folder away where that is empty: somebody took the drop-in out of it. */
void dropin_tidy(const char *path);

#endif
