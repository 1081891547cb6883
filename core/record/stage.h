/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_STAGE_H
#define TRIMTAB_RECORD_STAGE_H

#include "config/diag.h"
#include "config/ini.h"
#include "decide/engine.h"
#include "record/imagined.h"
#include "record/slot-totals.h"

/*
 * Where rules run without a machine: the same store and the same engine as in the daemon, at times that are
 * given. Knobs are imagined and take at once whatever is decided. The loop is open: what is measured does not
 * become another for it. What is measured, and what comes and goes, is for whoever holds the stage to tell.
 */
struct stage {
        const struct catalogue *catalogue; /* these two are somebody else's */
        struct objects *objects;
        const char *const *protect; /* as in struct view, and the daemon's mode: */
        enum mode mode;
        struct store *store;
        struct engine *engine;
        struct imagined *knobs;
        struct slot_totals *totals; /* histograms are told by what came, and the store wants totals */
        uint64_t now_ns;
        bool kept; /* the store keeps what is wanted as of this generation of the objects */
        uint64_t generation;

        /* This was decided; from and to: how the knob stood and stands now, NULL when that is not known. All
         * is valid during the call. */
        void (*decided)(void *userdata, const struct decision *d, const struct trimtab_value *from,
                        const struct trimtab_value *to);
        void *userdata;
};

/* s is {}. The mode is enforce, nothing is protected, decided is to be set. -ENOMEM */
int stage_init(struct stage *s, const struct catalogue *catalogue, struct objects *objects);
void stage_clear(struct stage *s);

/* Reads the rules by what there is to be named now, anew if need be: those that are the same go on. Wrong
 * ones are left out and said in diag. */
int stage_bind(struct stage *s, const struct ini *rules, struct diag *diag);

/* An object is gone, and all that is known of it. -ENOENT */
int stage_remove(struct stage *s, struct oid object);

/* A tick: what is measured is put between the two. */
int stage_begin(struct stage *s, uint64_t now_ns);
int stage_end(struct stage *s);

/* Of a histogram: what came since the last time, and the running sum, NAN when that is not known. */
struct slot_count;
int stage_put_histogram(struct stage *s, uint32_t metric, uint64_t object, uint64_t now_ns,
                        const struct slot_count *slots, size_t n_slots, double sum);

/* Valid until something changes. */
struct view stage_view(const struct stage *s);

#endif
