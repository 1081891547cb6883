/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_FUSE_H
#define TRIMTAB_FUSE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The write fuse: more than so many changes in a minute are no tuning but a fault somewhere. Once blown it stays so until a person
 * resets it. Putting back is never refused.
 */
struct fuse {
        unsigned per_minute; /* 0: no limit */
        unsigned spent;      /* since the minute began */
        uint64_t minute_ns;
        bool blown;
};

void fuse_init(struct fuse *f, unsigned per_minute);

/* Asks for one change. False: blown; *ret_now (may be NULL) tells whether just now. */
bool fuse_take(struct fuse *f, uint64_t now_ns, bool *ret_now);

void fuse_reset(struct fuse *f);

#endif
