/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/replay.h"

#include "studio.h"

DEFINE_CLEANUP(struct recording_reader *, recording_reader_free);
DEFINE_CLEANUP(struct replay *, replay_free);

/* Every kind of statistic and of action, so that any difference shows in some decision. */
static const char rules[] =
        "[rule wait]\nfor = cgroup:/*\nwhen = p99(test.wait) > 100us and count(test.wait, 3s) > 2\nhold = 1s\n"
        "then = cpu.weight *= 1.5\nwithin = cpu.weight 100..2000\nuntil = p90(test.wait) < 50us\nclear-hold = 2s\ncooldown = 2s\n"
        "on-clear = ease\n"
        "[rule run]\nfor = cgroup:/db\nwhen = rate(test.run, 5s) > 60%\nhold = 2s\nthen = cpu.weight = 50\n"
        "until = rate(test.run) < 40%\nclear-hold = 1s\ncooldown = 1s\npriority = 60\n"
        "[rule load]\nfor = cgroup:/*\nwhen = avg(test.load, 4s) > 55% or mean(test.wait) > 150us\nhold = 0s\n"
        "then = cpu.weight @cgroup:/web = 300\nuntil = max(test.load, 3s) < 50%\nclear-hold = 0s\ncooldown = 1s\npriority = 55\n"
        "on-clear = keep\n"
        /* Longer than samples are kept unless a rule says so. */
        "[rule long]\nfor = cgroup:/db\nwhen = avg(test.load, 40s) > 53%\nhold = 0s\nthen = cpu.weight = 40\n"
        "until = avg(test.load, 40s) < 52.5%\nclear-hold = 0s\ncooldown = 0s\npriority = 80\n";

struct told {
        char simulated[65536];
        size_t n_decisions, n_recorded;
};

static void on_decided(void *userdata, uint64_t time_ns, const struct decision *d, const struct trimtab_value *from,
                       const struct trimtab_value *to)
{
        struct told *t = userdata;

        assert_non_null(from);
        assert_true(to || d->verb == VERB_KEEP);
        studio_note(t->simulated, sizeof(t->simulated), time_ns, d);
        t->n_decisions++;
}

static void on_recorded(void *userdata, uint64_t time_ns, const struct item *item)
{
        struct told *t = userdata;

        assert_int_equal(item->kind, ITEM_DECISION);
        t->n_recorded++;
}

static void replay_all(struct studio *s, struct told *told)
{
        const struct replay_events events = { on_decided, on_recorded, told };
        _cleanup_(recording_reader_freep) struct recording_reader *r = NULL;
        _cleanup_(replay_freep) struct replay *p = NULL;
        _cleanup_(diag_clear) struct diag diag = {};
        struct frame frame;

        assert_int_equal(recording_writer_flush(s->writer), 0);
        assert_int_equal(recording_reader_new(s->fd, &r), 0);
        assert_int_equal(replay_new(r, &s->ini, &events, &diag, &p), 0);
        assert_int_equal(diag.n_errors, 0);
        while (replay_next(p, &frame) > 0)
                assert_int_equal(replay_tick(p), 0);
        assert_int_equal(replay_unused(p), 0);
}

/* xorshift: the same in every run. */
static uint64_t dice(uint64_t *seed)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return *seed;
}

/* A world that goes up and down, loses samples, restarts counters. */
static void live(struct studio *s, uint64_t *seed, uint64_t totals[2][TRIMTAB_HIST_SLOTS], double runs[2])
{
        static const uint64_t keys[] = { WEB, DB };

        for (int i = 0; i < 2; i++) {
                bool high = dice(seed) >> 10 & 1;

                if (dice(seed) % 11 == 0)
                        continue;
                if (dice(seed) % 97 == 0) {
                        memset(totals[i], 0, sizeof(totals[i]));
                        runs[i] = 0;
                }
                for (uint64_t k = dice(seed) % 20; k > 0; k--)
                        totals[i][trimtab_hist_slot((high ? 200000 : 20000) + dice(seed) % 10000)]++;
                runs[i] += (double) (dice(seed) % SEC);
                assert_int_equal(store_put_histogram(s->store, WAIT, keys[i], s->view.now_ns, totals[i], TRIMTAB_HIST_SLOTS,
                                                     (double) NAN), 0);
                assert_int_equal(store_put(s->store, RUN, keys[i], s->view.now_ns, runs[i]), 0);
                assert_int_equal(store_put(s->store, LOAD, keys[i], s->view.now_ns, (double) (dice(seed) % 10000) / 93), 0);
        }
}

