/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_PROPERTY_H
#define TRIMTAB_PROPERTY_H

#include <systemd/sd-bus.h>

#include <trimtab/plugin.h>

/*
 * systemd's properties that stand behind knobs: how a value looks on the bus, as text in the ledger, and in
 * the file. As text: "168", "infinity" or "[not set]" for none, "0-1,3" for CPUs.
 */

struct property {
        const char *name;           /* "CPUQuotaPerSecUSec" */
        const char *setting;        /* "CPUQuota": what unit files and drop-ins call it */
        const char *kernel_default; /* what the file holds when nobody has set it */
        const char *bus_type;       /* "t" or "ay" */
        const char *none;           /* as text when it is not set */
        double scale;               /* from the knob's unit to the number on the bus */
        double step; /* of the knob's unit: what survives systemd and kernel without being rounded; 0: a page
                      */
        double min, max; /* of the knob's unit: what systemd takes */
};

/* NULL: not one we know how to speak. */
const struct property *property_find(const char *name);

/* The nearest value that reads back as it was written. -ERANGE: systemd would refuse it. -EINVAL: not of its
 * type. */
int property_round(const struct property *p, const struct trimtab_value *want, struct trimtab_value *ret);

/* Between values and text. to_value: what the file will say; for "not set" the kernel's default is the
 * caller's to know
 * (-ENODATA). */
int property_from_value(const struct property *p, const struct trimtab_value *value, char **ret_text);
int property_to_value(const struct property *p, const char *text, struct trimtab_value *ret);

/* What a drop-in's bytes set it to, by its last line. -ENODATA: they do not, or take it back to the default.
 */
int property_of_dropin(const struct property *p, const char *bytes, struct trimtab_value *ret);

/* Appends (sv) of name and text; -EINVAL: not a text of this property. */
int property_append(const struct property *p, sd_bus_message *m, const char *text);
/* Reads the contents of a variant that m stands before, into new text. -EBADMSG: another type than expected.
 */
int property_read(const struct property *p, sd_bus_message *m, char **ret_text);

#endif
