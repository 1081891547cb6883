/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "plugin/plugins.h"
#include "scratch.h"
#include "util/cleanup.h"

/* The whole room from the daemon's side, with the plugin of guest.c. */

struct world {
        struct objects *objects;
        struct catalogue *catalogue;
        struct store *store;
        sd_event *event;
        struct plugins *plugins;
        struct options options;
        struct log log;
        unsigned n_wakes;
        char events[512]; /* one after the other, each with a newline */
        int pipe[2];
};

static void on_wake(void *userdata)
{
        ((struct world *) userdata)->n_wakes++;
}

static void on_event_line(void *userdata, const char *plugin, const char *text)
{
        struct world *w = userdata;
        size_t n = strlen(w->events);

        (void) snprintf(w->events + n, sizeof(w->events) - n, "%s: %s\n", plugin, text);
}

static int on_filter_add(void *userdata, const char *plugin, int program_fd, uint32_t ifindex, uint32_t priority, uint32_t handle)
{
        char text[64];

        (void) snprintf(text, sizeof(text), "filter %d at %u %u %u", program_fd, ifindex, priority, handle);
        on_event_line(userdata, plugin, text);
        return 0;
}

static int on_filter_remove(void *userdata, const char *plugin, uint32_t ifindex, uint32_t priority, uint32_t handle)
{
        char text[64];

        (void) snprintf(text, sizeof(text), "no filter at %u %u %u", ifindex, priority, handle);
        on_event_line(userdata, plugin, text);
        return -EBUSY;
}

static int on_takes_writes(void *userdata, const struct knob *knob, struct oid object)
{
        char text[64];

        (void) snprintf(text, sizeof(text), "%s of %u", knob->name, (unsigned) object.key);
        on_event_line(userdata, "host", text);
        return -EIO;
}

static struct plugins_config config_of(struct world *w)
{
        return (struct plugins_config) {
                .event = w->event,
                .catalogue = w->catalogue,
                .objects = w->objects,
                .store = w->store,
                .options = &w->options,
                .log = &w->log,
                .wake = on_wake,
                .event_line = on_event_line,
                .tc_filter_add = on_filter_add,
                .tc_filter_remove = on_filter_remove,
                .knob_takes_writes = on_takes_writes,
                .userdata = w,
        };
}

/* Everything but the plugins. */
static int setup(void **state)
{
        struct world *w = calloc(1, sizeof(*w));

        if (!w)
                return -1;
        *state = w;
        w->log.max_level = LOG_EMERG;
        if (objects_new(&w->objects) < 0 || catalogue_new(&w->catalogue) < 0 || sd_event_new(&w->event) < 0 ||
            store_new(w->catalogue, &w->store) < 0 || options_init(&w->options) < 0)
                return -1;
        return pipe(w->pipe);
}

static int teardown(void **state)
{
        struct world *w = *state;

        plugins_free(w->plugins);
        store_free(w->store);
        catalogue_free(w->catalogue);
        objects_free(w->objects);
        sd_event_unref(w->event);
        options_clear(&w->options);
        (void) close(w->pipe[0]);
        (void) close(w->pipe[1]);
        free(w);
        return 0;
}

static void configure(struct world *w, const char *text)
{
        struct diag diag = {};

        assert_int_equal(ini_load_text(&w->options.ini, "trimtab.conf", text, strlen(text), &diag), 0);
        assert_int_equal(diag.n_errors, 0);
        diag_clear(&diag);
}

static void start(struct world *w)
{
        struct plugins_config config = config_of(w);

        assert_int_equal(plugins_new(&config, &w->plugins), 0);
        assert_int_equal(plugins_load_dir(w->plugins, GUESTS), 0);
        assert_int_equal(plugins_open_all(w->plugins), 0);
}

static struct plugin_info info_of(const struct world *w, const char *name)
{
        struct plugin_info info;

        for (size_t i = 0; i < plugins_n(w->plugins); i++) {
                plugins_info(w->plugins, i, &info);
                if (streq(info.name, name))
                        return info;
        }
        fail_msg("no plugin %s", name);
        return info;
}

static void assert_open(const struct world *w)
{
        struct plugin_info info = info_of(w, "guest");

        if (info.state != PLUGIN_OPEN)
                fail_msg("guest is %s: %s", plugin_state_name(info.state), info.reason ?: "");
}

