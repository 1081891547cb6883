/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DIAG_SOURCE_H
#define TRIMTAB_DIAG_SOURCE_H

#include <stdio.h>

#include "config/diag.h"

/*
 * Shows the item's source line behind its number, and below it the caret that underlines [column, column + width):
 * under the right cells whatever tabs, wide characters and escaped bytes stand before it. No caret for column 0.
 * colour: the caret's escape sequence; NULL: plain.
 */
void diag_source_print(FILE *stream, const struct diag_item *item, const char *colour);

#endif
