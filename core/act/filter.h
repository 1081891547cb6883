/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_FILTER_H
#define TRIMTAB_FILTER_H

#include "act/actor.h"
#include "act/tc.h"

/*
 * Programs of plugins at tc's ingress of an interface, on kernels that have no link for them: such a filter outlives its process, so it
 * is in the ledger like any knob. Its value is whose program is there, its original whether the interface had a clsact.
 */

#define FILTER_NO_CLSACT "none"
#define FILTER_CLSACT    "clsact"

/* What is at that place, in the ledger's words: "trimtab_route id 93", FILTER_CLSACT, …; NULL: out of memory. */
char *filter_there(const struct tc_place *p);

/*
 * Puts it there, at once: intent, clsact if there is none, filter, confirmation. One of ours that is there goes, be it of a process that was
 * killed. knob ("xdp.tc_filter") and object ("iface:eth0") are names for people. -EEXIST: somebody else's is there; nothing was
 * changed, as with every other -errno.
 */
int filter_add(struct actor *a, const char *knob, const char *object, const struct tc_place *p, int program_fd);

/* Takes it off, at once, and the clsact that came with it, should nobody else use that. -ENOENT: there is none of that knob's. -EBUSY:
 * somebody else's is there by now, and stays. Else it stays in the ledger, to be tried again. */
int filter_remove(struct actor *a, const char *knob, const struct tc_place *p);

struct order;
/* The same, as an order to restore (restore.c). */
void filter_restore(struct order *o);

#endif
