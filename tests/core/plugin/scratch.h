/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_SCRATCH_H
#define TRIMTAB_TEST_SCRATCH_H

/* A folder of a test's own, for cmocka's setup and teardown: *state is its path. */

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

#include "util/file.h"
#include "util/str.h"

static inline int scratch_setup(void **state)
{
        char template[] = "/tmp/trimtab-test-XXXXXX";

        *state = mkdtemp(template) ? strdup(template) : NULL;
        return *state ? 0 : -1;
}

static inline int scratch_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static inline int scratch_teardown(void **state)
{
        int r = nftw(*state, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);

        free(*state);
        return r;
}

/* FOLDER/NAME; the caller's to free. */
static inline char *scratch_path(void *const *state, const char *name)
{
        char *path = str_printf("%s/%s", (const char *) *state, name);

        assert_non_null(path);
        return path;
}

static inline void scratch_write(const char *path, const void *data, size_t size)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

        assert_true(fd >= 0);
        assert_int_equal(fd_write_all(fd, data, size), 0);
        assert_int_equal(close(fd), 0);
}

#endif
