/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "knobs.h"

/* Which knobs are not to be had here, or have no effect, and why: one line for all of one reason. */

/* A file that every cgroup has in which the controller is on. */
static const struct {
        const char *controller, *sign;
} signs[] = {
        { "cpu", "cpu.weight" }, { "cpuset", "cpuset.cpus" }, { "memory", "memory.high" },
        { "io", "io.max" },      { "pids", "pids.max" },
};

/* What may be missing in a kernel that has the controller. */
static const struct {
        const char *knob, *reason;
} since[] = {
        { "cpu.idle", "the kernel has it from Linux 5.15 on" },
        { "cpu.max.burst", "the kernel has it from Linux 5.14 on" },
        { "cpu.uclamp.min", "the kernel is built without CONFIG_UCLAMP_TASK_GROUP" },
        { "cpu.uclamp.max", "the kernel is built without CONFIG_UCLAMP_TASK_GROUP" },
        { "memory.reclaim", "the kernel has it from Linux 5.19 on" },
        { "memory.swap.max", "the kernel accounts no swap (boot with swapaccount=1, or CONFIG_SWAP is off)" },
        { "io.latency", "the kernel is built without CONFIG_BLK_CGROUP_IOLATENCY" },
        { "io.cost.qos", "the kernel is built without CONFIG_BLK_CGROUP_IOCOST" },
};

#define REASON_MAX 256

static const char *why_no_file(const char *knob)
{
        for (size_t i = 0; i < sizeof(since) / sizeof(since[0]); i++)
                if (strcmp(since[i].knob, knob) == 0)
                        return since[i].reason;
        return "the kernel has no such file";
}

static bool lacks_file(const struct machine *m, const struct trimtab_knob *k, const char *controller)
{
        const char *file = strrchr(k->file, '/') + 1;

        if (strcmp(k->scope, "cgroup") != 0)
                return machine_lacks_root_file(m, file);

        for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
                if (strcmp(signs[i].controller, controller) == 0)
                        return machine_lacks_file(m, file, signs[i].sign);
        return false;
}

/* "": it is there. The controller of a knob is what stands before the first dot. */
static void find_reason(const struct machine *m, const struct trimtab_knob *k, char *ret)
{
        char controller[16];

        (void) snprintf(controller, sizeof(controller), "%.*s", (int) strcspn(k->name, "."), k->name);
        ret[0] = 0;
        if (!machine_lacks_controller(m, controller, ret, REASON_MAX) && lacks_file(m, k, controller))
                (void) snprintf(ret, REASON_MAX, "%s", why_no_file(k->name));
}

/* The line of the reason that knob number `first` has, with all that share it. */
static void tell_missing(const struct trimtab_host *h, char (*reasons)[REASON_MAX], size_t first)
{
        char names[256] = "", text[640];

        for (size_t i = 0; i < first; i++)
                if (strcmp(reasons[i], reasons[first]) == 0)
                        return; /* told with that one */

        for (size_t i = first; i < N_KNOBS; i++) {
                size_t n = strlen(names);

                if (strcmp(reasons[i], reasons[first]) == 0)
                        (void) snprintf(names + n, sizeof(names) - n, "%s%s", n > 0 ? ", " : "",
                                        knobs[i].name);
        }
        (void) snprintf(text, sizeof(text), "no %s here: %.255s", names, reasons[first]);
        h->event(h, text);
}

void knobs_tell(const struct trimtab_host *h, const struct machine *machine)
{
        char reasons[N_KNOBS][REASON_MAX];

        for (size_t i = 0; i < N_KNOBS; i++)
                find_reason(machine, &knobs[i], reasons[i]);

        for (size_t i = 0; i < N_KNOBS; i++) {
                if (reasons[i][0])
                        tell_missing(h, reasons, i);
                else if (strcmp(knobs[i].name, "io.weight") == 0 && !machine->weighs_io)
                        h->event(h, "io.weight has no effect here: no disk has io.cost or the bfq scheduler "
                                    "(the knob io.cost.qos, or: echo bfq > /sys/block/DISK/queue/scheduler)");
        }
}
