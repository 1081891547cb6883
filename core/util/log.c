/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "str.h"

/* journald tells a service by JOURNAL_STREAM=DEVICE:INODE which of its streams goes to the journal. */
static bool stderr_is_journal(void)
{
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
               st.st_dev == device && st.st_ino == inode;
}

void log_init(struct log *log, int max_level)
{
        *log = (struct log) {
                .max_level = max_level,
                .prefixed = stderr_is_journal(),
                .coloured = isatty(STDERR_FILENO) && !getenv("NO_COLOR"),
        };
}

static const char *colour_of(int level)
{
        if (level <= LOG_ERR)
                return "\033[1;31m";
        if (level == LOG_WARNING)
                return "\033[33m";
        if (level == LOG_NOTICE)
                return "\033[1m";
        return level >= LOG_DEBUG ? "\033[2m" : "";
}

void log_writev(const struct log *log, int level, const char *format, va_list ap)
{
        _cleanup_free_ char *text = NULL, *safe = NULL;

        if (level > log->max_level)
                return;
        if (vasprintf(&text, format, ap) < 0) {
                text = NULL;
                return;
        }

        safe = str_escape(text);
        if (!safe)
                return;

        if (log->prefixed)
                fprintf(stderr, "<%d>%s\n", level, safe);
        else if (log->coloured)
                fprintf(stderr, "%s%s\033[0m\n", colour_of(level), safe);
        else
                fprintf(stderr, "%s\n", safe);
}

void log_write(const struct log *log, int level, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        log_writev(log, level, format, ap);
        va_end(ap);
}
