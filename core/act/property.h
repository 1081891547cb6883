/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_PROPERTY_H
#define TRIMTAB_PROPERTY_H

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include <trimtab/plugin.h>

/*
 * systemd's properties that stand behind knobs: how a value looks on the bus, as text in the ledger, and in
 * the file. As text: "168", "infinity" or "[not set]" for none, "idle" for that weight, "0-1,3" for CPUs.
 *
 * Where a property is named in the ledger, that of one device comes with it: "IOReadBandwidthMax /dev/vda".
 */

enum property_kind {
        PROPERTY_NUMBER, /* "t" on the bus */
        PROPERTY_IDLE,   /* "t", of which only matters whether it is 0, the weight "idle"; the knob is 0 or 1 */
        PROPERTY_CPUS,   /* "ay", a mask */
        PROPERTY_DEVICE, /* "a(st)", a number for each of some devices; one of them is the knob's */
};

struct property {
        const char *name;           /* "CPUQuotaPerSecUSec": ours, and what knobs say */
        const char *bus_name;       /* systemd's; not unique */
        const char *setting;        /* "CPUQuota": what unit files and drop-ins call it */
        const char *kernel_default; /* what the file holds when nobody has set it */
        const char *none;           /* as text when it is not set */
        enum property_kind kind;
        double scale;    /* from the knob's unit to the number on the bus */
        double step;     /* of the knob's unit: what survives systemd and kernel without being rounded; 0: a page */
        double min, max; /* of the knob's unit: what systemd takes */
};

/* By its name, or the name and a device. NULL: not one we know how to speak. */
const struct property *property_find(const char *name);
/* The next one, after `last` (NULL: the first), that systemd calls so. NULL: no more. */
const struct property *property_of_bus(const char *bus_name, const struct property *last);
/* The device in "IOReadBandwidthMax /dev/vda"; NULL: none is named. */
const char *property_device(const char *name);

/* The nearest value that reads back as it was written. -ERANGE: systemd would refuse it. -EINVAL: not of its
 * type. */
int property_round(const struct property *p, const struct trimtab_value *want, struct trimtab_value *ret);

/*
 * Between values and text. from_value: `original` is what the property was before us (NULL: not known), to which
 * idle = 0 goes back. to_value: what the file will say; for "not set" the kernel's default is the caller's to know
 * (-ENODATA).
 */
int property_from_value(const struct property *p, const struct trimtab_value *value, const char *original,
                        char **ret_text);
int property_to_value(const struct property *p, const char *text, struct trimtab_value *ret);

/* What a drop-in's bytes set it to (for that device, else NULL), by its last line. -ENODATA: they do not, or take it
 * back to the default. */
int property_of_dropin(const struct property *p, const char *device, const char *bytes, struct trimtab_value *ret);

/* --- on the bus (property-bus.c) --- */

/* Appends (sv) of name and text, for that device (else NULL); -EINVAL: not a text of this property. */
int property_append(const struct property *p, const char *device, sd_bus_message *m, const char *text);
/*
 * Reads the contents of a variant that m stands before, into new text. Of PROPERTY_DEVICE that is the whole list:
 * see property_of_list. -EBADMSG: another type than expected.
 */
int property_read(const struct property *p, sd_bus_message *m, char **ret_text);

/* --- lists of devices: "/dev/vda 1048576\n/dev/vdb 5\n" (property-device.c) --- */

/* The number of one device, as text; `none` where it has none. New string. */
int property_of_list(const struct property *p, const char *device, const char *list, char **ret_text);
/*
 * The name under which systemd is to know the device "MAJ:MIN …": that in the list, should it be there by any name,
 * else /dev/NAME. -ENODEV: there is no such device. New string.
 */
int property_device_path(const char *list, const char *device_number, const char *name, char **ret);

#endif
