/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "serve/bus-connection.h"
#include "serve/rows-message.h"
#include "serve/strings.h"
#include "util/cleanup.h"

/* What the daemon shows, as of now. */
static const struct views *views_now(const struct connection *c)
{
        const struct bus_server *s = c->server;

        s->callbacks.refresh(s->callbacks.userdata);
        return s->views;
}

/* r: what the view returned. */
static int reply_rows(sd_bus_message *call, int r, const struct rows *rows, bool single)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;

        if (r < 0)
                return r;

        r = sd_bus_message_new_method_return(call, &reply);
        if (r < 0)
                return r;
        r = rows_append(reply, rows, single);
        if (r < 0)
                return r;
        return sd_bus_message_send(reply);
}

static int method_get_status(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        int r;

        r = view_status(views_now(userdata), &rows);
        return reply_rows(m, r, &rows, true);
}

static int method_list_plugins(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        int r;

        r = view_plugins(views_now(userdata), &rows);
        return reply_rows(m, r, &rows, false);
}

static int method_list_metrics(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        const struct connection *c = userdata;
        const struct bus_callbacks *callbacks = &c->server->callbacks;
        const char *name, *object;
        int r;

        r = sd_bus_message_read(m, "ss", &name, &object);
        if (r < 0)
                return r;

        /* Without a name it is a look at what there is, and no reason to measure all of it. */
        if (*name)
                callbacks->look(callbacks->userdata, name, object);

        r = view_metrics(views_now(c), name, object, &rows);
        return reply_rows(m, r, &rows, false);
}

static int method_list_knobs(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        const char *name, *object;
        int r;

        r = sd_bus_message_read(m, "ss", &name, &object);
        if (r < 0)
                return r;

        r = view_knobs(views_now(userdata), name, object, &rows);
        return reply_rows(m, r, &rows, false);
}

static int method_list_rules(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        const char *name;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;

        r = view_rules(views_now(userdata), name, &rows);
        return reply_rows(m, r, &rows, false);
}

static int method_get_log(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        uint32_t n;
        int r;

        r = sd_bus_message_read(m, "u", &n);
        if (r < 0)
                return r;

        r = view_log(views_now(userdata), n, &rows);
        return reply_rows(m, r, &rows, false);
}

/* Whether the caller may change things: 0, or an error that says why not. */
static int authorize(const struct connection *c, sd_bus_message *m, sd_bus_error *ret_error)
{
        _cleanup_(sd_bus_creds_unrefp) sd_bus_creds *creds = NULL;
        uid_t uid = c->peer_uid;
        int r;

        if (!c->is_private) {
                r = sd_bus_query_sender_creds(m, SD_BUS_CREDS_EUID, &creds);
                if (r < 0)
                        return r;
                r = sd_bus_creds_get_euid(creds, &uid);
                if (r < 0)
                        return r;
        }

        if (bus_uid_may_change(uid))
                return 0;
        return sd_bus_error_set(ret_error, SD_BUS_ERROR_ACCESS_DENIED,
                                "only root and the daemon's own user may change things");
}

static int method_reload(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        const struct connection *c = userdata;
        const struct bus_callbacks *callbacks = &c->server->callbacks;
        _cleanup_free_ char *messages = NULL, *safe = NULL;
        int r;

        r = authorize(c, m, ret_error);
        if (r < 0)
                return r;

        r = callbacks->reload(callbacks->userdata, &messages);
        if (r >= 0)
                return sd_bus_reply_method_return(m, NULL);
        if (!messages)
                return r;

        /* D-Bus takes UTF-8 only. */
        safe = lines_escape(messages);
        if (!safe)
                return -ENOMEM;
        return sd_bus_error_set(ret_error, TRIMTAB_ERROR_BAD_RULES, safe);
}

static int method_revert(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        const struct connection *c = userdata;
        const struct bus_callbacks *callbacks = &c->server->callbacks;
        const char *what;
        int r;

        r = sd_bus_message_read(m, "s", &what);
        if (r < 0)
                return r;
        r = authorize(c, m, ret_error);
        if (r < 0)
                return r;

        r = callbacks->revert(callbacks->userdata, what);
        if (r == -ENOENT)
                return sd_bus_error_setf(ret_error, TRIMTAB_ERROR_NO_SUCH,
                                         "no object and no rule is named '%s'", what);
        if (r < 0)
                return r;
        return sd_bus_reply_method_return(m, "u", (uint32_t) r);
}

/* Who may call is for authorize() to say, on both buses alike: hence UNPRIVILEGED throughout. */
#define METHOD(name, in, out, handler) SD_BUS_METHOD(name, in, out, handler, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        METHOD("GetStatus", "", "a{sv}", method_get_status),
        METHOD("ListPlugins", "", "aa{sv}", method_list_plugins),
        METHOD("ListMetrics", "ss", "aa{sv}", method_list_metrics),
        METHOD("ListKnobs", "ss", "aa{sv}", method_list_knobs),
        METHOD("ListRules", "s", "aa{sv}", method_list_rules),
        METHOD("GetLog", "u", "aa{sv}", method_get_log),
        METHOD("Reload", "", "", method_reload),
        METHOD("Revert", "s", "u", method_revert),
        SD_BUS_VTABLE_END,
};

int connection_add_object(struct connection *c)
{
        return sd_bus_add_object_vtable(c->bus, &c->object, TRIMTAB_BUS_PATH, TRIMTAB_BUS_INTERFACE,
                                        manager_vtable, c);
}
