/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "theatre.h"

static const char rules[] =
        "[rule load]\nfor = cgroup:/web\nwhen = last(test.load) > 50%\nthen = cpu.weight = 300\n";

static struct theatre theatre;

static int set_up(void **state)
{
        theatre_init(&theatre);
        return 0;
}

static int tear_down(void **state)
{
        theatre_clear(&theatre);
        return 0;
}

/* The third line of the test, "KEY = TEXT", is refused at that column of the text. */
static void refuses(const char *key, const char *text, unsigned column, const char *message)
{
        _cleanup_free_ char *test =
                str_printf("[test t]\nobjects = cgroup:/web\n%s = %s\nknobs = cpu.weight = 100\n%s", key,
                           text, streq(key, "expect") ? "" : "expect = 0s nothing\n");

        assert_true(theatre_run(&theatre, rules, test) > 0);
        theatre_says(&theatre, 3, (unsigned) strlen(key) + 3 + column, message);
}

static void test_objects(void **state)
{
        static const struct {
                const char *text, *message;
                unsigned column;
        } wrong[] = {
                { "web", "expected SCOPE:PATTERN", 1 },
                { "cgrup:/web", "did you mean 'cgroup'?", 1 },
                { "plant:/web", "unknown scope 'plant'", 1 },
                { "cgroup:/a*", "this is a pattern", 1 },
                { "cgroup:web", "begins with '/'", 8 },
                { "cgroup:/a/", "ends with '/'", 1 },
                { "host:x", "always there", 1 },
                { "cgroup:/a 5s", "expected from when to when", 11 },
                { "cgroup:/a 5s..5s", "expected from when to when", 11 },
                { "cgroup:/a 5s..9s, 8s..", "one after the other", 19 },
                { "cgroup:/a 9s..5s", "it ends before it begins", 11 },
                { "cgroup:/a 5s.. 9s x", "expected a comma", 19 },
        };

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                _cleanup_free_ char *test =
                        str_printf("[test t]\nrules = r\nobjects = %s\nexpect = 0s nothing\n", wrong[i].text);

                assert_true(theatre_run(&theatre, rules, test) > 0);
                theatre_says(&theatre, 3, 10 + wrong[i].column, wrong[i].message);
        }
        assert_int_equal(theatre_run(&theatre, rules,
                                     "[test t]\nobjects = cgroup:/a 5s..\n cgroup:/a\nexpect = 0s nothing\n"),
                         1);
        theatre_says(&theatre, 3, 2, "listed already");
}

static void test_samples(void **state)
{
        refuses("samples", "test.laod = 5%", 1, "did you mean 'test.load'?");
        refuses("samples", "other.load = 5%", 1, "unknown metric 'other.load'");
        refuses("samples", "cpu.weight = 5", 1, "is a knob, not a metric");
        refuses("samples", "test.load @cgroup:/wbe = 5%", 11, "did you mean 'cgroup:/web'?");
        refuses("samples", "test.load @cgroup:/w* = 5%", 11, "this is a pattern");
        refuses("samples", "test.load @siblings = 5%", 11, "seen from which object?");
        refuses("samples", "test.temperature @cgroup:/web = 5", 18, "belongs to host objects");
        refuses("samples", "test.load", 10, "expected '='");
        refuses("samples", "test.load = 5% # much", 16, "a comment behind a value");
        refuses("samples", "5 = 5", 1, "expected a metric");
}

static void test_knobs(void **state)
{
        static const char twice[] = "[test t]\nobjects = cgroup:/web\nknobs = cpu.weight = 1\n cpu.weight = "
                                    "2\nexpect = 0s nothing\n";

        assert_int_equal(theatre_run(&theatre, rules, twice), 1);
        theatre_says(&theatre, 4, 2, "told already");
}

