/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BUILD_TREE_H
#define TRIMTAB_BUILD_TREE_H

/*
 * BUILD/plugins, when this program is run out of a build tree (BUILD/core/trimtabd, BUILD/cli/trimtab). New string;
 * NULL: it is installed, or out of memory.
 */
char *build_tree_plugins(void);

#endif
