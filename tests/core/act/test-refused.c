/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes that fail, and what they leave behind all the same. */
#include "cmocka-all.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "decide/value.h"
#include "fake-manager.h"
#include "plain-files.h"
#include "util/clock.h"
#include "util/str.h"

static struct plain p;
static struct knob quota;

/* From this point on no file may grow beyond so many bytes, until the other one. */
static const char *limit_at, *free_at;
static rlim_t limit;

static void limit_files(rlim_t size)
{
        struct rlimit l;

        assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
        l.rlim_cur = size;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void at(void *userdata, const char *point)
{
        if (limit_at && streq(point, limit_at))
                limit_files(limit);
        if (free_at && streq(point, free_at))
                limit_files(RLIM_INFINITY);
}

static int setup(void **state)
{
        (void) signal(SIGXFSZ, SIG_IGN);
        limit_at = free_at = NULL;
        quota = plain_knob;
        quota.name = (char *) "cpu.max";
        quota.file = (char *) "{path}/cpu.max";
        quota.form = TRIMTAB_FORM_QUOTA;
        plain_make(&p);
        p.config.at = at;
        plain_open(&p);
        plain_put(&p, "a/cpu.max", "100000 100000");
        plain_put(&p, "a/cpu.max.burst", "60000");
        return 0;
}

static int teardown(void **state)
{
        limit_files(RLIM_INFINITY);
        plain_remove(&p);
        return 0;
}

static void put_all_back(void)
{
        assert_int_equal(actor_restore_all(p.actor, true), 0);
        plain_run(&p);
        assert_int_equal(actor_left(p.actor, true), 0);
}

static void a_write_cut_short_is_put_back(void **state)
{
        plain_write(&p, 0, "100");
        limit_at = "after-intent";
        limit = 2;
        assert_int_equal(plain_set(&p, 0, 237), OUTCOME_REFUSED);
        limit_files(RLIM_INFINITY);
        limit_at = NULL;
        assert_int_equal(p.last.error, -EIO);
        assert_non_null(strstr(p.detail, "\"230\" is there now"));
        assert_string_equal(plain_read(&p, 0), "230");
        assert_int_equal(actor_left(p.actor, true), 1);

        put_all_back();
        assert_string_equal(plain_read(&p, 0), "100");
}

/* --- cpu.max.burst, that makes way for cpu.max --- */

static void burst_cut_short_is_put_back(void **state)
{
        limit_at = "after-burst-intent";
        free_at = "before-restore-write";
        limit = 2;
        plain_wish(&p, &quota, "a", 20, NULL);
        plain_run(&p);
        assert_int_equal(p.n_of[OUTCOME_REFUSED], 1);

        /* Two digits make 20000 of 60000; it went back at once. */
        assert_string_equal(plain_get(&p, "a/cpu.max.burst"), "60000");
        assert_string_equal(plain_get(&p, "a/cpu.max"), "100000 100000");
        assert_int_equal(actor_left(p.actor, true), 0);
}

static void burst_comes_back_when_the_ledger_is_full(void **state)
{
        limit_at = "after-burst";
        free_at = "before-restore-write";
        limit = 0;
        plain_wish(&p, &quota, "a", 20, NULL);
        plain_run(&p);
        assert_int_equal(p.n_of[OUTCOME_FAILED], 1);
        assert_string_equal(plain_get(&p, "a/cpu.max"), "100000 100000");
        assert_string_equal(plain_get(&p, "a/cpu.max.burst"), "60000");
        assert_int_equal(actor_left(p.actor, true), 0);
}

/* What it has made way for before is still there. */
static void burst_stays_below_what_is_in_force(void **state)
{
        plain_wish(&p, &quota, "a", 20, NULL);
        plain_run(&p);
        limit_at = "after-burst";
        limit = 0;
        plain_wish(&p, &quota, "a", 10, NULL);
        plain_run(&p);
        limit_files(RLIM_INFINITY);
        limit_at = NULL;
        assert_int_equal(p.n_of[OUTCOME_FAILED], 1);
        assert_int_equal(p.n_of[OUTCOME_RESTORED], 0);
        assert_string_equal(plain_get(&p, "a/cpu.max"), "20000 100000");
        assert_string_equal(plain_get(&p, "a/cpu.max.burst"), "10000");

        put_all_back();
        assert_string_equal(plain_get(&p, "a/cpu.max"), "100000 100000");
        assert_string_equal(plain_get(&p, "a/cpu.max.burst"), "60000");
}

/* --- a plugin --- */

struct device {
        double level;
        int fails; /* what apply says; it has done it for all that */
};

static struct device device;

static int device_read(void *self, uint64_t object, struct trimtab_value *ret)
{
        *ret = value_number(((const struct device *) self)->level);
        return 0;
}

static int device_apply(void *self, uint64_t object, const struct trimtab_value *want)
{
        struct device *d = self;

        d->level = want->number;
        return d->fails;
}

static void what_a_plugin_did_halfway_is_put_back(void **state)
{
        static const struct object object = { .id = { SCOPE_HOST, 7 }, .name = (char *) "" };
        struct knob level = {
                .name = (char *) "device.level",
                .unit = (char *) "",
                .type = TRIMTAB_NUMBER,
                .max = 10000,
                .self = &device,
                .read = device_read,
                .apply = device_apply,
        };
        const struct wish wish = { .value = value_number(200), .rule = "rule", .decision = 1 };

        device = (struct device){ .level = 100, .fails = -EIO };
        assert_int_equal(actor_set(p.actor, &level, &object, &wish, monotonic_ns()), 0);
        plain_run(&p);
        assert_int_equal(p.last.outcome, OUTCOME_REFUSED);
        assert_float_equal(device.level, 200, 0);
        assert_int_equal(actor_left(p.actor, true), 1);

        device.fails = 0;
        put_all_back();
        assert_float_equal(device.level, 100, 0);
}

/* --- systemd --- */

static void what_systemd_did_and_denied_is_put_back(void **state)
{
        struct fake f;

        fake_make(&f);
        (void) fake_add_unit(&f, "a.service", "/a.service");
        fake_open(&f);

        f.fails_late = true;
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service", 500), OUTCOME_REFUSED);
        assert_non_null(strstr(f.detail, "no room"));
        assert_non_null(strstr(f.detail, "\"500\" is there now"));
        assert_int_equal(actor_left(f.actor, true), 1);

        f.fails_late = false;
        fake_restore_all(&f);
        assert_int_equal(actor_left(f.actor, true), 0);
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.weight"), "100");
        assert_false(fake_exists(&f, "systemd/system.control/a.service.d"));
        fake_remove(&f);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(a_write_cut_short_is_put_back),
                TEST(burst_cut_short_is_put_back),
                TEST(burst_comes_back_when_the_ledger_is_full),
                TEST(burst_stays_below_what_is_in_force),
                TEST(what_a_plugin_did_halfway_is_put_back),
                TEST(what_systemd_did_and_denied_is_put_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
