/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "decide/rule.h"
#include "world.h"

/*
 * Random rules on random measurements, and what must be so whatever they are: values stay in their bounds, a
 * knob has one owner, nothing is done before `hold`, two actions of a rule on one object lie a cooldown
 * apart, and in the end everything is put back. Each seed is a run of its own; a failure names it.
 */

#define N_SEEDS 300
#define N_TICKS 250
#define N_RULES 4

static const char *const objects[] = { "/a/web", "/a/db", "/a/*", "/b", "/*/web" };
static const uint64_t keys[] = { A, WEB, DB, BATCH, LOG, B, BWEB };

struct random_rule {
        unsigned hold, cooldown;
        double low, high;
        bool ease, relative;
        /* object key -> */
        uint64_t true_since[100]; /* its condition; 0: it is not */
        uint64_t acted[100];      /* when the rule acted on it; 0: never */
        uint64_t actions[100];    /* how often, at the last tick */
        enum phase phase[100];    /* at the last tick */
};

struct run {
        struct world world;
        uint64_t random;
        unsigned seed;
        struct random_rule rules[N_RULES];
        bool ours[100];
};

static unsigned pick(struct run *r, unsigned n)
{
        /* xorshift64* */
        r->random ^= r->random >> 12;
        r->random ^= r->random << 25;
        r->random ^= r->random >> 27;
        return (unsigned) ((r->random * 2685821657736338717ull) >> 33) % n;
}

#define CHECK(r, condition)                                                                                  \
        do {                                                                                                 \
                if (!(condition))                                                                            \
                        fail_msg("seed %u at %llu s: %s", (r)->seed,                                         \
                                 (unsigned long long) ((r)->world.view.now_ns / SEC - 1000), #condition);    \
        } while (0)

/* They act on @self only, so that what is done to an object is what the rule's instance there did. */
static void write_rules(struct run *r, char *text, size_t size)
{
        static const char *const operations[] = { "=", "+=", "-=", "*=", "/=" };
        static const char *const on_clear[] = { "restore", "ease" };
        size_t n = 0;

        for (unsigned i = 0; i < N_RULES; i++) {
                struct random_rule *rule = &r->rules[i];
                unsigned operation = pick(r, 5);

                *rule = (struct random_rule){
                        .hold = pick(r, 6),
                        .cooldown = pick(r, 8),
                        .low = 1 + pick(r, 200),
                        .ease = pick(r, 2),
                        .relative = operation != 0,
                };
                rule->high = rule->low + pick(r, 5000);
                n += (size_t) snprintf(
                        text + n, size - n,
                        "[rule r%u]\nfor = cgroup:%s\nwhen = last(psi.cpu, 1s) > %u%%\nhold = %us\n"
                        "cooldown = %us\nclear-hold = %us\npriority = %u\non-clear = %s\n"
                        "within = cpu.weight %g..%g\nthen = cpu.weight %s %g\n",
                        i, objects[pick(r, 5)], pick(r, 90), rule->hold, rule->cooldown, pick(r, 5),
                        pick(r, 3), on_clear[rule->ease], rule->low, rule->high, operations[operation],
                        operation == 0  ? rule->low
                        : operation < 3 ? 1 + pick(r, 300)
                                        : 1.01 + pick(r, 4));
        }
}

static void note_conditions(struct run *r)
{
        const struct ruleset *set = engine_rules(r->world.engine);

        for (size_t i = 0; i < ruleset_n(set); i++)
                for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
                        const struct rule *rule = ruleset_at(set, i);
                        struct context c = { .view = &r->world.view, .rule = rule, .self = cgroup(keys[k]) };
                        uint64_t *since = &r->rules[i].true_since[keys[k]];

                        if (expr_truth(&rule->when, &c, NULL) != TRUTH_TRUE)
                                *since = 0;
                        else if (*since == 0)
                                *since = r->world.view.now_ns;
                }
}

/* An action is what the instance counts as one: a value that was held in another's shadow may surface at any
 * time. */
