/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <cmocka.h>

#include "decide/rule.h"
#include "world.h"

/* Knobs that there are once for each disk: "io.max.wbps[vda]". */

static const struct trimtab_knob write_limit = {
        .name = "io.max.wbps",
        .unit = "B",
        .scope = "cgroup",
        .type = TRIMTAB_NUMBER,
        .flags = TRIMTAB_KNOB_MAX,
        .min = 4096,
        .max = 1e15,
        .file = "{path}/io.max",
        .form = TRIMTAB_FORM_NESTED,
        .key = "{device} wbps",
        .absent = "max",
        .per_scope = "block",
};

static int setup(void **state)
{
        struct world *w = calloc(1, sizeof(*w));

        *state = w;
        if (!w)
                return -1;
        world_init(w);
        return catalogue_add_template(w->catalogue, "io", &write_limit, SCOPE_CGROUP, SCOPE_BLOCK);
}

static int teardown(void **state)
{
        world_clear(*state);
        free(*state);
        return 0;
}

static void plug(struct world *w, const char *name)
{
        assert_int_equal(objects_add(w->objects, (struct oid){ SCOPE_BLOCK, makedev(254, 0) }, name, NULL),
                         0);
        assert_int_equal(catalogue_follow(w->catalogue, w->objects), 1);
}

#define RULE(then) "[rule r]\nfor = cgroup:/a/*\nwhen = avg(psi.cpu) > 10%\n" then

static struct ruleset *parse(struct world *w, const char *text)
{
        struct ruleset *set = NULL;

        diag_clear(&w->diag);
        (void) world_parse(w, text, &set);
        assert_non_null(set);
        return set;
}

static void test_a_disk_that_is_there(void **state)
{
        struct world *w = *state;
        struct ruleset *set;

        plug(w, "vda");
        set = parse(w, RULE("then = io.max.wbps[vda] @siblings *= 0.8\nwithin = io.max.wbps[vda] 1M..max\n"));
        assert_int_equal(w->diag.n_errors, 0);
        assert_int_equal(ruleset_n(set), 1);
        assert_null(ruleset_at(set, 0)->waits_for);
        ruleset_free(set);
}

static void test_a_disk_that_is_not(void **state)
{
        struct world *w = *state;
        struct ruleset *set;

        plug(w, "vda");
        set = parse(w, RULE("then = io.max.wbps[vdb] = 1M\n"));
        assert_int_equal(w->diag.n_errors, 0);
        assert_string_equal(ruleset_at(set, 0)->waits_for, "device 'vdb'");
        ruleset_free(set);

        /* It comes, the other one has gone. */
        plug(w, "vdb");
        set = parse(w, RULE("then = io.max.wbps[vdb] = 1M\n"));
        assert_null(ruleset_at(set, 0)->waits_for);
        ruleset_free(set);
        set = parse(w, RULE("then = io.max.wbps[vda] = 1M\n"));
        assert_string_equal(ruleset_at(set, 0)->waits_for, "device 'vda'");
        ruleset_free(set);
}

static void test_a_name_that_is_wrong(void **state)
{
        struct world *w = *state;
        struct ruleset *set;

        plug(w, "vda");
        set = parse(w, RULE("then = io.max.wbp[vda] = 1M\n"));
        assert_int_equal(w->diag.n_errors, 1);
        assert_string_equal(w->diag.items[0].message,
                            "unknown knob 'io.max.wbp[vda]', did you mean 'io.max.wbps[vda]'?");
        ruleset_free(set);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                TEST(test_a_disk_that_is_there),
                TEST(test_a_disk_that_is_not),
                TEST(test_a_name_that_is_wrong),
        };

        return cmocka_run_group_tests_name("decide/devices", tests, NULL, NULL);
}
