/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/cleanup.h"
#include "util/str.h"

/* Within a dimension from small to large, the name to print last: quantity_format takes the last to fit. */
/* clang-format off */
static const struct unit units[] = {
        { "", DIMENSION_NONE, 1 },
        { "k", DIMENSION_NONE, 1e3 },
        { "M", DIMENSION_NONE, 1e6 },
        { "G", DIMENSION_NONE, 1e9 },
        { "%", DIMENSION_RATIO, 0.01 },
        { "ns", DIMENSION_TIME, 1 },
        { "us", DIMENSION_TIME, 1e3 },
        { "ms", DIMENSION_TIME, 1e6 },
        { "s", DIMENSION_TIME, 1e9 },
        { "min", DIMENSION_TIME, 60e9 },
        { "h", DIMENSION_TIME, 3600e9 },
        { "B", DIMENSION_BYTES, 1 },
        { "Ki", DIMENSION_BYTES, 0x1p10 },
        { "KiB", DIMENSION_BYTES, 0x1p10 },
        { "Mi", DIMENSION_BYTES, 0x1p20 },
        { "MiB", DIMENSION_BYTES, 0x1p20 },
        { "Gi", DIMENSION_BYTES, 0x1p30 },
        { "GiB", DIMENSION_BYTES, 0x1p30 },
        { "Ti", DIMENSION_BYTES, 0x1p40 },
        { "TiB", DIMENSION_BYTES, 0x1p40 },
};
/* clang-format on */

/* What people write instead, where the nearest name by letters would mislead or miss. */
static const struct {
        const char *wrong, *meant;
} confusions[] = {
        { "m", "'min' or 'ms'" },
        { "sec", "'s'" },
        { "msec", "'ms'" },
        { "usec", "'us'" },
        { "nsec", "'ns'" },
        { "\302\265s", "'us'" }, /* micro sign */
        { "\316\274s", "'us'" }, /* Greek mu */
        { "hr", "'h'" },
        { "d", "'h'" },
        { "K", "'k' (1000) or 'Ki' (1024 bytes)" },
        { "KB", "'k' (1000) or 'KiB' (1024 bytes)" },
        { "kB", "'k' (1000) or 'KiB' (1024 bytes)" },
        { "MB", "'M' (1000 k) or 'MiB' (1024 KiB)" },
        { "GB", "'G' (1000 M) or 'GiB' (1024 MiB)" },
};

const struct unit *unit_find(const char *name, size_t length)
{
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (strlen(units[i].name) == length && memcmp(units[i].name, name, length) == 0)
                        return &units[i];

        return NULL;
}

char *unit_unknown(const char *name, size_t length)
{
        const char *names[ELEMENTSOF(units)], *near;
        _cleanup_free_ char *word = strndup(name, length);

        if (!word)
                return NULL;

        for (size_t i = 0; i < ELEMENTSOF(confusions); i++)
                if (streq(confusions[i].wrong, word))
                        return str_printf("unknown unit '%s', did you mean %s?", word, confusions[i].meant);

        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                if (strcasecmp(units[i].name, word) == 0)
                        return str_printf("unknown unit '%s', did you mean '%s'?", word, units[i].name);
                names[i] = units[i].name;
        }

        near = str_nearest(word, names, ELEMENTSOF(names));
        if (near && *near)
                return str_printf("unknown unit '%s', did you mean '%s'?", word, near);

        return str_printf("unknown unit '%s', expected one of ns us ms s min h, B Ki Mi Gi Ti, k M G, %%",
                          word);
}

bool dimension_comparable(enum dimension a, enum dimension b)
{
        if (a == b)
                return true;

        return (a == DIMENSION_NONE && b == DIMENSION_BYTES) || (a == DIMENSION_BYTES && b == DIMENSION_NONE);
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static bool begins_word(char c)
{
        /* Bytes of UTF-8 too, so that "5µs" is told as a whole. */
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char) c >= 0x80;
}

static size_t word_span(const char *s)
{
        size_t n = 0;

        if (begins_word(*s))
                while (begins_word(s[n]) || is_digit(s[n]))
                        n++;
        return n;
}

