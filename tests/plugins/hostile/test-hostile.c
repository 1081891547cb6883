/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/plugins.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/*
 * Bad plugins: refused by name and reason without running, or contained when they run. Beside every one of them
 * stands a good one, which goes on.
 */

/* A daemon as far as plugins see it. */
struct world {
        char *dir;    /* of the test: "plugins", "run" and the trace */
        char *trace;  /* what a plugin leaves when its code runs */
        char *run;
        struct objects *objects;
        struct catalogue *catalogue;
        struct store *store;
        sd_event *event;
        struct plugins *plugins;
        struct log log;
};

static void copy_plugin(const struct world *w, const char *name)
{
        _cleanup_free_ char *from = str_printf("%s/%s.so", PLUGINS, name),
                            *to = str_printf("%s/plugins/%s.so", w->dir, name), *data = NULL;
        size_t size;

        assert_int_equal(file_read(from, 16 << 20, &data, &size), 0);
        assert_int_equal(file_replace_at(AT_FDCWD, to, data, size, 0755), 0);
}

static int setup(void **state)
{
        char template[] = "/tmp/trimtab-hostile-XXXXXX";
        _cleanup_free_ char *plugins = NULL;
        struct world *w = calloc(1, sizeof(*w));

        if (!w || !mkdtemp(template))
                return -1;
        *state = w;
        w->dir = strdup(template);
        w->trace = str_printf("%s/trace", w->dir);
        w->run = str_printf("%s/run", w->dir);
        plugins = str_printf("%s/plugins", w->dir);
        (void) unsetenv("HOSTILE");
        (void) setenv("HOSTILE_TRACE", w->trace, 1);
        w->log.max_level = LOG_ERR;

        if (mkdir(plugins, 0755) < 0 || mkdir(w->run, 0755) < 0)
                return -1;
        copy_plugin(w, "good");
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static void stop(struct world *w)
{
        w->plugins = plugins_free(w->plugins);
        w->store = store_free(w->store);
        w->catalogue = catalogue_free(w->catalogue);
        w->objects = objects_free(w->objects);
        w->event = sd_event_unref(w->event);
}

static int teardown(void **state)
{
        struct world *w = *state;
        int r;

        stop(w);
        r = nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(w->dir);
        free(w->trace);
        free(w->run);
        free(w);
        return r;
}

static void start(struct world *w)
{
        _cleanup_free_ char *dir = str_printf("%s/plugins", w->dir);
        struct plugins_config config;

        assert_int_equal(objects_new(&w->objects), 0);
        assert_int_equal(catalogue_new(&w->catalogue), 0);
        assert_int_equal(store_new(w->catalogue, &w->store), 0);
        assert_int_equal(sd_event_new(&w->event), 0);
        config = (struct plugins_config) {
                .event = w->event,
                .catalogue = w->catalogue,
                .objects = w->objects,
                .store = w->store,
                .log = &w->log,
                .runtime_dir = w->run,
        };
        assert_int_equal(plugins_new(&config, &w->plugins), 0);
        assert_int_equal(plugins_load_dir(w->plugins, dir), 0);
        assert_int_equal(plugins_open_all(w->plugins), 0);
}

static void tick(struct world *w, uint64_t now_ns)
{
        plugins_want_begin(w->plugins);
        for (uint32_t m = 0; m < catalogue_n_metrics(w->catalogue); m++)
                assert_int_equal(plugins_want(w->plugins, m, TRIMTAB_HOST_OBJECT), 0);
        assert_int_equal(plugins_want_apply(w->plugins), 0);
        plugins_collect(w->plugins, now_ns);
}

static struct plugin_info info_of(const struct world *w, const char *file)
{
        struct plugin_info info;

        for (size_t i = 0; i < plugins_n(w->plugins); i++) {
                plugins_info(w->plugins, i, &info);
                if (endswith(info.path, file))
                        return info;
        }
        fail_msg("no entry for %s", file);
        return info;
}

static void assert_state(const struct world *w, const char *file, enum plugin_state state, const char *reason)
{
        struct plugin_info info = info_of(w, file);

        if (info.state != state)
                fail_msg("%s is %s (%s)", file, plugin_state_name(info.state), info.reason ?: "no reason");
        if (reason && !(info.reason && strstr(info.reason, reason)))
                fail_msg("the reason is \"%s\", expected \"%s\" in it", info.reason ?: "", reason);
        if (!reason)
                assert_null(info.reason);
}

static int last(const struct world *w, const char *metric, uint64_t now_ns, double *ret)
{
        const struct metric *m = catalogue_metric(w->catalogue, metric, strlen(metric));

        if (!m)
                return -ENOENT;
        return store_stat(w->store, m->number, TRIMTAB_HOST_OBJECT, STAT_LAST, 1000, now_ns, ret);
}

/* The good plugin is open and its sample came. */
static void assert_good_goes_on(struct world *w)
{
        double value;

        assert_state(w, "/good.so", PLUGIN_OPEN, NULL);
        tick(w, 1000000);
        assert_int_equal(last(w, "good.level", 1000000, &value), 0);
        assert_true(value == 42);
}

/* A daemon that the plugin takes with it. */
static void die(struct world *w, const char *how)
{
        pid_t pid = fork();
        int status;

        assert_true(pid >= 0);
        if (pid == 0) {
                (void) signal(SIGSEGV, SIG_DFL); /* cmocka has a handler for it */
                w->log.max_level = LOG_EMERG;
                (void) setenv("HOSTILE", how, 1);
                start(w);
                tick(w, 1000);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
                fail_msg("%s did not crash", how);
}

static const struct {
        const char *kind, *reason;
} refused[] = {
        { "bad-abi", "made for plugin ABI 2, this trimtab offers ABI 1" },
        { "no-note", "no ELF note .note.trimtab" },
        { "not-exported", "it does not export trimtab_plugin_v1" },
        { "is-a-function", "trimtab_plugin_v1 is not a data object" },
        { "too-small", "trimtab_plugin_v1 has 144 bytes, expected at least 152" },
        { "lies-about-size", "its size says 4096, expected 152 to 224" },
        { "lies-about-name", "the descriptor's name is not that of the note, \"innocent\"" },
        { "undefined-symbol", "undefined symbol: no_such_function_anywhere" },
        { "bad-knob", "knob hostile.shadow: file '{path}/../../../etc/shadow': expected the path of a file without .." },
};

static void test_refused_without_running(void **state)
{
        struct world *w = *state;
        char link[64];

        for (size_t i = 0; i < ELEMENTSOF(refused); i++)
                copy_plugin(w, refused[i].kind);
        start(w);

        for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
                _cleanup_free_ char *file = str_printf("/%s.so", refused[i].kind);

                assert_state(w, file, PLUGIN_REFUSED, refused[i].reason);
        }
        assert_int_equal(readlink(w->trace, link, sizeof(link)), -1);
        assert_null(catalogue_knob(w->catalogue, "hostile.level", strlen("hostile.level")));
        assert_int_equal(plugins_n(w->plugins), ELEMENTSOF(refused) + 1);
        assert_good_goes_on(w);
}

/* The same kinds do run their constructors when somebody loads them: the test above can fail. */
static void test_a_constructor_leaves_a_trace(void **state)
{
        struct world *w = *state;
        char link[64];

        copy_plugin(w, "constructor-crashes");
        die(w, "");
        assert_true(readlink(w->trace, link, sizeof(link)) > 0);
        assert_int_equal(unlink(w->trace), 0);
}

static void test_from_the_future(void **state)
{
        struct world *w = *state;
        double value;

        copy_plugin(w, "larger");
        start(w);
        assert_state(w, "/larger.so", PLUGIN_OPEN, NULL);
        assert_non_null(catalogue_metric(w->catalogue, "larger.depth", strlen("larger.depth")));
        assert_good_goes_on(w);
        assert_int_equal(last(w, "larger.level", 1000000, &value), 0);
}

static void test_untrusted_files(void **state)
{
        struct world *w = *state;
        _cleanup_free_ char *from = str_printf("%s/plugins/good.so", w->dir),
                            *link = str_printf("%s/plugins/link.so", w->dir),
                            *open_to_all = str_printf("%s/plugins/runtime.so", w->dir),
                            *text = str_printf("%s/plugins/text.so", w->dir);

        copy_plugin(w, "runtime");
        assert_int_equal(chmod(open_to_all, 0777), 0);
        assert_int_equal(symlink(from, link), 0);
        assert_int_equal(file_replace_at(AT_FDCWD, text, "hello\n", 6, 0644), 0);
        start(w);
        assert_state(w, "/runtime.so", PLUGIN_REFUSED, "can be written by others");
        assert_state(w, "/link.so", PLUGIN_REFUSED, "a symbolic link");
        assert_state(w, "/text.so", PLUGIN_REFUSED, "not an ELF file");
        assert_good_goes_on(w);
}

static void test_two_of_a_name(void **state)
{
        struct world *w = *state;
        _cleanup_free_ char *from = str_printf("%s/good.so", PLUGINS), *to = str_printf("%s/plugins/sub", w->dir),
                            *copy = str_printf("%s/plugins/sub/again.so", w->dir), *data = NULL;
        size_t size;

        assert_int_equal(mkdir(to, 0755), 0);
        assert_int_equal(file_read(from, 16 << 20, &data, &size), 0);
        assert_int_equal(file_replace_at(AT_FDCWD, copy, data, size, 0755), 0);
        start(w);
        assert_state(w, "/sub/again.so", PLUGIN_REFUSED, "/plugins/good.so is loaded under the name good");
        assert_good_goes_on(w);
}

static void test_a_knob_of_somebody_else(void **state)
{
        struct world *w = *state;

        /* runtime.so (plugin hostile) and thief.so both bring hostile.level. */
        copy_plugin(w, "runtime");
        copy_plugin(w, "thief");
        start(w);
        assert_state(w, "/runtime.so", PLUGIN_OPEN, NULL);
        assert_state(w, "/thief.so", PLUGIN_REFUSED, "knob hostile.level: plugin hostile has one of that name");
        assert_null(catalogue_metric(w->catalogue, "thief.level", strlen("thief.level")));
        assert_good_goes_on(w);
}

/* ---- those that load and then misbehave ---- */

static void start_hostile(struct world *w, const char *how)
{
        (void) setenv("HOSTILE", how, 1);
        copy_plugin(w, "runtime");
        start(w);
        (void) unsetenv("HOSTILE");
}

static void assert_unavailable(const struct world *w, const char *reason)
{
        const struct metric *m = catalogue_metric(w->catalogue, "hostile.level", strlen("hostile.level"));

        assert_non_null(m);
        assert_non_null(m->unavailable);
        assert_non_null(strstr(m->unavailable, reason));
}

static void test_unfit(void **state)
{
        struct world *w = *state;

        start_hostile(w, "unfit");
        assert_state(w, "/runtime.so", PLUGIN_UNFIT, "does not fit this machine");
        assert_unavailable(w, "does not fit");
}

static void test_probe_fails(void **state)
{
        struct world *w = *state;

        start_hostile(w, "probe-fails");
        assert_state(w, "/runtime.so", PLUGIN_FAILED, "Input/output error");
}

static void test_open_fails_and_is_closed(void **state)
{
        struct world *w = *state;
        char link[64] = {};

        assert_int_equal(unlink(w->trace), -1);
        start_hostile(w, "open-fails");
        assert_state(w, "/runtime.so", PLUGIN_FAILED, "open: No such device");
        assert_unavailable(w, "No such device");
        assert_true(readlink(w->trace, link, sizeof(link) - 1) > 0);
        assert_string_equal(link, "closed");
        assert_int_equal(unlink(w->trace), 0);
        tick(w, 1);

        /* Closed once, not again at the end. */
        stop(w);
        assert_int_equal(readlink(w->trace, link, sizeof(link) - 1), -1);
}

static void test_emit_before_collect(void **state)
{
        struct world *w = *state;

        start_hostile(w, "emit-too-early");
        assert_state(w, "/runtime.so", PLUGIN_OPEN, NULL);
        assert_int_equal(unsetenv("HOSTILE_TRACE"), 0);
}

/* Ticks in which runtime.so misbehaves. */
static void ticks(struct world *w, const char *how, unsigned n)
{
        (void) setenv("HOSTILE", how, 1);
        for (unsigned i = 0; i < n; i++)
                tick(w, 1000 + i);
        (void) unsetenv("HOSTILE");
}

static void test_collect_fails(void **state)
{
        struct world *w = *state;

        assert_int_equal(unsetenv("HOSTILE_TRACE"), 0);
        copy_plugin(w, "runtime");
        start(w);
        ticks(w, "collect-fails", 9);
        assert_state(w, "/runtime.so", PLUGIN_OPEN, NULL);
        assert_int_equal(info_of(w, "/runtime.so").errors, 9);

        /* One that works in between, and the count begins anew. */
        tick(w, 2000);
        ticks(w, "collect-fails", 9);
        assert_state(w, "/runtime.so", PLUGIN_OPEN, NULL);
        ticks(w, "collect-fails", 1);
        assert_state(w, "/runtime.so", PLUGIN_FAILED, "collect failed 10 times in a row, at last: Input/output error");
        assert_unavailable(w, "collect failed");
        tick(w, 3000);
        assert_good_goes_on(w);
}

static void test_watch_fails_and_is_tried_again(void **state)
{
        struct world *w = *state;
        double value;

        assert_int_equal(unsetenv("HOSTILE_TRACE"), 0);
        copy_plugin(w, "runtime");
        start(w);
        ticks(w, "watch-fails", 3);
        assert_int_equal(info_of(w, "/runtime.so").errors, 3 * 2);
        /* It may have failed for some of the objects only: what is emitted is taken. */
        assert_int_equal(last(w, "hostile.level", 1002, &value), 0);

        tick(w, 5000);
        assert_int_equal(info_of(w, "/runtime.so").errors, 3 * 2);
        assert_int_equal(last(w, "hostile.level", 5000, &value), 0);
        assert_good_goes_on(w);
}

static void test_nonsense_is_not_stored(void **state)
{
        struct world *w = *state;
        double value;

        assert_int_equal(unsetenv("HOSTILE_TRACE"), 0);
        copy_plugin(w, "runtime");
        start(w);
        ticks(w, "emit-nonsense", 1);
        ticks(w, "touch-others", 1);
        assert_int_equal(info_of(w, "/runtime.so").errors, 0);
        assert_int_equal(last(w, "hostile.level", 1000, &value), -ENODATA);
        assert_good_goes_on(w);
}

/* ---- those that take the daemon with them ---- */

static void test_quarantine(void **state)
{
        struct world *w = *state;

        assert_int_equal(unsetenv("HOSTILE_TRACE"), 0);
        copy_plugin(w, "runtime");
        die(w, "crash-in-open");
        die(w, "crash-in-collect");
        start(w);
        assert_state(w, "/runtime.so", PLUGIN_QUARANTINED, "crashed the daemon 2 times in ten minutes, at last in collect");
        assert_unavailable(w, "crashed the daemon");
        assert_good_goes_on(w);

        /* The stop was clean: it gets another chance. */
        stop(w);
        start(w);
        assert_state(w, "/runtime.so", PLUGIN_OPEN, NULL);
}

static void test_one_crash_is_forgiven(void **state)
{
        struct world *w = *state;

        assert_int_equal(unsetenv("HOSTILE_TRACE"), 0);
        copy_plugin(w, "runtime");
        die(w, "crash-in-probe");
        start(w);
        assert_state(w, "/runtime.so", PLUGIN_OPEN, NULL);
}

static void test_crash_while_it_is_loaded(void **state)
{
        struct world *w = *state;

        assert_int_equal(unsetenv("HOSTILE_TRACE"), 0);
        copy_plugin(w, "constructor-crashes");
        die(w, "");
        die(w, "");
        start(w);
        assert_state(w, "/constructor-crashes.so", PLUGIN_QUARANTINED, "while it was loaded");
        assert_good_goes_on(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_refused_without_running),
                TEST(test_a_constructor_leaves_a_trace),
                TEST(test_from_the_future),
                TEST(test_untrusted_files),
                TEST(test_two_of_a_name),
                TEST(test_a_knob_of_somebody_else),
                TEST(test_unfit),
                TEST(test_probe_fails),
                TEST(test_open_fails_and_is_closed),
                TEST(test_emit_before_collect),
                TEST(test_collect_fails),
                TEST(test_watch_fails_and_is_tried_again),
                TEST(test_nonsense_is_not_stored),
                TEST(test_quarantine),
                TEST(test_one_crash_is_forgiven),
                TEST(test_crash_while_it_is_loaded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
