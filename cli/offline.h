/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_OFFLINE_H
#define TRIMTAB_OFFLINE_H

#include "plugin/plugins.h"

/* What the plugins of a folder offer, known by their descriptors alone: nothing is probed or opened. */
struct offline {
        struct catalogue *catalogue;
        struct objects *objects;
        struct plugins *plugins;
        struct options options;
        struct log log;
};

/*
 * dir NULL: the build tree's plugins when the command runs from one, else those installed. Complains about
 * plugins that cannot be taken, and fails (-errno, said) only when there is no memory or a folder given by
 * name is not there.
 */
int offline_load(struct offline *o, const char *dir);
void offline_clear(struct offline *o);

#endif
