/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <trimtab/plugin.h>

/* A plugin that uses all of the host: options, a scope of its own, descriptors, events, a knob that is no file. */

struct guest {
        const struct trimtab_host *host;
        double dial; /* the knob */
};

static const struct trimtab_option options[] = {
        { "fd", "descriptors", "A descriptor to watch", "0", 0, 1000 },
        { "greeting", "", "What to say", "hello", 0, 0 },
        { "loud", NULL, "Whether to say it", "no", 0, 0 },
};

static const struct trimtab_scope scopes[] = { { "seat", "A place at the table" } };

static const struct trimtab_metric metrics[] = {
        { "guest.seen", "", "Bytes seen", "seat", TRIMTAB_COUNTER },
        { "guest.temper", "", "Never to be had", "host", TRIMTAB_GAUGE },
        { "guest.chatter", "", "Never emitted", "iface", TRIMTAB_COUNTER },
};

static int on_readable(void *self, int32_t fd);

/* Another file under the number of the one that was watched, and a byte in it. */
static int change_file(struct guest *g, int32_t fd)
{
        int ends[2], r;

        if (pipe(ends) < 0 || dup2(ends[0], fd) < 0 || write(ends[1], "w", 1) != 1)
                return -EIO;
        r = g->host->add_io(g->host, fd, on_readable);
        (void) close(ends[0]);
        (void) close(ends[1]);
        return r;
}

/* Numbers that mean nothing never come to the daemon. */
static int add_filter(const struct trimtab_host *h)
{
        if (h->tc_filter_add(h, -1, 7, 1, 1) != -EINVAL || h->tc_filter_add(h, 3, 0, 1, 1) != -EINVAL ||
            h->tc_filter_add(h, 3, 7, 0, 1) != -EINVAL || h->tc_filter_add(h, 3, 7, 65536, 1) != -EINVAL ||
            h->tc_filter_remove(h, 7, 1, 0) != -EINVAL)
                return -EPROTO;
        if (h->tc_filter_add(h, 3, 7, 1000, 1) != 0)
                return -EPROTO;
        return h->tc_filter_remove(h, 7, 1000, 1) == -EBUSY ? 0 : -EPROTO;
}

/* The second knob is a file, of seats. */
static int ask_of_files(const struct trimtab_host *h)
{
        if (h->knob_takes_writes(h, 0, 0) != -EINVAL || h->knob_takes_writes(h, 2, 0) != -EINVAL)
                return -EPROTO;
        return h->knob_takes_writes(h, 1, 1) == -EIO ? 0 : -EPROTO;
}

/* The byte that came says what to do. */
static int on_readable(void *self, int32_t fd)
{
        struct guest *g = self;
        char byte;

        if (read(fd, &byte, 1) != 1)
                return -EIO;
        switch (byte) {
        case 'w':
                g->host->wake(g->host);
                return 0;
        case 'e':
                g->host->event(g->host, "a \x1b[31mred\x1b[0m event");
                return 0;
        case 'q':
                return g->host->add_io(g->host, fd, NULL);
        case 'n':
                return change_file(g, fd);
        case 'a':
                return g->host->object_add(g->host, "seat", 2, "window", "/seats/window");
        case 'f':
                return add_filter(g->host);
        case 'k':
                return ask_of_files(g->host);
        case 'r':
                return g->host->object_remove(g->host, "seat", 2);
        default:
                return -EINVAL;
        }
}

