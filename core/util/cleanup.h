/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CLEANUP_H
#define TRIMTAB_CLEANUP_H

/* Scope-bound ownership of files and descriptors, and all of util/ownership.h. */

#include <stdio.h>
#include <unistd.h>

#include "util/ownership.h"

static inline void closep(const int *fd)
{
        if (*fd >= 0)
                (void) close(*fd);
}

static inline void fclosep(FILE **f)
{
        if (*f)
                (void) fclose(*f);
}

#define _cleanup_close_  _cleanup_(closep)
#define _cleanup_fclose_ _cleanup_(fclosep)

static inline int take_fd(int *fd)
{
        int r = *fd;

        *fd = -1;
        return r;
}

#endif
