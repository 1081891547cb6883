/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/descriptor.h"

static int collect(void *self, uint64_t now_ns)
{
        return 0;
}

static int knob_read(void *self, uint64_t object, struct trimtab_value *ret)
{
        return 0;
}

static int knob_apply(void *self, uint64_t object, const struct trimtab_value *want)
{
        return 0;
}

static const char *const calm[] = { "calmest", "spread", NULL };

/* A plugin in which everything is right: each test breaks one thing. */
struct sample {
        struct trimtab_metric metrics[2];
        struct trimtab_knob knobs[2];
        struct trimtab_scope scopes[1];
        struct trimtab_option options[1];
        struct trimtab_plugin plugin;
        struct inspection found;
};

static void sample_init(struct sample *s)
{
        *s = (struct sample) {
                .metrics = {
                        { "net.load", "%", "How busy", "host", TRIMTAB_GAUGE },
                        { "net.depth", "", "How deep", "queue", TRIMTAB_GAUGE },
                },
                .knobs = {
                        { .name = "net.budget", .unit = "", .help = "At once", .scope = "host",
                          .type = TRIMTAB_NUMBER, .min = 1, .max = 300, .file = "/proc/sys/net/core/netdev_budget" },
                        { .name = "net.place", .unit = "", .help = "Where", .scope = "queue",
                          .type = TRIMTAB_CHOICE, .choices = calm, .file = "/run/{name}/{key}" },
                },
                .scopes = { { "queue", "A queue" } },
                .options = { { "depth", "packets", "How deep", "4", 1, 9 } },
                .plugin = {
                        TRIMTAB_PLUGIN_HEAD,
                        .name = "net",
                        .version = "1",
                        .license = "MIT",
                        .help = "Networks",
                        .collect = collect,
                        .n_metrics = 2, .n_knobs = 2, .n_scopes = 1, .n_options = 1,
                },
                .found = { .name = "net", .abi = 1, .symbol_size = sizeof(struct trimtab_plugin) },
        };
        s->plugin.metrics = s->metrics;
        s->plugin.knobs = s->knobs;
        s->plugin.scopes = s->scopes;
        s->plugin.options = s->options;
}

static int judge(struct sample *s)
{
        struct descriptor d;
        struct objects *objects;
        int r;

        assert_int_equal(objects_new(&objects), 0);
        r = descriptor_read(&s->plugin, &s->found, &d);
        if (r >= 0) {
                r = descriptor_check(&d, objects, &s->found);
                descriptor_clear(&d);
        }
        objects_free(objects);
        return r;
}

static void assert_refused(struct sample *s, const char *reason)
{
        assert_int_equal(judge(s), -ENOEXEC);
        if (!strstr(s->found.reason, reason))
                fail_msg("reason is \"%s\", expected \"%s\" in it", s->found.reason, reason);
        sample_init(s);
}

static void test_a_good_one(void **state)
{
        struct sample s;

        sample_init(&s);
        assert_int_equal(judge(&s), 0);

        /* Nothing but knobs is fine, too. */
        s.plugin.n_metrics = 0;
        s.plugin.collect = NULL;
        assert_int_equal(judge(&s), 0);
}

static void test_struct_copy(void **state)
{
        const char from[4] = { 1, 2, 3, 4 };
        char small[2] = {}, large[6] = { 9, 9, 9, 9, 9, 9 };

        struct_copy(small, sizeof(small), from, sizeof(from));
        assert_memory_equal(small, ((const char[]) { 1, 2 }), 2);
        struct_copy(large, sizeof(large), from, sizeof(from));
        assert_memory_equal(large, ((const char[]) { 1, 2, 3, 4, 0, 0 }), 6);
}

/* A plugin of a later 1.x: every struct has members that we do not know. */
static void test_newer_and_larger(void **state)
{
        struct {
                struct trimtab_metric m;
                uint64_t more[2];
        } metrics[2] = {};
        struct {
                struct trimtab_plugin p;
                void *more[3];
        } plugin;
        struct sample s;
        struct descriptor d;

        sample_init(&s);
        metrics[0].m = s.metrics[0];
        metrics[1].m = s.metrics[1];
        metrics[0].more[0] = metrics[0].more[1] = UINT64_MAX;
        plugin.p = s.plugin;
        plugin.p.size = sizeof(plugin);
        plugin.p.metrics = &metrics[0].m;
        plugin.p.metric_size = sizeof(metrics[0]);
        s.found.symbol_size = sizeof(plugin);

        assert_int_equal(descriptor_read(&plugin.p, &s.found, &d), 0);
        assert_string_equal(d.metrics[1].name, "net.depth");
        assert_ptr_equal(d.plugin.metrics, d.metrics);
        descriptor_clear(&d);
}

