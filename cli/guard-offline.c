/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guard with nobody to ask: what a daemon has left, and taking it down. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

#include "config/options.h"
#include "daemon/configuration.h"
#include "guard.h"
#include "guard/pins.h"
#include "json.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/str.h"

/* As the plugin declares them, should trimtab.conf not say otherwise. */
#define PINS_DEFAULT   "/sys/fs/bpf/trimtab/guard"
#define LEARNT_DEFAULT "/run/trimtab/learnt-egress.conf"

static const char *const mode_names[] = { "off", "learn", "audit", "enforce" };

/* New string or NULL: out of memory. */
static char *option(const struct options *o, const char *key, const char *otherwise)
{
        for (size_t i = 0; i < o->ini.n_sections; i++) {
                const struct ini_section *s = &o->ini.sections[i];
                const struct ini_entry *e = streq(s->kind, "plugin") && streq(s->name, "guard") ? ini_get(s, key) : NULL;

                if (e && e->n_lines == 1)
                        return strdup(e->lines[0].text);
        }
        return strdup(otherwise);
}

int guard_files_find(const struct invocation *in, struct guard_files *ret)
{
        struct options options = {};
        struct diag diag = {};
        int r;

        r = options_init(&options);
        if (r >= 0 && configuration_load(&options, in->config ?: TRIMTAB_SYSCONF_DIR "/trimtab.conf", in->config, &diag) == -ENOMEM)
                r = -ENOMEM;
        for (size_t i = 0; i < diag.n; i++) {
                _cleanup_free_ char *text = diag_item_text(&diag.items[i]);

                complain("%s", text ?: "trimtab.conf is not in order");
        }
        *ret = (struct guard_files){};
        if (r >= 0)
                *ret = (struct guard_files){ option(&options, "pins", PINS_DEFAULT), option(&options, "learnt", LEARNT_DEFAULT) };
        if (r < 0 || !ret->pins || !ret->learnt) {
                complain("out of memory");
                guard_files_clear(ret);
                r = -ENOMEM;
        }
        diag_clear(&diag);
        options_clear(&options);
        return r;
}

void guard_files_clear(struct guard_files *f)
{
        free(f->pins);
        free(f->learnt);
        *f = (struct guard_files){};
}

static int show(const struct invocation *in, struct rows *rows, const char *message)
{
        if (in->json) {
                rows_string(rows, "message", message);
                return show_done(json_print(rows, true));
        }
        printf("%s\n", message);
        return show_done(0);
}

int guard_offline_status(const struct invocation *in)
{
        _cleanup_(guard_files_clear) struct guard_files files = {};
        _cleanup_(rows_clear) struct rows rows = { 0 };
        _cleanup_free_ char *message = NULL;
        int mode;

        if (guard_files_find(in, &files) < 0)
                return EXIT_FAILED;
        mode = pins_mode(files.pins);
        if (mode == -ENOENT)
                message = str_printf("no guard runs, and none has left a policy below %s: nothing is refused", files.pins);
        else if (mode < 0)
                message = str_printf("no guard runs, and what is pinned below %s cannot be seen: %s", files.pins, strerror(-mode));
        else
                message = str_printf("no guard runs; the policy of an earlier one is in force, in mode %s, pinned below %s: 'trimtab guard "
                                     "release' takes it down", mode_names[mode], files.pins);
        rows_begin(&rows);
        rows_bool(&rows, "attached", mode > 0);
        rows_string(&rows, "mode", mode == -ENOENT ? "off" : mode < 0 ? NULL : mode_names[mode]);
        rows_bool(&rows, "as_asked", false);
        rows_string(&rows, "pins", files.pins);
        rows_uint(&rows, "pinned_by_others", (uint64_t) pins_count(files.pins, PINS_ALL));
        (void) show(in, &rows, message ?: "no guard runs");
        return EXIT_FAILED;
}

/* It is on file who did it, though the daemon is not there to write it. */
static void tell_journal(const char *message)
{
        (void) sd_journal_send("MESSAGE=%s", message, "PRIORITY=%d", LOG_NOTICE, "SYSLOG_IDENTIFIER=trimtab", NULL);
}

int guard_offline_release(const struct invocation *in)
{
        _cleanup_(guard_files_clear) struct guard_files files = {};
        _cleanup_(rows_clear) struct rows rows = { 0 };
        _cleanup_free_ char *message = NULL;
        int mode, n, left;

        if (guard_files_find(in, &files) < 0)
                return EXIT_FAILED;
        mode = pins_mode(files.pins);
        if (mode < 0 && mode != -ENOENT) {
                complain("no guard runs, and what is pinned below %s cannot be seen: %s%s", files.pins, strerror(-mode),
                         mode == -EACCES || mode == -EPERM ? "; it takes root" : "");
                return EXIT_FAILED;
        }
        n = pins_remove(files.pins, PINS_ALL, &left);
        if (left > 0)
                message = str_printf("guard: %d of the policies pinned below %s could not be removed", left, files.pins);
        else if (n > 0)
                message = str_printf("guard: released by hand, with no daemon that has a guard: the policy pinned below %s is in force no more", files.pins);
        else
                message = str_printf("no guard runs, and none has left a policy below %s: there is nothing to release", files.pins);
        if (message && n + left > 0)
                tell_journal(message);
        rows_begin(&rows);
        rows_bool(&rows, "released", left == 0);
        rows_uint(&rows, "others", (uint64_t) n);
        return show(in, &rows, message ?: "released") != EXIT_OK || left > 0 ? EXIT_FAILED : EXIT_OK;
}
