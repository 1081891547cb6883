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

#include "../../../plugins/irq/balancer.h"
#include "../../../plugins/irq/devices.h"
#include "../../../plugins/irq/kind.h"
#include "../../../plugins/irq/text.h"
#include "../../../plugins/irq/topology.h"

/* The machine as files tell it: written trees, as no machine here has two nodes, slow cores or irqbalance. */

#define CPU "/sys/devices/system/cpu"

static int setup(void **state)
{
        static char root[64];

        (void) snprintf(root, sizeof(root), "/tmp/test-irq-tree.XXXXXX");
        *state = mkdtemp(root);
        return *state ? 0 : -1;
}

static int teardown(void **state)
{
        char command[128];

        (void) snprintf(command, sizeof(command), "rm -rf '%s'", (char *) *state);
        return system(command);
}

static void put(const char *root, const char *path, const char *text)
{
        char full[PATH_MAX];
        FILE *f;

        (void) snprintf(full, sizeof(full), "%s%s", root, path);
        for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); *p++ = '/') {
                *p = '\0';
                (void) mkdir(full, 0755);
        }
        f = fopen(full, "we");
        assert_non_null(f);
        (void) fputs(text, f);
        (void) fclose(f);
}

static void test_lists_of_cpus(void **state)
{
        uint64_t cpus[2];

        text_cpus("0-3,8,66-70", cpus, 68);
        assert_int_equal(cpus[0], 0x10f);
        assert_int_equal(cpus[1], 0xc);
        text_cpus("", cpus, 68);
        assert_int_equal(cpus[0] | cpus[1], 0);
        text_cpus("(null)", cpus, 68);
        assert_int_equal(cpus[0] | cpus[1], 0);
        assert_int_equal(text_first_cpu("5-6", 68), 5);
        assert_int_equal(text_first_cpu("", 68), 68);
        assert_int_equal(text_first_cpu("70", 68), 68);
}

/* Two nodes of two cores with two threads each, the second node's slow; one CPU off, one isolated, one nohz_full. */
static void put_machine(const char *root)
{
        char path[128], text[32];

        for (int i = 0; i < 8; i++) {
                (void) snprintf(path, sizeof(path), CPU "/cpu%d/topology/thread_siblings_list", i);
                (void) snprintf(text, sizeof(text), "%d-%d\n", i & ~1, i | 1);
                put(root, path, text);
                (void) snprintf(path, sizeof(path), CPU "/cpu%d/cpu_capacity", i);
                put(root, path, i < 4 ? "1024\n" : "512\n");
        }
        put(root, CPU "/online", "0-4,6-7\n");
        put(root, CPU "/isolated", "6\n");
        put(root, CPU "/nohz_full", "2\n");
        put(root, "/sys/devices/system/node/online", "0-1\n");
        put(root, "/sys/devices/system/node/node0/cpulist", "0-3\n");
        put(root, "/sys/devices/system/node/node1/cpulist", "4-7\n");
}

static void test_machine(void **state)
{
        static const bool usable[8] = { true, true, false, true, true, false, false, true };
        struct topology t = {};

        put_machine(*state);
        assert_int_equal(topology_read(&t, *state, 8), 0);
        for (uint32_t i = 0; i < 8; i++) {
                assert_int_equal(t.cpus[i].usable, usable[i]);
                assert_int_equal(t.cpus[i].core, i & ~1u);
                assert_int_equal(t.cpus[i].node, i / 4);
                assert_true(t.cpus[i].capacity == (i < 4 ? 1.0 : 0.5));
        }
        assert_int_equal(t.n_usable, 5);

        put(*state, CPU "/online", "0-7\n");
        put(*state, CPU "/isolated", "\n");
        put(*state, CPU "/nohz_full", "(null)\n");
        assert_int_equal(topology_refresh(&t, *state), 0);
        assert_int_equal(t.n_usable, 8);
        topology_done(&t);
}

/* Nothing but which CPUs are online: each is a core of its own, of no node. */
static void test_bare_machine(void **state)
{
        struct topology t = {};

        assert_int_equal(topology_read(&t, *state, 2), -ENOENT);
        topology_done(&t);
        put(*state, CPU "/online", "0-1\n");
        assert_int_equal(topology_read(&t, *state, 2), 0);
        assert_int_equal(t.cpus[1].core, 1);
        assert_int_equal(t.cpus[1].node, -1);
        assert_true(t.cpus[1].usable);
        topology_done(&t);
}

