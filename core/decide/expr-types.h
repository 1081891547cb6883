/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_EXPR_TYPES_H
#define TRIMTAB_EXPR_TYPES_H

#include "decide/expr.h"

/*
 * What can be added to what. A number may be read in several dimensions: 2G is a plain number or bytes, a
 * quotient of likes a plain number or a ratio, 0 is all of them. 0 as a result: these two do not go together.
 */

#define DIMENSIONS_ALL                                                                                       \
        (1u << DIMENSION_NONE | 1u << DIMENSION_TIME | 1u << DIMENSION_BYTES | 1u << DIMENSION_RATIO)

/* Of a number as it is written. */
dimensions dimensions_of_literal(double base, enum dimension dimension);

/* Of the result of NODE_ADD … NODE_DIVIDE, or what the two sides of a comparison have in common. */
dimensions dimensions_of_operation(enum node_kind kind, dimensions left, dimensions right);

/* Two constants in one. */
double constant_operation(enum node_kind kind, double left, double right);

#endif
