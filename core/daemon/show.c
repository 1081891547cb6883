/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "daemon/state.h"
#include "util/cleanup.h"
#include "util/clock.h"

/* Often enough to follow, seldom enough to read. */
#define SHOW_EVERY_NS (5 * NSEC_PER_SEC)

/* A screen, not a report: `trimtab rules` has them all. */
enum { SHOW_MAX = 10 };

struct showing {
        struct daemon *daemon;
        size_t shown, left_out;
};

static int show_instance(void *userdata, const struct instance_info *info)
{
        struct showing *s = userdata;
        _cleanup_free_ char *object = NULL;

        if (info->waits_for || info->object.key == UINT64_MAX || !info->measured || !info->measured[0])
                return 0;
        if (s->shown == SHOW_MAX) {
                s->left_out++;
                return 0;
        }

        object = objects_full_name(s->daemon->objects, info->object);
        log_write(&s->daemon->log, LOG_INFO, "  %-8s %s: %s", phase_name(info->phase), object ?: "?", info->measured);
        s->shown++;
        return 0;
}

void daemon_show(struct daemon *d)
{
        uint64_t ticks = SHOW_EVERY_NS / d->options.tick_ns;
        struct showing s = { .daemon = d };

        if (ticks > 0 && d->views.n_ticks % ticks != 0)
                return;
        (void) engine_foreach_instance(d->engine, show_instance, &s);
        if (s.left_out > 0)
                log_write(&d->log, LOG_INFO, "  … and %zu more: trimtab --runtime-dir %s rules", s.left_out,
                          d->arguments->runtime_dir);
}
