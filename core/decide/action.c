/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/action.h"

void action_clear(struct action *a)
{
        selector_clear(&a->selector);
        expr_clear(&a->amount);
}

void bound_clear(struct bound *b)
{
        selector_clear(&b->selector);
}
