/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_FOLDER_WATCH_H
#define TRIMTAB_FOLDER_WATCH_H

#include <systemd/sd-event.h>

/* Watches folders for files that come, change or go: rules (*.conf), plugins (*.so). */
struct folder_watch;

/*
 * changed is called once, a moment after the last of several changes to files whose names end in `suffix` (a constant). A file counts
 * once it is closed. Folders that are not there are not watched.
 */
int folder_watch_new(sd_event *event, const char *const *dirs, const char *suffix, void (*changed)(void *userdata),
                     void *userdata, struct folder_watch **ret);
struct folder_watch *folder_watch_free(struct folder_watch *w);

#endif
