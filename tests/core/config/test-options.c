/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/options.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

#define SECOND 1000000000ull

static void load(struct options *o, const char *text, struct diag *diag)
{
        char path[] = "/tmp/trimtab-options-XXXXXX";
        _cleanup_close_ int fd = mkstemp(path);

        assert_true(fd >= 0);
        assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
        assert_int_equal(options_load(o, path, true, diag), 0);
        assert_int_equal(unlink(path), 0);
}

static bool is_protected(const struct options *o, const char *pattern)
{
        for (size_t i = 0; i < o->n_protect; i++)
                if (streq(o->protect[i], pattern))
                        return true;
        return false;
}

static void the_defaults_do_no_harm(void **state)
{
        struct options o;

        assert_int_equal(options_init(&o), 0);
        assert_int_equal(o.mode, MODE_ADVISE);
        assert_int_equal(o.tick_ns, SECOND);
        assert_int_equal(o.on_exit, ON_EXIT_RESTORE);
        assert_int_equal(o.foreign_backoff_ns, 3600 * SECOND);
        assert_int_equal(o.writes_per_minute, 30);
        assert_true(is_protected(&o, "/init.scope"));
        assert_true(is_protected(&o, "/system.slice/trimtabd.service"));
        assert_null(o.protect[o.n_protect]);
        options_clear(&o);
        options_clear(&o);
}

static void every_key_is_read(void **state)
{
        struct diag diag = {};
        struct options o;
        size_t builtin;

        assert_int_equal(options_init(&o), 0);
        builtin = o.n_protect;
        load(&o,
             "[daemon]\n"
             "mode = enforce\n"
             "tick = 250ms\n"
             "on-exit = keep\n"
             "foreign-backoff = 5min\n"
             "writes-per-minute = 0\n"
             "plugin-budget = 12.5%\n"
             "protect = /system.slice/db.service, cgroup:/payments.slice/*\n"
             "  /a\n"
             "[plugin sched]\n"
             "anything = goes\n",
             &diag);
        assert_int_equal(diag.n, 0);
        assert_int_equal(o.mode, MODE_ENFORCE);
        assert_int_equal(o.tick_ns, SECOND / 4);
        assert_int_equal(o.on_exit, ON_EXIT_KEEP);
        assert_int_equal(o.foreign_backoff_ns, 300 * SECOND);
        assert_int_equal(o.writes_per_minute, 0);
        assert_true(o.plugin_budget == 0.125);
        assert_int_equal(o.n_protect, builtin + 3);
        assert_true(is_protected(&o, "/init.scope"));
        assert_true(is_protected(&o, "/system.slice/db.service"));
        assert_true(is_protected(&o, "/payments.slice/*"));
        assert_true(is_protected(&o, "/a"));
        assert_null(o.protect[o.n_protect]);
        assert_int_equal(o.ini.n_sections, 2);

        /* An empty value goes back to the default; the rest stays. */
        load(&o, "[daemon]\nmode =\nprotect =\n", &diag);
        assert_int_equal(diag.n, 0);
        assert_int_equal(o.mode, MODE_ADVISE);
        assert_int_equal(o.n_protect, builtin);
        assert_int_equal(o.tick_ns, SECOND / 4);
        options_clear(&o);
}