static void test_the_same_rules_decide_the_same(void **state)
{
        for (uint64_t seed = 1; seed <= 20; seed++) {
                static struct studio s;
                static struct told told;
                uint64_t totals[2][TRIMTAB_HIST_SLOTS] = { 0 }, dices = seed * 0x9e3779b97f4a7c15ull;
                double runs[2] = { 0 };

                told = (struct told){ 0 };
                studio_init(&s, rules);
                for (int i = 0; i < 300; i++) {
                        studio_begin(&s, true);
                        live(&s, &dices, totals, runs);
                        studio_end(&s);
                }
                replay_all(&s, &told);
                assert_string_equal(told.simulated, s.log);
                assert_true(told.n_decisions > 5 && told.n_decisions == told.n_recorded);
                studio_clear(&s);
        }
}

/* An object that goes and comes again under its key is another one: its past is not its own. */
static void test_objects_come_and_go(void **state)
{
        static const char load_rule[] = "[rule r]\nfor = cgroup:/*\nwhen = last(test.load) > 50%\nhold = 0s\n"
                                        "then = cpu.weight = 500\nuntil = last(test.load) < 20%\nclear-hold = 0s\n";
        static struct studio s;
        static struct told told;
        const struct oid web = { SCOPE_CGROUP, WEB };

        studio_init(&s, load_rule);
        for (int i = 0; i < 12; i++) {
                if (i == 4) {
                        store_forget(s.store, web);
                        assert_int_equal(objects_remove(s.objects, web), 0);
                        s.weights[0] = 100;
                }
                if (i == 6)
                        assert_int_equal(objects_add(s.objects, web, "/web2", "/x"), 0);
                studio_begin(&s, true);
                if (i < 4 || i > 8)
                        assert_int_equal(store_put(s.store, LOAD, WEB, s.view.now_ns, 90), 0);
                studio_end(&s);
        }
        replay_all(&s, &told);
        assert_string_equal(told.simulated, s.log);
        assert_int_equal(told.n_decisions, 2);
        studio_clear(&s);
}

/* A knob that is told later than the rule wants it, a metric that comes with a late plugin. */
static void test_what_comes_late_is_bound(void **state)
{
        static const char late_rule[] = "[rule r]\nfor = cgroup:/web\nwhen = last(late.load) > 50%\nhold = 0s\n"
                                        "then = cpu.weight = 500\n";
        const struct trimtab_metric late = { "late.load", "%", "", "cgroup", TRIMTAB_GAUGE, 0 };
        _cleanup_(diag_clear) struct diag diag = {};
        static struct studio s;
        static struct told told;
        struct ruleset *set;

        studio_init(&s, late_rule);
        for (int i = 0; i < 6; i++) {
                if (i == 3) {
                        assert_int_equal(catalogue_add_metric(s.catalogue, "late", &late, SCOPE_CGROUP, NULL), 0);
                        assert_int_equal(ruleset_parse(&s.ini, s.catalogue, s.objects, &diag, &set), 0);
                        assert_int_equal(engine_set_rules(s.engine, set), 0);
                }
                studio_begin(&s, true);
                if (i >= 3)
                        assert_int_equal(store_put(s.store, N_METRICS, WEB, s.view.now_ns, 90), 0);
                studio_end(&s);
        }
        replay_all(&s, &told);
        assert_string_equal(told.simulated, s.log);
        assert_int_equal(told.n_decisions, 1);
        studio_clear(&s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_same_rules_decide_the_same),
                cmocka_unit_test(test_objects_come_and_go),
                cmocka_unit_test(test_what_comes_late_is_bound),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
