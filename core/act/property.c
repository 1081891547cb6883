/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/property.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decide/cpulist.h"
#include "decide/value.h"
#include "util/cleanup.h"
#include "util/str.h"

#define NOT_SET  "[not set]"
#define INFINITE "infinity"

/* Largest double that still fits into the bus's number. */
#define MOST 9007199254740992.0

/*
 * A quota comes in whole per cent: the drop-in that systemd writes has no finer ones, and the next daemon-reload
 * reads that. Limits in bytes come in pages: the kernel rounds them down.
 */
static const struct property properties[] = {
        /* name                 setting          default       type  none      scale  step  min  max */
        { "CPUWeight",          "CPUWeight",     "100",        "t",  NOT_SET,  1,     1,    1,   10000 },
        { "CPUQuotaPerSecUSec", "CPUQuota",      "max 100000", "t",  INFINITE, 10000, 1,    1,   MOST },
        { "AllowedCPUs",        "AllowedCPUs",   "",           "ay", NOT_SET,  0,     0,    0,   0 },
        { "MemoryHigh",         "MemoryHigh",    "max",        "t",  INFINITE, 1,     0,    1,   MOST },
        { "MemoryMax",          "MemoryMax",     "max",        "t",  INFINITE, 1,     0,    1,   MOST },
        { "MemoryLow",          "MemoryLow",     "0",          "t",  INFINITE, 1,     0,    0,   MOST },
        { "MemoryMin",          "MemoryMin",     "0",          "t",  INFINITE, 1,     0,    0,   MOST },
        { "MemorySwapMax",      "MemorySwapMax", "max",        "t",  INFINITE, 1,     0,    0,   MOST },
        { "IOWeight",           "IOWeight",      "100",        "t",  NOT_SET,  1,     1,    1,   10000 },
        { "TasksMax",           "TasksMax",      "max",        "t",  INFINITE, 1,     1,    1,   MOST },
};

const struct property *property_find(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(properties); i++)
                if (streq(properties[i].name, name))
                        return &properties[i];

        return NULL;
}

static bool is_number(const struct property *p)
{
        return streq(p->bus_type, "t");
}

/* "max" is how a limit is taken away; a weight has no such thing. */
static bool has_infinity(const struct property *p)
{
        return streq(p->none, INFINITE);
}

int property_round(const struct property *p, const struct trimtab_value *want, struct trimtab_value *ret)
{
        double step = p->step > 0 ? p->step : (double) sysconf(_SC_PAGESIZE), n;

        if (want->type != (is_number(p) ? TRIMTAB_NUMBER : TRIMTAB_CPULIST))
                return -EINVAL;
        if (!is_number(p) || (isinf(want->number) && want->number > 0)) {
                if (is_number(p) && !has_infinity(p))
                        return -ERANGE;
                *ret = *want;
                return 0;
        }

        n = p->step > 0 ? round(want->number / step) * step : floor(want->number / step) * step;
        if (isnan(n) || n > p->max || want->number < 0)
                return -ERANGE;

        *ret = value_number(fmax(n, p->min > 0 ? fmax(p->min, step) : 0));
        return 0;
}

int property_from_value(const struct property *p, const struct trimtab_value *value, char **ret_text)
{
        char *text;

        if (!is_number(p))
                text = strdup(value->text[0] ? value->text : p->none);
        else if (isinf(value->number))
                text = strdup(p->none);
        else
                text = str_printf("%.0f", value->number * p->scale);
        if (!text)
                return -ENOMEM;

        *ret_text = text;
        return 0;
}

static int parse_number(const struct property *p, const char *text, uint64_t *ret)
{
        char *end;

        if (streq(text, p->none)) {
                *ret = UINT64_MAX;
                return 0;
        }

        errno = 0;
        *ret = strtoull(text, &end, 10);
        return *text < '0' || *text > '9' || *end || errno != 0 ? -EINVAL : 0;
}

int property_to_value(const struct property *p, const char *text, struct trimtab_value *ret)
{
        uint64_t n;
        int r;

        if (!is_number(p))
                return value_text(TRIMTAB_CPULIST, streq(text, p->none) ? "" : text, ret);

        r = parse_number(p, text, &n);
        if (r < 0)
                return r;
        if (n == UINT64_MAX && !has_infinity(p))
                return -ENODATA;

        *ret = value_number(n == UINT64_MAX ? INFINITY : (double) n / p->scale);
        return 0;
}

/* In drop-ins a quota is "80%", and to be without a limit "infinity" or nothing. */
static int setting_parse(const struct property *p, const char *text, struct trimtab_value *ret)
{
        double number;
        char *end;

        if (!is_number(p))
                return value_text(TRIMTAB_CPULIST, text, ret);
        if (streq(text, INFINITE) || (*text == '\0' && has_infinity(p))) {
                *ret = value_number(INFINITY);
                return 0;
        }

        number = strtod(text, &end);
        if (end == text || !streq(end, streq(p->setting, "CPUQuota") ? "%" : ""))
                return -ENODATA;

        *ret = value_number(number);
        return 0;
}

