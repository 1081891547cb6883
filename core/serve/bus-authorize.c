/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "serve/bus-connection.h"
#include "util/cleanup.h"
#include "util/clock.h"

/*
 * Who may change things. On the private socket the kernel has told who calls. On the system bus two questions
 * are asked, and the loop goes on meanwhile: of the bus, who the caller is; of polkit, when that is not root,
 * whether he may.
 */

/* A person who is asked for a password takes a while. */
#define POLKIT_TIMEOUT_USEC (120 * USEC_PER_SEC)
#define BUS_TIMEOUT_USEC (5 * USEC_PER_SEC)

/* More callers at a time that wait for a password are no people. */
enum { REQUESTS_MAX = 32 };

/* Of org.freedesktop.PolicyKit1.Authority.CheckAuthorization. */
enum { ALLOW_USER_INTERACTION = 1 };

/* A call that waits for an answer about its caller. */
struct request {
        struct connection *connection;
        const struct change *change;
        sd_bus_message *message;
        sd_bus_slot *question;
        struct request *next; /* of the connection */
};

static void request_free(struct request *r)
{
        for (struct request **p = &r->connection->requests; *p; p = &(*p)->next)
                if (*p == r) {
                        *p = r->next;
                        r->connection->n_requests--;
                        break;
                }

        sd_bus_slot_unref(r->question);
        sd_bus_message_unref(r->message);
        free(r);
}

void connection_drop_requests(struct connection *c)
{
        while (c->requests)
                request_free(c->requests);
}

/* error: 0, do it. The caller gets his answer, and the request ends. */
static int finish(struct request *r, int error, sd_bus_error *e)
{
        _cleanup_(sd_bus_error_free) sd_bus_error own = SD_BUS_ERROR_NULL;

        if (error >= 0) {
                e = &own;
                error = r->change->perform(r->connection, r->message, &own);
        }
        if (error < 0)
                (void) sd_bus_reply_method_errno(r->message, error, e);
        request_free(r);
        return 0;
}

static int deny(struct request *r, const char *name, const char *why)
{
        _cleanup_(sd_bus_error_free) sd_bus_error e = SD_BUS_ERROR_NULL;

        return finish(r, sd_bus_error_set(&e, name, why), &e);
}

static int deny_by_error(struct request *r, const sd_bus_error *error)
{
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
            sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
                return deny(r, SD_BUS_ERROR_ACCESS_DENIED,
                            "only root may change things: polkit, which could allow others, is not here");
        return deny(r, SD_BUS_ERROR_ACCESS_DENIED, "only root may change things, and polkit did not answer");
}

static int on_polkit(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
        struct request *r = userdata;
        int allowed, could_ask;

        if (sd_bus_message_is_method_error(reply, NULL))
                return deny_by_error(r, sd_bus_message_get_error(reply));

        if (sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0 ||
            sd_bus_message_read(reply, "bb", &allowed, &could_ask) < 0)
                return deny(r, SD_BUS_ERROR_ACCESS_DENIED, "polkit's answer cannot be read");
        if (allowed)
                return finish(r, 0, NULL);
        if (could_ask)
                return deny(r, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                            "polkit would ask for a password: call from a terminal or session that has "
                            "somebody to ask");
        return deny(r, SD_BUS_ERROR_ACCESS_DENIED, "polkit does not allow it");
}

static int ask_polkit(struct request *r)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        uint32_t flags = sd_bus_message_get_allow_interactive_authorization(r->message) > 0
                                 ? ALLOW_USER_INTERACTION
                                 : 0;
        sd_bus *bus = r->connection->bus;
        int e;

        e = sd_bus_message_new_method_call(bus, &m, "org.freedesktop.PolicyKit1",
                                           "/org/freedesktop/PolicyKit1/Authority",
                                           "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
        if (e < 0)
                return e;
        /* Subject, action, details, flags, and a name to cancel by. */
        e = sd_bus_message_append(m, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                                  sd_bus_message_get_sender(r->message), r->change->action, 0, flags, "");
        if (e < 0)
                return e;

        r->question = sd_bus_slot_unref(r->question);
        return sd_bus_call_async(bus, &r->question, m, on_polkit, r, POLKIT_TIMEOUT_USEC);
}

static int on_user(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
        struct request *r = userdata;
        uint32_t uid;

        if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "u", &uid) < 0)
                return deny(r, SD_BUS_ERROR_ACCESS_DENIED, "the bus does not say who calls");
        if (bus_uid_may_change(uid))
                return finish(r, 0, NULL);
        if (ask_polkit(r) < 0)
                return deny(r, SD_BUS_ERROR_ACCESS_DENIED,
                            "only root may change things, and polkit cannot be asked");
        return 0;
}

static int ask_who(struct connection *c, sd_bus_message *m, const struct change *change)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *question = NULL;
        struct request *r;
        int e;

        e = sd_bus_message_new_method_call(c->bus, &question, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                           "org.freedesktop.DBus", "GetConnectionUnixUser");
        if (e >= 0)
                e = sd_bus_message_append(question, "s", sd_bus_message_get_sender(m));
        if (e < 0)
                return e;

        r = calloc(1, sizeof(*r));
        if (!r)
                return -ENOMEM;
        *r = (struct request){
                .connection = c, .change = change, .message = sd_bus_message_ref(m), .next = c->requests
        };
        c->requests = r;
        c->n_requests++;

        e = sd_bus_call_async(c->bus, &r->question, question, on_user, r, BUS_TIMEOUT_USEC);
        if (e < 0)
                request_free(r);
        return e;
}

int connection_change(struct connection *c, sd_bus_message *m, const struct change *change,
                      sd_bus_error *ret_error)
{
        int r;

        if (c->is_private) {
                if (bus_uid_may_change(c->peer_uid))
                        return change->perform(c, m, ret_error);
                return sd_bus_error_set(ret_error, SD_BUS_ERROR_ACCESS_DENIED,
                                        "only root and the daemon's own user may change things here; over "
                                        "the system bus polkit is asked");
        }

        if (c->n_requests >= REQUESTS_MAX)
                return sd_bus_error_set(ret_error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                        "too many callers wait for polkit");
        r = ask_who(c, m, change);
        return r < 0 ? r : 1;
}
