/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * In a virtual machine with a disk, whose queues' interrupts the kernel manages: what the core says of each affinity without writing is what a write
 * then gets.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "act/sysfile.h"
#include "util/cleanup.h"

static const struct sysfile_form list = { TRIMTAB_FORM_PLAIN, TRIMTAB_CPULIST, "", "" };

/* 1: it is managed. */
static int compare(const char *irq)
{
        _cleanup_free_ char *before = NULL, *after = NULL;
        char path[PATH_MAX];
        int says, gets;

        (void) snprintf(path, sizeof(path), "/proc/irq/%s/smp_affinity_list", irq);
        if (sysfile_read(path, &list, &before) < 0)
                return 0;
        says = sysfile_takes_writes(path);
        assert_int_equal(sysfile_read(path, &list, &after), 0);
        assert_string_equal(before, after);

        gets = sysfile_write(path, &list, before);
        print_message("  irq %s (%s): says %d, gets %d\n", irq, before, says, gets);
        assert_int_equal(says, gets);
        assert_true(says == 0 || says == -EIO || says == -EPERM);
        return says != 0;
}

static void says_what_a_write_gets(void **state)
{
        DIR *d = opendir("/proc/irq");
        int n = 0, n_managed = 0;
        struct dirent *e;

        assert_non_null(d);
        while ((e = readdir(d)))
                if (isdigit((unsigned char) e->d_name[0])) {
                        n_managed += compare(e->d_name);
                        n++;
                }
        (void) closedir(d);
        assert_true(n_managed > 0);
        assert_true(n > n_managed);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(says_what_a_write_gets) };

        return cmocka_run_group_tests_name("plugins/irq/managed", tests, NULL, NULL);
}
