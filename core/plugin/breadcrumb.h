/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BREADCRUMB_H
#define TRIMTAB_BREADCRUMB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Who was running when the daemon died. RUNTIME-DIR/callback is a small mapped file that names the plugin and
 * the callback under way; it outlives the process that crashed in it. RUNTIME-DIR/crashes is the list of such
 * deaths, one a line: "USEC PLUGIN FUNCTION". A clean stop removes both.
 *
 * However the process died in the callback counts, SIGKILL and the watchdog's SIGABRT too: a plugin that
 * hangs is as bad as one that crashes.
 */

/* So many crashes within that time: the plugin is not opened before a clean stop, or until they are older. */
#define CRASHES_MAX         2
#define CRASHES_WINDOW_USEC (10ull * 60 * 1000000)

struct breadcrumb;

struct crash {
        uint64_t when_usec; /* CLOCK_REALTIME of the start that found it */
        char plugin[32];
        char function[32];
};

/*
 * Reads what a predecessor left in dir, adds it to the list of crashes, forgets those older than the window,
 * and begins anew. *ret_found (may be NULL): the crash found now, plugin "" for none. A file that makes no
 * sense counts as empty. -errno: the folder cannot be written or is full; the daemon can run without.
 */
int breadcrumb_open(const char *dir, uint64_t now_usec, struct breadcrumb **ret, struct crash *ret_found);

/* Unmaps; a clean stop: nothing is left for a successor to find. */
struct breadcrumb *breadcrumb_free(struct breadcrumb *b);

/*
 * Whether this plugin crashed too often, and in which function the last time (valid as long as b). b may be
 * NULL: never.
 */
bool breadcrumb_quarantined(const struct breadcrumb *b, const char *plugin, const char **ret_function);

/* The callback under way from now on; plugin NULL: none. b may be NULL. Costs two small copies. */
void breadcrumb_set(struct breadcrumb *b, const char *plugin, const char *function);

#endif