size_t unit_span(const char *s)
{
        return *s == '%' ? 1 : word_span(s);
}

/* Digits with an optional fraction; not strtod, which follows the locale and takes hexadecimal, inf and nan.
 */
static size_t number_parse(const char *s, double *ret)
{
        double value = 0, divisor = 1;
        size_t n = 0;

        while (is_digit(s[n]))
                value = value * 10 + (s[n++] - '0');

        /* "100..2000" is a range: a point belongs to the number only with a digit behind it. */
        if (n > 0 && s[n] == '.' && is_digit(s[n + 1])) {
                n++;
                for (; is_digit(s[n]); n++) {
                        /* Digits past what a double holds change nothing, and would overflow the two. */
                        if (divisor >= 1e18)
                                continue;
                        value = value * 10 + (s[n] - '0');
                        divisor *= 10;
                }
        }

        *ret = value / divisor;
        return n;
}

int quantity_parse(const char *s, double *ret_base, enum dimension *ret_dimension, size_t *ret_unit_at)
{
        const struct unit *unit;
        size_t at, length;
        double value;

        if (word_span(s) == 3 && startswith(s, "max")) {
                unit = unit_find("", 0);
                value = INFINITY;
                at = 3;
                length = 0;
        } else {
                at = number_parse(s, &value);
                if (at == 0)
                        return -EINVAL;
                length = unit_span(s + at);
                unit = unit_find(s + at, length);
                if (ret_unit_at)
                        *ret_unit_at = at;
                if (!unit)
                        return -ENOENT;
                value *= unit->factor;
                if (!isfinite(value))
                        return -ERANGE;
        }

        if (ret_base)
                *ret_base = value;
        if (ret_dimension)
                *ret_dimension = unit->dimension;
        if (ret_unit_at)
                *ret_unit_at = at;
        return (int) (at + length);
}

/* Three significant digits before the unit, none of them an idle zero behind the point. */
static char *format_scaled(double value, const char *unit)
{
        double size = fabs(value);
        int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
        _cleanup_free_ char *digits = str_printf("%.*f", decimals, value);

        if (!digits)
                return NULL;

        if (decimals > 0) {
                size_t n = strlen(digits);

                while (digits[n - 1] == '0')
                        n--;
                if (digits[n - 1] == '.')
                        n--;
                digits[n] = '\0';
        }
        return str_printf("%s%s", streq(digits, "-0") ? "0" : digits, unit);
}

char *quantity_format(double base, enum dimension dimension)
{
        const struct unit *best = NULL;

        if (isnan(base))
                return strdup("unknown");
        if (isinf(base))
                return strdup(base > 0 ? "max" : "-max");
        /* Weights and counts are read back by people who set them: exact, up to a double's whole numbers. */
        if (dimension == DIMENSION_NONE)
                return fabs(base) < 0x1p53 && base == trunc(base) ? str_printf("%.0f", base + 0.0)
                                                                  : str_printf("%.4g", base);

        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                /* 999.9996 us is 1ms, not 1000us. */
                if (units[i].dimension == dimension && (!best || fabs(base) >= units[i].factor * 0.9995))
                        best = &units[i];
        }

        return format_scaled(base / best->factor, best->name);
}

const char *dimension_name(enum dimension d)
{
        switch (d) {
        case DIMENSION_NONE:
                return "a plain number";
        case DIMENSION_TIME:
                return "a time";
        case DIMENSION_BYTES:
                return "bytes";
        case DIMENSION_RATIO:
                return "a ratio (%)";
        }
        return NULL;
}

int duration_parse(const char *s, unsigned long long *ret_ns)
{
        enum dimension dimension;
        double ns;
        int r;

        r = quantity_parse(s, &ns, &dimension, NULL);
        if (r < 0 || s[r] != '\0' || dimension != DIMENSION_TIME || ns >= 0x1p63)
                return -EINVAL;

        *ret_ns = (unsigned long long) (ns + 0.5);
        return 0;
}
