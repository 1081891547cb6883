/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "knobs.h"

#include <stdio.h>
#include <string.h>

const struct trimtab_knob knobs[N_KNOBS] = {
        {
                .name = "cpu.weight",
                .unit = "",
                .help = "Share of the CPU against the siblings, when there is not enough for all",
                .scope = "cgroup",
                .type = TRIMTAB_NUMBER,
                .flags = TRIMTAB_KNOB_WEIGHT,
                .min = 1,
                .max = 10000,
                .file = "{path}/cpu.weight",
                .unit_property = "CPUWeight",
        },
        {
                .name = "cpu.max",
                .unit = "%",
                .help = "CPU time at most, 100 % is one CPU",
                .scope = "cgroup",
                .type = TRIMTAB_NUMBER,
                .form = TRIMTAB_FORM_QUOTA,
                .flags = TRIMTAB_KNOB_MAX,
                .min = 1, /* the kernel takes no quota under 1 ms, of a period of 100 ms */
                .max = 1000000,
                .file = "{path}/cpu.max",
                .unit_property = "CPUQuotaPerSecUSec",
                .use_metric = "cgroup.cpu_usage",
        },
        {
                .name = "cpuset.cpus",
                .unit = "",
                .help = "The CPUs the tasks may run on; empty: those of the parent",
                .scope = "cgroup",
                .type = TRIMTAB_CPULIST,
                .file = "{path}/cpuset.cpus",
                .unit_property = "AllowedCPUs",
        },
        {
                .name = "memory.high",
                .unit = "B",
                .help = "Memory above which the tasks are slowed down and made to reclaim",
                .scope = "cgroup",
                .type = TRIMTAB_NUMBER,
                .flags = TRIMTAB_KNOB_MAX | TRIMTAB_KNOB_SLOW,
                .min = 1024 * 1024, /* with less nothing runs, it only reclaims */
                .max = 1ull << 50,
                .file = "{path}/memory.high",
                .unit_property = "MemoryHigh",
                .use_metric = "cgroup.memory_current",
        },
        {
                .name = "io.weight",
                .unit = "",
                .help = "Share of the disk against the siblings; has an effect only with io.cost or the bfq "
                        "scheduler",
                .scope = "cgroup",
                .type = TRIMTAB_NUMBER,
                .form = TRIMTAB_FORM_KEYED,
                .key = "default",
                .flags = TRIMTAB_KNOB_WEIGHT,
                .min = 1,
                .max = 10000,
                .file = "{path}/io.weight",
                .unit_property = "IOWeight",
        },
};

/* The controller of a knob is what stands before the dot. */
static void controller_of(const struct trimtab_knob *k, char *ret, size_t size)
{
        (void) snprintf(ret, size, "%.*s", (int) strcspn(k->name, "."), k->name);
}

/* One line for all knobs of a controller that is not to be had, told with the first of them. */
static void tell_missing(const struct trimtab_host *h, size_t first, const char *controller,
                         const char *reason)
{
        char names[128] = "", text[512], other[16];

        for (size_t i = 0; i < N_KNOBS; i++) {
                size_t n = strlen(names);

                controller_of(&knobs[i], other, sizeof(other));
                if (strcmp(other, controller) != 0)
                        continue;
                if (i < first)
                        return;
                (void) snprintf(names + n, sizeof(names) - n, "%s%s", n > 0 ? ", " : "", knobs[i].name);
        }
        (void) snprintf(text, sizeof(text), "no %s here: %s", names, reason);
        h->event(h, text);
}

void knobs_tell(const struct trimtab_host *h, const struct machine *machine)
{
        char controller[16], reason[256];

        for (size_t i = 0; i < N_KNOBS; i++) {
                controller_of(&knobs[i], controller, sizeof(controller));
                if (machine_lacks_controller(machine, controller, reason, sizeof(reason)))
                        tell_missing(h, i, controller, reason);
                else if (strcmp(controller, "io") == 0 && !machine->weighs_io)
                        h->event(h, "io.weight has no effect here: no disk has io.cost or the bfq scheduler "
                                    "(echo bfq "
                                    "> /sys/block/DISK/queue/scheduler)");
        }
}
