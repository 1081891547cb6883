/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "act/property.h"
#include "decide/value.h"
#include "util/cleanup.h"
#include "util/str.h"

/* What the drop-ins say that systemd writes for a property. */

/* "1min 30s", as systemd prints it. -ENODATA: not such a thing. */
static int timespan_parse(const char *text, double *ret_usec)
{
        static const struct {
                const char *unit;
                double usec;
        } units[] = { { "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "min", 60e6 }, { "h", 3600e6 } };
        double sum = 0;

        for (const char *s = text; *s; s += strspn(s, " ")) {
                char *end;
                double n = strtod(s, &end);
                size_t length = strcspn(end, " "), i = 0;

                while (i < ELEMENTSOF(units) &&
                       (strlen(units[i].unit) != length || strncmp(end, units[i].unit, length) != 0))
                        i++;
                if (end == s || i == ELEMENTSOF(units))
                        return -ENODATA;

                sum += n * units[i].usec;
                s = end + length;
        }

        *ret_usec = sum;
        return *text ? 0 : -ENODATA;
}

/* A quota is "80%". */
static int number_parse(const struct property *p, const char *text, struct trimtab_value *ret)
{
        double number;
        char *end;

        if (streq(p->setting, "IODeviceLatencyTargetSec")) {
                int r = timespan_parse(text, &number);

                if (r >= 0)
                        *ret = value_number(number);
                return r;
        }

        number = strtod(text, &end);
        if (end == text || !streq(end, streq(p->setting, "CPUQuota") ? "%" : ""))
                return -ENODATA;

        *ret = value_number(number);
        return 0;
}

/* To be without a limit is "infinity" or nothing; to be without a weight is nothing. */
static int setting_parse(const struct property *p, const char *text, struct trimtab_value *ret)
{
        switch (p->kind) {
        case PROPERTY_CPUS:
                return value_text(TRIMTAB_CPULIST, text, ret);
        case PROPERTY_IDLE:
                *ret = value_number(streq(text, "idle"));
                return *text ? 0 : -ENODATA;
        case PROPERTY_NUMBER:
        case PROPERTY_DEVICE:
                if (!streq(text, "infinity") && (*text || !streq(p->none, "infinity")))
                        return number_parse(p, text, ret);
                *ret = value_number(INFINITY);
                return 0;
        }

        return -ENODATA;
}

/* "/dev/vda 1048576": the text behind the device, "" for a line that resets them all, NULL for another's. */
static const char *of_device(const char *text, const char *device)
{
        const char *rest = *text ? startswith(text, device) : text;

        return rest && (*rest == ' ' || rest == text) ? rest + (*rest == ' ') : NULL;
}

int property_of_dropin(const struct property *p, const char *device, const char *bytes, struct trimtab_value *ret)
{
        _cleanup_free_ char *text = strdup(bytes);
        const char *value = NULL;
        char *state = NULL;

        if (!text)
                return -ENOMEM;

        for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
                const char *rest = startswith(line, p->setting);

                if (!rest || *rest != '=')
                        continue;
                rest++;
                value = device ? of_device(rest, device) ?: value : rest;
        }

        /* Of devices an empty line is what every such drop-in begins with. */
        return value && !(device && *value == '\0') ? setting_parse(p, value, ret) : -ENODATA;
}
