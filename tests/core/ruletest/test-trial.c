/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "theatre.h"

#define RULE(name, when, then, more)                                                                         \
        "[rule " name "]\nfor = cgroup:/web, cgroup:/job*\nwhen = " when "\nhold = 2s\nthen = " then         \
        "\nclear-hold = 3s\n" more "\n"
#define LOAD_RULE RULE("load", "last(test.load) > 50%", "cpu.weight = 300", "")

/* A test of one cgroup whose load is high from 5s to 10s. */
#define HIGH                                                                                                 \
        "[test high]\nobjects = cgroup:/web\nknobs = cpu.weight = 100\nsamples = test.load = 1% x5s, 90% "   \
        "x5s, 1%\nexpect = "

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

/* The line of `expect` holds for the rule, and that other one does not. */
static void tells_apart(const char *rules, const char *before, const char *right, const char *wrong)
{
        _cleanup_free_ char *good = str_printf("%s%s\n", before, right),
                            *bad = str_printf("%s%s\n", before, wrong);

        theatre_passes(&theatre, rules, good);
        assert_int_equal(theatre_run(&theatre, rules, bad), 1);
        assert_non_null(strstr(theatre.diag.items[theatre.diag.n - 1].message, "not so: "));
}

static void test_decisions_are_told_apart(void **state)
{
        tells_apart(LOAD_RULE, HIGH, "7s load sets cpu.weight to 300", "7s load sets cpu.weight to 301");
        tells_apart(LOAD_RULE, HIGH, "7s load sets cpu.weight", "8s load sets cpu.weight");
        tells_apart(LOAD_RULE, HIGH, "7s..9s load sets cpu.weight @cgroup:/web",
                    "8s..9s load sets cpu.weight @cgroup:/web");
        tells_apart(LOAD_RULE, HIGH, "13s load restores cpu.weight", "..12s load restores cpu.weight");
        tells_apart(LOAD_RULE, HIGH, "8s..12s load does nothing", "7s..12s load does nothing");
        tells_apart(LOAD_RULE, HIGH, "..6s nothing", "7s.. nothing");
        tells_apart(LOAD_RULE, HIGH, "7s load sets cpu.weight\n 13s load restores cpu.weight\n nothing else",
                    "7s load sets cpu.weight\n 20s load is idle\n nothing else");
        tells_apart(LOAD_RULE, HIGH, "7s load sets cpu.weight\n ..12s nothing else",
                    "7s load sets cpu.weight\n ..13s nothing else");
}

static void test_states_are_told_apart(void **state)
{
        tells_apart(LOAD_RULE, HIGH, "6s cpu.weight is 100", "7s cpu.weight is 100");
        tells_apart(LOAD_RULE, HIGH, "7s..12s cpu.weight is 300", "7s..13s cpu.weight is 300");
        tells_apart(LOAD_RULE, HIGH, "12500ms cpu.weight is 300", "13500ms cpu.weight is 300");
        tells_apart(LOAD_RULE, HIGH, "5s..6s load is holding", "5s..7s load is holding");
        tells_apart(LOAD_RULE, HIGH, "7s load @cgroup:/web is active", "7s load @cgroup:/web is idle");
        tells_apart(LOAD_RULE, HIGH, "10s..12s load is clearing", "9s load is clearing");
        /* There the rule does not run. */
        tells_apart(LOAD_RULE, HIGH, "7s load is active", "7s load @cgroup:/ is active");
}

static void test_how_rules_let_go(void **state)
{
        tells_apart(RULE("load", "last(test.load) > 50%", "cpu.weight = 300", "on-clear = keep"), HIGH,
                    "13s load keeps cpu.weight\n 20s cpu.weight is 300", "13s load restores cpu.weight");
        tells_apart(RULE("load", "last(test.load) > 50%", "cpu.weight = 300", "mode = advise"), HIGH,
                    "7s load advises cpu.weight to 300\n 13s load withdraws cpu.weight\n ..20s cpu.weight is "
                    "100\n nothing else",
                    "7s load sets cpu.weight to 300");
        tells_apart(RULE("load", "last(test.load) > 50%", "cpu.weight *= 2",
                         "within = cpu.weight 100..1000\non-clear = ease\ncooldown = 1s"),
                    HIGH,
                    "7s load sets cpu.weight to 200\n 9s cpu.weight is 800\n 13s..20s load sets cpu.weight\n "
                    "1min cpu.weight is 100",
                    "9s cpu.weight is 1000");
}

