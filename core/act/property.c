/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/property.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/property-text.h"
#include "decide/value.h"
#include "util/cleanup.h"
#include "util/str.h"

#define NOT_SET  "[not set]"
#define INFINITE "infinity"
#define IDLE     "idle"

/* Largest double that still fits into the bus's number. */
#define MOST 9007199254740992.0

#define DEVICE(name, setting) { name, name, setting, "max", INFINITE, PROPERTY_DEVICE, 1, 1, 1, MOST }

/*
 * A quota comes in whole per cent: the drop-in that systemd writes has no finer ones, and the next daemon-reload
 * reads that. Limits in bytes come in pages: the kernel rounds them down.
 */
static const struct property properties[] = {
        /* name                 bus                   setting          default       none      kind             scale  step  min  max */
        { "CPUWeight",          "CPUWeight",          "CPUWeight",     "100",        NOT_SET,  PROPERTY_NUMBER, 1,     1,    1,   10000 },
        { "CPUWeightIdle",      "CPUWeight",          "CPUWeight",     "0",          NOT_SET,  PROPERTY_IDLE,   1,     1,    0,   1 },
        { "CPUQuotaPerSecUSec", "CPUQuotaPerSecUSec", "CPUQuota",      "max 100000", INFINITE, PROPERTY_NUMBER, 10000, 1,    1,   MOST },
        { "AllowedCPUs",        "AllowedCPUs",        "AllowedCPUs",   "",           NOT_SET,  PROPERTY_CPUS,   0,     0,    0,   0 },
        { "MemoryHigh",         "MemoryHigh",         "MemoryHigh",    "max",        INFINITE, PROPERTY_NUMBER, 1,     0,    1,   MOST },
        { "MemoryMax",          "MemoryMax",          "MemoryMax",     "max",        INFINITE, PROPERTY_NUMBER, 1,     0,    1,   MOST },
        { "MemoryLow",          "MemoryLow",          "MemoryLow",     "0",          INFINITE, PROPERTY_NUMBER, 1,     0,    0,   MOST },
        { "MemoryMin",          "MemoryMin",          "MemoryMin",     "0",          INFINITE, PROPERTY_NUMBER, 1,     0,    0,   MOST },
        { "MemorySwapMax",      "MemorySwapMax",      "MemorySwapMax", "max",        INFINITE, PROPERTY_NUMBER, 1,     0,    0,   MOST },
        { "IOWeight",           "IOWeight",           "IOWeight",      "100",        NOT_SET,  PROPERTY_NUMBER, 1,     1,    1,   10000 },
        { "TasksMax",           "TasksMax",           "TasksMax",      "max",        INFINITE, PROPERTY_NUMBER, 1,     1,    1,   MOST },
        DEVICE("IOReadBandwidthMax", "IOReadBandwidthMax"),
        DEVICE("IOWriteBandwidthMax", "IOWriteBandwidthMax"),
        DEVICE("IOReadIOPSMax", "IOReadIOPSMax"),
        DEVICE("IOWriteIOPSMax", "IOWriteIOPSMax"),
        DEVICE("IODeviceLatencyTargetUSec", "IODeviceLatencyTargetSec"),
};

const struct property *property_find(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(properties); i++) {
                const char *rest = startswith(name, properties[i].name);

                if (rest && (*rest == '\0' || *rest == ' '))
                        return &properties[i];
        }

        return NULL;
}

const struct property *property_of_bus(const char *bus_name, const struct property *last)
{
        for (const struct property *p = last ? last + 1 : properties; p < properties + ELEMENTSOF(properties); p++)
                if (streq(p->bus_name, bus_name))
                        return p;

        return NULL;
}

const char *property_device(const char *name)
{
        const char *blank = strchr(name, ' ');

        return blank ? blank + 1 : NULL;
}

/* "max" is how a limit is taken away; a weight has no such thing. */
static bool has_infinity(const struct property *p)
{
        return streq(p->none, INFINITE);
}

int property_round(const struct property *p, const struct trimtab_value *want, struct trimtab_value *ret)
{
        double step = p->step > 0 ? p->step : (double) sysconf(_SC_PAGESIZE), n;
        bool is_number = p->kind != PROPERTY_CPUS;

        if (want->type != (is_number ? TRIMTAB_NUMBER : TRIMTAB_CPULIST))
                return -EINVAL;
        if (!is_number || (isinf(want->number) && want->number > 0)) {
                if (is_number && !has_infinity(p))
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

/* --- values and text --- */

/* No longer idle: what it was before, should it not have been idle then as well. */
static const char *not_idle(const struct property *p, const char *original)
{
        return original && !streq(original, IDLE) ? original : p->none;
}

int property_from_value(const struct property *p, const struct trimtab_value *value, const char *original,
                        char **ret_text)
{
        char *text = NULL;

        switch (p->kind) {
        case PROPERTY_NUMBER:
        case PROPERTY_DEVICE:
                text = isinf(value->number) ? strdup(p->none) : str_printf("%.0f", value->number * p->scale);
                break;
        case PROPERTY_IDLE:
                text = strdup(value->number > 0 ? IDLE : not_idle(p, original));
                break;
        case PROPERTY_CPUS:
                text = strdup(value->text[0] ? value->text : p->none);
                break;
        }
        if (!text)
                return -ENOMEM;

        *ret_text = text;
        return 0;
}

int property_number_parse(const struct property *p, const char *text, uint64_t *ret)
{
        char *end;

        if (streq(text, p->none)) {
                *ret = UINT64_MAX;
                return 0;
        }
        if (streq(text, IDLE) && streq(p->bus_name, "CPUWeight")) {
                *ret = 0;
                return 0;
        }

        errno = 0;
        *ret = strtoull(text, &end, 10);
        return *text < '0' || *text > '9' || *end || errno != 0 ? -EINVAL : 0;
}

char *property_number_format(const struct property *p, uint64_t n)
{
        if (n == UINT64_MAX)
                return strdup(p->none);
        if (n == 0 && streq(p->bus_name, "CPUWeight"))
                return strdup(IDLE);
        return str_printf("%llu", (unsigned long long) n);
}

/* idle: what the weight's own file says then differs between kernels. */
static int number_to_value(const struct property *p, uint64_t n, struct trimtab_value *ret)
{
        if (p->kind == PROPERTY_IDLE) {
                *ret = value_number(n == 0);
                return 0;
        }
        if (n == UINT64_MAX ? !has_infinity(p) : n == 0 && streq(p->bus_name, "CPUWeight"))
                return -ENODATA;

        *ret = value_number(n == UINT64_MAX ? INFINITY : (double) n / p->scale);
        return 0;
}

int property_to_value(const struct property *p, const char *text, struct trimtab_value *ret)
{
        uint64_t n;
        int r;

        if (p->kind == PROPERTY_CPUS)
                return value_text(TRIMTAB_CPULIST, streq(text, p->none) ? "" : text, ret);

        r = property_number_parse(p, text, &n);
        return r < 0 ? r : number_to_value(p, n, ret);
}
