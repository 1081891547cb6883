/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IRQ_TEXT_H
#define IRQ_TEXT_H

/* Small files of the kernel's, and its lists of CPUs. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many as any kernel is built for. */
#define TEXT_CPUS_MAX  8192u
#define TEXT_CPU_WORDS (TEXT_CPUS_MAX / 64)

/* The file's text less the last newline, cut at size - 1. "" and a negative errno if there is none. */
__attribute__((format(printf, 3, 4))) int text_read(char *ret, size_t size, const char *format, ...);

/* A file with one number in it. Negative errno. */
__attribute__((format(printf, 2, 3))) int text_read_number(long *ret, const char *format, ...);

/*
 * "0-3,8" as bits of n CPUs, (n + 63) / 64 words; those beyond are left out. What is no list, as the "(null)" of nohz_full, is an empty one.
 */
void text_cpus(const char *text, uint64_t *ret, uint32_t n);

/* The lowest CPU in it; n: none. */
uint32_t text_first_cpu(const char *text, uint32_t n);

static inline bool text_has(const uint64_t *set, uint32_t cpu)
{
        return set[cpu / 64] >> cpu % 64 & 1;
}

#endif
