/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/strings.h"

#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/str.h"

char *lines_escape(const char *text)
{
        _cleanup_free_ char *ret = NULL;
        bool complete = true;
        size_t size;
        FILE *f;

        f = open_memstream(&ret, &size);
        if (!f)
                return NULL;

        while (*text) {
                size_t n = strcspn(text, "\n");
                _cleanup_free_ char *line = strndup(text, n), *safe = line ? str_escape(line) : NULL;

                if (!safe) {
                        complete = false;
                        break;
                }
                fputs(safe, f);
                text += n;
                if (*text == '\n')
                        fputc(*text++, f);
        }

        if (fclose(f) != 0 || !complete)
                return NULL;
        return TAKE(ret);
}
