/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A made-up /sys/kernel/irq and /proc/irq, and the machine's own. */
#include "cmocka-all.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sense/irqs.h"

struct fixture {
        struct objects *objects;
        char root[32];
        unsigned came, went;
};

static void changed(void *userdata, struct oid id, bool came)
{
        struct fixture *f = userdata;

        assert_int_equal(id.scope, SCOPE_IRQ);
        assert_non_null(objects_get(f->objects, id));
        f->came += came;
        f->went += !came;
}

static void put(const struct fixture *f, const char *number, const char *actions)
{
        char path[96];
        FILE *out;

        (void) snprintf(path, sizeof(path), "%s/%s", f->root, number);
        (void) mkdir(path, 0755);
        (void) snprintf(path, sizeof(path), "%s/%s/actions", f->root, number);
        out = fopen(path, "we");
        assert_non_null(out);
        assert_true(fprintf(out, "%s\n", actions) > 0);
        assert_int_equal(fclose(out), 0);
}

static void scan(struct fixture *f, unsigned came, unsigned went)
{
        f->came = f->went = 0;
        assert_int_equal(irqs_scan(f->objects, f->root, "/proc/irq", changed, f), 0);
        assert_int_equal(f->came, came);
        assert_int_equal(f->went, went);
}

static const struct object *find(const struct fixture *f, uint64_t key)
{
        return objects_get(f->objects, (struct oid) { SCOPE_IRQ, key });
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        if (!f || objects_new(&f->objects) < 0)
                return -1;
        strcpy(f->root, "/tmp/trimtab-irqs-XXXXXX");
        *state = f;
        return mkdtemp(f->root) ? 0 : -1;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        (void) nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        objects_free(f->objects);
        free(f);
        return 0;
}

static void test_come_and_go(void **state)
{
        struct fixture *f = *state;

        put(f, "41", "eth0-TxRx-3");
        put(f, "9", "acpi");
        put(f, "7", ""); /* nobody handles it */
        put(f, "chip", "no number");
        scan(f, 2, 0);
        assert_string_equal(find(f, 41)->name, "eth0-TxRx-3:41");
        assert_string_equal(find(f, 41)->path, "/proc/irq/41/eth0-TxRx-3/..");
        assert_null(find(f, 7));
        scan(f, 0, 0);

        put(f, "7", "ttyS0");
        put(f, "9", "");
        scan(f, 1, 1);
        assert_null(find(f, 9));
        assert_ptr_equal(objects_by_name(f->objects, SCOPE_IRQ, "ttyS0:7"), find(f, 7));
}

/* The same number for another handler: the one went, the other came. */
static void test_reused(void **state)
{
        struct fixture *f = *state;

        put(f, "41", "eth0-TxRx-3");
        scan(f, 1, 0);
        put(f, "41", "nvme0q1");
        scan(f, 1, 1);
        assert_string_equal(find(f, 41)->name, "nvme0q1:41");
        assert_string_equal(find(f, 41)->path, "/proc/irq/41/nvme0q1/..");
}

static void test_odd_names(void **state)
{
        struct fixture *f = *state;

        put(f, "16", "i801_smbus,uhci_hcd:usb1");
        put(f, "17", "PCIe PME");
        put(f, "18", "mlx5/comp0");
        scan(f, 3, 0);
        assert_string_equal(find(f, 16)->name, "i801_smbus,uhci_hcd:usb1:16");
        assert_string_equal(find(f, 16)->path, "/proc/irq/16/i801_smbus/..");
        assert_string_equal(find(f, 17)->path, "/proc/irq/17/PCIe PME/..");
        assert_string_equal(find(f, 18)->path, "/proc/irq/18");
}

static void test_no_such_folder(void **state)
{
        struct fixture *f = *state;

        put(f, "41", "eth0");
        scan(f, 1, 0);
        assert_int_equal(irqs_scan(f->objects, "/no/such", "/proc/irq", changed, f), -ENOENT);
        assert_non_null(find(f, 41));
}

/* Each one's mask can be read by the way that its path leads. */
static void test_this_machine(void **state)
{
        struct fixture *f = *state;
        const struct object *const *list;
        size_t n;

        if (access("/sys/kernel/irq", R_OK) < 0 || access("/proc/irq/default_smp_affinity", R_OK) < 0) {
                print_message("skipped: this machine shows no interrupts\n");
                skip();
        }
        assert_int_equal(irqs_scan(f->objects, "/sys/kernel/irq", "/proc/irq", changed, f), 0);
        list = objects_of_scope(f->objects, SCOPE_IRQ, &n);
        for (size_t i = 0; i < n; i++) {
                char path[512];

                (void) snprintf(path, sizeof(path), "%s/smp_affinity_list", list[i]->path);
                if (access(path, F_OK) < 0)
                        fail_msg("%s: %s", path, strerror(errno));
        }
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_come_and_go, setup, teardown),
                cmocka_unit_test_setup_teardown(test_reused, setup, teardown),
                cmocka_unit_test_setup_teardown(test_odd_names, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_such_folder, setup, teardown),
                cmocka_unit_test_setup_teardown(test_this_machine, setup, teardown),
        };

        return cmocka_run_group_tests_name("irqs", tests, NULL, NULL);
}