static void test_sizes(void **state)
{
        struct sample s;

        sample_init(&s);
        s.plugin.size = PLUGIN_SIZE_1_0 - 8;
        assert_refused(&s, "its size says 144, expected 152 to 224");
        s.plugin.size = sizeof(s.plugin) + 8;
        assert_refused(&s, "its size says 232, expected 152 to 224");
        s.plugin.metric_size = 32;
        assert_refused(&s, "metric_size is 32, expected at least 40");
        s.plugin.knob_size = 0;
        assert_refused(&s, "knob_size is 0, expected at least 128");
        s.plugin.scope_size = 17;
        assert_refused(&s, "scope_size is 17");
        s.plugin.option_size = 8192;
        assert_refused(&s, "option_size is 8192");
        s.plugin.metrics = NULL;
        assert_refused(&s, "n_metrics is 2, but there is no array of them");
        s.plugin.n_knobs = UINT32_MAX;
        assert_refused(&s, "n_knobs is 4294967295, expected at most 4096");
        s.plugin.name = "nut";
        assert_refused(&s, "the descriptor's name is not that of the note, \"net\"");
        s.plugin.name = NULL;
        assert_refused(&s, "the descriptor's name");
}

static void test_heads(void **state)
{
        struct sample s;

        sample_init(&s);
        s.plugin.license = NULL;
        assert_refused(&s, "lacks a version, a license or a help");
        s.plugin.collect = NULL;
        assert_refused(&s, "has metrics and no collect()");
}

static void test_metrics(void **state)
{
        struct sample s;

        sample_init(&s);
        s.metrics[0].name = "other.load";
        assert_refused(&s, "metric other.load: expected the plugin's name in front, 'net.");
        s.metrics[0].name = "network.load";
        assert_refused(&s, "expected the plugin's name in front");
        s.metrics[0].name = "net.Load";
        assert_refused(&s, "metric 'net.Load': not a name");
        s.metrics[0].name = "net.run-queue";
        assert_refused(&s, "not a name");
        s.metrics[0].name = "net.";
        assert_refused(&s, "not a name");
        s.metrics[0].name = NULL;
        assert_refused(&s, "metric '': not a name");
        s.metrics[1].name = "net.load";
        assert_refused(&s, "metric net.load: declared twice");
        s.metrics[0].kind = 0;
        assert_refused(&s, "kind 0 is not known");
        s.metrics[0].kind = 4;
        assert_refused(&s, "kind 4 is not known");
        s.metrics[0].unit = NULL;
        assert_refused(&s, "it has no unit");
        s.metrics[0].help = "";
        assert_refused(&s, "it has no help");
        s.metrics[0].scope = "planet";
        assert_refused(&s, "scope 'planet' is neither the core's nor one of the plugin's own");
        s.metrics[0].scope = NULL;
        assert_refused(&s, "it has no scope");
}

static void test_knobs(void **state)
{
        static const char *const twice[] = { "a", "b", "a", NULL };
        struct sample s;

        sample_init(&s);
        s.knobs[0].name = "9lives";
        assert_refused(&s, "not a name");
        s.knobs[1].name = "net.budget";
        assert_refused(&s, "knob net.budget: declared twice");
        s.knobs[0].type = 0;
        assert_refused(&s, "type 0 is not known");
        s.knobs[0].type = 5;
        assert_refused(&s, "type 5 is not known");
        s.knobs[0].min = 301;
        assert_refused(&s, "its range is 301 to 300; expected min <= max");
        s.knobs[0].max = INFINITY;
        assert_refused(&s, "both finite");
        s.knobs[0].min = NAN;
        assert_refused(&s, "its range is nan");
        s.knobs[0].flags = TRIMTAB_KNOB_WEIGHT;
        s.knobs[0].min = 0;
        assert_refused(&s, "a weight's minimum is 0");
        s.knobs[0].form = 6;
        assert_refused(&s, "form 6 is not known");
        s.knobs[0].form = TRIMTAB_FORM_ETHTOOL;
        assert_refused(&s, "form ethtool: expected file 'ethtool:{key}/coalesce' and scope iface");
        s.knobs[0].form = TRIMTAB_FORM_MASK;
        assert_refused(&s, "form mask holds a list of CPUs only");
        s.knobs[0].form = TRIMTAB_FORM_KEYED;
        assert_refused(&s, "form keyed or nested, but no key");
        s.knobs[0].key = "default";
        assert_refused(&s, "a key, but its form is not keyed");
        s.knobs[0].form = TRIMTAB_FORM_NESTED;
        s.knobs[0].key = "8:0";
        assert_refused(&s, "form nested: key '8:0', expected the line's key, a blank and the word");
        s.knobs[0].absent = "max";
        assert_refused(&s, "absent, but its form is not keyed or nested");
        s.knobs[1].form = TRIMTAB_FORM_QUOTA;
        assert_refused(&s, "form quota holds a number only");
        s.knobs[1].choices = NULL;
        assert_refused(&s, "a choice without choices");
        s.knobs[1].choices = &calm[2];
        assert_refused(&s, "a choice without choices");
        s.knobs[1].choices = twice;
        assert_refused(&s, "choice 'a' is there twice");
        s.knobs[0].file = NULL;
        assert_refused(&s, "neither a file nor both read() and apply()");
        s.knobs[0].read = knob_read;
        s.knobs[0].file = NULL;
        assert_refused(&s, "neither a file nor both read() and apply()");
}

