/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proves: what a rule waits for, what a knob is claimed for and what a decision is put down to is told as it
 * is. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "config/options.h"
#include "decide/explain.h"
#include "decide/select.h"
#include "world.h"

#define RULE(more)                                                                                           \
        "[rule r]\nfor = cgroup:/a/web\nwhen = last(psi.cpu, 1s) > 20%\nwithin = cpu.weight 10..1000\n" more

struct found {
        struct explained_rule rule;
        struct finding findings[8];
        size_t n_findings;
        bool holds;
};

static int keep_finding(void *userdata, const struct finding *f)
{
        struct found *found = userdata;

        found->findings[found->n_findings++] = *f;
        return 0;
}

static int keep_rule(void *userdata, const struct explained_rule *r)
{
        struct found *found = userdata;

        found->rule = *r;
        if (r->seen_when)
                (void) findings_foreach(&r->rule->when, r->seen_when, keep_finding, found);
        found->holds = explain_holds(r, UINT32_MAX, &(struct oid){ SCOPE_CGROUP, WEB });
        return 1;
}

static struct found explain(struct world *w)
{
        struct found found = { 0 };
        struct view view = w->view;

        /* Of the last tick: the world has gone on to the next. */
        view.now_ns -= SEC;
        assert_int_equal(explain_rules(w->engine, &view, keep_rule, &found), 1);
        return found;
}

static const struct hindrance *hindered(const struct found *f, enum obstacle what)
{
        for (size_t i = 0; i < f->rule.n_hindrances; i++)
                if (f->rule.hindrances[i].what == what)
                        return &f->rule.hindrances[i];
        return NULL;
}

static void test_no_data_then_false_then_hold(void **state)
{
        struct world *w = *state;
        struct found f;

        world_rules(w, RULE("then = cpu.weight *= 2\nhold = 10s\n"));
        tick(w);
        f = explain(w);
        assert_int_equal(f.rule.when, TRUTH_UNKNOWN);
        assert_non_null(hindered(&f, OBSTACLE_NO_DATA));
        assert_true(isnan(f.findings[0].value));

        pass(w, 2, 10);
        f = explain(w);
        assert_non_null(hindered(&f, OBSTACLE_CONDITION));
        assert_int_equal(f.n_findings, 1);
        assert_true(fabs(f.findings[0].value - 0.1) < 1e-9);
        assert_true(fabs(f.findings[0].threshold - 0.2) < 1e-9);
        assert_int_equal(f.findings[0].truth, TRUTH_FALSE);
        assert_int_equal(f.rule.next_ns, 0);

        pass(w, 5, 30);
        f = explain(w);
        assert_int_equal(f.rule.phase, PHASE_HOLDING);
        assert_int_equal(f.rule.hold_ns, 4 * SEC);
        assert_int_equal(hindered(&f, OBSTACLE_HOLD)->left_ns, 6 * SEC);
        assert_int_equal(f.rule.next_ns, 6 * SEC);
        assert_null(hindered(&f, OBSTACLE_CONDITION));
}

static void test_active_then_clearing(void **state)
{
        struct world *w = *state;
        struct found f;

        world_rules(w, RULE("then = cpu.weight *= 2\nhold = 0s\ncooldown = 5s\nuntil = last(psi.cpu, 1s) < "
                            "10%\nclear-hold = 8s\n"));
        pass(w, 1, 30);
        f = explain(w);
        assert_int_equal(f.rule.phase, PHASE_ACTIVE);
        assert_true(f.rule.until_counts && f.holds);
        assert_int_equal(hindered(&f, OBSTACLE_COOLDOWN)->left_ns, 5 * SEC);

        pass(w, 4, 5);
        f = explain(w);
        assert_int_equal(f.rule.phase, PHASE_CLEARING);
        assert_int_equal(f.rule.until, TRUTH_TRUE);
        assert_int_equal(f.rule.clear_ns, 3 * SEC);
        /* It has acted, and is on its way out: that `when` is false is no obstacle. */
        assert_null(hindered(&f, OBSTACLE_CONDITION));
}

