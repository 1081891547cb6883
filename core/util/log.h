/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_LOG_H
#define TRIMTAB_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <syslog.h>

/* The daemon's log: standard error, with syslog level prefixes for journald when it listens, colours on a terminal. */
struct log {
        int max_level;  /* LOG_DEBUG … LOG_ERR */
        bool prefixed;  /* "<6>" in front: standard error is the journal's */
        bool coloured;  /* standard error is a terminal */
};

/* Finds out what standard error is. */
void log_init(struct log *log, int max_level);

void log_write(const struct log *log, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));
void log_writev(const struct log *log, int level, const char *format, va_list ap) __attribute__((format(printf, 3, 0)));

#endif