static int guest_open(const struct trimtab_host *h, void **ret_self)
{
        struct guest *g = calloc(1, sizeof(*g));
        const char *greeting, *name, *again;
        double fd, loud;

        if (!g)
                return -ENOMEM;
        g->host = h;
        *ret_self = g;

        if (h->option_number(h, "fd", &fd) < 0 || h->option_number(h, "loud", &loud) < 0 ||
            h->option_text(h, "greeting", &greeting) < 0)
                return -EPROTO;
        if (loud > 0)
                h->event(h, greeting);
        h->unavailable(h, 1, "it is even");

        if (h->object_add(h, "seat", 1, "aisle", NULL) < 0 || h->object_name(h, "seat", 1, &name) < 0)
                return -EPROTO;
        /* Lent until this callback returns, whatever becomes of the object. */
        if (h->object_add(h, "seat", 1, "middle", NULL) < 0 || h->object_name(h, "seat", 1, &again) < 0)
                return -EPROTO;
        if (strcmp(name, "aisle") != 0 || strcmp(again, "middle") != 0)
                return -EPROTO;
        if (h->object_path(h, "seat", 1, &name) != -ENOENT)
                return -EPROTO;

        return fd > 0 ? h->add_io(h, (int32_t) fd, on_readable) : 0;
}

static int guest_collect(void *self, uint64_t now_ns)
{
        struct guest *g = self;

        /* The second is not there: told, not stored. */
        return g->host->emit(g->host, 0, 1, 7) == 0 && g->host->emit(g->host, 0, 9, 7) == -ENOENT ? 0 : -EPROTO;
}

static int dial_read(void *self, uint64_t object, struct trimtab_value *ret)
{
        struct guest *g = self;

        *ret = (struct trimtab_value) { .size = sizeof(*ret), .type = TRIMTAB_NUMBER, .number = g->dial };
        return 0;
}

static int dial_apply(void *self, uint64_t object, const struct trimtab_value *want)
{
        struct guest *g = self;

        g->dial = want->number;
        return 0;
}

static const struct trimtab_knob knobs[] = {
        { .name = "guest.dial", .unit = "", .help = "A dial", .scope = "host", .type = TRIMTAB_NUMBER,
          .min = 0, .max = 9, .read = dial_read, .apply = dial_apply },
        { .name = "guest.note", .unit = "", .help = "A note", .scope = "seat", .type = TRIMTAB_TEXT, .file = "{path}/note" },
};

static const char *const dial_columns[] = { "dial", NULL };
static const struct trimtab_report reports[] = {
        { "dial", "How the dial stands", dial_columns },
        { "nothing", "What nobody knows", NULL },
};
static const struct trimtab_deed deeds[] = { { "turn", "Turn the dial" }, { "refuse", "Do nothing" } };

static int guest_report(void *self, uint32_t report, const struct trimtab_rows *to)
{
        const struct guest *g = self;
        const char *name;

        if (report != 0)
                return -ENOENT;
        /* From inside a report the host answers as ever, and no sample goes into it. */
        if (g->host->object_name(g->host, "seat", 1, &name) < 0 || g->host->emit(g->host, 0, 1, 7) != -EINVAL)
                return -EPROTO;
        to->row(to);
        to->text(to, "seat", name);
        to->number(to, "dial", g->dial);
        return 0;
}

static int guest_deed(void *self, uint32_t deed, const char *argument, const struct trimtab_rows *answer)
{
        struct guest *g = self;

        if (deed != 0)
                return -EBUSY;
        g->dial = atof(argument);
        answer->row(answer);
        answer->text(answer, "message", "turned");
        return 0;
}

static void guest_close(void *self)
{
        free(self);
}

static void on_object(void *self, const char *scope, uint64_t object, uint32_t came)
{
        struct guest *g = self;
        char text[64];

        (void) snprintf(text, sizeof(text), "%s %llu %u", scope, (unsigned long long) object, came);
        g->host->event(g->host, text);
}

TRIMTAB_PLUGIN("guest") = {
        TRIMTAB_PLUGIN_HEAD,
        .name = "guest",
        .version = "1",
        .license = "LGPL-2.1-or-later",
        .help = "A plugin that uses all of the host",
        TRIMTAB_OPTIONS(options),
        TRIMTAB_SCOPES(scopes),
        TRIMTAB_METRICS(metrics),
        TRIMTAB_KNOBS(knobs),
        TRIMTAB_REPORTS(reports),
        TRIMTAB_DEEDS(deeds),
        .report = guest_report,
        .deed = guest_deed,
        .open = guest_open,
        .collect = guest_collect,
        .close = guest_close,
        .on_object = on_object,
};
