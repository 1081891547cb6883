/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "config/units.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

static char *join(char *const *strings)
{
        char *ret = strdup("");

        for (size_t i = 0; ret && strings[i]; i++) {
                _cleanup_free_ char *before = ret;

                ret = str_printf("%s%s%s", before, i > 0 ? ", " : "", strings[i]);
        }
        return ret;
}

char *format_plain(const struct row *row, const struct field *f)
{
        switch (f->type) {
        case FIELD_STRING:
                return strdup(f->string);
        case FIELD_NUMBER:
                return quantity_format(f->number, DIMENSION_NONE);
        case FIELD_UINT:
                return str_printf("%" PRIu64, f->uint);
        case FIELD_BOOL:
                return strdup(f->boolean ? "yes" : "no");
        case FIELD_STRINGS:
                return f->strings[0] ? join(f->strings) : NULL;
        case FIELD_ROWS:
                return str_printf("%zu", f->rows->n);
        }

        return NULL;
}

char *format_count_of(const struct row *row, const struct field *f)
{
        size_t n = 0;

        if (f->type != FIELD_STRINGS)
                return format_plain(row, f);

        while (f->strings[n])
                n++;
        return str_printf("%zu", n);
}

static const char *row_unit(const struct row *row)
{
        const struct field *f = row_find(row, "unit");

        return f && f->type == FIELD_STRING ? f->string : "";
}

/* suffix: "/s" or "". A unit of a plugin's own is shown as it is. */
static char *format_in_unit(double value, const char *name, const char *suffix)
{
        const struct unit *unit = unit_find(name, strlen(name));
        _cleanup_free_ char *number = NULL;

        number = quantity_format(value * (unit ? unit->factor : 1), unit ? unit->dimension : DIMENSION_NONE);
        if (!number)
                return NULL;
        return str_printf("%s%s%s%s", number, unit ? "" : " ", unit ? "" : name, suffix);
}

char *format_quantity(const struct row *row, const struct field *f)
{
        return f->type == FIELD_NUMBER ? format_in_unit(f->number, row_unit(row), "") : format_plain(row, f);
}

char *format_rate(const struct row *row, const struct field *f)
{
        const char *name = row_unit(row);
        const struct unit *unit = unit_find(name, strlen(name));

        if (f->type != FIELD_NUMBER)
                return format_plain(row, f);
        /* Time in a second of time is a share of it. */
        if (unit && unit->dimension == DIMENSION_TIME)
                return quantity_format(f->number * unit->factor / (double) NSEC_PER_SEC, DIMENSION_RATIO);
        return format_in_unit(f->number, name, "/s");
}

static char *range_text(const struct row *row, double low, double high)
{
        const struct field *unlimited = row_find(row, "unlimited");
        _cleanup_free_ char *from = NULL, *to = NULL;
        const char *unit = row_unit(row);

        from = format_in_unit(low, unit, "");
        to = format_in_unit(high, unit, "");
        if (!from || !to)
                return NULL;
        if (unlimited && unlimited->type == FIELD_BOOL && unlimited->boolean && !isinf(high))
                return str_printf("%s..%s, max", from, to);
        return str_printf("%s..%s", from, to);
}

char *format_range(const struct row *row, const struct field *f)
{
        const struct field *low = row_find(row, "min"), *high = row_find(row, "max");
        const struct field *choices = row_find(row, "choices");

        if (choices)
                return format_plain(row, choices);
        if (!low || low->type != FIELD_NUMBER || !high || high->type != FIELD_NUMBER)
                return format_plain(row, f);
        return range_text(row, low->number, high->number);
}

static double as_number(const struct field *f)
{
        return f->type == FIELD_NUMBER ? f->number : (double) f->uint;
}

char *format_bytes(const struct row *row, const struct field *f)
{
        return quantity_format(as_number(f), DIMENSION_BYTES);
}

char *format_seconds(const struct row *row, const struct field *f)
{
        return quantity_format(as_number(f) * (double) NSEC_PER_SEC, DIMENSION_TIME);
}

char *format_microseconds(const struct row *row, const struct field *f)
{
        return quantity_format(as_number(f) * (double) NSEC_PER_USEC, DIMENSION_TIME);
}

char *format_time(const struct row *row, const struct field *f)
{
        time_t seconds = (time_t) (f->uint / USEC_PER_SEC);
        char text[sizeof("2026-01-02 03:04:05") + 16];
        struct tm tm;

        if (!localtime_r(&seconds, &tm) || strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
                return NULL;
        return strdup(text);
}
