/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CONNECTION_H
#define TRIMTAB_CONNECTION_H

#include <systemd/sd-bus.h>

#include "command.h"
#include "serve/rows.h"

/*
 * To the daemon that the invocation means: the one of --runtime-dir; else the one on the system bus, else the
 * one at /run/trimtab. Says what is wrong and what to do; negative errno.
 */
int connection_open(const struct invocation *in, sd_bus **ret);

/* The same, without a word when there is none. */
int connection_try(const struct invocation *in, sd_bus **ret);

/* Calls a method of org.trimtab.Manager with arguments as in sd_bus_message_append. Says what the daemon
 * objects to. */
int connection_call(sd_bus *bus, sd_bus_message **ret, const char *method, const char *types, ...);

/* The same, with rows as the answer, added to *ret; single: GetStatus has but one. */
int connection_call_rows(sd_bus *bus, bool single, struct rows *ret, const char *method, const char *types,
                         ...);

#endif
