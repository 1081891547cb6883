/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "world.h"

/* The engine and the world: outcomes, objects, modes, hands, new rules. */

static enum phase phase(const struct world *w)
{
        return info_of(w, "r", WEB).phase;
}

#define RULE(more)                                                                                           \
        "[rule r]\nfor = cgroup:/a/web\nwhen = last(psi.cpu, 1s) > 20%\nwithin = cpu.weight 10..1000\n" more

/* A step of a rule starts from what the knob made of the last one. */
static void test_effective_value_counts(void **state)
{
        struct trimtab_value rounded = value_number(210);
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight *= 2\nhold = 0s\ncooldown = 5s\n"));
        put(w, "psi.cpu", WEB, 30);
        tick_only(w);
        assert_true(w->decisions.items[0].value.number == 200);
        engine_outcome(w->engine, w->decisions.items[0].knob, cgroup(WEB), 0, &rounded);
        assert_weight_after(w, 4, 30, 420);
}

static void test_refused(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight *= 2\nhold = 0s\ncooldown = 5s\n"));
        put(w, "psi.cpu", WEB, 30);
        tick_only(w);
        engine_outcome(w->engine, w->decisions.items[0].knob, cgroup(WEB), -EINVAL, NULL);
        /* Never was ours: nothing to put back, asked again after the cooldown. */
        assert_weight_after(w, 5, 30, 200);

        /* A later refusal: what the knob took before is put back. */
        for (int i = 0; i < 5; i++) {
                put(w, "psi.cpu", WEB, 30);
                tick_only(w);
        }
        assert_int_equal(w->decisions.n, 1);
        engine_outcome(w->engine, w->decisions.items[0].knob, cgroup(WEB), -EINVAL, NULL);
        pass(w, 1, 30);
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_true(value_of(w, "cpu.weight", WEB) == 100);
}

static void test_foreign_writer(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight = 500\nhold = 0s\ncooldown = 5s\n"));
        put(w, "psi.cpu", WEB, 30);
        tick_only(w);
        engine_outcome(w->engine, w->decisions.items[0].knob, cgroup(WEB), -EBUSY, NULL);
        knob_state(w, "cpu.weight", cgroup(WEB))->busy = true;
        pass_quietly(w, 60, 30);
        assert_int_equal(w->decisions.n, 0);
        assert_string_equal(info_of(w, "r", WEB).waits_for, "the knob is busy or rests");

        knob_state(w, "cpu.weight", cgroup(WEB))->busy = false;
        assert_weight_after(w, 0, 30, 500);
}

/* Whatever is decided for a busy knob comes when it no longer is. */
static void test_busy(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight = 500\nhold = 0s\nclear-hold = 0s\n"));
        assert_weight_after(w, 0, 30, 500);
        knob_state(w, "cpu.weight", cgroup(WEB))->busy = true;
        pass_quietly(w, 20, 1);
        assert_int_equal(w->decisions.n, 0);
        knob_state(w, "cpu.weight", cgroup(WEB))->busy = false;
        assert_weight_after(w, 0, 1, 100);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
}

static void test_objects_come_and_go(void **state)
{
        struct world *w = *state;

        world_rules(w, "[rule r]\nfor = cgroup:/a/w*\nwhen = last(psi.cpu, 1s) > 20%\nthen = cpu.weight = "
                       "500\nhold = 3s\n");
        pass(w, 4, 30);
        assert_true(value_of(w, "cpu.weight", WEB) == 500);

        /* It goes: not a word, its knob went with it. */
        assert_int_equal(objects_remove(w->objects, cgroup(WEB)), 0);
        store_forget(w->store, cgroup(WEB));
        tick(w);
        assert_int_equal(w->decisions.n, 0);
        assert_int_equal(info_of(w, "r", UINT64_MAX).when, TRUTH_UNKNOWN);

        /* Another one of the same name starts from the beginning. */
        assert_int_equal(objects_add(w->objects, cgroup(99), "/a/web", "/x"), 0);
        for (int i = 0; i < 4; i++) {
                assert_int_equal(w->decisions.n, 0);
                put(w, "psi.cpu", 99, 30);
                tick(w);
        }
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].object.key, 99);
}

/* The object a rule runs for is gone: what it did to others is put back. */
static void test_gone_and_others_restored(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight @cgroup:/a/db = 50\nhold = 0s\n"));
        pass(w, 1, 30);
        assert_true(value_of(w, "cpu.weight", DB) == 50);
        assert_int_equal(objects_remove(w->objects, cgroup(WEB)), 0);
        tick(w);
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_string_equal(w->decisions.items[0].reason, "the object it ran for is gone");
        assert_true(value_of(w, "cpu.weight", DB) == 100);
}

static void test_modes(void **state)
{
        struct world *w = *state;

        /* observe: nothing at all. */
        world_rules(w, RULE("then = cpu.weight *= 2\nhold = 0s\n"));
        w->view.mode = MODE_OBSERVE;
        pass_quietly(w, 30, 30);
        assert_int_equal(w->decisions.n, 0);
        assert_int_equal(info_of(w, "r", WEB).when, TRUTH_TRUE);
        assert_string_equal(info_of(w, "r", WEB).measured, "last(psi.cpu, 1s) = 30%");

        /* advise: each change is said once. */
        w->view.mode = MODE_ADVISE;
        pass(w, 1, 30);
        assert_int_equal(w->decisions.n, 1);
        assert_true(w->decisions.items[0].advise);
        assert_true(w->decisions.items[0].value.number == 200);
        pass_quietly(w, 14, 30);
        assert_int_equal(w->decisions.n, 0);
        pass(w, 1, 30);
        assert_int_equal(w->decisions.n, 1);
        assert_true(w->decisions.items[0].advise && w->decisions.items[0].value.number == 400);
        assert_true(value_of(w, "cpu.weight", WEB) == 100);

        /* enforce: from the real value. */
        w->view.mode = MODE_ENFORCE;
        pass(w, 30, 30);
        assert_true(value_of(w, "cpu.weight", WEB) == 400);

        /* Back to observing: what was done is put back. */
        w->view.mode = MODE_OBSERVE;
        pass(w, 1, 30);
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_true(value_of(w, "cpu.weight", WEB) == 100);
}

