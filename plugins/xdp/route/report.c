/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void report_add(struct report *r, const char *format, ...)
{
        size_t used = strlen(r->text), left = sizeof(r->text) - used;
        va_list args;
        int n;

        va_start(args, format);
        n = vsnprintf(r->text + used, left, format, args);
        va_end(args);
        if (n >= 0 && (size_t) n + 1 < left)
                (void) snprintf(r->text + used + n, left - (size_t) n, "\n");
        else
                r->text[used] = '\0';
}
