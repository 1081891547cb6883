/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CGROUP_METRICS_H
#define TRIMTAB_CGROUP_METRICS_H

#include <trimtab/plugin.h>

/*
 * What is measured and where it stands: every metric is one number in one file of the cgroup's folder.
 */

enum metric {
        /* Pressure comes first: these can have triggers. */
        CPU_SOME,
        CPU_FULL,
        MEMORY_SOME,
        MEMORY_FULL,
        IO_SOME,
        IO_FULL,
        N_PRESSURES,
        CPU_USAGE = N_PRESSURES,
        THROTTLED,
        MEMORY_CURRENT,
        MEMORY_ANON,
        REFAULTS,
        OOM_KILLS,
        SWAP_CURRENT,
        PIDS,
        IO_READ_BYTES,
        IO_WRITE_BYTES,
        IO_READS,
        IO_WRITES,
        N_METRICS,
};

enum file {
        CPU_PRESSURE_FILE,
        MEMORY_PRESSURE_FILE,
        IO_PRESSURE_FILE,
        CPU_STAT_FILE,
        MEMORY_CURRENT_FILE,
        MEMORY_STAT_FILE,
        MEMORY_EVENTS_FILE,
        SWAP_CURRENT_FILE,
        PIDS_CURRENT_FILE,
        IO_STAT_FILE,
        N_FILES,
};

struct file_name {
        const char *name;
        const char *host; /* where older kernels keep the root cgroup's; NULL: nowhere */
};

/* How the number is found in the file's text. */
enum form {
        FORM_PRESSURE, /* total= on the line keys[0] */
        FORM_KEYED,    /* behind keys[0] on its line, plus that behind keys[1] */
        FORM_NUMBER,   /* the whole file */
        FORM_NESTED,   /* behind "KEY=" with keys[0], all lines together */
};

struct source {
        enum file file;
        enum form form;
        const char *keys[2];
        double factor;          /* of the kernel's unit to the metric's */
        const char *controller; /* that must be on the cgroup v2 hierarchy; NULL: none */
};

extern const struct trimtab_metric metrics[N_METRICS];
extern const struct source sources[N_METRICS];
extern const struct file_name files[N_FILES];

#endif
