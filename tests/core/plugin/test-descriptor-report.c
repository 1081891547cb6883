/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/descriptor.h"

/* Reports and deeds in a descriptor: copied whatever their size, and judged. */

static int report(void *self, uint32_t number, const struct trimtab_rows *to)
{
        return 0;
}

static int deed(void *self, uint32_t number, const char *argument, const struct trimtab_rows *answer)
{
        return 0;
}

static const char *const columns[] = { "address", "until_usec", NULL };

/* A plugin in which everything is right: each test breaks one thing. */
struct sample {
        struct trimtab_report reports[2];
        struct trimtab_deed deeds[2];
        struct trimtab_plugin plugin;
        struct inspection found;
};

static void sample_init(struct sample *s)
{
        *s = (struct sample) {
                .reports = { { "bans", "Who is kept out", columns }, { "state", "How it does", NULL } },
                .deeds = { { "let-in", "Ends a ban" }, { "release", "Ends all" } },
                .plugin = {
                        TRIMTAB_PLUGIN_HEAD,
                        .name = "net",
                        .version = "1",
                        .license = "MIT",
                        .help = "A net",
                        .report_size = sizeof(struct trimtab_report),
                        .n_reports = 2,
                        .deed_size = sizeof(struct trimtab_deed),
                        .n_deeds = 2,
                        .report = report,
                        .deed = deed,
                },
                .found = { .name = "net", .symbol_size = sizeof(struct trimtab_plugin) },
        };
        s->plugin.reports = s->reports;
        s->plugin.deeds = s->deeds;
}

static int judge(struct sample *s)
{
        struct objects *objects = NULL;
        struct descriptor d;
        int r = descriptor_read(&s->plugin, &s->found, &d);

        assert_int_equal(objects_new(&objects), 0);
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
}

/* A plugin of a later 1.x: its reports have members that we do not know. */
static void test_larger(void **state)
{
        struct {
                struct trimtab_report r;
                uint64_t more[2];
        } reports[2] = {};
        struct {
                struct trimtab_deed d;
                uint64_t more;
        } deeds[2] = {};
        struct sample s;
        struct descriptor d;

        sample_init(&s);
        for (size_t i = 0; i < 2; i++) {
                reports[i].r = s.reports[i];
                deeds[i].d = s.deeds[i];
                reports[i].more[0] = reports[i].more[1] = deeds[i].more = UINT64_MAX;
        }
        s.plugin.reports = &reports[0].r;
        s.plugin.report_size = sizeof(reports[0]);
        s.plugin.deeds = &deeds[0].d;
        s.plugin.deed_size = sizeof(deeds[0]);

        assert_int_equal(descriptor_read(&s.plugin, &s.found, &d), 0);
        assert_ptr_equal(d.plugin.reports, d.reports);
        assert_string_equal(d.plugin.reports[1].name, "state");
        assert_ptr_equal(d.plugin.reports[0].columns, columns);
        assert_string_equal(d.plugin.deeds[1].help, "Ends all");
        descriptor_clear(&d);
}

/* What was built before there were any says nothing of them, whatever stands behind its struct. */
static void test_before_reports(void **state)
{
        struct sample s;
        struct descriptor d;

        sample_init(&s);
        s.plugin.size = offsetof(struct trimtab_plugin, reports);
        assert_int_equal(descriptor_read(&s.plugin, &s.found, &d), 0);
        assert_int_equal(d.plugin.n_reports + d.plugin.n_deeds, 0);
        assert_null(d.plugin.report);
        descriptor_clear(&d);
}

static void test_what_is_refused(void **state)
{
        struct sample s;

        sample_init(&s);
        s.plugin.report_size = 16;
        assert_refused(&s, "report_size is 16, expected at least 24 (use TRIMTAB_REPORTS)");
        s.plugin.deed_size = 0;
        assert_refused(&s, "deed_size is 0, expected at least 16 (use TRIMTAB_DEEDS)");
        s.plugin.deeds = NULL;
        assert_refused(&s, "n_deeds is 2, but there is no array of them");
        s.plugin.report = NULL;
        assert_refused(&s, "the descriptor has reports and no report()");
        s.plugin.deed = NULL;
        assert_refused(&s, "the descriptor has deeds and no deed()");
        s.reports[0].name = "Who is banned";
        assert_refused(&s, "report 'Who is banned': not a name");
        s.reports[1].name = "bans";
        assert_refused(&s, "report bans: declared twice");
        s.reports[0].help = NULL;
        assert_refused(&s, "report bans: it has no help");
        s.reports[0].columns = (const char *const[]){ NULL };
        assert_refused(&s, "report bans: its table has no columns");
        s.deeds[1].name = "let-in";
        assert_refused(&s, "deed let-in: declared twice");
        s.deeds[1].help = "";
        assert_refused(&s, "deed release: it has no help");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_good_one),
                cmocka_unit_test(test_larger),
                cmocka_unit_test(test_before_reports),
                cmocka_unit_test(test_what_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
