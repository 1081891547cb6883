/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "serve/bus-connection.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

enum {
        CLIENTS_MAX = 64,
        /* Who may not change things must not keep out who may, nor one user all others. */
        CLIENTS_MAX_LOOKING = 48,
        CLIENTS_MAX_PER_USER = 16,
        /* A command asks, reads, asks again: more answers that lie unread are a client that does not read. */
        UNREAD_MAX = 4,
        /* The tick, at normal priority, comes before whoever is curious. */
        CLIENT_PRIORITY = SD_EVENT_PRIORITY_NORMAL + 10,
        /* Who leaves is seen before who comes: else one would be refused for a place that is free. */
        LISTEN_PRIORITY = CLIENT_PRIORITY + 1,
};

#define PAUSE_USEC (1 * USEC_PER_SEC)

static bool is_full(const struct bus_server *s, uid_t uid)
{
        unsigned of_user = 0;

        if (bus_uid_may_change(uid))
                return s->n_clients >= CLIENTS_MAX;

        for (const struct connection *c = s->clients; c; c = c->next)
                of_user += c->peer_uid == uid;
        return s->n_clients >= CLIENTS_MAX_LOOKING || of_user >= CLIENTS_MAX_PER_USER;
}

static void client_remove(struct connection *client)
{
        struct bus_server *s = client->server;

        for (struct connection **c = &s->clients; *c; c = &(*c)->next)
                if (*c == client) {
                        *c = client->next;
                        s->n_clients--;
                        break;
                }

        connection_free(client);
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        client_remove(userdata);
        return 0;
}

/* Sees every message of a client first. Nobody lets us keep answers for him without bound. */
static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        struct connection *c = userdata;
        uint64_t n;

        if (sd_bus_get_n_queued_write(c->bus, &n) < 0 || n <= UNREAD_MAX)
                return 0;

        /* No answer any more; the end of file that this makes takes the usual way to on_disconnected(). */
        (void) shutdown(sd_bus_get_fd(c->bus), SHUT_RDWR);
        return 1;
}

static int client_start(struct connection *c, int *fd)
{
        sd_id128_t id;
        int r;

        r = sd_id128_randomize(&id);
        if (r < 0)
                return r;
        r = sd_bus_new(&c->bus);
        if (r < 0)
                return r;
        r = sd_bus_set_fd(c->bus, *fd, *fd);
        if (r < 0)
                return r;
        take_fd(fd);

        r = sd_bus_set_server(c->bus, 1, id);
        if (r < 0)
                return r;
        r = sd_bus_negotiate_fds(c->bus, 1); /* Record answers with one */
        if (r < 0)
                return r;
        r = sd_bus_set_sender(c->bus, TRIMTAB_BUS_NAME);
        if (r < 0)
                return r;
        r = sd_bus_start(c->bus);
        if (r < 0)
                return r;
        r = sd_bus_match_signal(c->bus, &c->disconnected, NULL, "/org/freedesktop/DBus/Local",
                                "org.freedesktop.DBus.Local", "Disconnected", on_disconnected, c);
        if (r < 0)
                return r;
        r = sd_bus_add_filter(c->bus, &c->filter, on_message, c);
        if (r < 0)
                return r;
        r = connection_add_object(c);
        if (r < 0)
                return r;
        return sd_bus_attach_event(c->bus, c->server->event, CLIENT_PRIORITY);
}

/* Takes over *fd when it succeeds. */
static int client_add(struct bus_server *s, int *fd)
{
        socklen_t size = sizeof(struct ucred);
        struct connection *c;
        struct ucred peer;
        int r;

        if (getsockopt(*fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return -errno;
        if (is_full(s, peer.uid))
                return -EBUSY;

        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->server = s;
        c->is_private = true;
        c->peer_uid = peer.uid;

        r = client_start(c, fd);
        if (r < 0) {
                connection_free(c);
                return r;
        }

        c->next = s->clients;
        s->clients = c;
        s->n_clients++;
        return 0;
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct bus_server *s = userdata;

        return sd_event_source_set_enabled(s->listen, SD_EVENT_ON);
}

/* Without descriptors the waiting client would wake us for ever: look again in a second. */
static int pause_listening(struct bus_server *s)
{
        int r;

        s->pause = sd_event_source_unref(s->pause);
        r = sd_event_add_time_relative(s->event, &s->pause, CLOCK_MONOTONIC, PAUSE_USEC, 0, on_pause_over, s);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(s->listen, SD_EVENT_OFF);
}

/* Never fails: an error would take the source, and with it the socket, out of the loop. */
static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct bus_server *s = userdata;
        _cleanup_close_ int client_fd = -1;
        int r;

        client_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client_fd < 0) {
                r = -errno;
                if (r == -EAGAIN || r == -EINTR || r == -ECONNABORTED)
                        return 0;
                bus_server_problem(s, "Cannot accept a client, looking again in a second: %s", strerror(-r));
                (void) pause_listening(s);
                return 0;
        }

        /* Refused ones see the end of file at once. */
        r = client_add(s, &client_fd);
        if (r < 0 && r != -EBUSY)
                bus_server_problem(s, "Cannot serve a client: %s", strerror(-r));
        return 0;
}

/* A socket that a dead daemon left is in the way of bind(); one that answers is somebody's. */
static int remove_stale(const struct sockaddr_un *address)
{
        _cleanup_close_ int fd = -1;

        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *) address, sizeof(*address)) >= 0 || errno == EAGAIN)
                return -EADDRINUSE;
        if (errno != ECONNREFUSED)
                return errno == ENOENT ? 0 : -errno;
        return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

int bus_clients_listen(struct bus_server *s, const char *runtime_dir)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_free_ char *path = NULL;
        int r;

        path = str_printf("%s/bus", runtime_dir);
        if (!path)
                return -ENOMEM;
        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        strcpy(address.sun_path, path);

        r = remove_stale(&address);
        if (r < 0)
                return r;

        s->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (s->listen_fd < 0)
                return -errno;
        if (bind(s->listen_fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        s->socket_path = TAKE(path);

        /* Everybody may look; who may change is a matter of the peer's credentials. */
        if (chmod(s->socket_path, 0666) < 0)
                return -errno;
        if (listen(s->listen_fd, SOMAXCONN) < 0)
                return -errno;

        r = sd_event_add_io(s->event, &s->listen, s->listen_fd, EPOLLIN, on_connect, s);
        if (r < 0)
                return r;
        return sd_event_source_set_priority(s->listen, LISTEN_PRIORITY);
}

void bus_clients_close(struct bus_server *s)
{
        sd_event_source_unref(s->listen);
        sd_event_source_unref(s->pause);
        if (s->listen_fd >= 0)
                close(s->listen_fd);
        if (s->socket_path)
                (void) unlink(s->socket_path);
        free(s->socket_path);

        while (s->clients)
                client_remove(s->clients);
}
