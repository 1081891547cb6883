/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "act/property.h"
#include "util/cleanup.h"
#include "util/str.h"

/* Properties that hold a number for each of some devices, which go by whatever name somebody gave them. */

/* Goes over "PATH NUMBER\n…": the next line's path and number, cut in place; NULL: no more. */
static char *next_device(char *list, char **state, char **ret_number)
{
        for (char *line = strtok_r(list, "\n", state); line; line = strtok_r(NULL, "\n", state)) {
                char *blank = strrchr(line, ' ');

                if (!blank)
                        continue;
                *blank = '\0';
                *ret_number = blank + 1;
                return line;
        }

        return NULL;
}

int property_of_list(const struct property *p, const char *device, const char *list, char **ret_text)
{
        _cleanup_free_ char *copy = strdup(list);
        const char *found = p->none;
        char *state = NULL, *number;

        if (!copy)
                return -ENOMEM;

        for (char *path = next_device(copy, &state, &number); path; path = next_device(NULL, &state, &number))
                if (streq(path, device))
                        found = number;

        *ret_text = strdup(found);
        return *ret_text ? 0 : -ENOMEM;
}

static bool is_device(const char *path, unsigned device_major, unsigned device_minor)
{
        struct stat st;

        return stat(path, &st) >= 0 && S_ISBLK(st.st_mode) && major(st.st_rdev) == device_major &&
               minor(st.st_rdev) == device_minor;
}

int property_device_path(const char *list, const char *device_number, const char *name, char **ret)
{
        _cleanup_free_ char *copy = strdup(list), *path = NULL;
        unsigned device_major, device_minor;
        char *state = NULL, *number;

        if (!copy)
                return -ENOMEM;
        if (sscanf(device_number, "%u:%u", &device_major, &device_minor) != 2)
                return -ENODEV;

        for (char *known = next_device(copy, &state, &number); known; known = next_device(NULL, &state, &number))
                if (is_device(known, device_major, device_minor)) {
                        *ret = strdup(known);
                        return *ret ? 0 : -ENOMEM;
                }

        path = name ? str_printf("/dev/%s", name) : str_printf("/dev/block/%u:%u", device_major, device_minor);
        if (!path)
                return -ENOMEM;

        *ret = TAKE(path);
        return 0;
}
