/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../plugins/irq/may.h"

/* A list of CPUs that a rule gives, on a machine of written files: four CPUs, interrupt 41 a card's. */

enum { IRQ = 41, IRQS = 64, CPUS = 4 };
#define SECOND_NS 1000000000ull

struct world {
        char root[64];
        struct irq s;
        struct trimtab_host host;
        const char *name; /* of the interrupt as an object; NULL: there is none */
        int writes;       /* what the kernel says of a write */
        unsigned n_asked, n_notices;
};

static struct world *world_of(const struct trimtab_host *h)
{
        return h->host;
}

static void on_log(const struct trimtab_host *h, int32_t level, const char *format, ...)
{
        if (level <= TRIMTAB_LOG_NOTICE)
                world_of(h)->n_notices++;
}

static int object_name(const struct trimtab_host *h, const char *scope, uint64_t object, const char **ret)
{
        *ret = world_of(h)->name;
        return *ret ? 0 : -ENOENT;
}

static int knob_takes_writes(const struct trimtab_host *h, uint32_t knob, uint64_t object)
{
        assert_int_equal(knob, KNOB_AFFINITY);
        assert_int_equal(object, IRQ);
        world_of(h)->n_asked++;
        return world_of(h)->writes;
}

static void put(const struct world *w, const char *path, const char *text)
{
        char full[PATH_MAX];
        FILE *f;

        (void) snprintf(full, sizeof(full), "%s%s", w->root, path);
        for (char *p = full + strlen(w->root) + 1; (p = strchr(p, '/')); *p++ = '/') {
                *p = '\0';
                (void) mkdir(full, 0755);
        }
        f = fopen(full, "we");
        assert_non_null(f);
        (void) fputs(text, f);
        (void) fclose(f);
}

static int setup(void **state)
{
        struct world *w = calloc(1, sizeof(*w));

        if (!w)
                return -1;
        *state = w;
        (void) snprintf(w->root, sizeof(w->root), "/tmp/test-irq-may.XXXXXX");
        if (!mkdtemp(w->root))
                return -1;
        put(w, "/sys/devices/system/cpu/online", "0-3\n");
        put(w, "/sys/devices/system/cpu/isolated", "\n");
        put(w, "/sys/devices/system/cpu/nohz_full", "(null)\n");
        put(w, "/proc/irq/41/smp_affinity_list", "0-3\n");
        put(w, "/sys/kernel/irq/41/actions", "eth0-rx-0\n");
        w->name = "eth0-rx-0:41";
        w->host = (struct trimtab_host){
                .size = sizeof(w->host), .host = w, .log = on_log, .object_name = object_name, .knob_takes_writes = knob_takes_writes
        };
        w->s = (struct irq){ .host = &w->host, .root = w->root, .view.sizes = { .n_cpus = CPUS, .n_irqs = IRQS }, .devices_are_old = true };
        w->s.irqs = calloc(IRQS, sizeof(*w->s.irqs));
        w->s.devices = calloc(IRQS, sizeof(*w->s.devices));
        return topology_read(&w->s.topology, w->root, CPUS);
}

static int teardown(void **state)
{
        struct world *w = *state;
        char command[128];
        int r;

        (void) snprintf(command, sizeof(command), "rm -rf '%s'", w->root);
        r = system(command);
        topology_done(&w->s.topology);
        free(w->s.irqs);
        free(w->s.devices);
        free(w);
        return r;
}

static int check(struct world *w, const char *list, struct trimtab_value *ret)
{
        struct trimtab_value want = { .size = sizeof(want), .type = TRIMTAB_CPULIST };

        (void) snprintf(want.text, sizeof(want.text), "%s", list);
        *ret = want;
        return irq_check_list(&w->s, IRQ, &want, 1000 * SECOND_NS, ret);
}

static void assert_left(struct world *w, const char *list, const char *left)
{
        struct trimtab_value v;

        assert_int_equal(check(w, list, &v), 0);
        assert_int_equal(v.type, TRIMTAB_CPULIST);
        assert_string_equal(v.text, left);
}