static void test_guard_rest_and_modes(void **state)
{
        struct world *w = *state;
        struct found f;

        world_rules(
                w,
                RULE("then = cpu.weight *= 2\nhold = 0s\nguard = last(psi.cpu @cgroup:/a/db, 1s) < 50%\n"));
        put(w, "psi.cpu", DB, 90);
        pass(w, 1, 30);
        f = explain(w);
        assert_int_equal(f.rule.guard, TRUTH_FALSE);
        assert_non_null(hindered(&f, OBSTACLE_GUARD));

        engine_release(w->engine, "r", NULL, w->view.now_ns + 59 * SEC);
        f = explain(w);
        assert_int_equal(hindered(&f, OBSTACLE_REST)->left_ns, 60 * SEC);

        w->view.mode = MODE_ADVISE;
        f = explain(w);
        assert_string_equal(hindered(&f, OBSTACLE_ADVISE)->text, "daemon");
        w->view.mode = MODE_OBSERVE;
        f = explain(w);
        assert_non_null(hindered(&f, OBSTACLE_OBSERVE));

        world_rules(w, RULE("then = cpu.weight *= 2\nmode = off\n"));
        f = explain(w);
        assert_non_null(hindered(&f, OBSTACLE_OFF));
        assert_false(f.rule.has_object);
}

static void test_protected_and_no_object(void **state)
{
        static const char *const protect[] = { "/a/web", NULL };
        struct world *w = *state;
        struct found f;

        world_rules(w, RULE("then = cpu.weight *= 2\nhold = 0s\n"));
        w->view.protect = protect;
        pass(w, 2, 30);
        f = explain(w);
        assert_non_null(hindered(&f, OBSTACLE_PROTECTED));
        assert_true(value_of(w, "cpu.weight", WEB) == 100);

        world_rules(
                w,
                "[rule s]\nfor = cgroup:/nobody\nwhen = last(psi.cpu, 1s) > 20%\nthen = cpu.weight = 200\n");
        tick(w);
        f = explain(w);
        assert_false(f.rule.has_object);
        assert_non_null(hindered(&f, OBSTACLE_NO_OBJECT));
}

static void test_attempt(void **state)
{
        struct world *w = *state;
        struct found f;

        world_rules(w, RULE("then = cpu.weight *= 2\nhold = 0s\n"));
        knob_state(w, "cpu.weight", cgroup(WEB))->busy = true;
        pass(w, 2, 30);
        f = explain(w);
        assert_string_equal(hindered(&f, OBSTACLE_ATTEMPT)->text, "the knob is busy or rests");
}

struct claims {
        const char *rules[4];
        bool owner[4];
        double value[4];
        uint64_t object[4];
        size_t n;
};

static int keep_claim(void *userdata, const struct explained_claim *c)
{
        struct claims *k = userdata;

        k->rules[k->n] = c->rule->name;
        k->owner[k->n] = c->owner;
        k->value[k->n] = c->value.number;
        k->object[k->n++] = c->object.key;
        return 0;
}

static void test_claims(void **state)
{
        struct world *w = *state;
        struct claims k = { 0 };
        size_t first;

        world_rules(w, "[rule low]\nfor = cgroup:/a/web\nwhen = last(psi.cpu, 1s) > 20%\nhold = 0s\nthen = "
                       "cpu.weight = 300\npriority = 10\n"
                       "[rule high]\nfor = cgroup:/a/web\nwhen = last(psi.cpu, 1s) > 20%\nhold = 0s\nthen = "
                       "cpu.weight = 700\n");
        pass(w, 1, 30);
        assert_int_equal(explain_claims(w->engine, knob_number(w, "cpu.weight"), cgroup(WEB), keep_claim, &k),
                         0);
        assert_int_equal(k.n, 2);
        first = strcmp(k.rules[0], "high") == 0 ? 0 : 1;
        assert_string_equal(k.rules[first], "high");
        assert_true(k.owner[first] && !k.owner[!first]);
        assert_true(k.value[first] == 700 && k.value[!first] == 300);
        assert_int_equal(k.object[0], WEB);

        k.n = 0;
        assert_int_equal(explain_claims(w->engine, knob_number(w, "cpu.weight"), cgroup(DB), keep_claim, &k),
                         0);
        assert_int_equal(k.n, 0);
}

