/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/report-rows.h"
#include "serve/views.h"

int view_report(const struct views *v, const char *plugin, const char *report, struct rows *ret)
{
        const struct trimtab_rows to = report_rows(ret);
        int r = plugins_report(v->plugins, plugin, report, &to);

        return r < 0 ? r : ret->error;
}
