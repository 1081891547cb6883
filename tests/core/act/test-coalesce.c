/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settings of interfaces that are no file, by the actor as if they were: in the ledger before they are changed, back as they were wherever
 * the process was killed, with no plugin; what is somebody else's stays. On a made-up kernel, and on a real one in a virtual machine.
 */
#include "cmocka-all.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act/ethtool.h"
#include "coalesce-kernel.h"
#include "decide/value.h"
#include "plain-files.h"
#include "util/clock.h"
#include "util/ownership.h"
#include "util/str.h"

enum { LOOPBACK = 1 };

static struct knob knobs[_COALESCE_MAX];
static const uint32_t originals[_COALESCE_MAX] = { 10, 20, 30, 0 };

static unsigned countdown; /* dies at the n-th point; 0: never */
static struct {
        char point[32];
} *died; /* shared with those that do */

static void make_knob(enum coalesce which, char *name, char *key, uint32_t type)
{
        knobs[which] = plain_knob;
        knobs[which].name = name;
        knobs[which].key = key;
        knobs[which].type = type;
        knobs[which].scope = SCOPE_IFACE;
        knobs[which].form = TRIMTAB_FORM_ETHTOOL;
        knobs[which].flags |= TRIMTAB_KNOB_SLOW; /* as those of plugins/irq are */
        knobs[which].file = (char *) "ethtool:{key}/coalesce";
}

static void at(void *userdata, const char *point)
{
        if (countdown == 0 || --countdown > 0)
                return;
        (void) snprintf(died->point, sizeof(died->point), "%s", point);
        (void) raise(SIGKILL);
}

static struct object object_of(uint32_t ifindex)
{
        return (struct object){ .id = { SCOPE_IFACE, ifindex }, .name = (char *) "eth7" };
}

static void needs_moods(void)
{
        if (kernel_moods())
                return;
        print_message("  skipped: a real driver cannot be told what to answer\n");
        skip();
}

static void make(struct plain *p)
{
        if (kernel_moods())
                *kernel_moods() = (struct kernel_moods) {};
        for (unsigned i = 0; i < _COALESCE_MAX; i++)
                kernel_set(i, originals[i]);
        countdown = 0;
        plain_make(p);
        p->config.at = at;
        p->config.foreign_backoff_ns = 0;
        plain_open(p);
}

/* As the next process does, with no plugin. */
static void restore_all(struct plain *p)
{
        plain_close(p);
        plain_open(p);
        assert_int_equal(actor_restore_all(p->actor, true), 0);
        plain_run(p);
}

static void done(struct plain *p)
{
        assert_int_equal(actor_left(p->actor, true), 0);
        plain_remove(p);
}

static void assert_original(void)
{
        for (unsigned i = 0; i < _COALESCE_MAX; i++)
                if (kernel_has(i))
                        assert_int_equal(kernel_get(i), originals[i]);
}

static enum outcome set_at(struct plain *p, uint32_t ifindex, enum coalesce which, uint32_t value)
{
        struct object object = object_of(ifindex);
        struct wish w = { .value = value_number(value), .rule = "rule", .decision = 1 };

        if (knobs[which].type == TRIMTAB_CHOICE)
                assert_int_equal(value_text(TRIMTAB_CHOICE, value ? "on" : "off", &w.value), 0);
        assert_int_equal(actor_set(p->actor, &knobs[which], &object, &w, monotonic_ns()), 0);
        plain_run(p);
        return p->last.outcome;
}

static enum outcome set(struct plain *p, enum coalesce which, uint32_t value)
{
        return set_at(p, kernel_ifindex(), which, value);
}

static enum outcome restore(struct plain *p, enum coalesce which)
{
        assert_int_equal(actor_restore(p->actor, &knobs[which], object_of(kernel_ifindex()).id, "rule", 2), 0);
        plain_run(p);
        return p->last.outcome;
}

