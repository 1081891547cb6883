/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_VIEW_H
#define TRIMTAB_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "config/options.h"
#include "sense/catalogue.h"
#include "sense/objects.h"
#include "sense/store.h"

/* The world as the rules see it, valid during one engine_tick. */
struct view {
        const struct catalogue *catalogue;
        const struct objects *objects;
        const struct store *store;
        uint64_t now_ns;             /* CLOCK_MONOTONIC */
        enum mode mode;              /* the daemon's: caps every rule's */
        const char *const *protect;  /* globs of cgroup names that no rule changes; NULL-terminated; may be NULL */

        /*
         * The value a knob has now, and the one it had before we first changed it (the current one if we did not).
         * -ENOENT: the object or its file is gone; -EOPNOTSUPP: not here; another -errno: cannot tell now.
         */
        int (*current)(void *userdata, const struct knob *knob, struct oid object, struct trimtab_value *ret);
        int (*original)(void *userdata, const struct knob *knob, struct oid object, struct trimtab_value *ret);
        /*
         * What a word means on an object now, "calmest"; and whether a value may be set there, which may be less than what was said. Asked of
         * knobs with words, and of files with a check(). NULL: cannot be known here, word and value stand for themselves. -EAGAIN,
         * -EBUSY: not now; another -errno: it is not to be.
         */
        int (*resolve)(void *userdata, const struct knob *knob, struct oid object, const struct trimtab_value *said,
                       struct trimtab_value *ret);
        /* A write on it is under way, or it rests (foreign writer, refused too often): decide nothing for it now. */
        bool (*busy)(void *userdata, const struct knob *knob, struct oid object);
        void *userdata;
};

/* Three-valued, as in SQL: what has no data is neither true nor false. */
enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };

#endif
