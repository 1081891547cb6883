/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/fuse.h"

#include "util/clock.h"

#define MINUTE_NS (60 * NSEC_PER_SEC)

void fuse_init(struct fuse *f, unsigned per_minute)
{
        *f = (struct fuse) { .per_minute = per_minute };
}

bool fuse_take(struct fuse *f, uint64_t now_ns, bool *ret_now)
{
        bool was_blown = f->blown;

        if (now_ns - f->minute_ns >= MINUTE_NS) {
                f->minute_ns = now_ns;
                f->spent = 0;
        }

        if (f->per_minute > 0 && f->spent >= f->per_minute)
                f->blown = true;
        else
                f->spent++;

        if (ret_now)
                *ret_now = f->blown && !was_blown;
        return !f->blown;
}

void fuse_reset(struct fuse *f)
{
        f->blown = false;
        f->spent = 0;
}
