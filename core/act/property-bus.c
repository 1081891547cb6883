/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/property-text.h"
#include "decide/cpulist.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/str.h"

/* Properties in messages. */

static const char *const contents_of[] = {
        [PROPERTY_NUMBER] = "t",
        [PROPERTY_IDLE] = "t",
        [PROPERTY_CPUS] = "ay",
        [PROPERTY_DEVICE] = "a(st)",
};

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
        _cleanup_(buffer_clear) struct buffer t = {};

        for (size_t cpu = 0, last; cpu < size * 8; cpu = last + 1) {
                last = cpu;
                if (!(mask[cpu / 8] >> cpu % 8 & 1))
                        continue;

                while (last + 1 < size * 8 && mask[(last + 1) / 8] >> (last + 1) % 8 & 1)
                        last++;

                buffer_printf(&t, t.size > 0 ? ",%zu" : "%zu", cpu);
                if (last > cpu)
                        buffer_printf(&t, "-%zu", last);
        }

        return buffer_take(&t, ret, NULL);
}

/* --- appending --- */

static int append_number(const struct property *p, sd_bus_message *m, const char *text)
{
        uint64_t n;
        int r;

        r = property_number_parse(p, text, &n);
        return r < 0 ? r : sd_bus_message_append(m, "t", n);
}

static int append_mask(const struct property *p, sd_bus_message *m, const char *text)
{
        uint8_t mask[CPULIST_MAX / 8] = {};
        size_t size;
        int r;

        r = mask_parse(streq(text, p->none) ? "" : text, mask, &size);
        return r < 0 ? r : sd_bus_message_append_array(m, 'y', mask, size);
}

/* One device's number: systemd leaves the others' as they are. Only an empty array would reset them all. */
static int append_device(const struct property *p, const char *device, sd_bus_message *m, const char *text)
{
        uint64_t n;
        int r;

        r = device ? property_number_parse(p, text, &n) : -EINVAL;
        return r < 0 ? r : sd_bus_message_append(m, "a(st)", 1, device, n);
}

static int append_contents(const struct property *p, const char *device, sd_bus_message *m, const char *text)
{
        switch (p->kind) {
        case PROPERTY_NUMBER:
        case PROPERTY_IDLE:
                return append_number(p, m, text);
        case PROPERTY_CPUS:
                return append_mask(p, m, text);
        case PROPERTY_DEVICE:
                return append_device(p, device, m, text);
        }

        return -EINVAL;
}

int property_append(const struct property *p, const char *device, sd_bus_message *m, const char *text)
{
        int r;

        r = sd_bus_message_open_container(m, 'r', "sv");
        if (r < 0)
                return r;

        r = sd_bus_message_append(m, "s", p->bus_name);
        if (r < 0)
                return r;

        r = sd_bus_message_open_container(m, 'v', contents_of[p->kind]);
        if (r < 0)
                return r;

        r = append_contents(p, device, m, text);
        if (r < 0)
                return r;

        r = sd_bus_message_close_container(m);
        if (r < 0)
                return r;

        return sd_bus_message_close_container(m);
}

/* --- reading --- */

static int read_number(const struct property *p, sd_bus_message *m, char **ret_text)
{
        uint64_t n;
        int r;

        r = sd_bus_message_read(m, "t", &n);
        if (r < 0)
                return r;

        *ret_text = property_number_format(p, n);
        return *ret_text ? 0 : -ENOMEM;
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

static int read_devices(const struct property *p, sd_bus_message *m, char **ret_text)
{
        _cleanup_(buffer_clear) struct buffer t = {};
        const char *path;
        uint64_t n;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(st)");
        while (r >= 0 && (r = sd_bus_message_read(m, "(st)", &path, &n)) > 0) {
                _cleanup_free_ char *number = property_number_format(p, n);

                if (!number)
                        return -ENOMEM;
                buffer_printf(&t, "%s %s\n", path, number);
        }
        if (r < 0)
                return r;

        r = sd_bus_message_exit_container(m);
        return r < 0 ? r : buffer_take(&t, ret_text, NULL);
}

static int read_contents(const struct property *p, sd_bus_message *m, char **ret_text)
{
        switch (p->kind) {
        case PROPERTY_NUMBER:
        case PROPERTY_IDLE:
                return read_number(p, m, ret_text);
        case PROPERTY_CPUS:
                return read_mask(p, m, ret_text);
        case PROPERTY_DEVICE:
                return read_devices(p, m, ret_text);
        }

        return -EBADMSG;
}

int property_read(const struct property *p, sd_bus_message *m, char **ret_text)
{
        const char *contents;
        int r;

        r = sd_bus_message_peek_type(m, NULL, &contents);
        if (r < 0)
                return r;
        if (!streq(contents, contents_of[p->kind]))
                return -EBADMSG;

        r = sd_bus_message_enter_container(m, 'v', contents);
        if (r < 0)
                return r;

        r = read_contents(p, m, ret_text);
        if (r < 0)
                return r;

        return sd_bus_message_exit_container(m);
}
