/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "array.h"

#include <errno.h>
#include <stdlib.h>

int array_reserve(void *array, size_t n, size_t element_size)
{
        void **a = array;
        void *grown;

        /* Capacity is implied: the next power of two from 4 on. Only a full array has to move. */
        if (n != 0 && (n < 4 || (n & (n - 1)) != 0))
                return 0;

        grown = reallocarray(*a, n < 4 ? 4 : n * 2, element_size);
        if (!grown)
                return -ENOMEM;

        *a = grown;
        return 0;
}
