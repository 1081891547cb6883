/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/rules-text.h"

void rules_text_clear(struct rules_text *t)
{
        ini_clear(&t->ini);
        diag_clear(&t->said);
        lists_clear(&t->lists);
}
