/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/bus.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/bus-connection.h"
#include "util/cleanup.h"

DEFINE_CLEANUP(struct bus_server *, bus_server_free);

void bus_server_problem(const struct bus_server *s, const char *format, ...)
{
        _cleanup_free_ char *message = NULL;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&message, format, ap);
        va_end(ap);
        if (r < 0) {
                message = NULL;
                return;
        }

        s->callbacks.problem(s->callbacks.userdata, message);
}

bool bus_uid_may_change(uid_t uid)
{
        return uid == 0 || uid == geteuid();
}

struct connection *connection_free(struct connection *c)
{
        if (!c)
                return NULL;

        connection_drop_requests(c);
        sd_bus_slot_unref(c->object);
        sd_bus_slot_unref(c->filter);
        sd_bus_slot_unref(c->disconnected);
        /* A client's bus is ours alone; the system bus belongs to the daemon. */
        if (c->is_private)
                sd_bus_close_unref(c->bus);
        else
                sd_bus_unref(c->bus);
        free(c);
        return NULL;
}

int bus_server_new(sd_event *event, const char *runtime_dir, const struct views *views,
                   const struct bus_callbacks *callbacks, struct bus_server **ret)
{
        _cleanup_(bus_server_freep) struct bus_server *s = NULL;
        int r;

        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;

        s->event = sd_event_ref(event);
        s->views = views;
        s->callbacks = *callbacks;
        s->listen_fd = -1;

        r = bus_clients_listen(s, runtime_dir);
        if (r < 0)
                return r;

        *ret = TAKE(s);
        return 0;
}

struct bus_server *bus_server_free(struct bus_server *s)
{
        if (!s)
                return NULL;

        sd_bus_slot_unref(s->request_name);
        connection_free(s->system);
        bus_clients_close(s);
        sd_event_unref(s->event);
        free(s);
        return NULL;
}

static int on_name(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        struct bus_server *s = userdata;
        const sd_bus_error *error = sd_bus_message_get_error(m);

        if (error)
                bus_server_problem(s,
                                   "The bus does not give us the name " TRIMTAB_BUS_NAME
                                   ", only the private socket works: %s",
                                   error->message);
        return 0;
}

int bus_server_set_system_bus(struct bus_server *s, sd_bus *bus, int want_name)
{
        struct connection *c;
        int r;

        s->request_name = sd_bus_slot_unref(s->request_name);
        s->system = connection_free(s->system);
        if (!bus)
                return 0;

        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->server = s;
        c->bus = sd_bus_ref(bus);
        s->system = c;

        r = connection_add_object(c);
        if (r >= 0 && want_name)
                r = sd_bus_request_name_async(bus, &s->request_name, TRIMTAB_BUS_NAME, 0, on_name, s);
        if (r < 0)
                s->system = connection_free(s->system);
        return r < 0 ? r : 0;
}
