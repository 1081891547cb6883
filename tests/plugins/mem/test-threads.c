/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "threads.h"

/* A /proc of plain files. */

static char proc[] = "/tmp/test-mem-threads-XXXXXX";

static void put(const char *pid, const char *name, const char *text)
{
        char path[128];
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/%s", proc, pid);
        (void) mkdir(path, 0755);
        (void) snprintf(path, sizeof(path), "%s/%s/%s", proc, pid, name);
        f = fopen(path, "we");
        assert_non_null(f);
        (void) fputs(text, f);
        (void) fclose(f);
}

static void process(const char *pid, const char *comm, int parent, const char *schedstat)
{
        char stat[128];

        (void) snprintf(stat, sizeof(stat), "%s (%s) S %d 0 0 0 -1 2166848 0 0\n", pid, comm, parent);
        put(pid, "stat", stat);
        if (schedstat)
                put(pid, "schedstat", schedstat);
}

static int setup(void **state)
{
        strcpy(proc + strlen(proc) - 6, "XXXXXX");
        return mkdtemp(proc) ? 0 : -1;
}

static int teardown(void **state)
{
        char command[128];

        (void) snprintf(command, sizeof(command), "rm -r %s", proc);
        return system(command);
}

/* The kernel's threads of that name, one a node, and nobody who only calls himself so. */
static void test_found(void **state)
{
        struct mem_threads t = {};

        process("1", "init", 0, "999 0 1");
        process("45", "kswapd0", 2, "1000 5 7");
        process("46", "kswapd11", 2, "200 5 7");
        process("47", "kswapd", 2, "999 0 1");
        process("48", "kswapd0x", 2, "999 0 1");
        process("49", "kcompactd0", 2, "999 0 1");
        process("500", "kswapd1", 400, "999 0 1");
        process("501", "a) (kswapd1", 400, "999 0 1");
        process("502", "evil) S 2 (kswapd1", 400, "999 0 1");
        assert_int_equal(mem_threads_open(&t, proc, "kswapd"), 2);
        assert_int_equal(mem_threads_read(&t), 1200);
        put("45", "schedstat", "18446744073709 5 8");
        assert_true(mem_threads_read(&t) == 18446744073709ull + 200);
        mem_threads_close(&t);
}

/* One that goes keeps what it had: the sum never falls. */
static void test_gone(void **state)
{
        struct mem_threads t = {};

        process("45", "kswapd0", 2, "1000 5 7");
        process("46", "kswapd1", 2, "200 5 7");
        assert_int_equal(mem_threads_open(&t, proc, "kswapd"), 2);
        put("46", "schedstat", "");
        put("45", "schedstat", "1001 5 8");
        assert_int_equal(mem_threads_read(&t), 1201);
        mem_threads_close(&t);
        mem_threads_close(&t);
}

static void test_not_to_be_had(void **state)
{
        struct mem_threads t = {};

        assert_int_equal(mem_threads_open(&t, "/nonexistent", "kswapd"), -ENOENT);
        process("1", "init", 0, "999 0 1");
        assert_int_equal(mem_threads_open(&t, proc, "kswapd"), -ENOENT);
        assert_null(t.list);
        process("45", "kswapd0", 2, NULL);
        assert_int_equal(mem_threads_open(&t, proc, "kswapd"), -EOPNOTSUPP);
        assert_null(t.list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = { TEST(test_found), TEST(test_gone), TEST(test_not_to_be_had) };

        return cmocka_run_group_tests_name("plugins/mem/threads", tests, NULL, NULL);
}