static void test_the_daemons_mode_and_what_it_protects(void **state)
{
        tells_apart(LOAD_RULE,
                    "[test x]\nmode = advise\nobjects = cgroup:/web\nknobs = cpu.weight = 100\nsamples = "
                    "test.load = 90%\nexpect = ",
                    "2s load advises cpu.weight", "2s load sets cpu.weight");
        tells_apart(LOAD_RULE,
                    "[test x]\nprotect = /web\nobjects = cgroup:/web\nknobs = cpu.weight = 100\nsamples = "
                    "test.load = 90%\nexpect = ",
                    "..1min nothing", "2s load sets cpu.weight");
        theatre_passes(&theatre, LOAD_RULE,
                       "[test x]\nobjects = cgroup:/web\nmode = observe\nsamples = test.load = 90%\nexpect = "
                       "..1min nothing\n");
}

static void test_the_tick(void **state)
{
        tells_apart(LOAD_RULE,
                    "[test x]\ntick = 500ms\nobjects = cgroup:/web\nknobs = cpu.weight = 100\nsamples = "
                    "test.load = 1% x3, 90%\nexpect = ",
                    "3500ms load sets cpu.weight", "4s load sets cpu.weight");
        tells_apart(LOAD_RULE,
                    "[test x]\ntick = 5s\nobjects = cgroup:/web\nknobs = cpu.weight = 100\nsamples = "
                    "test.load = 1% x3s, 90%\nexpect = ",
                    "10s load sets cpu.weight\n 9s cpu.weight is 100", "5s load sets cpu.weight");
}

static void test_gauges_counters_and_histograms(void **state)
{
        static const char counter[] = "[test c]\nobjects = cgroup:/web\nknobs = cpu.weight = 100\n"
                                      "samples = test.run = 20% x20s, 150%\nexpect = ";
        static const char gap[] = "[test c]\nobjects = cgroup:/web\nknobs = cpu.weight = 100\n"
                                  "samples = test.run = 80% x10s, _ x5s, 80%\nexpect = ";
        static const char events[] = "[test h]\nobjects = cgroup:/web\nknobs = cpu.weight = 100\n"
                                     "samples = test.wait = 95*1ms + 5*30ms\nexpect = ";

        /* Over 10s: 2 of 20%, 8 of 150% are 124%, at 27s; and the hold. */
        tells_apart(RULE("run", "rate(test.run, 10s) > 120%", "cpu.weight = 300", ""), counter,
                    "29s run sets cpu.weight", "28s run sets cpu.weight");
        /* At the first tick there is a rate. */
        tells_apart(RULE("run", "rate(test.run, 10s) > 10%", "cpu.weight = 300", ""), counter,
                    "2s run sets cpu.weight", "1s run sets cpu.weight");
        /* What is not read goes on all the same. */
        tells_apart(RULE("run", "rate(test.run, 4s) < 79%", "cpu.weight = 300", ""), gap, "..1min nothing",
                    "2s run sets cpu.weight");
        tells_apart(RULE("bytes", "rate(test.bytes) >= 10Mi", "cpu.weight = 300", ""),
                    "[test b]\nobjects = cgroup:/web\nknobs = cpu.weight = 100\nsamples = test.bytes = "
                    "10Mi\nexpect = ",
                    "2s bytes sets cpu.weight", "..5s nothing");

        tells_apart(RULE("wait", "p99(test.wait) > 26ms and p90(test.wait) < 1.2ms", "cpu.weight = 300", ""),
                    events, "2s wait sets cpu.weight", "..5s nothing");
        tells_apart(RULE("wait", "count(test.wait, 5s) >= 500", "cpu.weight = 300", ""), events,
                    "6s wait sets cpu.weight", "5s wait sets cpu.weight");
        tells_apart(
                RULE("wait", "mean(test.wait) > 2449us and mean(test.wait) < 2451us", "cpu.weight = 300", ""),
                events, "2s wait sets cpu.weight", "..5s nothing");
}

