/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_KERNEL_SWITCH_H
#define TRIMTAB_KERNEL_SWITCH_H

#include <stdbool.h>

/* Whether a kernel's command line says trimtab=off, whatever else it says: as systemd's condition sees it. */
bool kernel_line_says_off(const char *line);

/* The same of the running kernel's, or of what stands in the environment's TRIMTAB_PROC_CMDLINE. */
bool kernel_says_off(void);

#endif
