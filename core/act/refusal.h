/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_REFUSAL_H
#define TRIMTAB_REFUSAL_H

/* What it means that a write was refused. */

enum refusal {
        REFUSAL_LATER, /* not now: the same may be tried again */
        REFUSAL_VALUE, /* not this value: it is never written here again */
        REFUSAL_KNOB,  /* no value: there is no use in trying */
        REFUSAL_GONE,  /* the object or its file is gone */
};

/* error: a negative errno. What is not known may be tried again. */
enum refusal refusal_of(int error);

/* For people: what it means, and the next step. Static; NULL: nothing to add to strerror. */
const char *refusal_words(int error);

#endif
