/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <trimtab/plugin.h>

/* The good one among the bad. */

static int good_open(const struct trimtab_host *h, void **ret_self)
{
        *ret_self = (void *) h;
        return 0;
}

static int good_collect(void *self, uint64_t now_ns)
{
        const struct trimtab_host *h = self;

        return h->emit(h, 0, TRIMTAB_HOST_OBJECT, 42);
}

static const struct trimtab_metric metrics[] = {
        { "good.level", "B", "A level", "host", TRIMTAB_GAUGE },
};

TRIMTAB_PLUGIN("good") = {
        TRIMTAB_PLUGIN_HEAD, .name = "good", .version = "1", .license = "LGPL-2.1-or-later", .help = "A good plugin",
        TRIMTAB_METRICS(metrics), .open = good_open, .collect = good_collect,
};