/* The measurement behind a decision travels with it; what a hand does has none. */
static void test_cause(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight *= 2\nhold = 0s\ncooldown = 0s\nuntil = last(psi.cpu, 1s) < "
                            "10%\nclear-hold = 0s\n"));
        pass(w, 1, 30);
        assert_int_equal(w->decisions.n, 1);
        assert_string_equal(w->decisions.items[0].cause.measure, "last(psi.cpu, 1s)");
        assert_string_equal(w->decisions.items[0].cause.value, "30%");
        assert_string_equal(w->decisions.items[0].cause.threshold, "20%");

        pass(w, 1, 5);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_string_equal(w->decisions.items[0].cause.value, "5%");
        assert_string_equal(w->decisions.items[0].cause.threshold, "10%");

        pass(w, 1, 30);
        engine_release(w->engine, "r", NULL, w->view.now_ns + SEC);
        put(w, "psi.cpu", WEB, 30);
        tick(w);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_string_equal(w->decisions.items[0].cause.measure, "");
}

/* Of several comparisons the one that speaks for the condition; under `not`, one that is false. */
static void test_cause_of_many(void **state)
{
        struct world *w = *state;

        world_rules(w, "[rule r]\nfor = cgroup:/a/web\nwhen = (last(psi.cpu, 1s) > 90% or not last(psi.cpu, "
                       "1s) > 40%) and last(psi.cpu, 1s) > 20%\n"
                       "hold = 0s\nthen = cpu.weight = 300\n");
        pass(w, 1, 30);
        assert_int_equal(w->decisions.n, 1);
        assert_string_equal(w->decisions.items[0].cause.threshold, "40%");
}

static void test_release_of_one_knob(void **state)
{
        struct world *w = *state;

        world_rules(w, "[rule one]\nfor = cgroup:/a/web\nwhen = last(psi.cpu, 1s) > 20%\nhold = 0s\nthen = "
                       "cpu.weight = 300\n"
                       "[rule two]\nfor = cgroup:/a/web\nwhen = last(psi.cpu, 1s) > 20%\nhold = 0s\nthen = "
                       "cpu.max = 50%\n");
        pass(w, 1, 30);
        assert_true(value_of(w, "cpu.weight", WEB) == 300 && value_of(w, "cpu.max", WEB) == 50);

        engine_release_knob(w->engine, knob_number(w, "cpu.weight"), NULL, w->view.now_ns + 60 * SEC);
        pass(w, 5, 30);
        assert_true(value_of(w, "cpu.weight", WEB) == 100 && value_of(w, "cpu.max", WEB) == 50);
}

/* safety.md's list, by the names that Debian and Fedora give these units; what is below them, too. */
static void test_protected_by_default(void **state)
{
        static const struct {
                const char *name;
                bool protected;
        } groups[] = {
                { "/init.scope", true },
                { "/system.slice/trimtabd.service", true },
                { "/system.slice/ssh.service", true },
                { "/system.slice/sshd.service", true },
                { "/system.slice/sshd@3-10.0.0.1:22.service", true },
                { "/system.slice/dbus.service", true },
                { "/system.slice/dbus-broker.service", true },
                { "/system.slice/systemd-journald.service", true },
                { "/system.slice/systemd-logind.service", true },
                { "/system.slice/systemd-udevd.service", true },
                { "/system.slice/systemd-udevd.service/udev", true },
                { "/init.scope/child", true },
                { "/system.slice/nginx.service", false },
                { "/system.slice/ssh-agent-of-somebody.service", false },
                { "/user.slice", false },
        };
        struct world *w = *state;
        struct options options;

        assert_int_equal(options_init(&options), 0);
        w->view.protect = (const char *const *) options.protect;
        for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
                struct oid id = cgroup(1000 + i);

                assert_true(objects_add(w->objects, id, groups[i].name, NULL) >= 0);
                if (object_is_protected(&w->view, objects_get(w->objects, id)) != groups[i].protected)
                        fail_msg("%s: protected is not %d", groups[i].name, groups[i].protected);
        }
        options_clear(&options);
}

static int setup(void **state)
{
        static struct world w;

        world_init(&w);
        *state = &w;
        return 0;
}

static int teardown(void **state)
{
        world_clear(*state);
        return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_no_data_then_false_then_hold),
                TEST(test_active_then_clearing),
                TEST(test_guard_rest_and_modes),
                TEST(test_protected_and_no_object),
                TEST(test_attempt),
                TEST(test_claims),
                TEST(test_cause),
                TEST(test_cause_of_many),
                TEST(test_release_of_one_knob),
                TEST(test_protected_by_default),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