static void test_expectations(void **state)
{
        refuses("expect", "load sets cpu.weight", 1, "expected a time");
        refuses("expect", "25 load sets cpu.weight", 1, "expected a time with a unit");
        refuses("expect", "25s", 4, "expected what there is then");
        refuses("expect", "1500ms load sets cpu.weight", 1, "there is no tick then: they are every 1s");
        refuses("expect", "1100ms..1900ms nothing", 1, "there is no tick then");
        refuses("expect", "25s laod sets cpu.weight", 5, "unknown rule 'laod', did you mean 'load'?");
        refuses("expect", "25s the laod sets cpu.weight", 5, "unknown rule 'the laod'");
        refuses("expect", "25s laod is active", 5, "unknown rule 'laod'");
        refuses("expect", "25s load set cpu.weight", 10, "did you mean 'sets'?");
        refuses("expect", "25s load", 9, "expected what it does");
        refuses("expect", "25s load does something", 15, "expected 'nothing'");
        refuses("expect", "25s load sets cpu.wieght", 15, "did you mean 'cpu.weight'?");
        refuses("expect", "25s load sets cpu.weight to 0", 29, "out of the range");
        refuses("expect", "25s load sets cpu.weight to 5ms", 29, "is a plain number");
        refuses("expect", "25s load sets cpu.weight at 5", 26, "expected the end of the line");
        refuses("expect", "25s load restores cpu.weight to 5", 30, "expected the end of the line");
        refuses("expect", "25s load sets cpu.weight @cgroup:/wbe", 26, "did you mean 'cgroup:/web'?");
        refuses("expect", "25s load sets cpu.max", 15, "how does 'cpu.max' of cgroup:/web stand by itself?");
        refuses("expect", "25s load sets io.max[vda]", 15, "there is no device 'vda'");
        refuses("expect", "25s load is actve", 13, "did you mean 'active'?");
        refuses("expect", "25s load @cgroup:/web was active", 23, "expected 'is'");
        refuses("expect", "25s cpu.weight was 5", 16, "expected 'is' and a value");
        refuses("expect", "25s cpu.weight is high", 19, "expected a number");
        refuses("expect", "25s nothing more", 13, "or 'else'");
        refuses("expect", "25s nothing else now", 18, "the end of the line");
}

static void test_sections_and_keys(void **state)
{
        assert_true(theatre_run(&theatre, rules, "[test t]\nexpct = 0s nothing\n") > 0);
        theatre_says(&theatre, 2, 1, "did you mean 'expect'?");
        theatre_says(&theatre, 1, 2, "test 't' has no 'expect'");
        assert_true(theatre_run(&theatre, rules,
                                "[defaults]\nexpect = 0s nothing\n[test t]\nexpect = 0s nothing\n") > 0);
        theatre_says(&theatre, 2, 1, "what is expected stands in each [test NAME]");
        assert_true(theatre_run(&theatre, rules, "[tset t]\n[test t]\nexpect = 0s nothing\n") > 0);
        theatre_says(&theatre, 1, 2, "did you mean 'test'?");
        assert_true(theatre_run(&theatre, rules, "[test t]\ntick = 1ms\nexpect = 0s nothing\n") > 0);
        theatre_says(&theatre, 2, 8, "expected a time from 100ms to 1min");
        /* The theatre closes after 10000 ticks. */
        assert_true(theatre_run(&theatre, rules, "[test t]\nexpect = 0s..3h nothing\n") > 0);
        theatre_says(&theatre, 1, 2, "more than 10000 ticks");
}

static void test_wrong_rules_are_not_tested(void **state)
{
        assert_int_equal(theatre_run(&theatre,
                                     "[rule load]\nfor = cgroup:/web\nwhen = last(test.load) > 50%\n",
                                     "[test t]\nexpect = 0s nothing\n"),
                         1);
        theatre_says(&theatre, 1, 2, "has no 'then'");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_objects, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_samples, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_knobs, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_expectations, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_sections_and_keys, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_wrong_rules_are_not_tested, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
