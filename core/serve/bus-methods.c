/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "serve/bus-connection.h"
#include "serve/match.h"
#include "serve/rows-message.h"
#include "util/cleanup.h"

/* What the daemon shows, as of now. */
static const struct views *views_now(const struct connection *c)
{
        const struct bus_server *s = c->server;

        s->callbacks.refresh(s->callbacks.userdata);
        return s->views;
}

/* r: what the view returned. */
int connection_reply_rows(sd_bus_message *call, int r, const struct rows *rows, bool single)
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

/* What a client wants matched; b may be NULL. */
static int check_globs(const char *a, const char *b, sd_bus_error *ret_error)
{
        if (match_check(a) < 0 || (b && match_check(b) < 0))
                return sd_bus_error_set(ret_error, SD_BUS_ERROR_INVALID_ARGS, "this name or pattern is too long");
        return 0;
}

static int method_get_status(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        int r;

        r = view_status(views_now(userdata), &rows);
        return connection_reply_rows(m, r, &rows, true);
}

static int method_list_plugins(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        int r;

        r = view_plugins(views_now(userdata), &rows);
        return connection_reply_rows(m, r, &rows, false);
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
        r = check_globs(name, object, ret_error);
        if (r < 0)
                return r;

        /* Without a name it is a look at what there is, and no reason to measure all of it. */
        if (*name)
                callbacks->look(callbacks->userdata, name, object);

        r = view_metrics(views_now(c), name, object, &rows);
        return connection_reply_rows(m, r, &rows, false);
}

static int method_list_knobs(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        const char *name, *object;
        int r;

        r = sd_bus_message_read(m, "ss", &name, &object);
        if (r < 0)
                return r;
        r = check_globs(name, object, ret_error);
        if (r < 0)
                return r;

        r = view_knobs(views_now(userdata), name, object, &rows);
        return connection_reply_rows(m, r, &rows, false);
}

static int method_list_rules(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        const char *name;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        r = check_globs(name, NULL, ret_error);
        if (r < 0)
                return r;

        r = view_rules(views_now(userdata), name, &rows);
        return connection_reply_rows(m, r, &rows, false);
}

static int method_get_log(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        uint32_t n;
        int r;

        r = sd_bus_message_read(m, "u", &n);
        if (r < 0)
                return r;

        r = view_log(views_now(userdata), &(struct log_filter){ .n = n }, &rows);
        return connection_reply_rows(m, r, &rows, false);
}

static int method_list_events(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct log_filter filter;
        int r;

        r = sd_bus_message_read(m, "ssttu", &filter.rule_glob, &filter.object_glob, &filter.since_usec,
                                &filter.after_serial, &filter.n);
        if (r < 0)
                return r;
        r = check_globs(filter.rule_glob, filter.object_glob, ret_error);
        if (r < 0)
                return r;

        r = view_log(views_now(userdata), &filter, &rows);
        return connection_reply_rows(m, r, &rows, false);
}

static int method_explain(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        const char *what, *nearest;
        int r;

        r = sd_bus_message_read(m, "s", &what);
        if (r < 0)
                return r;
        r = check_globs(what, NULL, ret_error);
        if (r < 0)
                return r;

        r = view_explain(views_now(userdata), what, &rows, &nearest);
        if (r == -ENOENT && nearest)
                return sd_bus_error_setf(ret_error, TRIMTAB_ERROR_NO_SUCH,
                                         "no object, rule or knob is named '%s', did you mean '%s'?", what,
                                         nearest);
        if (r == -ENOENT)
                return sd_bus_error_setf(ret_error, TRIMTAB_ERROR_NO_SUCH,
                                         "no object, rule or knob is named '%s'", what);
        return connection_reply_rows(m, r, &rows, true);
}

int connection_offer_error(int r, const char *plugin, const char *what, const char *name, sd_bus_error *ret_error)
{
        if (r == -ENOPKG)
                return sd_bus_error_setf(ret_error, TRIMTAB_ERROR_NO_SUCH,
                                         "no open plugin is named '%s', 'trimtab plugins' lists them", plugin);
        if (r != -ENOSYS)
                return sd_bus_error_setf(ret_error, SD_BUS_ERROR_FAILED, "plugin %s, %s %s: %s; what it logged may say why", plugin, what,
                                         name, strerror(-r));
        return sd_bus_error_setf(ret_error, TRIMTAB_ERROR_NO_SUCH,
                                 "plugin %s has no %s '%s', 'trimtab report %s' lists what it has", plugin, what, name, plugin);
}

static int method_report(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        const char *plugin, *report;
        int r;

        r = sd_bus_message_read(m, "ss", &plugin, &report);
        if (r < 0)
                return r;
        r = check_globs(plugin, report, ret_error);
        if (r < 0)
                return r;

        r = view_report(views_now(userdata), plugin, report, &rows);
        if (r < 0)
                return connection_offer_error(r, plugin, "report", report, ret_error);
        return connection_reply_rows(m, r, &rows, false);
}

static int method_record(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        const struct connection *c = userdata;
        const struct bus_callbacks *callbacks = &c->server->callbacks;
        const char *name, *object;
        _cleanup_close_ int fd = -1;
        int r;

        r = sd_bus_message_read(m, "ss", &name, &object);
        if (r < 0)
                return r;
        r = check_globs(name, object, ret_error);
        if (r < 0)
                return r;

        fd = callbacks->record(callbacks->userdata, name, object);
        if (fd == -EBUSY)
                return sd_bus_error_set(ret_error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                        "too many recordings are being made already");
        if (fd < 0)
                return fd;
        return sd_bus_reply_method_return(m, "h", fd);
}

/* Who may call is for connection_change() to say, on both buses alike: hence UNPRIVILEGED throughout. */
#define METHOD(name, in, out, handler) SD_BUS_METHOD(name, in, out, handler, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        METHOD("GetStatus", "", "a{sv}", method_get_status),
        METHOD("ListPlugins", "", "aa{sv}", method_list_plugins),
        METHOD("ListMetrics", "ss", "aa{sv}", method_list_metrics),
        METHOD("ListKnobs", "ss", "aa{sv}", method_list_knobs),
        METHOD("ListRules", "s", "aa{sv}", method_list_rules),
        METHOD("GetLog", "u", "aa{sv}", method_get_log),
        METHOD("ListEvents", "ssttu", "aa{sv}", method_list_events),
        METHOD("Explain", "s", "a{sv}", method_explain),
        METHOD("Report", "ss", "aa{sv}", method_report),
        METHOD("Record", "ss", "h", method_record),
        METHOD("Reload", "", "", method_reload),
        METHOD("ReloadOnTrial", "t", "", method_reload_on_trial),
        METHOD("Confirm", "", "", method_confirm),
        METHOD("Revert", "s", "u", method_revert),
        METHOD("Pause", "t", "", method_pause_all),
        METHOD("Resume", "", "", method_resume),
        METHOD("SetMode", "s", "", method_set_mode),
        METHOD("Do", "sss", "aa{sv}", method_do),
        SD_BUS_VTABLE_END,
};

int connection_add_object(struct connection *c)
{
        return sd_bus_add_object_vtable(c->bus, &c->object, TRIMTAB_BUS_PATH, TRIMTAB_BUS_INTERFACE,
                                        manager_vtable, c);
}
