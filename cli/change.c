/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands that change something: reload, revert. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "json.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/str.h"

int run_reload(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };

        if (connection_open(in, &bus) < 0 || connection_call(bus, NULL, "Reload", NULL) < 0)
                return EXIT_FAILED;

        if (in->json) {
                rows_begin(&rows);
                rows_bool(&rows, "reloaded", true);
                return show_done(json_print(&rows, true));
        }
        return EXIT_OK;
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