static void test_missing_readings_are_unknown(void **state)
{
        static const char gone[] = "[test g]\nobjects = cgroup:/web\nknobs = cpu.weight = 100\n"
                                   "samples = test.load = 90% x5s, _\nexpect = ";

        /* last() over a window of 10s: known until 14s; three times clear-hold behind that it lets go. */
        tells_apart(LOAD_RULE, gone, "23s load restores cpu.weight", "22s load restores cpu.weight");
        theatre_passes(
                &theatre, LOAD_RULE,
                "[test n]\nobjects = cgroup:/web\nknobs = cpu.weight = 100\nexpect = ..1min nothing\n");
}

static void test_objects_come_and_go(void **state)
{
        static const char job[] =
                "[test j]\nobjects = cgroup:/job 10s..20s, 30s..\nknobs = cpu.weight = 100\n"
                "samples = test.load = 90%\nexpect = ";

        tells_apart(LOAD_RULE, job, "12s load sets cpu.weight\n 32s load sets cpu.weight\n nothing else",
                    "11s load sets cpu.weight");
        tells_apart(LOAD_RULE, job, "19s cpu.weight is 300", "20s cpu.weight is 300");
        /* The new one begins with its own value. */
        tells_apart(LOAD_RULE, job, "31s cpu.weight is 100", "32s cpu.weight is 100");
        tells_apart(LOAD_RULE, job, "15s load is active", "25s load is idle");
        /* What counts from when it came: no rate before. */
        tells_apart(RULE("run", "rate(test.run) > 50%", "cpu.weight = 300", ""),
                    "[test j]\nobjects = cgroup:/job 10s..\nknobs = cpu.weight = 100\nsamples = test.run = "
                    "90%\nexpect = ",
                    "12s run sets cpu.weight", "13s run sets cpu.weight");
}

static void test_lines_without_an_object_give_way(void **state)
{
        static const char two[] =
                "[defaults]\nobjects = cgroup:/web\n cgroup:/job\nknobs = cpu.weight = 100\n"
                "samples = test.load = 90%\n[test t]\n"
                "knobs = cpu.weight @cgroup:/job = 50\nsamples = test.load @cgroup:/job = 10%\nexpect = ";
        static const char both[] = "[defaults]\nobjects = cgroup:/web\nknobs = cpu.weight = 100\nsamples = "
                                   "test.load = 90%\n[test t]\n"
                                   "knobs = cpu.weight = 70\nsamples = test.load = 90% x1s, 1%\nobjects = "
                                   "cgroup:/web 1s..\nexpect = ";

        tells_apart(LOAD_RULE, two,
                    "2s load sets cpu.weight @cgroup:/web\n nothing else\n 9s cpu.weight @cgroup:/job is 50",
                    "9s cpu.weight @cgroup:/job is 100");
        tells_apart(LOAD_RULE, both, "..1min nothing\n 1s cpu.weight is 70", "0s cpu.weight is 70");
        tells_apart(LOAD_RULE, two, "2s load sets cpu.weight @cgroup:/web", "2s load sets cpu.weight @cgroup:/job");
        /* Its own line also says that nothing is read. */
        theatre_passes(&theatre, LOAD_RULE,
                       "[defaults]\nobjects = cgroup:/web\n cgroup:/job\nknobs = cpu.weight = 100\nsamples = test.load = 90%\n"
                       "[test t]\nsamples = test.load @cgroup:/job = _\n"
                       "expect = 2s load sets cpu.weight @cgroup:/web\n nothing else\n");
}

static void test_parents_and_the_root_are_there(void **state)
{
        static const char deep[] =
                "[rule deep]\nfor = cgroup:/a/b/web\nwhen = last(test.load @parent) > 50% and last(test.load "
                "@host) > 10%\n"
                "hold = 0s\nthen = cpu.weight @parent = 300\n"
                "[rule hot]\nwhen = last(test.temperature) > 80\nhold = 0s\nthen = test.fan = 100\n";

        theatre_passes(
                &theatre, deep,
                "[test d]\nobjects = cgroup:/a/b/web\nknobs = cpu.weight @cgroup:/a/b = 100\n test.fan = 20\n"
                "samples = test.load @cgroup:/a/b = 60% x5s, 0\n test.load @host = 20%\n test.temperature = "
                "70..90 x5\n"
                "expect = 0s deep sets cpu.weight @cgroup:/a/b to 300\n 3s hot sets test.fan to 100\n ..2s "
                "test.fan is 20\n");
}