static void test_set_and_put_back(void **state)
{
        struct object object = object_of(kernel_ifindex());
        const struct ledger_entry *const *entries;
        struct trimtab_value v;
        char path[64];
        struct plain p;
        size_t n;

        make(&p);
        assert_int_equal(set(&p, RX_USECS, 50), OUTCOME_DONE);
        assert_int_equal(kernel_get(RX_USECS), 50);
        assert_int_equal(actor_current(p.actor, &knobs[RX_USECS], &object, &v), 0);
        assert_int_equal((int) v.number, 50);
        assert_int_equal(actor_original(p.actor, &knobs[RX_USECS], &object, &v), 0);
        assert_int_equal((int) v.number, 10);
        entries = ledger_entries(p.ledger, &n);
        assert_int_equal(n, 1);
        (void) snprintf(path, sizeof(path), "ethtool:%u/coalesce", kernel_ifindex());
        assert_string_equal(entries[0]->target.path, path);
        assert_string_equal(entries[0]->target.form.key, "rx-usecs");
        assert_string_equal(entries[0]->original, "10");

        assert_int_equal(restore(&p, RX_USECS), OUTCOME_RESTORED);
        assert_original();
        done(&p);
}

static void test_a_switch(void **state)
{
        struct object object = object_of(kernel_ifindex());
        const struct ledger_entry *const *entries;
        struct trimtab_value v;
        struct plain p;
        size_t n;

        if (!kernel_has(ADAPTIVE_RX)) {
                print_message("  skipped: this card's driver does not have it\n");
                skip();
        }
        make(&p);
        assert_int_equal(set(&p, ADAPTIVE_RX, 1), OUTCOME_DONE);
        assert_int_equal(kernel_get(ADAPTIVE_RX), 1);
        assert_int_equal(kernel_get(RX_USECS), 10);
        assert_int_equal(actor_current(p.actor, &knobs[ADAPTIVE_RX], &object, &v), 0);
        assert_string_equal(v.text, "on");
        entries = ledger_entries(p.ledger, &n);
        assert_int_equal(n, 1);
        assert_string_equal(entries[0]->original, "off");
        assert_int_equal(restore(&p, ADAPTIVE_RX), OUTCOME_RESTORED);
        assert_original();
        done(&p);
}

/* What is there already is nobody's change. */
static void test_the_same(void **state)
{
        struct plain p;

        make(&p);
        assert_int_equal(set(&p, RX_USECS, 10), OUTCOME_DONE);
        assert_int_equal(actor_left(p.actor, true), 0);
        if (kernel_moods())
                assert_int_equal(kernel_moods()->n_sets, 0);
        done(&p);
}

static void test_with_no_plugin(void **state)
{
        struct plain p;

        make(&p);
        assert_int_equal(set(&p, RX_USECS, 50), OUTCOME_DONE);
        if (kernel_has(ADAPTIVE_RX)) {
                assert_int_equal(set(&p, RX_FRAMES, 60), OUTCOME_DONE);
                assert_int_equal(set(&p, ADAPTIVE_RX, 1), OUTCOME_DONE);
        }
        restore_all(&p);
        assert_original();
        if (kernel_moods())
                assert_int_equal(kernel_moods()->others, 0);
        done(&p);
}

/* Met before a write, when it is put back, and by looking now and then. */
static void test_somebody_else_has_set_it(void **state)
{
        struct plain p;

        make(&p);
        assert_int_equal(set(&p, RX_USECS, 50), OUTCOME_DONE);
        kernel_set(RX_USECS, 33);
        assert_int_equal(set(&p, RX_USECS, 51), OUTCOME_FOREIGN);
        assert_int_equal(kernel_get(RX_USECS), 33);

        assert_int_equal(set(&p, RX_USECS, 50), OUTCOME_DONE);
        kernel_set(RX_USECS, 34);
        restore_all(&p);
        assert_int_equal(p.last.outcome, OUTCOME_FOREIGN);
        assert_int_equal(kernel_get(RX_USECS), 34);

        assert_int_equal(set(&p, RX_USECS, 50), OUTCOME_DONE);
        kernel_set(RX_USECS, 35);
        for (unsigned i = 1; i < 4; i++) {
                actor_look(p.actor, monotonic_ns() + i * 20 * NSEC_PER_SEC);
                plain_run(&p);
        }
        assert_int_equal(p.last.outcome, OUTCOME_FOREIGN);
        assert_int_equal(kernel_get(RX_USECS), 35);
        done(&p);
}

