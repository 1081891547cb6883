/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics.h"

#include "load.h"

#define CALLS(class, name, what)                                                                             \
        [METRIC_CALLS + (class)] = { "audit." name "_calls", "", "system calls and io_uring requests that " what, "cgroup", \
                                     TRIMTAB_COUNTER }
#define LATENCY(class, name, what)                                                                           \
        [METRIC_LATENCY + (class) - AUDIT_READ] = { "audit." name "_latency", "ns", "how long calls take that " what, "cgroup", \
                                       TRIMTAB_HISTOGRAM }
#define FILES(count, name, unit, what)                                                                       \
        [METRIC_FILE + (count)] = { "audit.file_" name, unit, what, "watch", TRIMTAB_COUNTER }
#define FILE_LATENCY(count, name, what)                                                                      \
        [METRIC_FILE_LATENCY + (count)] = { "audit.file_" name "_latency", "ns", "how long " what " of a watched path take", \
                                            "watch", TRIMTAB_HISTOGRAM }

const struct trimtab_metric audit_metrics[_METRIC_MAX] = {
        CALLS(AUDIT_READ, "read", "read from a descriptor"),
        CALLS(AUDIT_WRITE, "write", "write to a descriptor"),
        CALLS(AUDIT_SYNC, "sync", "bring data to the disk"),
        CALLS(AUDIT_OPEN, "open", "open files"),
        CALLS(AUDIT_NETWORK, "network", "use sockets as such"),
        CALLS(AUDIT_MEMORY, "memory", "change the address space"),
        CALLS(AUDIT_PROCESS, "process", "make, replace, signal or end processes"),
        CALLS(AUDIT_WAIT, "wait", "wait for something to happen"),
        CALLS(AUDIT_OTHER, "other", "do anything else"),
        LATENCY(AUDIT_READ, "read", "read from a descriptor"),
        LATENCY(AUDIT_WRITE, "write", "write to a descriptor"),
        LATENCY(AUDIT_SYNC, "sync", "bring data to the disk"),
        LATENCY(AUDIT_OPEN, "open", "open files"),
        LATENCY(AUDIT_NETWORK, "network", "use sockets as such"),
        LATENCY(AUDIT_MEMORY, "memory", "change the address space"),
        LATENCY(AUDIT_PROCESS, "process", "make, replace or signal processes"),
        [METRIC_SYSCALLS] = { "audit.syscalls", "", "system calls of all classes", "cgroup", TRIMTAB_COUNTER },
        [METRIC_EXECS] = { "audit.execs", "", "programs started", "cgroup", TRIMTAB_COUNTER },
        [METRIC_FORKS] = { "audit.forks", "", "processes made, threads left out", "cgroup", TRIMTAB_COUNTER },
        FILES(AUDIT_FILE_READS, "reads", "", "successful reads of a watched path"),
        FILES(AUDIT_FILE_WRITES, "writes", "", "successful writes to a watched path"),
        FILES(AUDIT_FILE_SYNCS, "syncs", "", "successful syncs of a watched path"),
        FILES(AUDIT_FILE_OPENS, "opens", "", "successful opens of a watched path"),
        FILES(AUDIT_FILE_MAPS, "maps", "", "times a watched path was mapped into memory, where its reads and writes are not seen"),
        FILES(AUDIT_FILE_EXECS, "execs", "", "times a watched path was started as a program"),
        FILES(AUDIT_FILE_READ_BYTES, "read_bytes", "B", "bytes read from a watched path"),
        FILES(AUDIT_FILE_WRITTEN_BYTES, "written_bytes", "B", "bytes written to a watched path"),
        FILE_LATENCY(AUDIT_FILE_READS, "read", "reads"),
        FILE_LATENCY(AUDIT_FILE_WRITES, "write", "writes"),
        FILE_LATENCY(AUDIT_FILE_SYNCS, "sync", "syncs"),
        [METRIC_DETAILS_DROPPED] = { "audit.details_dropped", "", "opens and starts that detail = yes asked for and that were too many to be told",
                                     "host", TRIMTAB_COUNTER },
};

#define ENTRY (1u << AUDIT_PROGRAM_ENTER)
#define BOTH (ENTRY | 1u << AUDIT_PROGRAM_EXIT)
#define EXEC (1u << AUDIT_PROGRAM_EXEC)
#define IDENTIFY (1u << AUDIT_PROGRAM_IDENTIFY)

const uint32_t audit_uses[_METRIC_MAX] = {
        [METRIC_CALLS ... METRIC_LATENCY - 1] = ENTRY,
        [METRIC_LATENCY ... METRIC_SYSCALLS - 1] = BOTH,
        [METRIC_SYSCALLS] = ENTRY,
        [METRIC_EXECS] = EXEC,
        [METRIC_FORKS] = 1u << AUDIT_PROGRAM_FORK,
        [METRIC_FILE ... METRIC_FILE + AUDIT_FILE_MAPS] = BOTH | IDENTIFY,
        [METRIC_FILE + AUDIT_FILE_EXECS] = EXEC | IDENTIFY,
        [METRIC_FILE + AUDIT_FILE_READ_BYTES ... METRIC_DETAILS_DROPPED - 1] = BOTH | IDENTIFY,
        [METRIC_DETAILS_DROPPED] = IDENTIFY,
};
