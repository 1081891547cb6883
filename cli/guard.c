/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trimtab guard: who may connect where. */
#include "guard.h"

#include <stdio.h>

#include "connection.h"
#include "options.h"
#include "prose.h"
#include "report.h"
#include "serve/match.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/str.h"

static const struct {
        const char *name;
        int (*run)(const struct invocation *in);
        bool takes_unit, takes_follow;
} parts[] = {
        { "status", guard_status, false, false },
        { "events", guard_events, true, true },
        { "learn", guard_learn, true, false },
        { "release", guard_release, false, false },
};

int run_guard(const struct invocation *in)
{
        for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
                if (!streq(parts[i].name, in->arguments[0]))
                        continue;
                if (in->unit && !parts[i].takes_unit) {
                        complain("'guard %s' does not take --unit", parts[i].name);
                        return EXIT_USAGE;
                }
                if (in->follow && !parts[i].takes_follow) {
                        complain("'guard %s' does not take --follow", parts[i].name);
                        return EXIT_USAGE;
                }
                return parts[i].run(in);
        }
        complain("usage: trimtab guard status|events|learn|release");
        return EXIT_USAGE;
}

bool guard_is_unit(const struct invocation *in, const char *subject)
{
        _cleanup_free_ char *service = NULL;

        if (!in->unit || !subject)
                return !in->unit;
        service = str_printf("%s.service", in->unit);
        return match_name(in->unit, subject) || (service && match_name(service, subject));
}

/* Whether the daemon there is has a guard that could be asked. */
static bool is_open(sd_bus *bus)
{
        _cleanup_(rows_clear) struct rows plugins = { 0 };

        if (connection_call_rows(bus, false, &plugins, "ListPlugins", NULL) < 0)
                return false;
        for (size_t i = 0; i < plugins.n; i++) {
                const char *name = row_text(&plugins.items[i], "name"), *state = row_text(&plugins.items[i], "state");

                if (name && state && streq(name, "guard") && streq(state, "open"))
                        return true;
        }
        return false;
}

int guard_release(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows answer = { 0 };

        if (connection_try(in, &bus) < 0 || !is_open(bus))
                return guard_offline_release(in);
        if (connection_call_rows(bus, false, &answer, "Do", "sss", "guard", "release", "") < 0)
                return EXIT_FAILED;
        if (report_show_answer(in, &answer) != EXIT_OK)
                return EXIT_FAILED;
        return answer.n > 0 && row_is(&answer.items[0], "released") ? EXIT_OK : EXIT_FAILED;
}
