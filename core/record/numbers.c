/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/numbers.h"

#include <errno.h>
#include <math.h>

/* How a column's values stand in it. */
enum {
        FORM_CONSTANT = 0, /* one whole number, all along */
        FORM_WHOLE = 1,    /* the first, their common factor, the differences divided by it */
        FORM_BITS = 2,     /* the first, then what changed of the bits: how many bytes, from which on, and these */
        FORM_SHARE = 3,    /* the first, then how many µs of the time since the value before: the value is that in % */
};

/* Every whole number up to here is a double of its own. */
#define WHOLE_MAX 9007199254740992.0

static bool is_whole(double v)
{
        /* NAN is not; -0 would come back as 0. */
        return v == trunc(v) && fabs(v) <= WHOLE_MAX && !(v == 0 && signbit(v));
}

static uint64_t bits_of(double v)
{
        uint64_t bits;

        memcpy(&bits, &v, sizeof(bits));
        return bits;
}

static uint64_t common_factor(uint64_t a, uint64_t b)
{
        while (b > 0) {
                uint64_t rest = a % b;

                a = b;
                b = rest;
        }
        return a;
}

static void write_whole(struct bytes *b, const double *values, size_t n)
{
        uint64_t factor = 0;

        for (size_t i = 1; i < n && factor != 1; i++) {
                int64_t d = (int64_t) values[i] - (int64_t) values[i - 1];

                factor = common_factor(factor, (uint64_t) (d < 0 ? -d : d));
        }

        bytes_uint(b, factor == 0 ? FORM_CONSTANT : FORM_WHOLE);
        bytes_int(b, (int64_t) values[0]);
        if (factor == 0)
                return;

        bytes_uint(b, factor);
        for (size_t i = 1; i < n; i++)
                bytes_int(b, ((int64_t) values[i] - (int64_t) values[i - 1]) / (int64_t) factor);
}

static void write_bits(struct bytes *b, const double *values, size_t n)
{
        bytes_uint(b, FORM_BITS);
        bytes_double(b, values[0]);
        for (size_t i = 1; i < n; i++) {
                uint64_t changed = bits_of(values[i]) ^ bits_of(values[i - 1]);
                unsigned low = changed ? (unsigned) __builtin_ctzll(changed) / 8 : 0;
                unsigned high = changed ? 8 - (unsigned) __builtin_clzll(changed) / 8 : 0;

                bytes_byte(b, (uint8_t) ((high - low) << 4 | low));
                for (unsigned k = low; k < high; k++)
                        bytes_byte(b, (uint8_t) (changed >> 8 * k));
        }
}

/* As plugins work it out from a total of µs: in this order, or the last bit is another. */
static double share_of(uint64_t usec, uint64_t step_ns)
{
        return (double) usec * 1000 * 100 / (double) step_ns;
}

/* The count of µs that gives this share. False: there is none. */
static bool find_usec(double share, uint64_t step_ns, uint64_t *ret)
{
        double usec = share * (double) step_ns / (1000 * 100);

        if (step_ns == 0 || !(usec >= 0 && usec < WHOLE_MAX) || (share == 0 && signbit(share)))
                return false;
        *ret = (uint64_t) (usec + 0.5);
        return share_of(*ret, step_ns) == share;
}

/* False: not all of them are such shares, nothing is written. */
static bool write_shares(struct bytes *b, const double *values, const uint64_t *steps_ns, size_t n)
{
        size_t begin = b->n;
        uint64_t usec;

        bytes_uint(b, FORM_SHARE);
        bytes_double(b, values[0]);
        for (size_t i = 1; i < n; i++) {
                if (!find_usec(values[i], steps_ns[i], &usec)) {
                        b->n = begin;
                        return false;
                }
                bytes_uint(b, usec);
        }
        return true;
}

void numbers_write(struct bytes *b, const double *values, const uint64_t *steps_ns, size_t n)
{
        size_t whole = 0;

        while (whole < n && is_whole(values[whole]))
                whole++;
        if (whole == n)
                write_whole(b, values, n);
        else if (!write_shares(b, values, steps_ns, n))
                write_bits(b, values, n);
}

unsigned numbers_cost(double value, double before)
{
        if (value == before)
                return 1;
        if (is_whole(value) && is_whole(before))
                return bytes_uint_size(fold((int64_t) value - (int64_t) before));
        return 9;
}

int numbers_begin(struct numbers *c, struct scan scan)
{
        *c = (struct numbers) { .scan = scan };
        c->form = scan_uint(&c->scan);
        if (c->form == FORM_CONSTANT || c->form == FORM_WHOLE)
                c->number = (uint64_t) scan_int(&c->scan);
        else if (c->form == FORM_BITS || c->form == FORM_SHARE)
                c->number = scan_fixed64(&c->scan);
        else
                return -EBADMSG;
        if (c->form == FORM_WHOLE)
                c->factor = scan_uint(&c->scan);
        return c->scan.bad ? -EBADMSG : 0;
}

static uint64_t changed_bits(struct scan *s)
{
        uint8_t head = scan_byte(s);
        unsigned n = head >> 4, low = head & 15;
        struct scan part = scan_part(s, n);
        uint64_t changed = 0;

        if (n + low > 8)
                s->bad = true;
        if (s->bad)
                return 0;
        for (unsigned k = 0; k < n; k++)
                changed |= (uint64_t) part.at[k] << 8 * (low + k);
        return changed;
}

double numbers_next(struct numbers *c, uint64_t step_ns)
{
        double value;

        if (c->begun && c->form == FORM_SHARE)
                return share_of(scan_uint(&c->scan), step_ns);
        if (c->begun && c->form == FORM_WHOLE)
                c->number += (uint64_t) scan_int(&c->scan) * c->factor;
        else if (c->begun && c->form == FORM_BITS)
                c->number ^= changed_bits(&c->scan);
        c->begun = true;

        if (c->form == FORM_CONSTANT || c->form == FORM_WHOLE)
                return (double) (int64_t) c->number;
        memcpy(&value, &c->number, sizeof(value));
        return value;
}

/* How many of them stand side by side from i on. */
static size_t run_from(const struct slot_count *slots, size_t n, size_t i)
{
        size_t length = 1;

        while (i + length < n && slots[i + length].slot == slots[i].slot + length)
                length++;
        return length;
}

void slots_write(struct bytes *b, const struct slot_count *slots, size_t n)
{
        size_t n_runs = 0;
        uint32_t next = 0;

        for (size_t i = 0; i < n; i += run_from(slots, n, i))
                n_runs++;

        bytes_uint(b, n_runs);
        for (size_t i = 0; i < n;) {
                size_t length = run_from(slots, n, i);

                bytes_uint(b, slots[i].slot - next);
                bytes_uint(b, length);
                next = slots[i].slot + (uint32_t) length;
                for (; length > 0; length--)
                        bytes_uint(b, slots[i++].count);
        }
}

int slots_read(struct scan *s, struct slot_count *ret)
{
        uint64_t n_runs = scan_uint(s);
        uint32_t slot = 0;
        int n = 0;

        if (n_runs > TRIMTAB_HIST_SLOTS)
                return -EBADMSG;
        while (n_runs-- > 0) {
                uint64_t skip = scan_uint(s), length = scan_uint(s);

                if (skip > TRIMTAB_HIST_SLOTS - slot || length == 0 ||
                    length > TRIMTAB_HIST_SLOTS - slot - skip)
                        return -EBADMSG;
                slot += (uint32_t) skip;
                for (; length > 0; length--)
                        ret[n++] = (struct slot_count) { slot++, scan_uint(s) };
        }
        return s->bad ? -EBADMSG : n;
}