/* It can be seen that there is nothing to set, before anything is tried. */
static void test_a_driver_without(void **state)
{
        struct object lo = object_of(LOOPBACK), object = object_of(kernel_ifindex());
        struct trimtab_value v;
        struct plain p;

        make(&p);
        assert_int_equal(actor_current(p.actor, &knobs[RX_USECS], &lo, &v), -EOPNOTSUPP);
        assert_int_equal(set_at(&p, LOOPBACK, RX_USECS, 50), OUTCOME_REFUSED);
        assert_int_equal(p.last.error, -EOPNOTSUPP);
        assert_int_equal(actor_left(p.actor, true), 0);

        if (kernel_moods())
                kernel_moods()->no_tx_usecs = true;
        assert_false(kernel_has(TX_USECS));
        assert_int_equal(actor_current(p.actor, &knobs[TX_USECS], &object, &v), -EOPNOTSUPP);
        assert_int_equal(set(&p, TX_USECS, 50), OUTCOME_REFUSED);
        assert_int_equal(p.last.error, -EOPNOTSUPP);
        assert_int_equal(set(&p, RX_USECS, 50), OUTCOME_DONE);
        restore_all(&p);
        assert_original();
        done(&p);
}

/* What is no value, setting or place never comes to the kernel. */
static void test_what_is_none(void **state)
{
        struct plain p;
        char path[64];

        make(&p);
        (void) snprintf(path, sizeof(path), "ethtool:%u/coalesce", kernel_ifindex());
        assert_int_equal(ethtool_write(path, "rx-usecs", "on"), -EINVAL);
        assert_int_equal(ethtool_write(path, "rx-usecs", "-1"), -EINVAL);
        assert_int_equal(ethtool_write(path, "rx-usecs", ""), -EINVAL);
        assert_int_equal(ethtool_write(path, "rx-usecs", "4294967296"), -ERANGE);
        assert_int_equal(ethtool_write(path, "adaptive-rx", "1"), -EINVAL);
        assert_int_equal(ethtool_write(path, "rx-usecs-irq", "1"), -EINVAL);
        assert_int_equal(ethtool_write("ethtool:0/coalesce", "rx-usecs", "1"), -EINVAL);
        assert_int_equal(ethtool_write("ethtool:7/ring", "rx-usecs", "1"), -EINVAL);
        assert_int_equal(ethtool_write("ethtool:123456/coalesce", "rx-usecs", "1"), -ENODEV);
        assert_false(ethtool_lives("ethtool:123456/coalesce"));
        assert_true(ethtool_lives(path));
        assert_original();
        done(&p);
}

static void test_what_the_driver_says(void **state)
{
        static const int errors[] = { -EINVAL, -EBUSY, -EPERM, -EOPNOTSUPP };
        struct plain p;

        needs_moods();
        for (size_t i = 0; i < ELEMENTSOF(errors); i++) {
                make(&p);
                kernel_moods()->set_error = errors[i];
                assert_int_equal(set(&p, RX_USECS, 50), OUTCOME_REFUSED);
                assert_int_equal(p.last.error, errors[i]);
                assert_int_equal(actor_left(p.actor, true), 0);
                assert_original();
                done(&p);
        }
}

/* What cannot be put back now stays in the ledger, for the next one. */
static void test_not_put_back_yet(void **state)
{
        struct plain p;

        needs_moods();
        make(&p);
        assert_int_equal(set(&p, RX_USECS, 50), OUTCOME_DONE);
        kernel_moods()->set_error = -EBUSY;
        restore_all(&p);
        assert_int_equal(p.last.outcome, OUTCOME_REFUSED);
        assert_int_equal(p.last.error, -EBUSY);
        assert_int_equal(actor_left(p.actor, true), 1);
        kernel_moods()->set_error = 0;
        restore_all(&p);
        assert_original();
        done(&p);
}

