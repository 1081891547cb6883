/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/value.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "config/units.h"
#include "decide/cpulist.h"
#include "util/ownership.h"
#include "util/str.h"

struct trimtab_value value_number(double number)
{
        return (struct trimtab_value){
                .size = sizeof(struct trimtab_value),
                .type = TRIMTAB_NUMBER,
                .number = number,
        };
}

struct trimtab_value value_of_deed(uint32_t type)
{
        struct trimtab_value none = value_number(0);

        none.type = type;
        return none;
}

int value_text(uint32_t type, const char *text, struct trimtab_value *ret)
{
        struct trimtab_value v = { .size = sizeof(v), .type = type };
        int r;

        if (type == TRIMTAB_CPULIST) {
                r = cpulist_normalise(text, v.text, sizeof(v.text));
                if (r < 0)
                        return r;
        } else {
                if (strlen(text) >= sizeof(v.text))
                        return -ENAMETOOLONG;
                strcpy(v.text, text);
        }

        *ret = v;
        return 0;
}

static bool number_equal(double a, double b)
{
        if (isinf(a) || isinf(b))
                return a == b;
        return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

bool value_equal(const struct trimtab_value *a, const struct trimtab_value *b)
{
        struct trimtab_value x, y;

        if (a->type != b->type)
                return false;
        if (a->type == TRIMTAB_NUMBER)
                return number_equal(a->number, b->number);
        if (a->type == TRIMTAB_CPULIST && value_text(a->type, a->text, &x) >= 0 &&
            value_text(b->type, b->text, &y) >= 0)
                return streq(x.text, y.text);
        return streq(a->text, b->text);
}

char *value_format(const struct knob *k, const struct trimtab_value *v)
{
        _cleanup_free_ char *number = NULL;

        if (v->type != TRIMTAB_NUMBER)
                return strdup(v->text);

        number = quantity_format(v->number * k->factor, k->dimension);
        if (!number)
                return NULL;

        /* A unit that no table knows is shown as it is. */
        if (isfinite(v->number) && k->unit && !unit_find(k->unit, strlen(k->unit)))
                return str_printf("%s %s", number, k->unit);
        return TAKE(number);
}

int value_from_quantity(const struct knob *k, double base, enum dimension dimension, double *ret)
{
        double number;

        if (isinf(base)) {
                if (!(k->flags & TRIMTAB_KNOB_MAX))
                        return -ERANGE;
                *ret = base;
                return 0;
        }

        /* 2G says bytes as well as 2000000000; nought is nought in every unit. */
        if (dimension != k->dimension && base != 0 &&
            !(dimension == DIMENSION_NONE && k->dimension == DIMENSION_BYTES))
                return -ENOENT;

        number = base / k->factor;
        if (number < k->min || number > k->max)
                return -ERANGE;
        *ret = number;
        return 0;
}

static int parse_number(const struct knob *k, const char *text, struct trimtab_value *ret)
{
        enum dimension dimension;
        size_t unit_at;
        double base, number;
        int r;

        r = quantity_parse(text, &base, &dimension, &unit_at);
        if (r < 0)
                return r;
        if (text[r] != '\0')
                return -EINVAL;

        r = value_from_quantity(k, base, dimension, &number);
        if (r < 0)
                return r;
        *ret = value_number(number);
        return 0;
}

static bool is_choice(const struct knob *k, const char *text)
{
        char **choice = k->choices;

        while (choice && *choice && !streq(*choice, text))
                choice++;
        return choice && *choice;
}

bool value_is_word(const struct knob *k, const struct trimtab_value *v)
{
        return k->type != TRIMTAB_NUMBER && k->type != TRIMTAB_CHOICE && is_choice(k, v->text);
}

int value_parse(const struct knob *k, const char *text, struct trimtab_value *ret)
{
        if (k->type == TRIMTAB_NUMBER)
                return parse_number(k, text, ret);

        if (text[0] == '\0' && k->type != TRIMTAB_CPULIST)
                return -EINVAL;

        if (is_choice(k, text)) {
                int r = value_text(TRIMTAB_TEXT, text, ret);

                ret->type = k->type;
                return r;
        }
        return k->type == TRIMTAB_CHOICE && k->choices ? -EINVAL : value_text(k->type, text, ret);
}
