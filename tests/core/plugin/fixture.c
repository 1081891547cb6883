/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <trimtab/plugin.h>

/* The plainest plugin: for what looks at files, not at behaviour. */

static int collect(void *self, uint64_t now_ns)
{
        return 0;
}

static const struct trimtab_metric metrics[] = {
        { "fixture.level", "B", "A level", "host", TRIMTAB_GAUGE },
};

TRIMTAB_PLUGIN("fixture") = {
        TRIMTAB_PLUGIN_HEAD,
        .name = "fixture",
        .version = "1",
        .license = "LGPL-2.1-or-later",
        .help = "A plugin to look at",
        TRIMTAB_METRICS(metrics),
        .collect = collect,
};
