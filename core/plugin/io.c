/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "plugin/plugin.h"

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct plugin_io *io = userdata;
        struct plugin *p = io->plugin;
        struct callback before;
        int r;

        before = callback_enter(p, "io");
        r = io->cb(p->self, fd);
        callback_leave(p, before);

        /* io may be gone by now: the callback can take it off. Never the loop's error. */
        if (r < 0)
                p->errors++;
        return 0;
}

static struct plugin_io **find_io(struct plugin *p, int fd)
{
        struct plugin_io **at = &p->io;

        while (*at && (*at)->fd != fd)
                at = &(*at)->next;
        return at;
}

static void remove_io(struct plugin_io **at)
{
        struct plugin_io *io = *at;

        *at = io->next;
        sd_event_source_disable_unref(io->source);
        free(io);
}

int host_add_io(const struct trimtab_host *h, int32_t fd, int (*cb)(void *self, int32_t fd))
{
        struct plugin *p = h->host;
        struct plugin_io *io, **at = find_io(p, fd);
        int r;

        if (!cb) {
                if (!*at)
                        return -ENOENT;
                remove_io(at);
                return 0;
        }
        /* Anew, not only another callback: the plugin may have closed the descriptor, and the number stands for another
         * file now, of which the loop knows nothing. */
        if (*at)
                remove_io(at);

        io = calloc(1, sizeof(*io));
        if (!io)
                return -ENOMEM;
        *io = (struct plugin_io) { .plugin = p, .fd = fd, .cb = cb };

        r = sd_event_add_io(p->context->config.event, &io->source, fd, EPOLLIN, on_readable, io);
        if (r < 0) {
                free(io);
                return r;
        }
        (void) sd_event_source_set_description(io->source, p->name);

        io->next = p->io;
        p->io = io;
        return 0;
}

void io_clear(struct plugin *p)
{
        while (p->io)
                remove_io(&p->io);
}
