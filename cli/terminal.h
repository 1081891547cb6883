/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TERMINAL_H
#define TRIMTAB_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Colours: on a terminal that has them, and when the environment does not say NO_COLOR (no-color.org). */
bool terminal_coloured(FILE *stream);

/* "trimtab: …" on standard error. What came from elsewhere is made safe, line by line. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
