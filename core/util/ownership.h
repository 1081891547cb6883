/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_OWNERSHIP_H
#define TRIMTAB_OWNERSHIP_H

/*
 * Scope-bound ownership by GNU cleanup attributes. A destructor `T *x_free(T *)` accepts NULL and returns NULL.
 * Nothing but the C library: decide/ builds on this; what holds descriptors is in util/cleanup.h.
 */

#include <stdlib.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

#define DEFINE_CLEANUP(type, func)                                                                           \
        static inline void func##p(type *p)                                                                  \
        {                                                                                                    \
                if (*p)                                                                                      \
                        func(*p);                                                                            \
        }                                                                                                    \
        struct func##_needs_semicolon

static inline void freep(void *p)
{
        free(*(void **) p);
}

#define _cleanup_free_ _cleanup_(freep)

/* Ownership moves, visibly. */
#define TAKE(ptr)                                                                                            \
        ({                                                                                                   \
                __typeof__(ptr) *take_from_ = &(ptr), taken_ = *take_from_;                                  \
                *take_from_ = NULL;                                                                          \
                taken_;                                                                                      \
        })

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))

#endif
