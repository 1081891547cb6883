/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* Larger than any CONFIG_NR_CPUS: a list beyond it is not one. */
enum { CPUS_MAX = 1 << 16 };

static int parse_online(const char *list, bool *online)
{
        const char *p = list;

        while (*p && *p != '\n') {
                char *end;
                unsigned long first = strtoul(p, &end, 10), last = first;

                if (end == p)
                        return -EINVAL;
                if (*end == '-') {
                        p = end + 1;
                        last = strtoul(p, &end, 10);
                        if (end == p)
                                return -EINVAL;
                }
                if (first > last || last >= CPUS_MAX)
                        return -EINVAL;
                for (unsigned long cpu = first; cpu <= last; cpu++)
                        online[cpu] = true;
                p = *end == ',' ? end + 1 : end;
        }
        return 0;
}

int machine_scan_cpus(struct objects *objects, const char *online_path)
{
        _cleanup_free_ char *list = NULL;
        _cleanup_free_ bool *online = NULL;
        int r;

        r = file_read(online_path, 1 << 16, &list, NULL);
        if (r < 0)
                return r;
        online = calloc(CPUS_MAX, sizeof(*online));
        if (!online)
                return -ENOMEM;
        r = parse_online(list, online);
        if (r < 0)
                return r;

        for (uint64_t cpu = 0; cpu < CPUS_MAX; cpu++) {
                struct oid id = { SCOPE_CPU, cpu };
                _cleanup_free_ char *name = NULL, *path = NULL;

                if (!online[cpu]) {
                        (void) objects_remove(objects, id);
                        continue;
                }
                name = str_printf("%llu", (unsigned long long) cpu);
                path = str_printf("/sys/devices/system/cpu/cpu%s", name ?: "");
                if (!name || !path)
                        return -ENOMEM;
                r = objects_add(objects, id, name, path);
                if (r < 0)
                        return r;
        }
        return 0;
}

int machine_boot_id(char **ret)
{
        char *text;
        int r;

        r = file_read("/proc/sys/kernel/random/boot_id", 128, &text, NULL);
        if (r < 0)
                return r;
        text[strcspn(text, "\n")] = '\0';
        *ret = text;
        return 0;
}
