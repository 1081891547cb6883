/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/expr-types.h"

#include <math.h>

#define NONE (1u << DIMENSION_NONE)
#define BYTES (1u << DIMENSION_BYTES)
#define RATIO (1u << DIMENSION_RATIO)

dimensions dimensions_of_literal(double base, enum dimension dimension)
{
        if (base == 0 || isinf(base))
                return DIMENSIONS_ALL;
        return dimension == DIMENSION_NONE ? NONE | BYTES : 1u << dimension;
}

static dimensions of_product(dimensions left, dimensions right)
{
        /* A plain number or a share times anything keeps what that is. */
        if (left & NONE)
                return right;
        if (right & NONE)
                return left;
        if (left & RATIO)
                return right;
        return right & RATIO ? left : 0;
}

static dimensions of_quotient(dimensions left, dimensions right)
{
        if (right & NONE)
                return left & NONE ? left | RATIO : left;
        if (left & right)
                return NONE | RATIO;
        return right & RATIO ? left : 0;
}

dimensions dimensions_of_operation(enum node_kind kind, dimensions left, dimensions right)
{
        if (kind == NODE_MULTIPLY)
                return of_product(left, right);
        if (kind == NODE_DIVIDE)
                return of_quotient(left, right);
        return left & right;
}

double constant_operation(enum node_kind kind, double left, double right)
{
        if (kind == NODE_ADD)
                return left + right;
        if (kind == NODE_SUBTRACT)
                return left - right;
        if (kind == NODE_MULTIPLY)
                return left * right;
        return right == 0 ? (double) NAN : left / right;
}
