/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_FUZZ_H
#define TRIMTAB_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* libFuzzer's door: one input, to be survived. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant, checked in every build: what breaks it is a find, like a crash. */
#define CHECK(condition)                                                                                     \
        ({                                                                                                   \
                if (!(condition)) {                                                                          \
                        fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);              \
                        abort();                                                                             \
                }                                                                                            \
        })

#endif