static const struct {
        const char *text;
        unsigned line, column;
        const char *message;
} mistakes[] = {
        { "[daemon]\nmode = enforced\n", 2, 8,
          "expected observe, advise or enforce, did you mean 'enforce'?" },
        { "[daemon]\nmode = off\n", 2, 8, "expected observe, advise or enforce" },
        { "[daemon]\ntick = 10ms\n", 2, 8, "expected a time from 100ms to 1min" },
        { "[daemon]\ntick = 2min\n", 2, 8, "expected a time from 100ms to 1min" },
        { "[daemon]\ntick = 5\n", 2, 8, "expected a time" },
        { "[daemon]\ntick = 5m\n", 2, 8, "unknown unit 'm', did you mean 'min' or 'ms'?" },
        { "[daemon]\nwrites-per-minute = 1.5\n", 2, 21, "expected a whole number" },
        { "[daemon]\nwrites-per-minute = 30s\n", 2, 21, "expected a whole number" },
        { "[daemon]\nwrites-per-minute = max\n", 2, 21, "expected a whole number" },
        { "[daemon]\nplugin-budget = 5\n", 2, 17, "expected a share of a CPU" },
        { "[daemon]\nplugin-budget = 101%\n", 2, 17, "expected a share of a CPU" },
        { "[daemon]\nwrites-per-minute = -1\n", 2, 21, "expected a whole number" },
        { "[daemon]\non-exit = restore # when stopped\n", 2, 11, "expected restore or keep" },
        { "[daemon]\nmode = advise\n  enforce\n", 3, 3, "takes one value" },
        { "[daemon]\ntik = 1s\n", 2, 1, "unknown key 'tik', did you mean 'tick'?" },
        { "[daemon]\nprotct = /a\n", 2, 1, "unknown key 'protct', did you mean 'protect'?" },
        { "[daemon]\nprotect = /a, nginx.service\n", 2, 15, "expected the path of a cgroup" },
        { "[demon]\nmode = advise\n", 1, 2, "unknown section 'demon', did you mean 'daemon'?" },
        { "[rule x]\nwhen = a\n", 1, 2, "unknown section 'rule'" },
        { "[daemon x]\nmode = advise\n", 1, 2, "expected [daemon]" },
        { "[plugin]\nmode = advise\n", 1, 2, "expected [plugin NAME]" },
};

static void mistakes_are_told_by_place(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(mistakes); i++) {
                struct diag diag = {};
                struct options o;

                assert_int_equal(options_init(&o), 0);
                load(&o, mistakes[i].text, &diag);
                assert_int_equal(diag.n_errors, 1);
                assert_int_equal(diag.n, 1);
                assert_int_equal(diag.items[0].line, mistakes[i].line);
                assert_int_equal(diag.items[0].column, mistakes[i].column);
                assert_non_null(strstr(diag.items[0].message, mistakes[i].message));
                diag_clear(&diag);
                options_clear(&o);
        }
}

static void a_mistake_keeps_the_value_before(void **state)
{
        struct diag diag = {};
        struct options o;

        assert_int_equal(options_init(&o), 0);
        load(&o, "[daemon]\nmode = enforce\ntick = 1h\nwrites-per-minute = 7\n", &diag);
        assert_int_equal(diag.n_errors, 1);
        assert_int_equal(o.mode, MODE_ENFORCE);
        assert_int_equal(o.tick_ns, SECOND);
        assert_int_equal(o.writes_per_minute, 7);

        /* A second file is not told of the first one's mistakes again. */
        load(&o, "[daemon]\nmode = observe\n", &diag);
        assert_int_equal(diag.n_errors, 1);
        assert_int_equal(o.mode, MODE_OBSERVE);
        diag_clear(&diag);
        options_clear(&o);
}

static void a_missing_file_matters_only_when_named(void **state)
{
        struct diag diag = {};
        struct options o;

        assert_int_equal(options_init(&o), 0);
        assert_int_equal(options_load(&o, "/nowhere/trimtab.conf", false, &diag), 0);
        assert_int_equal(diag.n, 0);
        assert_int_equal(options_load(&o, "/nowhere/trimtab.conf", true, &diag), -ENOENT);
        assert_int_equal(diag.n_errors, 1);
        assert_string_equal(diag.items[0].path, "/nowhere/trimtab.conf");
        diag_clear(&diag);
        options_clear(&o);
}

static void modes_have_names(void **state)
{
        enum mode mode = MODE_OFF;

        assert_int_equal(mode_from_string("enforce", &mode), 0);
        assert_int_equal(mode, MODE_ENFORCE);
        assert_int_equal(mode_from_string("off", &mode), 0);
        assert_int_equal(mode, MODE_OFF);
        assert_int_equal(mode_from_string("Enforce", &mode), -EINVAL);
        assert_string_equal(mode_to_string(MODE_OBSERVE), "observe");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_defaults_do_no_harm),
                cmocka_unit_test(every_key_is_read),
                cmocka_unit_test(mistakes_are_told_by_place),
                cmocka_unit_test(a_mistake_keeps_the_value_before),
                cmocka_unit_test(a_missing_file_matters_only_when_named),
                cmocka_unit_test(modes_have_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
