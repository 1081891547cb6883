/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_TREE_H
#define TRIMTAB_TEST_TREE_H

/* A plain tree of files in the place of cgroupfs, /proc and /sys, for cmocka's setup and teardown: *state is its path. */

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static inline int tree_setup(void **state)
{
        char template[] = "/tmp/trimtab-tree-XXXXXX";

        *state = mkdtemp(template) ? strdup(template) : NULL;
        return *state ? 0 : -1;
}

static inline int tree_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static inline int tree_teardown(void **state)
{
        int r = nftw(*state, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);

        free(*state);
        return r;
}

/* Makes the folders above it, too. In place, as a kernel's file changes: descriptors stay valid. */
static inline void tree_write(const char *root, const char *name, const char *text)
{
        char path[512];
        int fd;

        (void) snprintf(path, sizeof(path), "%s/%s", root, name);
        for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); p++) {
                *p = 0;
                (void) mkdir(path, 0755);
                *p = '/';
        }
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(close(fd), 0);
}

#endif