static void test_rule_mode_caps(void **state)
{
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight = 500\nhold = 0s\nmode = advise\n"));
        pass(w, 1, 30);
        assert_int_equal(w->decisions.n, 1);
        assert_true(w->decisions.items[0].advise);

        world_rules(w, RULE("then = cpu.weight = 500\nhold = 0s\nmode = off\n"));
        pass(w, 1, 30);
        assert_int_equal(w->decisions.n, 1); /* the advice is taken back */
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        pass_quietly(w, 30, 30);
        assert_int_equal(w->decisions.n, 0);
}

static void test_release(void **state)
{
        struct oid web = cgroup(WEB), db = cgroup(DB);
        struct world *w = *state;

        world_rules(w, RULE("then = cpu.weight = 500\nhold = 0s\n"));
        assert_weight_after(w, 0, 30, 500);
        engine_release(w->engine, NULL, &db, w->view.now_ns + 100 * SEC);
        pass_quietly(w, 1, 30);
        assert_int_equal(w->decisions.n, 0);

        engine_release(w->engine, "r", &web, w->view.now_ns + 100 * SEC);
        assert_weight_after(w, 0, 30, 100);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_int_equal(phase(w), PHASE_RESTING);
        assert_weight_after(w, 99, 30, 500);
}

static void test_set_rules(void **state)
{
        struct world *w = *state;
        char name[8] = "r";

        world_rules(w, RULE("then = cpu.weight = 500\nhold = 5s\n"));
        pass_quietly(w, 6, 30);
        assert_true(value_of(w, "cpu.weight", WEB) == 500);

        /* The same text: stays as it is. */
        world_rules(w, "[rule other]\nwhen = last(net.load) > 5\nthen = vm.ratio = 5\n" RULE(
                               "then = cpu.weight = 500\nhold = 5s\n"));
        pass_quietly(w, 1, 30);
        assert_int_equal(w->decisions.n, 0);
        assert_int_equal(phase(w), PHASE_ACTIVE);

        /* Changed: lets go, begins anew. */
        world_rules(w, RULE("then = cpu.weight = 600\nhold = 5s\n"));
        pass(w, 1, 30);
        assert_int_equal(w->decisions.n, 1);
        assert_int_equal(w->decisions.items[0].verb, VERB_RESTORE);
        assert_string_equal(w->decisions.items[0].rule, name);
        assert_string_equal(w->decisions.items[0].reason, "the rule is gone or was changed");
        assert_weight_after(w, 4, 30, 600);

        /* Gone. */
        world_rules(w, "");
        assert_weight_after(w, 0, 30, 100);
}

static int count_want(void *userdata, uint32_t metric, uint64_t object, uint64_t window_ns)
{
        char *text = userdata;
        size_t n = strlen(text);

        snprintf(text + n, 512 - n, "%u:%llu:%llu ", metric, (unsigned long long) object,
                 (unsigned long long) (window_ns / SEC));
        return 0;
}

/* metrics 0 sched.latency, 1 sched.runtime, 2 mem.used, 3 psi.cpu; each object once, with the longest window.
 */
static void test_wants(void **state)
{
        struct world *w = *state;
        char text[512] = "";

        world_rules(
                w,
                RULE("then = cpu.max @siblings *= 0.8\nwithin = cpu.max 20%..max\nwindow = 20s\n") "[rule "
                                                                                                   "s]\nfor "
                                                                                                   "= "
                                                                                                   "cgroup:/"
                                                                                                   "a/"
                                                                                                   "web\nwhen"
                                                                                                   " = "
                                                                                                   "sum_of("
                                                                                                   "avg(psi."
                                                                                                   "cpu "
                                                                                                   "@cgroup:/"
                                                                                                   "a/*, "
                                                                                                   "40s)) > "
                                                                                                   "5%\nthen "
                                                                                                   "= "
                                                                                                   "cpu."
                                                                                                   "weight = "
                                                                                                   "7\n"
                                                                                                   "[rule "
                                                                                                   "t]\nwhen "
                                                                                                   "= "
                                                                                                   "last(net."
                                                                                                   "load) > "
                                                                                                   "5\nthen "
                                                                                                   "= "
                                                                                                   "vm.ratio "
                                                                                                   "= "
                                                                                                   "5\nmode "
                                                                                                   "= off\n");
        assert_int_equal(engine_wants(w->engine, &w->view, count_want, text), 0);
        assert_string_equal(text, "1:12:20 1:13:20 1:14:20 3:11:40 3:12:40 3:13:40 3:14:40 ");
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                TEST(test_effective_value_counts),
                TEST(test_refused),
                TEST(test_foreign_writer),
                TEST(test_busy),
                TEST(test_objects_come_and_go),
                TEST(test_gone_and_others_restored),
                TEST(test_modes),
                TEST(test_rule_mode_caps),
                TEST(test_release),
                TEST(test_set_rules),
                TEST(test_wants),
        };

        return cmocka_run_group_tests_name("decide/engine", tests, NULL, NULL);
}
