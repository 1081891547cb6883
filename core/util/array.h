/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ARRAY_H
#define TRIMTAB_ARRAY_H

#include <stddef.h>

/*
 * Makes room for one more element in a heap array that doubles as it grows: array_reserve(&a, n, sizeof(*a)).
 * *array may be NULL when n is 0. Returns 0 or -ENOMEM, the array then untouched.
 */
int array_reserve(void *array, size_t n, size_t element_size);

#endif