int property_of_dropin(const struct property *p, const char *bytes, struct trimtab_value *ret)
{
        _cleanup_free_ char *text = strdup(bytes);
        const char *value = NULL;
        char *state = NULL;

        if (!text)
                return -ENOMEM;

        for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
                const char *rest = startswith(line, p->setting);

                if (rest && *rest == '=')
                        value = rest + 1;
        }

        return value ? setting_parse(p, value, ret) : -ENODATA;
}

/* --- CPUs: a list as text, little-endian bits on the bus --- */

static int mask_parse(const char *list, uint8_t *mask, size_t *ret_size)
{
        size_t size = 0;

        for (const char *s = list; *s; s += strspn(s, ",")) {
                char *end;
                unsigned long first = strtoul(s, &end, 10), last = first;

                if (*end == '-')
                        last = strtoul(end + 1, &end, 10);
                if (end == s || (*end && *end != ',') || last >= CPULIST_MAX || first > last)
                        return -EINVAL;

                for (unsigned long cpu = first; cpu <= last; cpu++)
                        mask[cpu / 8] |= (uint8_t) (1u << cpu % 8);
                if (last / 8 + 1 > size)
                        size = last / 8 + 1;
                s = end;
        }

        *ret_size = size;
        return 0;
}

static int mask_format(const uint8_t *mask, size_t size, char **ret)
{
        _cleanup_free_ char *text = NULL;
        size_t n;
        FILE *f;

        f = open_memstream(&text, &n);
        if (!f)
                return -ENOMEM;

        for (size_t cpu = 0, last; cpu < size * 8; cpu = last + 1) {
                last = cpu;
                if (!(mask[cpu / 8] >> cpu % 8 & 1))
                        continue;

                while (last + 1 < size * 8 && mask[(last + 1) / 8] >> (last + 1) % 8 & 1)
                        last++;

                (void) fprintf(f, ftello(f) > 0 ? ",%zu" : "%zu", cpu);
                if (last > cpu)
                        (void) fprintf(f, "-%zu", last);
        }
        if (fclose(f) != 0)
                return -ENOMEM;

        *ret = TAKE(text);
        return 0;
}

/* --- on the bus --- */

static int append_mask(sd_bus_message *m, const char *list)
{
        uint8_t mask[CPULIST_MAX / 8] = {};
        size_t size;
        int r;

        r = mask_parse(list, mask, &size);
        if (r < 0)
                return r;

        r = sd_bus_message_open_container(m, 'v', "ay");
        if (r < 0)
                return r;

        r = sd_bus_message_append_array(m, 'y', mask, size);
        if (r < 0)
                return r;

        return sd_bus_message_close_container(m);
}

int property_append(const struct property *p, sd_bus_message *m, const char *text)
{
        uint64_t n;
        int r;

        r = sd_bus_message_open_container(m, 'r', "sv");
        if (r < 0)
                return r;

        r = sd_bus_message_append(m, "s", p->name);
        if (r < 0)
                return r;

        if (is_number(p)) {
                r = parse_number(p, text, &n);
                if (r < 0)
                        return r;
                r = sd_bus_message_append(m, "v", "t", n);
        } else {
                r = append_mask(m, streq(text, p->none) ? "" : text);
        }
        if (r < 0)
                return r;

        return sd_bus_message_close_container(m);
}

static int read_number(const struct property *p, sd_bus_message *m, char **ret_text)
{
        char *text;
        uint64_t n;
        int r;

        r = sd_bus_message_read(m, "t", &n);
        if (r < 0)
                return r;

        text = n == UINT64_MAX ? strdup(p->none) : str_printf("%" PRIu64, n);
        if (!text)
                return -ENOMEM;

        *ret_text = text;
        return 0;
}

static int read_mask(const struct property *p, sd_bus_message *m, char **ret_text)
{
        const void *mask;
        size_t size;
        int r;

        r = sd_bus_message_read_array(m, 'y', &mask, &size);
        if (r < 0)
                return r;

        r = mask_format(mask, size, ret_text);
        if (r < 0 || **ret_text)
                return r;

        free(*ret_text);
        *ret_text = strdup(p->none);
        return *ret_text ? 0 : -ENOMEM;
}

int property_read(const struct property *p, sd_bus_message *m, char **ret_text)
{
        const char *contents;
        int r;

        r = sd_bus_message_peek_type(m, NULL, &contents);
        if (r < 0)
                return r;
        if (!streq(contents, p->bus_type))
                return -EBADMSG;

        r = sd_bus_message_enter_container(m, 'v', contents);
        if (r < 0)
                return r;

        r = is_number(p) ? read_number(p, m, ret_text) : read_mask(p, m, ret_text);
        if (r < 0)
                return r;

        return sd_bus_message_exit_container(m);
}
