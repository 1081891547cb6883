/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BUS_CONNECTION_H
#define TRIMTAB_BUS_CONNECTION_H

/* Inside the bus server only: what bus.c (its life, the system bus), bus-methods.c (reading), bus-changes.c,
 * bus-authorize.c and bus-clients.c share.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "serve/bus.h"

/* One bus that the object is on: the system bus, or a client of the private socket. The vtable's userdata. */
struct connection {
        struct bus_server *server;
        sd_bus *bus;
        sd_bus_slot *object, *filter, *disconnected;
        bool is_private;          /* a client; else the system bus, where the bus is asked who calls */
        uid_t peer_uid;           /* of a client, as the kernel knew it at connect(2) */
        struct request *requests; /* calls that wait until it is known whether they may be done */
        unsigned n_requests;
        struct connection *next; /* the server's other clients */
};

struct bus_server {
        sd_event *event;
        const struct views *views;
        struct bus_callbacks callbacks;

        struct connection *system; /* NULL: no system bus */
        sd_bus_slot *request_name;

        char *socket_path; /* NULL: not bound by us */
        int listen_fd;
        sd_event_source *listen, *pause; /* pause: listen again later, after descriptors ran out */
        struct connection *clients;
        unsigned n_clients;
};

/* A method that changes something: under which action of polkit, and how. perform answers the call, or
 * returns an error. */
struct change {
        const char *action;
        int (*perform)(struct connection *c, sd_bus_message *m, sd_bus_error *ret_error);
};

/* bus-authorize.c: performs it, now or when bus and polkit have said that the caller may. A handler's return
 * value. */
int connection_change(struct connection *c, sd_bus_message *m, const struct change *change,
                      sd_bus_error *ret_error);
/* Forgets the calls that wait: their callers get no answer. */
void connection_drop_requests(struct connection *c);

/* bus-changes.c: handlers; the vtable's userdata is the connection. */
int method_reload(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int method_reload_on_trial(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int method_confirm(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int method_revert(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int method_pause_all(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int method_resume(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int method_set_mode(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int method_do(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);

/* bus-methods.c: answers a call with rows. r: what made them returned. */
int connection_reply_rows(sd_bus_message *call, int r, const struct rows *rows, bool single);
/* bus-methods.c: there is no such plugin (-ENOPKG), or nothing of that name that it reports or does (-ENOSYS); or it could
 * not. */
int connection_offer_error(int r, const char *plugin, const char *what, const char *name, sd_bus_error *ret_error);

/* bus-methods.c: puts the object with its vtable on c->bus. */
int connection_add_object(struct connection *c);

/* bus-clients.c: RUNTIME-DIR/bus. -EADDRINUSE: another daemon answers there. */
int bus_clients_listen(struct bus_server *s, const char *runtime_dir);
void bus_clients_close(struct bus_server *s);

/* bus.c: takes the object off and drops the reference to the bus. Accepts NULL. */
struct connection *connection_free(struct connection *c);

/* A line for the daemon's log. */
void bus_server_problem(const struct bus_server *s, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Root and the daemon's own user may change things; the others only look. */
bool bus_uid_may_change(uid_t uid);

#endif
