/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_COOKIES_H
#define XDP_COOKIES_H

#include "state.h"

/*
 * SYN cookies of mode flood: whether they may be given out, and what may be agreed on with them. That depends on settings of the kernel
 * which are not ours to write: they outlive us, so rules set them, by knobs that are files.
 */

/* What the settings below that directory (/proc/sys/net) allow. */
struct cookie_settings {
        uint32_t flags; /* XDP_COOKIES_… */
        uint32_t window_scale;
};
void cookie_settings_read(const char *sysctls, struct cookie_settings *ret);

/*
 * Tells the program of an interface, if it is in mode flood. When it gives out none the log says why, once for each reason. Cheap enough
 * for each tick.
 */
void cookies_look(struct xdp *x, struct interface *i);

#endif