/* What the driver makes of it is ours, be it far from what was said. */
static void test_a_driver_that_rounds(void **state)
{
        struct plain p;

        needs_moods();
        make(&p);
        kernel_moods()->multiples = 16;
        assert_int_equal(set(&p, RX_USECS, 63), OUTCOME_DONE);
        assert_int_equal(kernel_get(RX_USECS), 48);
        assert_true(p.last.have_after);
        assert_int_equal((int) p.last.after.number, 48);
        assert_int_equal(set(&p, RX_USECS, 40), OUTCOME_DONE);
        assert_int_equal(kernel_get(RX_USECS), 32);
        kernel_moods()->multiples = 0;
        restore_all(&p);
        assert_original();
        done(&p);
}

/* Another interface never has its number: nothing is left to put back. */
static void test_it_goes(void **state)
{
        struct plain p;

        needs_moods();
        make(&p);
        assert_int_equal(set(&p, RX_USECS, 50), OUTCOME_DONE);
        kernel_moods()->gone = true;
        restore_all(&p);
        assert_int_equal(p.last.outcome, OUTCOME_GONE);
        done(&p);
}

static void work(struct plain *p)
{
        bool all = kernel_has(ADAPTIVE_RX);

        (void) set(p, RX_USECS, 50);
        if (all)
                (void) set(p, ADAPTIVE_RX, 1);
        (void) set(p, RX_USECS, 60);
        if (all) {
                (void) restore(p, ADAPTIVE_RX);
                (void) set(p, RX_FRAMES, 70);
        }
        (void) restore(p, RX_USECS);
}

static void clean_up(struct plain *p)
{
        assert_int_equal(actor_restore_all(p->actor, true), 0);
        plain_run(p);
}

/* Whether it has died at its n-th point. */
static bool dies(struct plain *p, unsigned n, void (*run)(struct plain *p))
{
        int status;
        pid_t pid;

        plain_close(p);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                countdown = n;
                plain_open(p);
                run(p);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        plain_open(p);
        assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
        return WIFSIGNALED(status);
}

/* And the one that puts things back behind it, too. */
static void test_killed_anywhere(void **state)
{
        unsigned n_changed = 0, n_points = 0, n_between = 0;
        bool more = true;

        for (unsigned n = 1; more; n++) {
                struct plain p;

                make(&p);
                more = dies(&p, n, work);
                n_points += more;
                n_changed += kernel_get(RX_USECS) != originals[RX_USECS];
                n_between += more && streq(died->point, "after-write");
                (void) dies(&p, 1 + n % 5, clean_up);
                clean_up(&p);
                assert_original();
                done(&p);
        }
        print_message("  killed at %u steps, with something changed at %u\n", n_points, n_changed);
        assert_true(n_points > 14);
        assert_true(n_changed > 6);
        assert_true(n_between >= 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_set_and_put_back),  cmocka_unit_test(test_a_switch),
                cmocka_unit_test(test_the_same),
                cmocka_unit_test(test_with_no_plugin),    cmocka_unit_test(test_somebody_else_has_set_it),
                cmocka_unit_test(test_a_driver_without),  cmocka_unit_test(test_what_is_none),
                cmocka_unit_test(test_what_the_driver_says),
                cmocka_unit_test(test_not_put_back_yet), cmocka_unit_test(test_a_driver_that_rounds), cmocka_unit_test(test_it_goes),
                cmocka_unit_test(test_killed_anywhere),
        };
        const char *missing = kernel_open();
        int r;

        if (missing) {
                (void) fprintf(stderr, "%s\n", missing);
                return 77;
        }
        died = mmap(NULL, sizeof(*died), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        make_knob(RX_USECS, (char *) "net.coalesce.rx_usecs", (char *) "rx-usecs", TRIMTAB_NUMBER);
        make_knob(RX_FRAMES, (char *) "net.coalesce.rx_frames", (char *) "rx-frames", TRIMTAB_NUMBER);
        make_knob(TX_USECS, (char *) "net.coalesce.tx_usecs", (char *) "tx-usecs", TRIMTAB_NUMBER);
        make_knob(ADAPTIVE_RX, (char *) "net.coalesce.adaptive_rx", (char *) "adaptive-rx", TRIMTAB_CHOICE);
        r = cmocka_run_group_tests_name("core/act/coalesce", tests, NULL, NULL);
        kernel_close();
        return r;
}
