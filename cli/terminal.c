/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "terminal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "serve/strings.h"
#include "util/cleanup.h"
#include "util/str.h"

bool terminal_coloured(FILE *stream)
{
        const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

        if (no_color && *no_color)
                return false;
        return isatty(fileno(stream)) && term && !streq(term, "dumb");
}

void complain(const char *format, ...)
{
        _cleanup_free_ char *message = NULL, *safe = NULL;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&message, format, ap);
        va_end(ap);
        if (r < 0)
                message = NULL;

        safe = message ? lines_escape(str_strip(message)) : NULL;
        fprintf(stderr, "trimtab: %s\n", safe ?: "out of memory");
}
