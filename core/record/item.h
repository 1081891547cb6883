/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_ITEM_H
#define TRIMTAB_RECORD_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include <trimtab/plugin.h>

#include "decide/engine.h"
#include "record/bytes.h"
#include "sense/objects.h"

/*
 * What a recording tells besides measurements: what there is to measure and to change, which objects came
 * and went, how knobs stood, what was decided and what became of it. Numbers (of scopes, metrics, knobs)
 * and keys are the recording daemon's.
 */

/* Kinds of record, as they stand in files: a number is never used again. trimtab-recording(5) describes
 * their bodies. */
enum item_kind {
        ITEM_SCOPE = 1,
        ITEM_METRIC = 2,
        ITEM_KNOB = 3,
        ITEM_OBJECT = 4,
        ITEM_GONE = 5,
        ITEM_SETTING = 6,
        ITEM_DECISION = 7,
        ITEM_OUTCOME = 8,
};

enum { ITEM_CHOICES_MAX = 64 };

/* Strings and lists are somebody else's: of who made it, or of the buffer it was read from. */
struct item {
        enum item_kind kind;
        union {
                struct {
                        uint32_t number;
                        const char *name;
                } scope;
                struct {
                        uint32_t number, scope; /* is.scope is not used */
                        const char *plugin;
                        struct trimtab_metric is;
                } metric;
                struct {
                        uint32_t number, scope; /* is.scope is not used, nor is anything about its file */
                        const char *plugin;
                        struct trimtab_knob is; /* its choices may be those here: do not copy the item */
                        const char *choices[ITEM_CHOICES_MAX + 1];
                } knob;
                struct {
                        struct oid id;
                        const char *name; /* without the scope */
                } object;
                struct oid gone;
                /* How a knob stands while no rule holds it. */
                struct {
                        uint32_t knob;
                        struct oid object;
                        int error; /* it cannot be read: -errno; 0: value */
                        struct trimtab_value value;
                } setting;
                struct {
                        uint64_t id;
                        enum verb verb;
                        bool advise;
                        uint32_t knob;
                        struct oid object;
                        struct trimtab_value value; /* VERB_SET */
                        const char *rule, *reason;
                } decision;
                struct {
                        uint64_t decision;
                        uint32_t knob;
                        struct oid object;
                        const char *outcome; /* "done", "foreign", … as the log calls it */
                        int error;           /* -errno or 0 */
                        bool have_before, have_after;
                        struct trimtab_value before, after;
                } outcome;
        };
};

/* Its body, without kind and length. */
void item_write(struct bytes *b, const struct item *item);

/*
 * A body of that kind. What a later version put behind the known end of it is passed over. -EBADMSG: not
 * such a body; -EOPNOTSUPP: no kind of item that we know.
 */
int item_read(uint64_t kind, struct scan body, struct item *ret);

/* A record: kind, length, body. */
void bytes_record(struct bytes *b, uint64_t kind, const struct bytes *body);
/* The next record of s; false: there is none, or what is there is none (s->bad). */
bool scan_record(struct scan *s, uint64_t *ret_kind, struct scan *ret_body);

#endif