static int check_instance(void *userdata, const struct instance_info *info)
{
        struct run *r = userdata;
        struct random_rule *rule = &r->rules[info->rule->name[1] - '0'];
        uint64_t key = info->object.key, now_ns = r->world.view.now_ns - SEC;
        bool first = rule->phase[key] != PHASE_ACTIVE;

        if (info->actions != rule->actions[key]) {
                CHECK(r, info->actions == rule->actions[key] + 1);
                CHECK(r, info->phase == PHASE_ACTIVE);
                CHECK(r, rule->true_since[key] != 0);
                CHECK(r, !first || now_ns - rule->true_since[key] >= rule->hold * SEC);
                CHECK(r, rule->acted[key] == 0 || now_ns - rule->acted[key] >= rule->cooldown * SEC);
                rule->acted[key] = now_ns;
        }
        rule->actions[key] = info->actions;
        rule->phase[key] = info->phase;
        return 0;
}

static void check_set(struct run *r, const struct decision *d)
{
        const struct random_rule *rule = &r->rules[d->rule[1] - '0'];
        const char *owner, *shadowed;
        double value = d->value.number;

        /* On its way back a value may leave the bounds towards an original that lies outside of them. */
        CHECK(r, value >= fmin(rule->low, 100) && value <= fmax(rule->high, 100));
        CHECK(r, rule->ease || (value >= rule->low && value <= rule->high));
        CHECK(r, engine_owner(r->world.engine, d->knob, d->object, &owner, &shadowed) == 0);
        CHECK(r, strcmp(owner, d->rule) == 0);
        CHECK(r, strlen(d->reason) > 0);
        r->ours[d->object.key] = true;
}

static void one_tick(struct run *r, bool alive)
{
        struct world *w = &r->world;
        uint64_t now_ns = w->view.now_ns;

        for (size_t k = 0; alive && k < sizeof(keys) / sizeof(keys[0]); k++)
                if (pick(r, 10) > 0)
                        put(w, "psi.cpu", keys[k],
                            pick(r, 4) ? pick(r, 100) : now_ns / (20 * SEC) % 2 * 95.0);
        note_conditions(r);
        tick_only(w);
        assert_int_equal(engine_foreach_instance(w->engine, check_instance, r), 0);

        for (size_t i = 0; i < w->decisions.n; i++) {
                const struct decision *d = &w->decisions.items[i];

                /* One word on a knob in a tick. */
                for (size_t k = 0; k < i; k++)
                        CHECK(r, !oid_equal(w->decisions.items[k].object, d->object));
                if (d->verb == VERB_SET) {
                        check_set(r, d);
                        continue;
                }
                CHECK(r, d->verb == VERB_RESTORE);
                CHECK(r, r->ours[d->object.key]);
                r->ours[d->object.key] = false;
        }
        apply(w);
}

static void test_random(void **state)
{
        static struct run r;
        unsigned n_sets = 0;

        for (unsigned seed = 1; seed <= N_SEEDS; seed++) {
                char text[4096];

                memset(&r, 0, sizeof(r));
                r.seed = seed;
                r.random = seed * 0x9e3779b97f4a7c15ull;
                world_init(&r.world);
                write_rules(&r, text, sizeof(text));
                world_rules(&r.world, text);

                for (unsigned t = 0; t < N_TICKS; t++) {
                        one_tick(&r, true);
                        n_sets += (unsigned) r.world.decisions.n;
                }

                /* No data any more: all rules clear, and all is as it was. */
                for (unsigned t = 0; t < 200; t++)
                        one_tick(&r, false);
                for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
                        CHECK(&r, !r.ours[keys[k]]);
                        CHECK(&r, value_of(&r.world, "cpu.weight", keys[k]) == 100);
                }
                world_clear(&r.world);
        }
        /* The rules did act. */
        assert_true(n_sets > N_SEEDS * 10);
}

int main(void)
{
        static const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

        return cmocka_run_group_tests_name("decide/random", tests, NULL, NULL);
}
