/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_UNIT_H
#define TRIMTAB_UNIT_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "act/property.h"

/*
 * The client of systemd's manager: asynchronous calls only, each answered once by its callback, from the
 * loop. PID 1 may stop the caller's own service to answer, so nothing here ever waits.
 */

/* What systemd says of a unit. Strings are valid during the callback. */
struct unit_state {
        const char *id;     /* its one true name */
        const char *cgroup; /* "/system.slice/nginx.service"; "" while it has none */
        bool loaded, transient;
        bool delegated; /* what is below its cgroup is somebody else's */
        struct unit_text *texts;
        size_t n_texts;
};

/* A property of it as text, see property.h; for that device, else NULL. -ENODATA: this unit has none such. New string. */
int unit_state_property(const struct unit_state *s, const struct property *p, const char *device, char **ret_text);
/* Of PROPERTY_DEVICE: the list of all devices, else the text; NULL: this unit has none such. */
const char *unit_state_text(const struct unit_state *s, const struct property *p);

/* What a property is to become. */
struct unit_setting {
        const struct property *property;
        const char *device; /* or NULL */
        const char *text;
};

/*
 * error: 0, or -errno with systemd's words in `message` (may be NULL): -ENXIO there is no such unit;
 * -ENOTCONN, -ETIMEDOUT nobody answered, what was asked may have been done or not. `state` is NULL on error
 * and after unit_set and unit_reload.
 */
typedef void (*unit_cb)(void *userdata, int error, const char *message, const struct unit_state *state);

struct unit_call;

/* The unit of this cgroup or of the nearest one above it: look at state->cgroup. */
int unit_by_cgroup(sd_bus *bus, const char *cgroup, uint64_t timeout_usec, unit_cb cb, void *userdata,
                   struct unit_call **ret);
int unit_show(sd_bus *bus, const char *unit, uint64_t timeout_usec, unit_cb cb, void *userdata,
              struct unit_call **ret);
/*
 * SetUnitProperties(unit, runtime) of all of these at once. systemd looks at every one before it applies the first:
 * refused means that nothing was done. The reply comes before the kernel's files have the values.
 */
int unit_set(sd_bus *bus, const char *unit, const struct unit_setting *settings, size_t n, uint64_t timeout_usec,
             unit_cb cb, void *userdata, struct unit_call **ret);
int unit_reload(sd_bus *bus, uint64_t timeout_usec, unit_cb cb, void *userdata, struct unit_call **ret);

/* Forgets the call: no callback any more. May be called from within the callback. */
struct unit_call *unit_call_free(struct unit_call *c);

#endif