/* Knobs of each disk, and those of a disk that all stand in one file. */
static void test_devices(void **state)
{
        struct trimtab_knob limit = {
                .name = "net.limit", .unit = "B", .help = "At most", .scope = "cgroup", .type = TRIMTAB_NUMBER,
                .min = 1, .max = 2, .file = "{path}/limit", .form = TRIMTAB_FORM_NESTED, .key = "{device} limit",
                .absent = "max", .per_scope = "block",
        };
        struct sample s;

        sample_init(&s);
        s.knobs[0] = limit;
        assert_int_equal(judge(&s), 0);
        s.knobs[0].per_scope = "iface";
        assert_refused(&s, "per_scope 'iface': expected block");
        s.knobs[0] = limit;
        s.knobs[0].key = "all limit";
        assert_refused(&s, "per_scope, but no {device} in its key");
        s.knobs[0] = limit;
        s.knobs[0].file = NULL;
        assert_refused(&s, "per_scope, but no file");

        s.knobs[0] = limit;
        s.knobs[0].scope = "block";
        s.knobs[0].per_scope = NULL;
        s.knobs[0].file = "/sys/limits";
        assert_int_equal(judge(&s), 0);
        s.knobs[0].key = "all limit";
        assert_refused(&s, "is the same for every block");
        s.knobs[0].flags = TRIMTAB_KNOB_ACTION;
        s.knobs[0].file = NULL;
        assert_refused(&s, "an action with neither a file nor apply()");
        s.knobs[0].flags = TRIMTAB_KNOB_ACTION;
        s.knobs[0].file = NULL;
        s.knobs[0].apply = knob_apply;
        assert_int_equal(judge(&s), 0);
}

static void test_files(void **state)
{
        static const struct {
                const char *file, *reason;
        } bad[] = {
                { "proc/irq/{key}", "expected an absolute path or {path}/" },
                { "", "expected an absolute path" },
                { "{path}", "expected an absolute path or {path}/" },
                { "/proc/{irq}/x", "the placeholders are {path}, {name} and {key}" },
                { "/proc/{path/x", "the placeholders are" },
                { "/proc/path}/x", "the placeholders are" },
                { "{path}/../../etc/passwd", "without .." },
                { "/proc/{key}/..", "without .." },
                { "/proc/{key}/", "expected the path of a file" },
                { "/proc/sys/one", "is the same for every queue" },
        };
        struct sample s;

        sample_init(&s);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                s.knobs[1].file = bad[i].file;
                assert_refused(&s, bad[i].reason);
        }

        s.knobs[1].file = "{path}/cpu.weight";
        assert_int_equal(judge(&s), 0);
        s.knobs[1].file = "/proc/irq/{key}/smp_affinity_list";
        assert_int_equal(judge(&s), 0);
}

static void test_scopes_and_options(void **state)
{
        struct sample s;

        sample_init(&s);
        s.scopes[0].name = "cgroup";
        assert_refused(&s, "scope cgroup: the core has a scope of that name");
        s.scopes[0].help = NULL;
        assert_refused(&s, "it has no help");
        s.options[0].name = "De pth";
        assert_refused(&s, "not a name");
        s.options[0].default_value = NULL;
        assert_refused(&s, "it has no default");
        s.options[0].min = 10;
        assert_refused(&s, "its range is 10 to 9");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_good_one),
                cmocka_unit_test(test_struct_copy),
                cmocka_unit_test(test_newer_and_larger),
                cmocka_unit_test(test_sizes),
                cmocka_unit_test(test_heads),
                cmocka_unit_test(test_metrics),
                cmocka_unit_test(test_knobs),
                cmocka_unit_test(test_devices), cmocka_unit_test(test_files),
                cmocka_unit_test(test_scopes_and_options),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
