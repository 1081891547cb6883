/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BUS_H
#define TRIMTAB_BUS_H

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "serve/views.h"

/*
 * org.trimtab.Manager at /org/trimtab: on the system bus as org.trimtab, and always on RUNTIME-DIR/bus, a
 * private socket. One vtable for both.
 *
 *   GetStatus() -> a{sv}              ListPlugins() -> aa{sv}      ListMetrics(s name, s object) -> aa{sv}
 *   ListKnobs(s name, s object) -> aa{sv}  ListRules(s name) -> aa{sv}  GetLog(u n) -> aa{sv}
 *   ListEvents(s rule, s object, t since_usec, t after_serial, u n) -> aa{sv}
 *   Explain(s what) -> a{sv}
 *   Report(s plugin, s report) -> aa{sv}
 *   Record(s name, s object) -> h
 *   Reload()  Revert(s what) -> u  Pause(t for_usec)  Resume()  SetMode(s mode)  Do(s plugin, s deed, s argument) -> aa{sv}
 *
 * The last line is for root and the daemon's own user and, on the system bus, whom polkit allows (actions
 * org.trimtab.reload, .revert, .pause, .resume, .set-mode, .do).
 *
 * Reload fails with org.trimtab.Error.BadRules and all messages, one a line, as text.
 * Revert takes an object, a rule, a knob (as Explain), a decision's number, or "" for all, and answers how
 * many knobs it sends back. Pause with 0 lasts until Resume.
 */
#define TRIMTAB_BUS_NAME "org.trimtab"
#define TRIMTAB_BUS_PATH "/org/trimtab"
#define TRIMTAB_BUS_INTERFACE "org.trimtab.Manager"

#define TRIMTAB_ERROR_BAD_RULES "org.trimtab.Error.BadRules"
#define TRIMTAB_ERROR_NO_SUCH "org.trimtab.Error.NoSuchObject"

struct bus_callbacks {
        void (*refresh)(void *userdata); /* before each read: views->now_ns */
        /* ListMetrics: these are looked at, measure them for the next half minute. */
        void (*look)(void *userdata, const char *name_glob, const char *object_glob);
        /* Record: an fd, the server's to close, that reads what every tick tells. -EBUSY: too many at a time.
         */
        int (*record)(void *userdata, const char *name_glob, const char *object_glob);
        /* < 0: refused, messages say why. for_usec 0: for good; else until then, unless confirm follows. */
        int (*reload)(void *userdata, uint64_t for_usec, char **ret_messages);
        int (*confirm)(void *userdata); /* -ENOENT: nothing is on trial */
        int (*revert)(void *userdata, const char *what);    /* how many; -ENOENT: nothing has that name */
        int (*pause)(void *userdata, uint64_t for_usec);    /* 0: until resume */
        int (*resume)(void *userdata);
        int (*set_mode)(void *userdata, enum mode mode);
        /* As plugins_deed. */
        int (*deed)(void *userdata, const char *plugin, const char *deed, const char *argument, const struct trimtab_rows *answer);
        void (*problem)(void *userdata, const char *message); /* a line for the log */
        void *userdata;
};

struct bus_server;

/* Listens on runtime_dir/bus. views is the daemon's and outlives the server; callbacks are copied.
 * -EADDRINUSE: another daemon answers there; -ENAMETOOLONG: the path does not fit into a socket's address. */
int bus_server_new(sd_event *event, const char *runtime_dir, const struct views *views,
                   const struct bus_callbacks *callbacks, struct bus_server **ret);
struct bus_server *bus_server_free(struct bus_server *s);

/* The system bus came (or NULL: went); attached to the loop by the caller. With want_name its name is asked
 * for, too, and a refusal told as a problem. */
int bus_server_set_system_bus(struct bus_server *s, sd_bus *bus, int want_name);

#endif
