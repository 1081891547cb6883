/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "serve/bus-connection.h"
#include "serve/match.h"
#include "serve/report-rows.h"
#include "serve/strings.h"
#include "util/cleanup.h"

/* The methods that change something. Each is done once its caller is known to be one who may:
 * bus-authorize.c. */

static int reload_for(struct connection *c, sd_bus_message *m, uint64_t for_usec, sd_bus_error *ret_error)
{
        const struct bus_callbacks *callbacks = &c->server->callbacks;
        _cleanup_free_ char *messages = NULL, *safe = NULL;
        int r;

        r = callbacks->reload(callbacks->userdata, for_usec, &messages);
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

static int reload(struct connection *c, sd_bus_message *m, sd_bus_error *ret_error)
{
        return reload_for(c, m, 0, ret_error);
}

static int reload_on_trial(struct connection *c, sd_bus_message *m, sd_bus_error *ret_error)
{
        uint64_t for_usec;
        int r;

        r = sd_bus_message_read(m, "t", &for_usec);
        return r < 0 ? r : reload_for(c, m, for_usec, ret_error);
}

static int confirm(struct connection *c, sd_bus_message *m, sd_bus_error *ret_error)
{
        const struct bus_callbacks *callbacks = &c->server->callbacks;
        int r;

        r = callbacks->confirm(callbacks->userdata);
        if (r == -ENOENT)
                return sd_bus_error_set(ret_error, TRIMTAB_ERROR_NO_SUCH, "no rules are on trial: what is in force stays");
        return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

static int revert(struct connection *c, sd_bus_message *m, sd_bus_error *ret_error)
{
        const struct bus_callbacks *callbacks = &c->server->callbacks;
        const char *what;
        int r;

        r = sd_bus_message_read(m, "s", &what);
        if (r < 0)
                return r;

        r = callbacks->revert(callbacks->userdata, what);
        if (r == -ENOENT)
                return sd_bus_error_setf(ret_error, TRIMTAB_ERROR_NO_SUCH,
                                         "no object, rule, knob or decision is named '%s'", what);
        if (r < 0)
                return r;
        return sd_bus_reply_method_return(m, "u", (uint32_t) r);
}

static int pause_all(struct connection *c, sd_bus_message *m, sd_bus_error *ret_error)
{
        const struct bus_callbacks *callbacks = &c->server->callbacks;
        uint64_t for_usec;
        int r;

        r = sd_bus_message_read(m, "t", &for_usec);
        if (r < 0)
                return r;
        r = callbacks->pause(callbacks->userdata, for_usec);
        return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

static int resume(struct connection *c, sd_bus_message *m, sd_bus_error *ret_error)
{
        const struct bus_callbacks *callbacks = &c->server->callbacks;
        int r;

        r = callbacks->resume(callbacks->userdata);
        return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

static int set_mode(struct connection *c, sd_bus_message *m, sd_bus_error *ret_error)
{
        const struct bus_callbacks *callbacks = &c->server->callbacks;
        const char *name;
        enum mode mode;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        if (mode_from_string(name, &mode) < 0 || mode == MODE_OFF)
                return sd_bus_error_setf(ret_error, SD_BUS_ERROR_INVALID_ARGS,
                                         "unknown mode '%s': use observe, advise or enforce", name);

        r = callbacks->set_mode(callbacks->userdata, mode);
        return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

static int do_deed(struct connection *c, sd_bus_message *m, sd_bus_error *ret_error)
{
        const struct bus_callbacks *callbacks = &c->server->callbacks;
        _cleanup_(rows_clear) struct rows rows = { 0 };
        const struct trimtab_rows answer = report_rows(&rows);
        const char *plugin, *deed, *argument;
        int r;

        r = sd_bus_message_read(m, "sss", &plugin, &deed, &argument);
        if (r < 0)
                return r;
        if (match_check(plugin) < 0 || match_check(deed) < 0 || match_check(argument) < 0)
                return sd_bus_error_set(ret_error, SD_BUS_ERROR_INVALID_ARGS, "this is too long");

        r = callbacks->deed(callbacks->userdata, plugin, deed, argument, &answer);
        r = r < 0 ? r : rows.error;
        if (r < 0)
                return connection_offer_error(r, plugin, "deed", deed, ret_error);
        return connection_reply_rows(m, r, &rows, false);
}

/* One method each, which only says what is to be done, and under which action of polkit. */
#define CHANGE(verb, id)                                                                                     \
        int method_##verb(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)                        \
        {                                                                                                    \
                static const struct change change = { "org.trimtab." id, verb };                             \
                                                                                                             \
                return connection_change(userdata, m, &change, ret_error);                                   \
        }

CHANGE(reload, "reload")
CHANGE(reload_on_trial, "reload")
CHANGE(confirm, "reload")
CHANGE(revert, "revert")
CHANGE(pause_all, "pause")
CHANGE(resume, "resume")
CHANGE(set_mode, "set-mode")

int method_do(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        static const struct change change = { "org.trimtab.do", do_deed };

        return connection_change(userdata, m, &change, ret_error);
}
