/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operator's brakes: pause, resume, mode, advise. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "config/options.h"
#include "connection.h"
#include "json.h"
#include "prose.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* Late among its like, so that it wins over what else is there. */
static const char DROPIN[] = "90-mode.conf";

/* As JSON the daemon's state, which is what was changed; for people a sentence. */
static int print_state(sd_bus *bus, const struct invocation *in, const char *sentence)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };

        if (!in->json) {
                printf("%s\n", sentence);
                return show_done(0);
        }
        if (connection_call_rows(bus, true, &rows, "GetStatus", NULL) < 0)
                return EXIT_FAILED;
        return show_done(json_print(&rows, true));
}

int run_pause(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_free_ char *span = NULL, *sentence = NULL;

        if (connection_open(in, &bus) < 0 || connection_call(bus, NULL, "Pause", "t", in->for_usec) < 0)
                return EXIT_FAILED;

        if (in->for_usec > 0)
                span = span_text((double) in->for_usec / 1e6);
        sentence = str_printf(
                "paused %s%s: nothing is changed; what is set stays so ('trimtab revert' still puts it back)",
                span ? "for " : "", span ?: "until 'trimtab resume'");
        return print_state(bus, in, sentence ?: "paused");
}

int run_resume(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;

        if (connection_open(in, &bus) < 0 || connection_call(bus, NULL, "Resume", NULL) < 0)
                return EXIT_FAILED;
        return print_state(bus, in, "resumed: rules act again");
}

/* The administrator's one line, beside the daemon's own trimtab.conf. */
static int write_dropin(const struct row *status, const char *mode)
{
        const char *config = row_text(status, "config");
        _cleanup_free_ char *dir = config ? str_printf("%s.d", config) : NULL;
        _cleanup_free_ char *path = dir ? str_printf("%s/%s", dir, DROPIN) : NULL;
        _cleanup_free_ char *text =
                str_printf("# Written by 'trimtab mode --permanent'.\n[daemon]\nmode = %s\n", mode);
        int r;

        if (!path || !text) {
                complain(config ? "out of memory" : "the daemon does not say where its trimtab.conf is");
                return -EINVAL;
        }

        r = dir_make(dir, 0755);
        if (r >= 0)
                r = file_replace_at(AT_FDCWD, path, text, strlen(text), 0644);
        if (r < 0) {
                complain("cannot write %s: %s", path, strerror(-r));
                return r;
        }
        if (fprintf(stderr, "wrote %s\n", path) < 0)
                return -EIO;
        return 0;
}

/* To the file first: where that fails, nothing has changed. */
static int set_mode(const struct invocation *in, const char *mode)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows status = { 0 };
        _cleanup_free_ char *sentence = NULL;

        if (connection_open(in, &bus) < 0 || connection_call_rows(bus, true, &status, "GetStatus", NULL) < 0)
                return EXIT_FAILED;
        if (in->permanent && (status.n == 0 || write_dropin(&status.items[0], mode) < 0))
                return EXIT_FAILED;
        if (connection_call(bus, NULL, "SetMode", "s", mode) < 0)
                return EXIT_FAILED;

        sentence = str_printf("mode %s, %s", mode,
                              in->permanent ? "from now on" : "until the daemon stops; --permanent keeps it");
        return print_state(bus, in, sentence ?: mode);
}

static int show_mode(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows status = { 0 };
        const char *mode;

        if (connection_open(in, &bus) < 0 || connection_call_rows(bus, true, &status, "GetStatus", NULL) < 0)
                return EXIT_FAILED;
        mode = status.n > 0 ? row_text(&status.items[0], "mode") : NULL;
        return print_state(bus, in, mode ?: "?");
}

int run_mode(const struct invocation *in)
{
        enum mode mode;

        if (in->n_arguments == 0 && !in->permanent)
                return show_mode(in);
        if (in->n_arguments == 0 || mode_from_string(in->arguments[0], &mode) < 0 || mode == MODE_OFF) {
                complain("usage: trimtab mode observe|advise|enforce [--permanent]");
                return EXIT_USAGE;
        }
        return set_mode(in, in->arguments[0]);
}

int run_advise(const struct invocation *in)
{
        return set_mode(in, "advise");
}
