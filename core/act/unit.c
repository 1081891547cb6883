/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/unit.h"

#include <errno.h>
#include <stdlib.h>

#include "act/unit-state.h"
#include "util/cleanup.h"
#include "util/str.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD ".Manager"
#define UNIT_PREFIX SYSTEMD_PATH "/unit"

struct unit_call {
        sd_bus *bus;
        sd_bus_slot *slot;
        uint64_t timeout_usec;
        unit_cb cb;
        void *userdata;
};

DEFINE_CLEANUP(struct unit_call *, unit_call_free);

struct unit_call *unit_call_free(struct unit_call *c)
{
        if (!c)
                return NULL;

        sd_bus_slot_unref(c->slot);
        sd_bus_unref(c->bus);
        free(c);
        return NULL;
}

static int call_new(sd_bus *bus, uint64_t timeout_usec, unit_cb cb, void *userdata, struct unit_call **ret)
{
        struct unit_call *c = calloc(1, sizeof(*c));

        if (!c)
                return -ENOMEM;

        c->bus = sd_bus_ref(bus);
        c->timeout_usec = timeout_usec;
        c->cb = cb;
        c->userdata = userdata;
        *ret = c;
        return 0;
}

/* Sends m as the call's next question. */
static int ask(struct unit_call *c, sd_bus_message *m, sd_bus_message_handler_t answered)
{
        c->slot = sd_bus_slot_unref(c->slot);
        return sd_bus_call_async(c->bus, &c->slot, m, answered, c, c->timeout_usec);
}

/* --- errors by meaning --- */

static const struct {
        const char *name;
        int error;
} errors[] = {
        { SYSTEMD ".NoSuchUnit", -ENXIO },
        { SYSTEMD ".LoadFailed", -ENXIO },
        { SYSTEMD ".UnitMasked", -ENXIO },
        { SD_BUS_ERROR_NO_REPLY, -ETIMEDOUT },
        { SD_BUS_ERROR_TIMEOUT, -ETIMEDOUT },
        { SD_BUS_ERROR_DISCONNECTED, -ENOTCONN },
        { SD_BUS_ERROR_SERVICE_UNKNOWN, -ENOTCONN },
        { SD_BUS_ERROR_NAME_HAS_NO_OWNER, -ENOTCONN },
        { SD_BUS_ERROR_ACCESS_DENIED, -EACCES },
        { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, -EACCES },
        { SD_BUS_ERROR_INVALID_ARGS, -EINVAL },
        { SD_BUS_ERROR_PROPERTY_READ_ONLY, -EOPNOTSUPP },
        { SD_BUS_ERROR_UNKNOWN_PROPERTY, -EOPNOTSUPP },
};

static int error_of(const sd_bus_error *e)
{
        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (sd_bus_error_has_name(e, errors[i].name))
                        return errors[i].error;

        return -sd_bus_error_get_errno(e);
}

/* Answers for the caller when m is an error. */
static bool failed(struct unit_call *c, sd_bus_message *m)
{
        const sd_bus_error *e = sd_bus_message_get_error(m);

        if (!e)
                return false;

        c->cb(c->userdata, error_of(e), e->message, NULL);
        return true;
}

/* --- what systemd says of a unit --- */

static int on_properties(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        struct unit_call *c = userdata;
        struct unit_state state = { .cgroup = "" };
        int r;

        if (failed(c, m))
                return 0;

        r = unit_state_read(m, &state);
        if (r < 0)
                c->cb(c->userdata, r, NULL, NULL);
        else
                c->cb(c->userdata, 0, NULL, &state);

        unit_state_clear(&state);
        return 0;
}

static int ask_properties(struct unit_call *c, const char *path)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(c->bus, &m, SYSTEMD, path, "org.freedesktop.DBus.Properties",
                                           "GetAll");
        if (r < 0)
                return r;

        /* Of all its interfaces: which one has the property depends on the kind of unit. */
        r = sd_bus_message_append(m, "s", "");
        if (r < 0)
                return r;

        return ask(c, m, on_properties);
}

static int on_unit(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        struct unit_call *c = userdata;
        const char *path;
        int r;

        if (failed(c, m))
                return 0;

        r = sd_bus_message_read(m, "o", &path);
        if (r >= 0)
                r = ask_properties(c, path);
        if (r < 0)
                c->cb(c->userdata, r, NULL, NULL);
        return 0;
}

static int on_done(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        struct unit_call *c = userdata;

        if (!failed(c, m))
                c->cb(c->userdata, 0, NULL, NULL);
        return 0;
}

/* --- the questions --- */

static int new_manager_call(sd_bus *bus, const char *member, sd_bus_message **ret)
{
        return sd_bus_message_new_method_call(bus, ret, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, member);
}

int unit_by_cgroup(sd_bus *bus, const char *cgroup, uint64_t timeout_usec, unit_cb cb, void *userdata,
                   struct unit_call **ret)
{
        _cleanup_(unit_call_freep) struct unit_call *c = NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = call_new(bus, timeout_usec, cb, userdata, &c);
        if (r < 0)
                return r;

        r = new_manager_call(bus, "GetUnitByControlGroup", &m);
        if (r < 0)
                return r;

        r = sd_bus_message_append(m, "s", cgroup);
        if (r < 0)
                return r;

        r = ask(c, m, on_unit);
        if (r < 0)
                return r;

        *ret = TAKE(c);
        return 0;
}

int unit_show(sd_bus *bus, const char *unit, uint64_t timeout_usec, unit_cb cb, void *userdata,
              struct unit_call **ret)
{
        _cleanup_(unit_call_freep) struct unit_call *c = NULL;
        _cleanup_free_ char *path = NULL;
        int r;

        r = call_new(bus, timeout_usec, cb, userdata, &c);
        if (r < 0)
                return r;

        r = sd_bus_path_encode(UNIT_PREFIX, unit, &path);
        if (r < 0)
                return r;

        r = ask_properties(c, path);
        if (r < 0)
                return r;

        *ret = TAKE(c);
        return 0;
}

static int append_settings(sd_bus_message *m, const struct unit_setting *settings, size_t n)
{
        int r;

        r = sd_bus_message_open_container(m, 'a', "(sv)");
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = property_append(settings[i].property, settings[i].device, m, settings[i].text);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int unit_set(sd_bus *bus, const char *unit, const struct unit_setting *settings, size_t n, uint64_t timeout_usec,
             unit_cb cb, void *userdata, struct unit_call **ret)
{
        _cleanup_(unit_call_freep) struct unit_call *c = NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = call_new(bus, timeout_usec, cb, userdata, &c);
        if (r < 0)
                return r;

        r = new_manager_call(bus, "SetUnitProperties", &m);
        if (r < 0)
                return r;

        r = sd_bus_message_append(m, "sb", unit, 1);
        if (r < 0)
                return r;

        r = append_settings(m, settings, n);
        if (r < 0)
                return r;

        r = ask(c, m, on_done);
        if (r < 0)
                return r;

        *ret = TAKE(c);
        return 0;
}

int unit_reload(sd_bus *bus, uint64_t timeout_usec, unit_cb cb, void *userdata, struct unit_call **ret)
{
        _cleanup_(unit_call_freep) struct unit_call *c = NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = call_new(bus, timeout_usec, cb, userdata, &c);
        if (r < 0)
                return r;

        r = new_manager_call(bus, "Reload", &m);
        if (r < 0)
                return r;

        r = ask(c, m, on_done);
        if (r < 0)
                return r;

        *ret = TAKE(c);
        return 0;
}