static void test_open_and_measure(void **state)
{
        struct world *w = *state;
        const struct metric *m;
        struct plugin_info info;
        double value;
        int seat;

        start(w);
        assert_open(w);
        info = info_of(w, "guest");
        assert_string_equal(info.version, "1");
        assert_string_equal(info.license, "LGPL-2.1-or-later");
        assert_true(endswith(info.path, "/guest.so"));

        seat = objects_scope_find(w->objects, "seat", 4);
        assert_true(seat >= SCOPE_BUILTIN_MAX);
        assert_string_equal(objects_get(w->objects, (struct oid) { (uint32_t) seat, 1 })->name, "middle");

        m = catalogue_metric(w->catalogue, "guest.seen", strlen("guest.seen"));
        assert_int_equal(m->scope, seat);
        plugins_collect(w->plugins, 1000);
        assert_int_equal(info_of(w, "guest").errors, 0);
        assert_true(info_of(w, "guest").collect_ns > 0);
        assert_int_equal(store_last_time(w->store, m->number, 1, &(uint64_t) { 0 }), 0);
        assert_int_equal(store_last_time(w->store, m->number, 9, &(uint64_t) { 0 }), -ENODATA);
        assert_int_equal(store_stat(w->store, m->number, 1, STAT_LAST, 1000, 1000, &value), 0);
        assert_true(value == 7);

        m = catalogue_metric(w->catalogue, "guest.temper", strlen("guest.temper"));
        assert_string_equal(m->unavailable, "it is even");
        assert_int_equal(plugins_want(w->plugins, 4711, 0), -ENOENT);
}

static void test_options(void **state)
{
        struct world *w = *state;

        configure(w, "[plugin guest]\ngreeting = good morning\nloud = yes\n");
        start(w);
        assert_open(w);
        assert_string_equal(w->events, "guest: good morning\n");
}

static void test_bad_options_are_told(void **state)
{
        struct world *w = *state;
        struct diag diag = {};

        configure(w, "[plugin guest]\nloud = perhaps\nvoice = deep\n[plugin gest]\nloud = yes\n[rule x]\na = b\n");
        start(w);
        assert_open(w);
        assert_string_equal(w->events, "");

        plugins_check_options(w->plugins, &diag);
        assert_int_equal(diag.n_errors, 2);
        assert_int_equal(diag.n_warnings, 1);
        assert_string_equal(diag.items[0].message, "option 'loud': expected yes or no");
        assert_int_equal(diag.items[0].line, 2);
        assert_string_equal(diag.items[1].message, "unknown option 'voice'");
        assert_string_equal(diag.items[2].message, "no plugin 'gest' is installed, did you mean 'guest'?");
        assert_int_equal(diag.items[2].line, 4);
        diag_clear(&diag);
}

static void send_byte(struct world *w, char byte)
{
        assert_int_equal(write(w->pipe[1], &byte, 1), 1);
        assert_true(sd_event_run(w->event, 0) >= 0);
}

static void test_descriptors_in_the_loop(void **state)
{
        struct world *w = *state;
        char text[64];
        int seat;

        (void) snprintf(text, sizeof(text), "[plugin guest]\nfd = %d\n", w->pipe[0]);
        configure(w, text);
        start(w);
        assert_open(w);

        send_byte(w, 'w');
        assert_int_equal(w->n_wakes, 1);
        send_byte(w, 'e');
        assert_string_equal(w->events, "guest: a \\x1b[31mred\\x1b[0m event\n");
        assert_int_equal(info_of(w, "guest").errors, 0);
        send_byte(w, '?');
        assert_int_equal(info_of(w, "guest").errors, 1);

        seat = objects_scope_find(w->objects, "seat", 4);
        send_byte(w, 'a');
        assert_string_equal(objects_get(w->objects, (struct oid) { (uint32_t) seat, 2 })->path, "/seats/window");
        send_byte(w, 'r');
        assert_null(objects_get(w->objects, (struct oid) { (uint32_t) seat, 2 }));

        /* It takes itself off inside of its own callback; nothing is read after that. */
        send_byte(w, 'q');
        send_byte(w, 'w');
        assert_int_equal(w->n_wakes, 1);
        assert_int_equal(info_of(w, "guest").errors, 1);
}

