/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "calls.h"

#if defined(__x86_64__)
#include <asm/unistd_32.h>
/* Of these, what the arguments point to is laid out otherwise. */
#undef __NR_mmap
#undef __NR_io_submit
#endif

const struct audit_call audit_calls_compat[AUDIT_CALLS_MAX] = {
#if defined(__x86_64__)
#include "calls-table.h"
#endif
};
