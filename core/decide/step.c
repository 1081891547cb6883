/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/step.h"

#include <errno.h>
#include <math.h>

/* Under this part of the way, another step is not worth a write. */
#define EASE_LAST 0.05

double action_clamp(const struct action *a, double x)
{
        if (x > a->finite_high)
                x = isinf(x) ? a->range.high : a->finite_high;
        return x < a->range.low ? a->range.low : x;
}

static double operate(enum operation operation, double from, double operand)
{
        switch (operation) {
        case OPERATION_SET:
                return operand;
        case OPERATION_ADD:
                return from + operand;
        case OPERATION_SUBTRACT:
                return from - operand;
        case OPERATION_MULTIPLY:
                return from * operand;
        case OPERATION_DIVIDE:
                return from / operand;
        }
        return from;
}

bool step_raises(const struct action *a)
{
        return operate(a->operation, 1, a->operand) > 1;
}

int step_relative(const struct action *a, double from, double use, double *ret)
{
        bool raises = step_raises(a);
        double next;

        if (isnan(from))
                return -ENODATA;

        if (isinf(from)) {
                if (raises) {
                        *ret = action_clamp(a, INFINITY);
                        return 0;
                }
                if (isnan(use))
                        return -ENODATA;
                from = use;
        }

        next = operate(a->operation, from, a->operand);
        if (raises && !isnan(use) && next >= use)
                next = INFINITY;
        *ret = action_clamp(a, next);
        return 0;
}

bool step_ease(const struct knob *k, double from, double original, double use, double part, double *gap,
               double *ret)
{
        bool by_ratio = (k->flags & TRIMTAB_KNOB_WEIGHT) && from > 0 && original > 0;
        double target = isinf(original) ? use : original, left;

        /* To or from `max` there is no half way, unless it is known where that begins to be felt. */
        if (!isfinite(from) || !isfinite(target) || (isinf(original) && from >= target))
                return false;

        left = by_ratio ? fabs(log(target / from)) : fabs(target - from);
        if (isnan(*gap))
                *gap = left;
        if (fabs(target - from) <= 1 || left <= EASE_LAST * *gap)
                return false;

        *ret = by_ratio ? from * pow(target / from, part) : from + (target - from) * part;
        return true;
}
