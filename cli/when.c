/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "when.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* On the command line a minute is "m", as everybody types it; in rules m could be a thousandth. */
static const struct {
        const char *name;
        double seconds;
} units[] = {
        { "s", 1 }, { "m", 60 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 },
};

/* A hundred years: what is longer is a slip of the finger. */
#define SPAN_MAX 3.2e9

int span_parse(const char *text, uint64_t *ret_usec)
{
        double number, seconds;
        char *end;

        if (*text < '0' || *text > '9')
                return -EINVAL;
        number = strtod(text, &end);

        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                if (!streq(end, units[i].name))
                        continue;
                seconds = number * units[i].seconds;
                if (!(seconds > 0) || seconds > SPAN_MAX)
                        return -EINVAL;
                *ret_usec = (uint64_t) (seconds * (double) USEC_PER_SEC);
                return 0;
        }
        return -EINVAL;
}

static int epoch_parse(const char *text, uint64_t *ret_usec)
{
        char *end;
        double seconds;

        if (*text < '0' || *text > '9')
                return -EINVAL;
        seconds = strtod(text, &end);
        if (*end || !isfinite(seconds))
                return -EINVAL;
        *ret_usec = (uint64_t) (seconds * (double) USEC_PER_SEC);
        return 0;
}

int moment_parse(const char *text, uint64_t now_usec, uint64_t *ret_usec)
{
        static const struct {
                const char *format;
                bool has_date;
        } forms[] = {
                { "%Y-%m-%d %H:%M:%S", true }, { "%Y-%m-%d %H:%M", true }, { "%Y-%m-%d", true },
                { "%H:%M:%S", false },         { "%H:%M", false },
        };
        time_t now = (time_t) (now_usec / USEC_PER_SEC), then;
        uint64_t ago_usec;

        if (text[0] == '@')
                return epoch_parse(text + 1, ret_usec);
        if (span_parse(text, &ago_usec) >= 0) {
                *ret_usec = now_usec > ago_usec ? now_usec - ago_usec : 0;
                return 0;
        }

        for (size_t i = 0; i < ELEMENTSOF(forms); i++) {
                struct tm tm = { 0 };
                const char *end;

                if (!forms[i].has_date && !localtime_r(&now, &tm))
                        return -EINVAL;
                tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
                tm.tm_isdst = -1;
                end = strptime(text, forms[i].format, &tm);
                if (!end || *end)
                        continue;
                then = mktime(&tm);
                if (then < 0)
                        return -EINVAL;
                *ret_usec = (uint64_t) then * USEC_PER_SEC;
                return 0;
        }
        return -EINVAL;
}