static void assert_refused(struct world *w, const char *list, int error)
{
        struct trimtab_value v;

        assert_int_equal(check(w, list, &v), error);
}

static void test_as_it_was_said(void **state)
{
        assert_left(*state, "3", "3");
        assert_left(*state, "0-1,3", "0-1,3");
        assert_left(*state, "0-3", "0-3");
        assert_left(*state, "0,2", "0,2");
}

/* It is asked once, and nobody is told twice. */
static void test_managed(void **state)
{
        static const int answers[] = { -EIO, -EPERM, -EACCES, -EROFS };

        for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
                struct world *w = *state;

                w->s.irqs[IRQ].name[0] = '\0';
                w->n_asked = 0;
                w->writes = answers[i];
                assert_refused(w, "3", -EPERM);
                assert_refused(w, "0-3", -EPERM);
                assert_int_equal(w->n_asked, 1);
                assert_int_equal(w->n_notices, 0);
        }
}

static void test_a_config_vector(void **state)
{
        struct world *w = *state;

        w->name = "virtio0-config:41";
        put(w, "/sys/kernel/irq/41/actions", "virtio0-config\n");
        assert_refused(w, "3", -EPERM);
        assert_int_equal(w->n_asked, 0);
}

static void test_another_one_by_now(void **state)
{
        struct world *w = *state;

        put(w, "/sys/kernel/irq/41/actions", "nvme0q1\n");
        assert_refused(w, "3", -ENODEV);
        w->name = NULL;
        assert_refused(w, "3", -ENOENT);
}

static void test_cpus_that_are_not_to_have_it(void **state)
{
        struct world *w = *state;

        put(w, "/sys/devices/system/cpu/isolated", "3\n");
        assert_left(w, "2-3", "2");
        assert_refused(w, "3", -EINVAL);
        put(w, "/sys/devices/system/cpu/nohz_full", "1\n");
        assert_left(w, "0-3", "0,2");
        put(w, "/sys/devices/system/cpu/online", "0-1,3\n");
        assert_left(w, "0-3", "0");
        assert_refused(w, "1-3", -EINVAL);

        put(w, "/sys/devices/system/cpu/isolated", "\n");
        put(w, "/sys/devices/system/cpu/nohz_full", "\n");
        put(w, "/sys/devices/system/cpu/online", "0-3\n");
        assert_left(w, "0-3", "0-3");
}

/* Never an empty mask; and CPUs that the machine has not. */
static void test_nothing_left(void **state)
{
        assert_refused(*state, "", -EINVAL);
        assert_refused(*state, "4-7", -EINVAL);
        assert_left(*state, "3-7", "3");
}

static void test_irqbalance(void **state)
{
        struct world *w = *state;

        put(w, "/run/irqbalance/irqbalance77.sock", "");
        put(w, "/proc/77/comm", "irqbalance\n");
        assert_refused(w, "3", -EBUSY);
        assert_refused(w, "3", -EBUSY);
        assert_int_equal(w->n_notices, 1);

        w->s.beside_balancer = true;
        assert_left(w, "3", "3");
        w->s.beside_balancer = false;
        put(w, "/proc/77/comm", "bash\n");
        assert_left(w, "3", "3");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_as_it_was_said, setup, teardown),
                cmocka_unit_test_setup_teardown(test_managed, setup, teardown),
                cmocka_unit_test_setup_teardown(test_a_config_vector, setup, teardown),
                cmocka_unit_test_setup_teardown(test_another_one_by_now, setup, teardown),
                cmocka_unit_test_setup_teardown(test_cpus_that_are_not_to_have_it, setup, teardown),
                cmocka_unit_test_setup_teardown(test_nothing_left, setup, teardown),
                cmocka_unit_test_setup_teardown(test_irqbalance, setup, teardown),
        };

        return cmocka_run_group_tests_name("plugins/irq/may", tests, NULL, NULL);
}
