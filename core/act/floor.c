/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/floor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/beside.h"
#include "decide/value.h"
#include "util/file.h"
#include "util/str.h"

#define MIB (1024.0 * 1024.0)

/* Enough for page cache to run from: with less a cgroup reads its own program from the disk all the time. */
#define HEADROOM_BYTES (100 * MIB)

#define STAT_MAX 65536

/* --- pure --- */

/* The number behind name at the beginning of a line; 0: this kernel does not tell. */
static double stat_field(const char *stat, const char *name)
{
        size_t n = strlen(name);

        for (const char *line = stat; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (strncmp(line, name, n) == 0 && line[n] == ' ')
                        return strtod(line + n, NULL);
        }

        return 0;
}

/* Before 5.18 the kernel gives its own part in pieces only. */
static double kernel_bytes(const char *stat)
{
        double whole = stat_field(stat, "kernel");

        if (whole > 0)
                return whole - stat_field(stat, "slab_reclaimable");

        return stat_field(stat, "kernel_stack") + stat_field(stat, "pagetables") +
               stat_field(stat, "percpu") + stat_field(stat, "slab_unreclaimable");
}

double memory_unreclaimable(const char *stat, double swap_bytes)
{
        /* By the lists that reclaim works on: what is locked is on neither of the first two. */
        double anonymous = stat_field(stat, "inactive_anon") + stat_field(stat, "active_anon");

        return fmax(anonymous - swap_bytes, 0) + stat_field(stat, "unevictable") +
               fmax(kernel_bytes(stat), 0) + stat_field(stat, "sock");
}

double memory_high_floor(double unreclaimable_bytes, double low_bytes, double min_bytes)
{
        return fmax(unreclaimable_bytes + HEADROOM_BYTES, fmax(low_bytes, min_bytes));
}

/* --- as it is now --- */

/* "SwapFree:   1234 kB" */
static double machine_swap(void)
{
        _cleanup_free_ char *text = NULL;
        const char *line;

        if (file_read("/proc/meminfo", STAT_MAX, &text, NULL) < 0)
                return 0;

        line = strstr(text, "SwapFree:");
        return line ? strtod(line + strlen("SwapFree:"), NULL) * 1024 : 0;
}

/* Every cgroup up to the root may set a limit of its own. */
static double swap_room(const char *path)
{
        _cleanup_free_ char *at = strdup(path);
        double room = machine_swap(), limit, used;

        while (at && room > 0 && beside_number(at, "memory.swap.max", &limit) >= 0) {
                char *slash = strrchr(at, '/');

                if (beside_number(at, "memory.swap.current", &used) < 0)
                        used = 0;
                room = fmin(room, fmax(limit - used, 0));

                /* ".../a/b/memory.high" -> ".../a/b" */
                if (!slash)
                        break;
                *slash = '\0';
        }

        return room;
}

static double beside_or_zero(const char *path, const char *name)
{
        double d;

        return beside_number(path, name, &d) >= 0 ? d : 0;
}

static void raise_high(struct order *o)
{
        _cleanup_free_ char *path = beside(o->target.path, "memory.stat"), *stat = NULL;
        double page = (double) sysconf(_SC_PAGESIZE), fixed, floor;

        if (!path || file_read(path, STAT_MAX, &stat, NULL) < 0)
                return;

        fixed = memory_unreclaimable(stat, swap_room(o->target.path));
        floor = memory_high_floor(fixed, beside_or_zero(o->target.path, "memory.low"),
                                  beside_or_zero(o->target.path, "memory.min"));
        if (o->value.number >= floor)
                return;

        order_say(o,
                  "%.0f MiB asked, raised to what it must have: %.0f MiB cannot be reclaimed, and 100 MiB "
                  "more, "
                  "and what memory.low and memory.min promise",
                  o->value.number / MIB, fixed / MIB);
        o->value = value_number(ceil(floor / page) * page);
}

static void lower_promise(struct order *o)
{
        double high;

        if (beside_number(o->target.path, "memory.high", &high) < 0 || o->value.number <= high)
                return;

        order_say(o, "%.0f MiB asked, lowered to memory.high, above which nothing is protected",
                  o->value.number / MIB);
        o->value = value_number(high);
}

void floor_apply(struct order *o)
{
        if (file_is(o->target.path, "memory.high"))
                raise_high(o);
        else if (file_is(o->target.path, "memory.low") || file_is(o->target.path, "memory.min"))
                lower_promise(o);
}
