/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_UNITS_H
#define TRIMTAB_UNITS_H

#include <stdbool.h>
#include <stddef.h>

/* What a number measures. Quantities of unlike dimension are not comparable. */
enum dimension {
        DIMENSION_NONE,  /* a bare number: counts, weights */
        DIMENSION_TIME,  /* base: ns */
        DIMENSION_BYTES, /* base: B */
        DIMENSION_RATIO, /* base: 1 (100 %) */
};

struct unit {
        const char *name; /* "ms" */
        enum dimension dimension;
        double factor;    /* to the base of its dimension */
};

/*
 * ns us ms s min h; B, Ki Mi Gi Ti (and KiB …) for bytes; k M G, decimal, of dimension none: plain numbers, which
 * compare with bytes too (dimension_comparable); %; "". NULL: no such unit.
 */
const struct unit *unit_find(const char *name, size_t length);

/* "unknown unit 'm', did you mean 'min' or 'ms'?" or, with nothing near, the known ones. New string or NULL. */
char *unit_unknown(const char *name, size_t length);

/* Whether quantities of these dimensions can be compared and added: like with like, and plain numbers with bytes. */
bool dimension_comparable(enum dimension a, enum dimension b);

/*
 * "5ms", "1.5G", "80%", "512Mi", "max" (INFINITY, dimension none) at the start of s: how many bytes it took, or
 * -EINVAL (no number here), -ENOENT (a number with an unknown unit: *ret_unit_at is its offset, unit_span its length),
 * -ERANGE (no double is that large). No sign, no exponent. Any ret_ may be NULL.
 */
int quantity_parse(const char *s, double *ret_base, enum dimension *ret_dimension, size_t *ret_unit_at);

/* How many bytes at s could be a unit's name, known or not. */
size_t unit_span(const char *s);

/* For people: base value and dimension to "7.2ms", "1.5GiB", "82.5%", "max". New string or NULL. */
char *quantity_format(double base, enum dimension dimension);

const char *dimension_name(enum dimension d); /* "a time", "bytes", "a ratio (%)", "a plain number" */

/* "5s" -> ns, the whole string; for options and rule keys. A unit is required, also for 0. -EINVAL. */
int duration_parse(const char *s, unsigned long long *ret_ns);

#endif
