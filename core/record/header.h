/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RECORD_HEADER_H
#define TRIMTAB_RECORD_HEADER_H

#include <stddef.h>

#include "record/facts.h"
#include "record/item.h"

/*
 * What stands at the beginning of a recording, as JSON that a person can read: the facts, and the scopes,
 * metrics and knobs that were known at the start.
 */
struct header;

int header_new(const struct recording_facts *facts, struct header **ret);
/* text need not end with a NUL. -EBADMSG: it is no such header. */
int header_parse(const char *text, size_t size, struct header **ret);
struct header *header_free(struct header *h);

/* Adds a scope, metric or knob. -EINVAL: another kind of item. */
int header_define(struct header *h, const struct item *item);

/* New string or NULL. */
char *header_text(const struct header *h);

/* Strings are the header's. */
void header_facts(const struct header *h, struct recording_facts *ret);
size_t header_n_definitions(const struct header *h);
/* Scopes first, then metrics, then knobs; i < n. Strings are the header's. -EBADMSG: this one cannot be
 * made out. */
int header_definition(const struct header *h, size_t i, struct item *ret);

#endif
