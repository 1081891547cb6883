/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "plugin/plugin.h"
#include "util/str.h"

/* What plugins tell, and do, when somebody asks. */

/* Ours must not be taken for the plugin's. */
static int own_error(int r)
{
        if (r == -ENOPKG || r == -ENOSYS)
                return -EIO;
        return r < 0 ? r : 0;
}

int plugins_report(const struct plugins *p, const char *name, const char *report, const struct trimtab_rows *to)
{
        struct plugin *plugin = plugins_find_open(p, name);

        if (!plugin)
                return -ENOPKG;

        for (uint32_t i = 0; i < plugin->descriptor.plugin.n_reports; i++)
                if (streq(plugin->descriptor.reports[i].name, report)) {
                        struct callback before = callback_enter(plugin, "report");
                        int r = plugin->descriptor.plugin.report(plugin->self, i, to);

                        callback_leave(plugin, before);
                        return own_error(r);
                }
        return -ENOSYS;
}

int plugins_deed(const struct plugins *p, const char *name, const char *deed, const char *argument, const struct trimtab_rows *answer)
{
        struct plugin *plugin = plugins_find_open(p, name);

        if (!plugin)
                return -ENOPKG;

        for (uint32_t i = 0; i < plugin->descriptor.plugin.n_deeds; i++)
                if (streq(plugin->descriptor.deeds[i].name, deed)) {
                        struct callback before = callback_enter(plugin, "deed");
                        int r = plugin->descriptor.plugin.deed(plugin->self, i, argument, answer);

                        callback_leave(plugin, before);
                        return own_error(r);
                }
        return -ENOSYS;
}
