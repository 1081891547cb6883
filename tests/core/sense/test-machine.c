/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "sense/machine.h"

static void scan(struct objects *o, const char *list, int expected)
{
        char path[] = "/tmp/test-machine-XXXXXX";
        int fd = mkstemp(path);

        assert_true(fd >= 0);
        assert_true(dprintf(fd, "%s", list) >= 0);
        (void) close(fd);
        assert_int_equal(machine_scan_cpus(o, path), expected);
        (void) unlink(path);
}

static void cpus_come_and_go(void **state)
{
        struct objects *o;
        size_t n;

        assert_int_equal(objects_new(&o), 0);
        scan(o, "0-3,8\n", 0);
        (void) objects_of_scope(o, SCOPE_CPU, &n);
        assert_int_equal(n, 5);
        assert_string_equal(objects_get(o, (struct oid) { SCOPE_CPU, 8 })->path, "/sys/devices/system/cpu/cpu8");
        scan(o, "0,8\n", 0);
        (void) objects_of_scope(o, SCOPE_CPU, &n);
        assert_int_equal(n, 2);
        scan(o, "0-\n", -EINVAL);
        scan(o, "0-99999999\n", -EINVAL);
        scan(o, "3-1\n", -EINVAL);
        objects_free(o);
}

static void boot_id_is_one_line(void **state)
{
        char *id;

        assert_int_equal(machine_boot_id(&id), 0);
        assert_int_equal(strlen(id), 36);
        free(id);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(cpus_come_and_go),
                cmocka_unit_test(boot_id_is_one_line),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
