/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "knobs.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "interface.h"

#define SECOND_NS 1000000000ull

/* A mode by its name. Those that drop count too. */
static const struct {
        const char *name;
        uint32_t mode;
} modes[] = {
        { "off", 0 },
        { "monitor", XDP_MODE_MONITOR },
        { "filter", XDP_MODE_MONITOR | XDP_MODE_FILTER },
        { "flood", XDP_MODE_MONITOR | XDP_MODE_FILTER | XDP_MODE_FLOOD },
        { "redirect", XDP_MODE_MONITOR | XDP_MODE_REDIRECT },
        { "filter+redirect", XDP_MODE_MONITOR | XDP_MODE_FILTER | XDP_MODE_REDIRECT },
        { "flood+redirect", XDP_MODE_MONITOR | XDP_MODE_FILTER | XDP_MODE_FLOOD | XDP_MODE_REDIRECT },
};
#define N_MODES (sizeof(modes) / sizeof(modes[0]))

static const char *const mode_names[N_MODES + 1] = {
        "off", "monitor", "filter", "flood", "redirect", "filter+redirect", "flood+redirect", NULL,
};

static void give_text(struct trimtab_value *ret, const char *text)
{
        *ret = (struct trimtab_value){ .size = sizeof(*ret), .type = TRIMTAB_CHOICE };
        (void) snprintf(ret->text, sizeof(ret->text), "%s", text);
}

static int mode_read(void *self, uint64_t object, struct trimtab_value *ret)
{
        const struct interface *i = interface_find(self, object);

        if (!i)
                return -ENODEV;
        for (size_t m = 0; m < N_MODES; m++)
                if (modes[m].mode == i->mode)
                        give_text(ret, modes[m].name);
        return 0;
}

static int mode_apply(void *self, uint64_t object, const struct trimtab_value *want)
{
        struct interface *i = interface_find(self, object);

        if (!i)
                return -ENODEV;
        for (size_t m = 0; m < N_MODES; m++)
                if (strcmp(modes[m].name, want->text) == 0)
                        return interface_set_mode(self, i, modes[m].mode);
        return -EINVAL;
}

/* What it is attached as is asked of the kernel, not of us. */
static int attach_read(void *self, uint64_t object, struct trimtab_value *ret)
{
        const struct interface *i = interface_find(self, object);

        if (!i)
                return -ENODEV;
        give_text(ret, attachment_names[i->program ? attached_as(i->ifindex, program_fd(i->program)) : ATTACH_NONE]);
        return 0;
}

static int attach_apply(void *self, uint64_t object, const struct trimtab_value *want)
{
        struct interface *i = interface_find(self, object);

        if (!i)
                return -ENODEV;
        for (enum attachment a = 0; a < _ATTACH_MAX; a++)
                if (strcmp(attachment_names[a], want->text) == 0)
                        return interface_attach(self, i, a);
        return -EINVAL;
}

static int limit_read(void *self, uint64_t object, enum limit which, struct trimtab_value *ret)
{
        const struct interface *i = interface_find(self, object);

        if (!i)
                return -ENODEV;
        *ret = (struct trimtab_value){ .size = sizeof(*ret), .type = TRIMTAB_NUMBER, .number = i->limits[which] };
        return 0;
}

static int limit_apply(void *self, uint64_t object, enum limit which, const struct trimtab_value *want)
{
        struct interface *i = interface_find(self, object);

        if (!i)
                return -ENODEV;
        interface_set_limit(self, i, which, want->number);
        return 0;
}

#define LIMIT(name, which)                                                                                   \
        static int name##_read(void *self, uint64_t object, struct trimtab_value *ret)                       \
        {                                                                                                    \
                return limit_read(self, object, which, ret);                                                 \
        }                                                                                                    \
        static int name##_apply(void *self, uint64_t object, const struct trimtab_value *want)               \
        {                                                                                                    \
                return limit_apply(self, object, which, want);                                               \
        }

LIMIT(source_limit, LIMIT_SOURCE)
LIMIT(destination_limit, LIMIT_DESTINATION)
LIMIT(interface_limit, LIMIT_INTERFACE)

/* On every interface: who floods one of them is welcome at none. */
static int ban_apply(void *self, uint64_t object, const struct trimtab_value *want)
{
        struct xdp *x = self;
        struct interface *i, *next;
        struct timespec t;
        int r = 0;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        HASH_ITER(hh, x->interfaces, i, next) {
                uint64_t until_ns = (uint64_t) t.tv_sec * SECOND_NS + (uint64_t) (want->number * 1e9);
                int k = i->program ? program_ban(i->program, object, want->number > 0 ? until_ns : 0) : 0;

                r = r < 0 ? r : k;
        }
        return r;
}

#define LIMIT_KNOB(knob, function, words)                                                                    \
        {                                                                                                    \
                .name = (knob), .help = (words), .scope = "iface", .type = TRIMTAB_NUMBER, .unit = "",       \
                .flags = TRIMTAB_KNOB_MAX, .min = 1, .max = 1e8, .read = function##_read,                    \
                .apply = function##_apply                                                                    \
        }

const struct trimtab_knob xdp_knobs[XDP_N_KNOBS] = {
        { .name = "xdp.attach",
          .help = "whether trimtab's XDP program is attached, and where: native in the driver, generic behind it",
          .unit = "",
          .scope = "iface",
          .type = TRIMTAB_CHOICE,
          .choices = attachment_names,
          .read = attach_read,
          .apply = attach_apply },
        { .name = "xdp.mode",
          .help = "what it does: count (monitor), lists, bans and limits (filter), SYN cookies too (flood), routes of path = xdp "
                  "(+redirect); anything but off attaches it",
          .unit = "",
          .scope = "iface",
          .type = TRIMTAB_CHOICE,
          .choices = mode_names,
          .read = mode_read,
          .apply = mode_apply },
        LIMIT_KNOB("xdp.source_limit_pps", source_limit, "packets per second that one source may send, in the modes filter and flood"),
        LIMIT_KNOB("xdp.destination_limit_pps", destination_limit, "packets per second that one destination address and port may get"),
        LIMIT_KNOB("xdp.limit_pps", interface_limit, "packets per second that may come in by the interface"),
        { .name = "xdp.syncookies",
          .help = "whether the kernel takes SYN cookies back: never (0), when its own queue is full (1), always (2), as mode flood needs",
          .scope = "host",
          .type = TRIMTAB_NUMBER,
          .min = 0,
          .max = 2,
          .unit = "",
          .file = "/proc/sys/net/ipv4/tcp_syncookies" },
        { .name = "xdp.timestamps",
          .help = "TCP timestamps: off (0), with a random offset (1), without (2), as window scaling and SACK need with mode flood's cookies",
          .scope = "host",
          .type = TRIMTAB_NUMBER,
          .min = 0,
          .max = 2,
          .unit = "",
          .file = "/proc/sys/net/ipv4/tcp_timestamps" },
        { .name = "xdp.ban",
          .help = "nothing of that source is let in for so long, from now on; 0 ends it",
          .scope = "source",
          .type = TRIMTAB_NUMBER,
          .flags = TRIMTAB_KNOB_ACTION,
          .min = 0,
          .max = 86400 * 30,
          .unit = "s",
          .apply = ban_apply },
};
