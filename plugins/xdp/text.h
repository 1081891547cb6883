/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_TEXT_H
#define XDP_TEXT_H

/* What else filters and routes are written in. As addresses.h. */

#include "../shared/addresses.h"

/* "syn": must be set; "!ack": must not be. *ret: the bit of TCP's. */
int parse_flag(const char *text, uint8_t *ret, bool *ret_set, char *why, uint32_t size);

/* "iface:GLOB". */
int parse_interface(const char *text, const char **ret_glob, char *why, uint32_t size);

/* The number of an object of that name: the same after every reload. */
uint64_t name_key(const char *name);

#endif