static void test_filters_of_tc(void **state)
{
        struct world *w = *state;
        char text[64];

        (void) snprintf(text, sizeof(text), "[plugin guest]\nfd = %d\n", w->pipe[0]);
        configure(w, text);
        start(w);
        assert_open(w);
        send_byte(w, 'f');
        assert_string_equal(w->events, "guest: filter 3 at 7 1000 1\nguest: no filter at 7 1000 1\n");
        assert_int_equal(info_of(w, "guest").errors, 0);
}

static void test_asks_whether_a_file_takes_writes(void **state)
{
        struct world *w = *state;
        char text[64];

        (void) snprintf(text, sizeof(text), "[plugin guest]\nfd = %d\n", w->pipe[0]);
        configure(w, text);
        start(w);
        assert_open(w);
        send_byte(w, 'k');
        assert_string_equal(w->events, "host: guest.note of 1\n");
        assert_int_equal(info_of(w, "guest").errors, 0);
}

/* A descriptor that was closed and is another file now is watched when the plugin says so again. */
static void test_a_number_that_is_another_file(void **state)
{
        struct world *w = *state;
        char text[64];

        (void) snprintf(text, sizeof(text), "[plugin guest]\nfd = %d\n", w->pipe[0]);
        configure(w, text);
        start(w);
        assert_open(w);

        send_byte(w, 'n');
        assert_int_equal(info_of(w, "guest").errors, 0);
        assert_true(sd_event_run(w->event, 0) >= 0);
        assert_int_equal(w->n_wakes, 1);
}

/* The host is no news, and a cgroup is none that it measures. */
static void test_told_of_what_was_there(void **state)
{
        struct world *w = *state;

        assert_int_equal(objects_add(w->objects, (struct oid) { SCOPE_IFACE, 7 }, "eth0", NULL), 0);
        assert_int_equal(objects_add(w->objects, (struct oid) { SCOPE_CGROUP, 6 }, "/a", NULL), 0);
        start(w);
        assert_open(w);
        assert_string_equal(w->events, "guest: iface 7 1\n");
}

static void test_objects_are_told_to_those_that_measure_them(void **state)
{
        struct world *w = *state;
        int seat;

        start(w);
        seat = objects_scope_find(w->objects, "seat", 4);
        plugins_object(w->plugins, (struct oid) { (uint32_t) seat, 5 }, true);
        plugins_object(w->plugins, (struct oid) { SCOPE_CGROUP, 6 }, true);
        plugins_object(w->plugins, (struct oid) { (uint32_t) seat, 5 }, false);
        assert_string_equal(w->events, "guest: seat 5 1\nguest: seat 5 0\n");
}

static void test_a_knob_that_is_no_file(void **state)
{
        struct trimtab_value v = { .size = sizeof(v), .type = TRIMTAB_NUMBER, .number = 4 };
        struct world *w = *state;
        const struct knob *k;

        start(w);
        k = catalogue_knob(w->catalogue, "guest.dial", strlen("guest.dial"));
        assert_non_null(k);
        assert_null(k->file);
        assert_null(k->check);
        assert_int_equal(k->apply(k->self, 0, &v), 0);
        v.number = 0;
        assert_int_equal(k->read(k->self, 0, &v), 0);
        assert_true(v.number == 4);
}

/* With the plugins closed the catalogue keeps the numbers, not the names. */
static void test_closing(void **state)
{
        struct world *w = *state;
        const struct metric *m;
        const struct knob *k;

        start(w);
        m = catalogue_metric(w->catalogue, "guest.seen", strlen("guest.seen"));
        k = catalogue_knob(w->catalogue, "guest.dial", strlen("guest.dial"));
        w->plugins = plugins_free(w->plugins);
        assert_null(m->plugin);
        assert_null(k->self);
        assert_null(catalogue_metric(w->catalogue, "guest.seen", strlen("guest.seen")));
}

/* No loop, no store, no root: what `trimtab check` does. */
static void test_describe_only(void **state)
{
        struct world *w = *state;
        struct plugins_config config = { .catalogue = w->catalogue, .objects = w->objects, .log = &w->log };

        assert_int_equal(plugins_new(&config, &w->plugins), 0);
        assert_int_equal(plugins_describe_dir(w->plugins, GUESTS), 0);
        assert_int_equal(info_of(w, "guest").state, PLUGIN_LOADED);
        assert_non_null(catalogue_metric(w->catalogue, "guest.seen", strlen("guest.seen")));
        assert_non_null(catalogue_knob(w->catalogue, "guest.dial", strlen("guest.dial")));
        assert_int_equal(plugins_describe_dir(w->plugins, "/nonexistent"), -ENOENT);
        assert_string_equal(w->events, "");
}

