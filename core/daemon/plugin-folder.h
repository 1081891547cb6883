/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DAEMON_PLUGIN_FOLDER_H
#define TRIMTAB_DAEMON_PLUGIN_FOLDER_H

struct daemon;

/* Follows the plugin folder: what comes is loaded, what goes is closed once its knobs are put back. */
int daemon_watch_plugins(struct daemon *d);

/* At the end of each tick: goes on with what began when the folder changed. */
void daemon_renew_plugins(struct daemon *d);

#endif
