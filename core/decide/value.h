/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_VALUE_H
#define TRIMTAB_VALUE_H

#include <stdbool.h>

#include "sense/catalogue.h"

/* A knob's value: struct trimtab_value of the ABI (number in the knob's unit, or text). */

struct trimtab_value value_number(double number);
/* How a knob that is a deed (TRIMTAB_KNOB_ACTION) stands: 0, or no text at all. */
struct trimtab_value value_of_deed(uint32_t type);
/* -ENAMETOOLONG. Lists of CPUs are brought into the kernel's form ("3,0-1" -> "0-1,3"): -EINVAL if it is none. */
int value_text(uint32_t type, const char *text, struct trimtab_value *ret);

/* Numbers within one part in 10^9, CPU lists as sets, the others by text. */
bool value_equal(const struct trimtab_value *a, const struct trimtab_value *b);

/* For people: "2000", "20%", "512MiB", "max", "0-3". New string or NULL. */
char *value_format(const struct knob *k, const struct trimtab_value *v);

/* What a person wrote for this knob ("200", "20%", "max", "0-3"). -EINVAL: not a value; -ERANGE: out of its range;
 * -ENOENT: unlike unit. */
int value_parse(const struct knob *k, const char *text, struct trimtab_value *ret);

/* Whether it is a word that stands for a value of the knob, "calmest": what it means is asked when it is acted on. */
bool value_is_word(const struct knob *k, const struct trimtab_value *v);

/* A quantity in base units as a number in the knob's unit; same errors. */
int value_from_quantity(const struct knob *k, double base, enum dimension dimension, double *ret);

#endif