static void test_what_is_not_moved(void **state)
{
        static const struct {
                const char *name;
                bool is_moved;
        } names[] = {
                { "eth0-TxRx-3:41", true }, { "virtio0-input.0:41", true }, { "nvme0q1:41", true }, { "acpi:41", true },
                { "virtio0-config:41", false }, { "timer:41", false }, { "rtc0:41", false }, { "hpet2:41", false },
                { "IPI0:41", false }, { "ehci,virtio0-config:41", false }, { "virtio0-config,ehci:41", false },
                { "virtio-configured:41", true },
        };
        char path[PATH_MAX];

        put(*state, "/proc/irq/41/smp_affinity_list", "0-3\n");
        put(*state, "/proc/irq/0/smp_affinity_list", "0-3\n");
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (!kind_refusal(*state, 41, names[i].name) != names[i].is_moved)
                        fail_msg("%s", names[i].name);
        assert_non_null(kind_refusal(*state, 0, "eth0:0"));
        assert_non_null(kind_refusal(*state, 42, "eth0:42"));

        /* As since 6.12 what the kernel manages looks. */
        (void) snprintf(path, sizeof(path), "%s/proc/irq/41/smp_affinity_list", (char *) *state);
        (void) chmod(path, 0444);
        assert_non_null(kind_refusal(*state, 41, "nvme0q1:41"));
}

static void test_devices(void **state)
{
        struct device d[64];
        char path[PATH_MAX];

        put(*state, "/sys/bus/pci/devices/0000:00:03.0/msi_irqs/41", "msix\n");
        put(*state, "/sys/bus/pci/devices/0000:00:03.0/msi_irqs/42", "msix\n");
        put(*state, "/sys/bus/pci/devices/0000:00:04.0/msi_irqs/43", "msix\n");
        put(*state, "/sys/bus/pci/devices/0000:00:05.0/vendor", "0x1af4\n");
        devices_read(d, 64, *state);
        assert_int_equal(d[41].number, d[42].number);
        assert_int_not_equal(d[41].number, d[43].number);
        assert_int_equal(d[4].number, 4);
        assert_string_equal(d[43].address, "0000:00:04.0");

        assert_true(device_has(&d[41], *state, 41));
        assert_true(device_has(&d[4], *state, 4));
        (void) snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/0000:00:03.0/msi_irqs/41", (char *) *state);
        (void) unlink(path);
        assert_false(device_has(&d[41], *state, 41));
}

static void test_irqbalance(void **state)
{
        const uint64_t second = 1000000000ull;
        struct balancer b = {};
        uint64_t now = 100 * second;

        put(*state, "/proc/1/comm", "systemd\n");
        assert_int_equal(balancer_find(&b, *state, now), 0);

        /* A socket that it left behind is not it. */
        put(*state, "/run/irqbalance/irqbalance77.sock", "");
        put(*state, "/proc/77/comm", "nginx\n");
        now += 10 * second;
        assert_int_equal(balancer_find(&b, *state, now), 0);

        put(*state, "/proc/77/comm", "irqbalance\n");
        assert_int_equal(balancer_find(&b, *state, now + second), 0); /* not each time */
        now += 10 * second;
        assert_int_equal(balancer_find(&b, *state, now), 77);
        put(*state, "/proc/77/comm", "bash\n");
        assert_int_equal(balancer_find(&b, *state, now + second), 0);

        put(*state, "/sys/fs/cgroup/system.slice/irqbalance.service/cgroup.procs", "78\n");
        put(*state, "/proc/78/comm", "irqbalance\n");
        now += 10 * second;
        assert_int_equal(balancer_find(&b, *state, now), 78);

        /* Started by hand, with nothing that tells. */
        put(*state, "/proc/78/comm", "bash\n");
        put(*state, "/proc/79/comm", "irqbalance\n");
        now += 400 * second;
        assert_int_equal(balancer_find(&b, *state, now), 79);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_lists_of_cpus, setup, teardown),
                cmocka_unit_test_setup_teardown(test_machine, setup, teardown),
                cmocka_unit_test_setup_teardown(test_bare_machine, setup, teardown),
                cmocka_unit_test_setup_teardown(test_what_is_not_moved, setup, teardown),
                cmocka_unit_test_setup_teardown(test_devices, setup, teardown),
                cmocka_unit_test_setup_teardown(test_irqbalance, setup, teardown),
        };

        return cmocka_run_group_tests_name("plugins/irq/tree", tests, NULL, NULL);
}
