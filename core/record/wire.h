/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_WIRE_H
#define TRIMTAB_RECORD_WIRE_H

#include <sys/types.h>

#include "record/facts.h"
#include "record/item.h"
#include "record/reading.h"

/*
 * A recording on its way from the daemon to who writes it: a stream of messages, one with the facts, then
 * one a frame. Made to be cheap to write; the file's form is another (record/block.h). Each message is its
 * length in four bytes and records.
 */

/* More than a frame of the largest machines; a length beyond it is none. */
#define WIRE_MESSAGE_MAX (64u << 20)

/* What has been told since the last frame. Used zeroed at first. */
struct wire {
        struct bytes items, numbers, histograms, body;
};

void wire_clear(struct wire *w);

void wire_item(struct wire *w, const struct item *item);
void wire_reading(struct wire *w, const struct reading *reading);
size_t wire_size(const struct wire *w);

/* Messages, appended to *ret. lost: so many frames before this one could not be told their readings.
 * -ENOMEM */
int wire_start(const struct recording_facts *facts, struct bytes *ret);
int wire_frame(struct wire *w, uint64_t time_ns, uint64_t lost, struct bytes *ret);

/* --- the other end --- */

struct wire_message {
        bool start;
        struct recording_facts facts; /* start; strings are inside the message */
        uint64_t time_ns, lost;       /* a frame */
        struct scan items, numbers, histograms;
        struct slot_count slots[TRIMTAB_HIST_SLOTS];
};

/* The message at the beginning of data: how many bytes it took. 0: it is not whole yet. -EBADMSG: this is none, or of another
 * version of the daemon. */
ssize_t wire_message(const void *data, size_t size, struct wire_message *ret);

/* A frame's items, then its readings, one by one. 1: *ret is it, valid until the next call; 0: no more;
 * -EBADMSG. */
int wire_next_item(struct wire_message *m, struct item *ret);
int wire_next_reading(struct wire_message *m, struct reading *ret);

#endif
