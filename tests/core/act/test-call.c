/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A knob that is no file but functions of its plugin: set, undone, and dropped with the process that it lives in. */
#include "cmocka-all.h"

#include <errno.h>

#include "decide/value.h"
#include "plain-files.h"
#include "util/clock.h"

struct device {
        double level;
        unsigned applied;
};

static struct plain p;
static struct device device;

static int device_read(void *self, uint64_t object, struct trimtab_value *ret)
{
        const struct device *d = self;

        *ret = value_number(d->level);
        return object == 7 ? 0 : -ENODEV;
}

/* It knows tens only. */
static int device_check(void *self, uint64_t object, const struct trimtab_value *want, struct trimtab_value *ret_exact)
{
        *ret_exact = value_number((double) ((long) want->number / 10 * 10));
        return want->number > 1000 ? -EINVAL : 0;
}

static int device_apply(void *self, uint64_t object, const struct trimtab_value *want)
{
        struct device *d = self;

        d->level = want->number;
        d->applied++;
        return 0;
}

static struct knob knob = {
        .name = "device.level", .unit = "", .type = TRIMTAB_NUMBER, .min = 0, .max = 10000,
        .self = &device, .read = device_read, .check = device_check, .apply = device_apply,
};
static const struct object object = { .id = { SCOPE_HOST, 7 }, .name = "" };

static int setup(void **state)
{
        device = (struct device) { .level = 100 };
        plain_make(&p);
        plain_open(&p);
        return 0;
}

static int teardown(void **state)
{
        plain_remove(&p);
        return 0;
}

static enum outcome set_knob(const struct knob *k, double number)
{
        struct trimtab_value v = value_number(number);

        assert_int_equal(actor_set(p.actor, k, &object,
                                   &(struct wish){ .value = v, .rule = "rule", .decision = 1 },
                                   monotonic_ns()),
                         0);
        plain_run(&p);
        return p.last.outcome;
}

static enum outcome set(double number)
{
        return set_knob(&knob, number);
}

static size_t entries(void)
{
        size_t n;

        (void) ledger_entries(p.ledger, &n);
        return n;
}

static void set_and_put_back(void **state)
{
        struct trimtab_value v;

        assert_int_equal(set(237), OUTCOME_DONE);
        assert_float_equal(device.level, 230, 0);
        assert_float_equal(p.last.after.number, 230, 0);
        assert_int_equal(entries(), 1);
        assert_int_equal(actor_current(p.actor, &knob, &object, &v), 0);
        assert_float_equal(v.number, 230, 0);
        assert_int_equal(actor_original(p.actor, &knob, &object, &v), 0);
        assert_float_equal(v.number, 100, 0);

        assert_int_equal(actor_restore_all(p.actor, false), 0);
        plain_run(&p);
        assert_int_equal(p.last.outcome, OUTCOME_RESTORED);
        assert_float_equal(device.level, 100, 0);
        assert_int_equal(entries(), 0);
}

static void refused_and_foreign(void **state)
{
        assert_int_equal(set(5000), OUTCOME_REFUSED);
        assert_int_equal(entries(), 0);
        assert_int_equal(set(200), OUTCOME_DONE);
        device.level = 55;
        assert_int_equal(set(300), OUTCOME_FOREIGN);
        assert_float_equal(device.level, 55, 0);
}

/* What it did ended with the process: the next one calls nothing. */
static void gone_with_the_process(void **state)
{
        assert_int_equal(set(200), OUTCOME_DONE);
        plain_close(&p);
        device = (struct device) { .level = 100 };
        plain_open(&p);

        assert_int_equal(entries(), 1);
        assert_int_equal(actor_restore_all(p.actor, true), 0);
        plain_run(&p);
        assert_int_equal(p.last.outcome, OUTCOME_GONE);
        assert_int_equal(device.applied, 0);
        assert_int_equal(entries(), 0);
}

/* What happens and is over: applied each time, never read, nothing to put back. */
static void an_action_is_only_applied(void **state)
{
        struct knob action = knob;
        struct trimtab_value v;

        action.read = NULL;
        action.flags = TRIMTAB_KNOB_ACTION;
        for (unsigned i = 1; i <= 2; i++) {
                assert_int_equal(set_knob(&action, 50), OUTCOME_DONE);
                assert_int_equal(device.applied, i);
                assert_float_equal(device.level, 50, 0);
                assert_int_equal(entries(), 0);
        }
        assert_int_equal(actor_current(p.actor, &action, &object, &v), 0);
        assert_float_equal(v.number, 0, 0);
        assert_int_equal(set_knob(&action, 5000), OUTCOME_REFUSED);

        assert_int_equal(actor_restore_all(p.actor, true), 0);
        plain_run(&p);
        assert_int_equal(device.applied, 2);

        /* Its plugin is gone. */
        action.self = NULL;
        assert_int_equal(set_knob(&action, 50), OUTCOME_GONE);
        assert_int_equal(device.applied, 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(set_and_put_back),
                TEST(refused_and_foreign),
                TEST(gone_with_the_process),
                TEST(an_action_is_only_applied),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