static void test_values_that_are_no_numbers(void **state)
{
        static const char rules[] = RULE("pin", "last(test.load) > 50%",
                                         "cpuset.cpus = 0-3\n test.mode = high\n cpu.max = 50%", "");

        tells_apart(rules,
                    "[test p]\nobjects = cgroup:/web\nknobs = cpuset.cpus = 0-7\n test.mode = low\n cpu.max "
                    "= max\n"
                    "samples = test.load = 90%\nexpect = ",
                    "2s pin sets cpuset.cpus to 0,1,2-3\n 2s pin sets test.mode to high\n 2s pin sets "
                    "cpu.max to 50%\n 1s cpu.max is max",
                    "2s pin sets cpuset.cpus to 0-2");
}

static void test_knobs_of_devices(void **state)
{
        static const char rules[] = RULE("disk", "last(test.load) > 50%", "io.max[vda] = 10Mi", "");

        tells_apart(rules,
                    "[test d]\nobjects = cgroup:/web\n block:vda 5s..\nknobs = io.max[vda] = max\nsamples = "
                    "test.load = 90%\nexpect = ",
                    "..6s nothing\n 7s..9s disk sets io.max[vda] to 10Mi",
                    "2s disk sets io.max[vda] to 10Mi");
        /* Another test has no such device. */
        assert_int_equal(
                theatre_run(
                        &theatre, rules,
                        "[test e]\nobjects = cgroup:/web\nknobs = io.max[vda] = max\nexpect = 0s nothing\n"),
                1);
        theatre_says(&theatre, 3, 9, "there is no device 'vda'");
}

static void test_goals(void **state)
{
        static const char goal[] =
                "[goal calm]\nfor = cgroup:/web\nkeep = p99(test.wait) < 5ms\nby = cpu.weight 100..400\n";
        static const char stays[] = "[test g]\nobjects = cgroup:/web\nknobs = cpu.weight = 100\nsamples = "
                                    "test.wait = 1ms x30s, 8ms\nexpect = ";

        tells_apart(goal, stays,
                    "..29s nothing\n 30s..1min calm sets cpu.weight\n 30s..2min calm restores cpu.weight\n "
                    "2min calm is resting",
                    "2min calm is active");
}

static void test_names_of_rules_may_have_spaces(void **state)
{
        static const char rules[] = LOAD_RULE RULE("load it", "last(test.load) > 50%", "cpu.max = 50%", "");

        theatre_passes(&theatre, rules,
                       "[test s]\nobjects = cgroup:/web\nknobs = cpu.weight = 100\n cpu.max = max\nsamples = "
                       "test.load = 90%\n"
                       "expect = 2s load sets cpu.weight\n 2s load it sets cpu.max to 50%\n nothing else\n");
}

static void test_what_was_instead_is_told(void **state)
{
        assert_int_equal(theatre_run(&theatre, LOAD_RULE,
                                     HIGH "6s load sets cpu.weight to 300\n 7s load sets cpu.weight to 200\n "
                                          "7s cpu.weight is 100\n"),
                         3);
        theatre_says(&theatre, 5, 10,
                     "test 'high': not so: nothing was decided then, load is holding on cgroup:/web since "
                     "5s, last(test.load) = 90%; "
                     "held up by its hold (1s left); but at 7s, load sets cpu.weight of cgroup:/web to 300 "
                     "(from 100): "
                     "last(test.load) = 90% > 50% for 2s");
        theatre_says(&theatre, 6, 2, "not so: at 7s, load sets cpu.weight of cgroup:/web to 300");
        theatre_says(&theatre, 7, 2, "not so: at 7s, cpu.weight of cgroup:/web is 300: at 7s, load sets");
        assert_int_equal(theatre.diag.items[0].width, strlen("6s load sets cpu.weight to 300"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_decisions_are_told_apart, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_states_are_told_apart, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_how_rules_let_go, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_the_daemons_mode_and_what_it_protects, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(test_the_tick, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_gauges_counters_and_histograms, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_missing_readings_are_unknown, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_objects_come_and_go, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_lines_without_an_object_give_way, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_parents_and_the_root_are_there, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_values_that_are_no_numbers, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_knobs_of_devices, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_goals, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_names_of_rules_may_have_spaces, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_what_was_instead_is_told, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
