/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands that change something: reload, confirm, revert. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "json.h"
#include "prose.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/str.h"

static int done(const struct invocation *in, const char *what)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };

        if (!in->json)
                return EXIT_OK;
        rows_begin(&rows);
        rows_bool(&rows, what, true);
        return show_done(json_print(&rows, true));
}

int run_reload(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_free_ char *span = NULL;
        int r;

        if (connection_open(in, &bus) < 0)
                return EXIT_FAILED;
        r = in->for_usec > 0 ? connection_call(bus, NULL, "ReloadOnTrial", "t", in->for_usec) : connection_call(bus, NULL, "Reload", NULL);
        if (r < 0)
                return EXIT_FAILED;

        if (in->for_usec > 0 && !in->json) {
                span = span_text((double) in->for_usec / 1e6);
                printf("in force for %s; 'trimtab confirm' makes them stay, else the old rules are back then\n", span ?: "a while");
        }
        return done(in, "reloaded");
}

int run_confirm(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;

        if (connection_open(in, &bus) < 0 || connection_call(bus, NULL, "Confirm", NULL) < 0)
                return EXIT_FAILED;
        return done(in, "confirmed");
}

int run_revert(const struct invocation *in)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };
        _cleanup_free_ char *what = NULL;
        uint32_t n;
        int r;

        if (in->all == (in->n_arguments > 0)) {
                complain("revert takes an object, a rule, a knob, a decision's ID, or --all");
                return EXIT_USAGE;
        }

        what = str_printf("%s%s%s", in->all ? "" : in->arguments[0], in->n_arguments > 1 ? " " : "",
                          in->n_arguments > 1 ? in->arguments[1] : "");
        if (!what) {
                complain("out of memory");
                return EXIT_FAILED;
        }
        if (connection_open(in, &bus) < 0 || connection_call(bus, &reply, "Revert", "s", what) < 0)
                return EXIT_FAILED;

        r = sd_bus_message_read(reply, "u", &n);
        if (r < 0) {
                complain("the daemon's answer cannot be read: %s", strerror(-r));
                return EXIT_FAILED;
        }

        if (in->json) {
                rows_begin(&rows);
                rows_uint(&rows, "reverted", n);
                return show_done(json_print(&rows, true));
        }
        printf("%" PRIu32 " %s back to the original value\n", n, n == 1 ? "knob goes" : "knobs go");
        return show_done(0);
}
