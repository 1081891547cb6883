/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "decide/kind.h"

enum { WITHOUT_PLUGINS, WITH_XDP, RECORDED };

struct row {
        int world;
        const char *header;
        int whose; /* what kind_is_ours says */
        int severity; /* -1: nothing is said */
        const char *message;
};

static const struct row rows[] = {
        { WITHOUT_PLUGINS, "[rule a]", 1, -1, NULL },
        { WITHOUT_PLUGINS, "[goal a]", 1, -1, NULL },
        { WITHOUT_PLUGINS, "[rule]", 1, -1, NULL },
        { WITHOUT_PLUGINS, "[ruel a]", 0, SEVERITY_ERROR, "unknown kind of section 'ruel', did you mean 'rule'?" },
        { WITHOUT_PLUGINS, "[filter a]", 0, SEVERITY_WARNING,
          "no plugin that is loaded has sections of the kind 'filter': it waits for one that has" },
        { WITHOUT_PLUGINS, "[filter]", 0, SEVERITY_WARNING,
          "no plugin that is loaded has sections of the kind 'filter': it waits for one that has" },
        { WITHOUT_PLUGINS, "[ruel]", 0, SEVERITY_ERROR, "unknown kind of section 'ruel', did you mean 'rule'?" },
        { WITHOUT_PLUGINS, "[FILTER a]", 0, SEVERITY_ERROR, "unknown kind of section 'FILTER'" },
        { WITHOUT_PLUGINS, "[daemon]", 0, SEVERITY_ERROR, "[daemon] stands in trimtab.conf, not among rules" },
        { WITHOUT_PLUGINS, "[test a]", 0, SEVERITY_ERROR, "[test] stands in a file of tests, not among rules" },
        { WITH_XDP, "[filter a]", 0, -1, NULL },
        { WITH_XDP, "[filter]", 0, -1, NULL }, /* its plugin's reader says what is wrong with it */
        { WITH_XDP, "[fitler a]", 0, SEVERITY_ERROR, "unknown kind of section 'fitler', did you mean 'filter'?" },
        { WITH_XDP, "[Filter a]", 0, SEVERITY_ERROR, "unknown kind of section 'Filter', did you mean 'filter'?" },
        { WITH_XDP, "[table a]", 0, SEVERITY_WARNING,
          "no plugin that is loaded has sections of the kind 'table': it waits for one that has" },
        { RECORDED, "[filter a]", 0, -1, NULL },
        { RECORDED, "[ruel a]", 0, SEVERITY_WARNING, "'ruel' is taken for a plugin's kind of section, did you mean 'rule'?" },
        { RECORDED, "[filter]", 0, -1, NULL },
        { RECORDED, "[FILTER a]", 0, SEVERITY_ERROR, "unknown kind of section 'FILTER'" },
};

static void check(const struct row *row)
{
        struct catalogue *catalogue;
        struct diag diag = {};
        struct ini ini = {};

        assert_int_equal(catalogue_new(&catalogue), 0);
        if (row->world == WITH_XDP)
                assert_int_equal(catalogue_add_kind(catalogue, "xdp", "filter"), 0);
        if (row->world == RECORDED)
                catalogue_set_kinds_unknown(catalogue);
        assert_int_equal(ini_load_text(&ini, "1.conf", row->header, strlen(row->header), &diag), 0);

        assert_int_equal(kind_is_ours(&ini.sections[0], catalogue, &diag), row->whose);
        assert_int_equal(diag.n, row->severity >= 0);
        if (diag.n > 0) {
                assert_string_equal(diag.items[0].message, row->message);
                assert_int_equal(diag.items[0].severity, row->severity);
                assert_int_equal(diag.items[0].column, 2);
        }
        ini_clear(&ini);
        diag_clear(&diag);
        catalogue_free(catalogue);
}

static void test_whose_it_is(void **state)
{
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                check(&rows[i]);
}

int main(void)
{
        static const struct CMUnitTest tests[] = { cmocka_unit_test(test_whose_it_is) };

        return cmocka_run_group_tests_name("decide/kind", tests, NULL, NULL);
}
