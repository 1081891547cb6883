/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kind.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct family {
        const char *begin, *end; /* of one handler's name */
        const char *reason;
};

static const struct family families[] = {
        { "", "-config", "a config vector: it fires when a device changes, not when it works" },
        { "timer", "", "a timer" },
        { "hpet", "", "a timer" },
        { "rtc", "", "a timer" },
        { "arch_timer", "", "a timer" },
        { "arch_mem_timer", "", "a timer" },
        { "IPI", "", "CPUs call each other by it" },
};

static int is_like(const char *name, size_t n, const struct family *f)
{
        size_t begin = strlen(f->begin), end = strlen(f->end);

        return n >= begin + end && strncmp(name, f->begin, begin) == 0 && strncmp(name + n - end, f->end, end) == 0;
}

/* The names of all that share it are in front of the number, with commas between. */
static const char *by_name(const char *name)
{
        size_t all = strlen(name);
        const char *number = strrchr(name, ':');

        if (number)
                all = (size_t) (number - name);
        for (const char *p = name; p < name + all;) {
                size_t n = strcspn(p, ",");

                if (n > (size_t) (name + all - p))
                        n = (size_t) (name + all - p);
                for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
                        if (is_like(p, n, &families[i]))
                                return families[i].reason;
                p += n + 1;
        }
        return NULL;
}

const char *kind_refusal(const char *root, uint32_t irq, const char *name)
{
        char path[PATH_MAX];
        struct stat st;

        if (irq == 0)
                return "a timer";
        (void) snprintf(path, sizeof(path), "%s/proc/irq/%u/smp_affinity_list", root, irq);
        if (stat(path, &st) < 0)
                return "it has no affinity";
        if (!(st.st_mode & S_IWUSR))
                return "the kernel manages it, or it is a CPU's own";
        return by_name(name);
}
