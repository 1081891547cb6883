/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "decide/action-parse.h"
#include "decide/value.h"

/* The bound of the same selector, else the one without. */
static const struct bound *bound_for(const struct action *a, const struct bound *bounds, size_t n)
{
        const struct bound *general = NULL;

        for (size_t i = 0; i < n; i++) {
                if (bounds[i].knob != a->knob)
                        continue;
                if (selector_equal(&bounds[i].selector, &a->selector))
                        return &bounds[i];
                if (!bounds[i].selector.text)
                        general = &bounds[i];
        }
        return general;
}

int action_bind(struct reading *r, const struct ini_line *line, const struct bound *bounds, size_t n_bounds,
                struct action *a)
{
        const struct knob *k = catalogue_knob_at(r->catalogue, a->knob);
        const struct bound *b = bound_for(a, bounds, n_bounds);
        struct place place = line->place;

        place.width = (unsigned) strlen(line->text);
        if ((action_is_relative(a) || action_is_computed(a)) && !b) {
                diag_add(r->diag, SEVERITY_ERROR, &place, "a %s needs bounds: add 'within = %s LOW..HIGH'",
                         action_is_relative(a) ? "relative action" : "value that is worked out", k->name);
                return -EINVAL;
        }
        if (k->type != TRIMTAB_NUMBER)
                return 0;

        a->range.low = b ? fmax(b->range.low, k->min) : k->min;
        a->finite_high = b ? fmin(b->range.high, k->max) : k->max;
        a->range.high =
                k->flags & TRIMTAB_KNOB_MAX && (!b || isinf(b->range.high)) ? INFINITY : a->finite_high;

        if (!action_is_relative(a) && !action_is_computed(a) && (a->value.number < a->range.low || a->value.number > a->range.high)) {
                diag_add(r->diag, SEVERITY_ERROR, &place,
                         "the value is outside of the rule's own bounds for '%s'", k->name);
                return -EINVAL;
        }
        return 0;
}
