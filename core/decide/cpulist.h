/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CPULIST_H
#define TRIMTAB_CPULIST_H

#include <stddef.h>

/* More than any kernel is built for: CONFIG_NR_CPUS ends at 8192. */
#define CPULIST_MAX 8192

/*
 * Brings a list of CPUs into the form in which the kernel prints it: ascending, neighbours joined, "3,0-1" ->
 * "0-1,3". The empty list is legal. -EINVAL: not a list of CPUs; -ENAMETOOLONG: does not fit into size bytes.
 */
int cpulist_normalise(const char *text, char *ret, size_t size);

/* Between a list, "0-1,35", and the mask that some of the kernel's files hold, "8,00000003". Errors are the same. */
int cpulist_from_mask(const char *mask, char *ret, size_t size);
int cpulist_to_mask(const char *text, char *ret, size_t size);

#endif
