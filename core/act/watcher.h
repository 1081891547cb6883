/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_WATCHER_H
#define TRIMTAB_WATCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

/*
 * Tells who writes to files that we hold: fanotify sees every write(2), in cgroupfs, procfs and sysfs as
 * well, and names the process. It costs nothing while nobody writes. It needs CAP_SYS_ADMIN.
 */

struct watcher;

/* A write by another process. Strings as they come from there: escape them. */
struct sighting {
        char path[512];
        pid_t pid;
        char comm[64];     /* "" when the process was over before it could be looked at */
        char unit[128];    /* the last part of its cgroup's name: "session-3.scope"; "" not known */
        uint64_t when_usec; /* CLOCK_REALTIME */
};

/* seen(userdata, …) is called from the loop, not from within watcher_… -EPERM: not allowed. -ENOSYS: not
 * in this kernel. */
int watcher_new(sd_event *event, void (*seen)(void *userdata, const struct sighting *s), void *userdata,
                struct watcher **ret);
/* Accepts NULL, as all here do: nothing is watched then, and nobody is known. */
struct watcher *watcher_free(struct watcher *w);

/* From now on, or no more. A file that goes takes its watch along. */
void watcher_watch(struct watcher *w, const char *path, bool on);

/* The last write to this file by another process, also one that the loop has not come to yet; NULL: none
 * is known. */
const struct sighting *watcher_last(struct watcher *w, const char *path);

#endif
