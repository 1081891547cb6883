/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "sense/catalogue.h"

static int setup(void **state)
{
        return catalogue_new((struct catalogue **) state);
}

static int teardown(void **state)
{
        catalogue_free(*state);
        return 0;
}

static const struct trimtab_metric latency = {
        .name = "sched.runq_latency", .unit = "us", .scope = "cgroup", .kind = TRIMTAB_HISTOGRAM
};
static const struct trimtab_knob weight = {
        .name = "cpu.weight", .scope = "cgroup", .type = TRIMTAB_NUMBER, .min = 1, .max = 10000, .file = "{path}/cpu.weight"
};

static void copies_and_units(void **state)
{
        struct metric *m;

        assert_int_equal(catalogue_add_metric(*state, "sched", &latency, 2, &m), 0);
        assert_string_equal(m->name, "sched.runq_latency");
        assert_ptr_not_equal(m->name, latency.name);
        assert_int_equal(m->dimension, DIMENSION_TIME);
        assert_float_equal(m->factor, 1000, 0);
        assert_ptr_equal(catalogue_metric(*state, "sched.runq_latency", 18), m);
        assert_null(catalogue_metric(*state, "sched.runq_latenc", 17));
}

static void a_name_has_one_plugin(void **state)
{
        struct knob *first, *again;

        assert_int_equal(catalogue_add_knob(*state, "cgroup", &weight, 2, &first), 0);
        assert_int_equal(catalogue_add_knob(*state, "other", &weight, 2, NULL), -EEXIST);
        assert_int_equal(catalogue_add_knob(*state, "cgroup", &weight, 2, &again), 0);
        assert_ptr_equal(first, again);
        assert_int_equal(catalogue_n_knobs(*state), 1);
}

/* Decisions hold numbers: they must mean the same knob for as long as the daemon lives. */
static void numbers_outlive_the_plugin(void **state)
{
        struct knob *k;
        uint32_t number;

        assert_int_equal(catalogue_add_knob(*state, "cgroup", &weight, 2, &k), 0);
        number = k->number;
        catalogue_drop_plugin(*state, "cgroup");
        assert_null(catalogue_knob(*state, "cpu.weight", 10));
        assert_string_equal(catalogue_knob_at(*state, number)->name, "cpu.weight");
        assert_int_equal(catalogue_add_knob(*state, "other", &weight, 2, &k), 0);
        assert_int_equal(k->number, number);
}

static const struct trimtab_knob write_limit = {
        .name = "io.max.wbps", .unit = "B", .scope = "cgroup", .type = TRIMTAB_NUMBER, .flags = TRIMTAB_KNOB_MAX,
        .min = 1, .max = 1e12, .file = "{path}/io.max", .form = TRIMTAB_FORM_NESTED, .key = "{device} wbps",
        .absent = "max", .per_scope = "block"
};

static void plug(struct objects *o, unsigned maj, unsigned min, const char *name)
{
        assert_int_equal(objects_add(o, (struct oid) { SCOPE_BLOCK, makedev(maj, min) }, name, NULL), 0);
}

static const struct knob *find_knob(struct catalogue *c, const char *name)
{
        return catalogue_knob(c, name, strlen(name));
}

static void one_knob_for_each_device(void **state)
{
        const struct knob *k;
        struct objects *o;
        const char *device;
        uint32_t number;
        size_t length;

        assert_int_equal(objects_new(&o), 0);
        plug(o, 254, 0, "vda");
        assert_int_equal(catalogue_add_template(*state, "cgroup", &write_limit, SCOPE_CGROUP, SCOPE_BLOCK), 0);
        assert_int_equal(catalogue_n_knobs(*state), 0);
        assert_int_equal(catalogue_follow(*state, o), 1);
        assert_int_equal(catalogue_follow(*state, o), 0);
        assert_int_equal(catalogue_n_knobs(*state), 1);
        assert_null(find_knob(*state, "io.max.wbps"));

        k = find_knob(*state, "io.max.wbps[vda]");
        assert_non_null(k);
        number = k->number;
        assert_string_equal(k->key, "254:0 wbps");
        assert_string_equal(k->device, "vda");
        assert_string_equal(k->absent, "max");
        assert_string_equal(k->plugin, "cgroup");
        assert_int_equal(k->dimension, DIMENSION_BYTES);

        /* It goes, one of another name comes. */
        assert_int_equal(objects_remove(o, (struct oid) { SCOPE_BLOCK, makedev(254, 0) }), 0);
        plug(o, 259, 1048575, "nvme0n1");
        assert_int_equal(catalogue_follow(*state, o), 1);
        assert_null(find_knob(*state, "io.max.wbps[vda]"));
        assert_string_equal(find_knob(*state, "io.max.wbps[nvme0n1]")->key, "259:1048575 wbps");

        /* Another disk under the old name: the same number, its own key. */
        plug(o, 8, 16, "vda");
        assert_int_equal(catalogue_follow(*state, o), 1);
        k = find_knob(*state, "io.max.wbps[vda]");
        assert_int_equal(k->number, number);
        assert_string_equal(k->key, "8:16 wbps");

        assert_true(catalogue_is_per_device(*state, "io.max.wbps[sdz]", 16, &device, &length));
        assert_memory_equal(device, "sdz", 3);
        assert_int_equal(length, 3);
        assert_false(catalogue_is_per_device(*state, "io.max.wbps", 11, &device, &length));
        assert_false(catalogue_is_per_device(*state, "io.max.wbpx[sdz]", 16, &device, &length));

        catalogue_drop_plugin(*state, "cgroup");
        assert_null(find_knob(*state, "io.max.wbps[vda]"));
        assert_int_equal(catalogue_follow(*state, o), 0);
        assert_null(find_knob(*state, "io.max.wbps[vda]"));
        objects_free(o);
}

static void a_kind_of_section_has_one_plugin(void **state)
{
        assert_int_equal(catalogue_add_kind(*state, "xdp", "filter"), 0);
        assert_int_equal(catalogue_add_kind(*state, "xdp", "route"), 0);
        assert_int_equal(catalogue_add_kind(*state, "xdp", "filter"), 0);
        assert_int_equal(catalogue_add_kind(*state, "nft", "filter"), -EEXIST);
        assert_int_equal(catalogue_add_kind(*state, "nft", "table"), 0);
        assert_int_equal(catalogue_n_kinds(*state), 3);
        assert_string_equal(catalogue_kind_owner(*state, "filter"), "xdp");
        assert_null(catalogue_kind_owner(*state, "filte"));

        /* It goes: another may have them. */
        catalogue_drop_plugin(*state, "xdp");
        assert_int_equal(catalogue_n_kinds(*state), 1);
        assert_string_equal(catalogue_kind_at(*state, 0), "table");
        assert_int_equal(catalogue_add_kind(*state, "nft", "filter"), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(copies_and_units), TEST(a_name_has_one_plugin), TEST(numbers_outlive_the_plugin),
                TEST(one_knob_for_each_device), TEST(a_kind_of_section_has_one_plugin),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
