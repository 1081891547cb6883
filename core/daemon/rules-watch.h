/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULES_WATCH_H
#define TRIMTAB_RULES_WATCH_H

#include <systemd/sd-event.h>

/*
 * Watches the rule folders: a file that changed is announced, never applied by itself (it may be half saved).
 */
struct rules_watch;

/* changed is called once, a moment after the last of several changes. Folders that are not there are not watched. */
int rules_watch_new(sd_event *event, const char *const *dirs, void (*changed)(void *userdata), void *userdata,
                    struct rules_watch **ret);
struct rules_watch *rules_watch_free(struct rules_watch *w);

#endif
