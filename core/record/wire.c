/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/wire.h"

#include <errno.h>

/* Daemon and command are installed together: another version in the stream is a mistake, not a thing to
 * cope with. */
enum { WIRE_VERSION = 1, LENGTH_SIZE = 4 };

void wire_clear(struct wire *w)
{
        bytes_clear(&w->items);
        bytes_clear(&w->numbers);
        bytes_clear(&w->histograms);
        bytes_clear(&w->body);
}

void wire_item(struct wire *w, const struct item *item)
{
        bytes_reset(&w->body);
        item_write(&w->body, item);
        bytes_record(&w->items, item->kind, &w->body);
}

void wire_reading(struct wire *w, const struct reading *reading)
{
        struct bytes *b = reading->histogram ? &w->histograms : &w->numbers;

        bytes_uint(b, reading->metric);
        bytes_uint(b, reading->object);
        bytes_double(b, reading->value);
        if (reading->histogram)
                slots_write(b, reading->slots, reading->n_slots);
}

size_t wire_size(const struct wire *w)
{
        return w->items.n + w->numbers.n + w->histograms.n;
}

/* The length goes in front when it is known. */
static size_t begin_message(struct bytes *b)
{
        bytes_fixed32(b, 0);
        return b->n;
}

static int end_message(struct bytes *b, size_t begin)
{
        size_t end = b->n;

        if (b->error < 0)
                return b->error;
        b->n = begin - LENGTH_SIZE;
        bytes_fixed32(b, (uint32_t) (end - begin));
        b->n = end;
        return 0;
}

int wire_start(const struct recording_facts *facts, struct bytes *ret)
{
        struct bytes body = {};
        size_t begin = begin_message(ret), n = 0;

        while (facts->protect[n])
                n++;

        bytes_uint(&body, WIRE_VERSION);
        bytes_string(&body, facts->version);
        bytes_string(&body, facts->mode);
        bytes_uint(&body, facts->realtime_usec);
        bytes_uint(&body, facts->monotonic_ns);
        bytes_uint(&body, facts->tick_ns);
        bytes_uint(&body, n);
        for (size_t i = 0; i < n; i++)
                bytes_string(&body, facts->protect[i]);

        bytes_record(ret, RECORD_START, &body);
        bytes_clear(&body);
        return end_message(ret, begin);
}

int wire_frame(struct wire *w, uint64_t time_ns, uint64_t lost, struct bytes *ret)
{
        size_t begin = begin_message(ret);

        bytes_reset(&w->body);
        bytes_uint(&w->body, time_ns);
        bytes_uint(&w->body, lost);
        bytes_record(ret, RECORD_FRAME, &w->body);
        bytes_add(ret, w->items.data, w->items.n);
        bytes_record(ret, RECORD_NUMBERS, &w->numbers);
        bytes_record(ret, RECORD_HISTOGRAMS, &w->histograms);

        bytes_reset(&w->items);
        bytes_reset(&w->numbers);
        bytes_reset(&w->histograms);
        return w->items.error < 0 ? w->items.error : end_message(ret, begin);
}

static int read_start(struct scan body, struct wire_message *ret)
{
        uint64_t n;

        if (scan_uint(&body) != WIRE_VERSION)
                return -EBADMSG;
        ret->start = true;
        ret->facts.version = scan_string(&body);
        ret->facts.mode = scan_string(&body);
        ret->facts.kernel = ret->facts.boot_id = "";
        ret->facts.realtime_usec = scan_uint(&body);
        ret->facts.monotonic_ns = scan_uint(&body);
        ret->facts.tick_ns = scan_uint(&body);
        n = scan_uint(&body);
        if (n > FACTS_PROTECT_MAX)
                return -EBADMSG;
        for (uint64_t i = 0; i < n; i++)
                ret->facts.protect[i] = scan_string(&body);
        return body.bad ? -EBADMSG : 0;
}

ssize_t wire_message(const void *data, size_t size, struct wire_message *ret)
{
        struct scan scan = scan_of(data, size), all, body;
        uint64_t kind;
        uint32_t length;
        int r = 0;

        if (size < LENGTH_SIZE)
                return 0;
        length = scan_fixed32(&scan);
        if (length == 0 || length > WIRE_MESSAGE_MAX)
                return -EBADMSG;
        if (length > size - LENGTH_SIZE)
                return 0;

        *ret = (struct wire_message) {};
        all = scan_part(&scan, length);
        ret->items = all;
        if (!scan_record(&all, &kind, &body))
                return -EBADMSG;
        if (kind == RECORD_START) {
                r = read_start(body, ret);
        } else if (kind == RECORD_FRAME) {
                ret->time_ns = scan_uint(&body);
                ret->lost = scan_uint(&body);
                r = body.bad ? -EBADMSG : 0;
        } else {
                r = -EBADMSG;
        }
        while (scan_record(&all, &kind, &body)) {
                if (kind == RECORD_NUMBERS)
                        ret->numbers = body;
                else if (kind == RECORD_HISTOGRAMS)
                        ret->histograms = body;
        }
        return r < 0 || all.bad ? -EBADMSG : (ssize_t) length + LENGTH_SIZE;
}

int wire_next_item(struct wire_message *m, struct item *ret)
{
        struct scan body;
        uint64_t kind;
        int r;

        while (scan_record(&m->items, &kind, &body)) {
                r = item_read(kind, body, ret);
                if (r != -EOPNOTSUPP)
                        return r < 0 ? r : 1;
        }
        return 0;
}

int wire_next_reading(struct wire_message *m, struct reading *ret)
{
        struct scan *s = scan_at_end(&m->numbers) ? &m->histograms : &m->numbers;
        int n;

        if (scan_at_end(s))
                return s->bad ? -EBADMSG : 0;

        *ret = (struct reading) { .metric = scan_uint32(s), .histogram = s == &m->histograms };
        ret->object = scan_uint(s);
        ret->value = scan_double(s);
        if (ret->histogram) {
                n = slots_read(s, m->slots);
                if (n < 0)
                        return n;
                ret->slots = m->slots;
                ret->n_slots = (size_t) n;
        }
        return s->bad ? -EBADMSG : 1;
}
