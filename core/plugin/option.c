/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/units.h"
#include "util/cleanup.h"
#include "util/str.h"

static int parse_boolean(const char *text, double *ret)
{
        static const char *const words[][2] = {
                { "no", "yes" }, { "off", "on" }, { "false", "true" }, { "0", "1" }
        };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                for (size_t j = 0; j < 2; j++)
                        if (strcasecmp(text, words[i][j]) == 0) {
                                *ret = (double) j;
                                return 0;
                        }
        return -EINVAL;
}

/* A bare number is in the option's unit; one with a unit must be of the same dimension. */
static int parse_number(const struct trimtab_option *o, const char *text, double *ret)
{
        const struct unit *unit = unit_find(o->unit, strlen(o->unit));
        enum dimension dimension;
        size_t unit_at;
        double base;
        int r;

        r = quantity_parse(text, &base, &dimension, &unit_at);
        if (r < 0)
                return r;
        if (text[r])
                return -EINVAL;

        if (dimension != DIMENSION_NONE) {
                if (!unit || unit->dimension != dimension)
                        return -EINVAL;
                base /= unit->factor;
        }
        if ((o->min != 0 || o->max != 0) && !(base >= o->min && base <= o->max))
                return -ERANGE;

        *ret = base;
        return 0;
}

static void complain(struct diag *diag, const struct place *place, const struct trimtab_option *o, int error)
{
        static const struct place nowhere = {};

        if (!place)
                place = &nowhere;

        if (!o->unit)
                diag_add(diag, SEVERITY_ERROR, place, "option '%s': expected yes or no", o->name);
        else if (error == -ERANGE)
                diag_add(diag, SEVERITY_ERROR, place, "option '%s' is out of range: expected %g %s to %g %s",
                         o->name, o->min, o->unit, o->max, o->unit);
        else
                diag_add(diag, SEVERITY_ERROR, place, "option '%s': expected a number in %s", o->name,
                         o->unit);
}

/* Takes text over, whatever comes of it. */
static int set_value(const struct trimtab_option *o, char *text, const struct place *place, struct diag *diag,
                     struct option_value *v)
{
        double number = 0;
        int r = 0;

        if (!text)
                return -ENOMEM;

        if (!o->unit)
                r = parse_boolean(text, &number);
        else if (*o->unit)
                r = parse_number(o, text, &number);
        if (r < 0) {
                complain(diag, place, o, r);
                free(text);
                return -EINVAL;
        }

        free(v->text);
        *v = (struct option_value) { .number = number, .text = text };
        return 0;
}

static char *join_lines(const struct ini_entry *e)
{
        char *all = strdup(e->n_lines > 0 ? e->lines[0].text : "");

        for (size_t i = 1; all && i < e->n_lines; i++) {
                _cleanup_free_ char *head = all;

                all = str_printf("%s %s", head, e->lines[i].text);
        }
        return all;
}

static int read_entry(const struct trimtab_option *options, uint32_t n, const struct ini_entry *e,
                      struct diag *diag, struct option_value *values)
{
        _cleanup_free_ const char **names = NULL;
        const char *nearest;

        for (uint32_t i = 0; i < n; i++)
                if (streq(options[i].name, e->key)) {
                        int r = set_value(&options[i], join_lines(e),
                                          e->n_lines > 0 ? &e->lines[0].place : &e->place, diag, &values[i]);

                        return r == -EINVAL ? 0 : r;
                }

        names = calloc(n + 1, sizeof(*names));
        if (!names)
                return -ENOMEM;
        for (uint32_t i = 0; i < n; i++)
                names[i] = options[i].name;

        nearest = str_nearest(e->key, names, n);
        diag_add(diag, SEVERITY_ERROR, &e->place, "unknown option '%s'%s%s%s", e->key,
                 nearest ? ", did you mean '" : "", nearest ?: "", nearest ? "'?" : "");
        return 0;
}

int options_read(const struct trimtab_option *options, uint32_t n, const struct ini_section *section,
                 struct diag *diag, struct option_value **ret)
{
        struct option_value *values;
        int r = 0;

        values = calloc(n + 1, sizeof(*values));
        if (!values)
                return -ENOMEM;

        for (uint32_t i = 0; i < n && r >= 0; i++)
                r = set_value(&options[i], strdup(options[i].default_value), NULL, diag, &values[i]);

        for (size_t i = 0; section && i < section->n_entries && r >= 0; i++)
                /* Only the entry in force: of several the last. */
                if (ini_get(section, section->entries[i].key) == &section->entries[i])
                        r = read_entry(options, n, &section->entries[i], diag, values);

        if (r < 0) {
                option_values_free(values, n);
                return r;
        }

        *ret = values;
        return 0;
}

void option_values_free(struct option_value *values, uint32_t n)
{
        for (uint32_t i = 0; values && i < n; i++)
                free(values[i].text);
        free(values);
}
