/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/section-item.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/units.h"
#include "util/cleanup.h"
#include "util/str.h"

enum { WHY_MAX = 256 };

/* Of an item as much as tells which one it is. */
#define SHOWN "'%.64s%s'"
#define SHOW(text) (text), strlen(text) > 64 ? "…" : ""

/* Takes message over: of the bytes of the item from `at` on. */
static int fault(struct fault *why, size_t at, size_t width, char *message)
{
        *why = (struct fault) { message, at, width };
        return message ? -EINVAL : -ENOMEM;
}

/* --- numbers --- */

/* "12pps": the key's unit is one that only its plugin knows. */
static bool is_own_unit(const struct trimtab_key *key, const char *unit)
{
        return *key->unit && streq(unit, key->unit);
}

static char *expected_number(const struct trimtab_key *key, const char *text)
{
        const struct unit *unit = unit_find(key->unit, strlen(key->unit));
        const char *of = unit && unit->dimension != DIMENSION_NONE ? dimension_name(unit->dimension) : NULL;

        if (of)
                return str_printf("%s " SHOWN ": expected %s, in %s where it says none", key->name, SHOW(text), of, key->unit);
        return str_printf("%s " SHOWN ": expected a number%s%s", key->name, SHOW(text), *key->unit ? " of " : "", key->unit);
}

static int check_number(const struct trimtab_key *key, const char *text, double *ret, struct fault *why)
{
        const struct unit *unit = unit_find(key->unit, strlen(key->unit));
        enum dimension dimension = DIMENSION_NONE;
        size_t unit_at = 0, length = strlen(text);
        double number;
        int r;

        r = quantity_parse(text, &number, &dimension, &unit_at);
        if (r == -ENOENT && is_own_unit(key, text + unit_at)) {
                _cleanup_free_ char *digits = strndup(text, unit_at);

                if (!digits)
                        return -ENOMEM;
                r = quantity_parse(digits, &number, &dimension, NULL);
                r = r < 0 ? r : (int) length;
        }
        if (r == -ENOENT)
                return fault(why, unit_at, unit_span(text + unit_at), unit_unknown(text + unit_at, unit_span(text + unit_at)));
        if (r < 0 || text[r] || !isfinite(number) ||
            (dimension != DIMENSION_NONE && (!unit || unit->dimension != dimension)))
                return fault(why, 0, length, expected_number(key, text));

        /* A bare number is in the key's unit. */
        if (dimension != DIMENSION_NONE)
                number /= unit->factor;
        if ((key->min != 0 || key->max != 0) && !(number >= key->min && number <= key->max))
                return fault(why, 0, length, str_printf("%s " SHOWN ": expected %.15g%s to %.15g%s", key->name, SHOW(text), key->min,
                                                        key->unit, key->max, key->unit));
        *ret = number;
        return 0;
}

/* --- choices --- */

static char *list_choices(const struct trimtab_key *key)
{
        char *list = strdup("");

        for (size_t i = 0; list && key->choices[i]; i++) {
                char *longer = str_printf("%s%s%s", list, i == 0 ? "" : key->choices[i + 1] ? ", " : " or ", key->choices[i]);

                free(list);
                list = longer;
        }
        return list;
}

static int check_choice(const struct trimtab_key *key, const char *text, struct fault *why)
{
        _cleanup_free_ char *list = NULL;
        const char *near;
        size_t n = 0;

        for (; key->choices[n]; n++)
                if (streq(key->choices[n], text))
                        return 0;

        near = str_nearest(text, key->choices, n);
        if (near)
                return fault(why, 0, strlen(text), str_printf("unknown %s " SHOWN ", did you mean '%s'?", key->name, SHOW(text), near));
        list = list_choices(key);
        return list ? fault(why, 0, strlen(text), str_printf("unknown %s " SHOWN ", expected %s", key->name, SHOW(text), list))
                    : -ENOMEM;
}

/* --- texts --- */

static int check_text(const struct trimtab_key *key, const char *text, struct fault *why)
{
        char said[WHY_MAX] = "";
        _cleanup_free_ char *safe = NULL;

        if (!key->check || key->check(text, said, sizeof(said)) >= 0)
                return 0;

        said[sizeof(said) - 1] = '\0';
        safe = str_escape(said[0] ? said : "not well formed");
        return safe ? fault(why, 0, strlen(text), str_printf("%s " SHOWN ": %s", key->name, SHOW(text), safe)) : -ENOMEM;
}

int item_check(const struct trimtab_key *key, const char *text, double *ret_number, struct fault *why)
{
        switch (key->type) {
        case TRIMTAB_KEY_NUMBER:
                return check_number(key, text, ret_number, why);
        case TRIMTAB_KEY_CHOICE:
                return check_choice(key, text, why);
        case TRIMTAB_KEY_TEXT:
                return check_text(key, text, why);
        }
        return -EINVAL; /* the descriptor's judgement lets no other pass */
}