/* Rows as a text: "seat=middle dial=3;". */
static void on_row(const struct trimtab_rows *to)
{
        (void) strcat(to->rows, "|");
}

static void on_text(const struct trimtab_rows *to, const char *name, const char *value)
{
        char *at = to->rows;

        (void) sprintf(at + strlen(at), " %s=%s", name, value);
}

static void on_number(const struct trimtab_rows *to, const char *name, double value)
{
        char *at = to->rows;

        (void) sprintf(at + strlen(at), " %s=%g", name, value);
}

static void test_reports_and_deeds(void **state)
{
        struct world *w = *state;
        char rows[256] = "", answer[256] = "";
        const struct trimtab_rows to = { .size = sizeof(to), .rows = rows, .row = on_row, .text = on_text, .number = on_number };
        const struct trimtab_rows back = { .size = sizeof(back), .rows = answer, .row = on_row, .text = on_text };
        struct plugin_info info;

        start(w);
        assert_open(w);
        info = info_of(w, "guest");
        assert_int_equal(info.n_reports, 2);
        assert_string_equal(info.reports[0].columns[0], "dial");
        assert_int_equal(info.n_deeds, 2);
        assert_string_equal(info.deeds[1].name, "refuse");

        assert_int_equal(plugins_deed(w->plugins, "guest", "turn", "3", &back), 0);
        assert_string_equal(answer, "| message=turned");
        assert_int_equal(plugins_report(w->plugins, "guest", "dial", &to), 0);
        assert_string_equal(rows, "| seat=middle dial=3");

        /* What the plugin says, and what there is not. */
        assert_int_equal(plugins_report(w->plugins, "guest", "nothing", &to), -ENOENT);
        assert_int_equal(plugins_deed(w->plugins, "guest", "refuse", "", &back), -EBUSY);
        assert_int_equal(plugins_report(w->plugins, "guest", "turn", &to), -ENOSYS);
        assert_int_equal(plugins_deed(w->plugins, "guest", "dial", "", &back), -ENOSYS);
        assert_int_equal(plugins_report(w->plugins, "gest", "dial", &to), -ENOPKG);
        assert_int_equal(plugins_deed(w->plugins, "gest", "turn", "", &back), -ENOPKG);

        /* One without any. */
        assert_int_equal(plugins_report(w->plugins, "fixture", "dial", &to), info_of(w, "fixture").state == PLUGIN_OPEN ? -ENOSYS : -ENOPKG);
        assert_string_equal(rows, "| seat=middle dial=3");
}

/* One that is not open is not asked. */
static void test_nothing_is_asked_of_what_is_closed(void **state)
{
        struct world *w = *state;
        struct plugins_config config = { .catalogue = w->catalogue, .objects = w->objects, .log = &w->log };
        char rows[256] = "";
        const struct trimtab_rows to = { .size = sizeof(to), .rows = rows, .row = on_row, .text = on_text, .number = on_number };

        assert_int_equal(plugins_new(&config, &w->plugins), 0);
        assert_int_equal(plugins_describe_dir(w->plugins, GUESTS), 0);
        assert_int_equal(plugins_report(w->plugins, "guest", "dial", &to), -ENOPKG);
        assert_int_equal(plugins_deed(w->plugins, "guest", "turn", "", &to), -ENOPKG);
        assert_string_equal(rows, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_open_and_measure),
                TEST(test_options),
                TEST(test_bad_options_are_told),
                TEST(test_descriptors_in_the_loop),
                TEST(test_filters_of_tc),
                TEST(test_asks_whether_a_file_takes_writes),
                TEST(test_a_number_that_is_another_file),
                TEST(test_told_of_what_was_there),
                TEST(test_objects_are_told_to_those_that_measure_them),
                TEST(test_a_knob_that_is_no_file),
                TEST(test_closing),
                TEST(test_reports_and_deeds),
                TEST(test_nothing_is_asked_of_what_is_closed),
                TEST(test_describe_only),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
