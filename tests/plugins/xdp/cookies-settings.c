/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the kernel's settings allow SYN cookies to say, on plain files. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cookies.h"

/* What cookies.c has from the rest of the plugin, none of which is asked here. */
const char *program_lacks_cookies(const struct xdp_program *p)
{
        return NULL;
}

struct xdp_control *program_control(struct xdp_program *p)
{
        return NULL;
}

bool driver_strips_tags(const char *interface)
{
        return false;
}

void metrics_cookies(const struct xdp *x, const char *why_not);
void metrics_cookies(const struct xdp *x, const char *why_not)
{
}

static char folder[] = "/tmp/trimtab-test-XXXXXX";

static void put(const char *name, const char *text)
{
        char path[128];
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/%s", folder, name);
        f = fopen(path, "we");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
        char path[64];

        if (!mkdtemp(folder))
                return -1;
        (void) snprintf(path, sizeof(path), "%s/ipv4", folder);
        if (mkdir(path, 0700) < 0)
                return -1;
        (void) snprintf(path, sizeof(path), "%s/core", folder);
        return mkdir(path, 0700);
}

static int teardown(void **state)
{
        char command[64];

        (void) snprintf(command, sizeof(command), "rm -r %s", folder);
        return system(command);
}

static int host(void **state)
{
        put("ipv4/tcp_syncookies", "2\n");
        put("ipv4/tcp_timestamps", "2\n");
        put("ipv4/tcp_sack", "1\n");
        put("ipv4/tcp_window_scaling", "1\n");
        put("ipv4/tcp_ecn", "2\n");
        put("ipv4/tcp_rmem", "4096\t131072\t6291456\n");
        put("core/rmem_max", "212992\n");
        return 0;
}

static struct cookie_settings settings(void)
{
        struct cookie_settings s;

        cookie_settings_read(folder, &s);
        return s;
}

static void test_only_what_the_kernel_takes_back(void **state)
{
        const uint32_t all = XDP_COOKIES_ON | XDP_COOKIES_STAMPS | XDP_COOKIES_SACK | XDP_COOKIES_SCALE | XDP_COOKIES_ECN;

        assert_int_equal(settings().flags, all);
        put("ipv4/tcp_ecn", "0\n");
        assert_int_equal(settings().flags, all & ~XDP_COOKIES_ECN);
        put("ipv4/tcp_sack", "0\n");
        assert_int_equal(settings().flags, all & ~(XDP_COOKIES_ECN | XDP_COOKIES_SACK));
        put("ipv4/tcp_window_scaling", "0\n");
        assert_int_equal(settings().flags, XDP_COOKIES_ON | XDP_COOKIES_STAMPS);
        for (int i = 0; i < 2; i++) {
                put("ipv4/tcp_timestamps", i ? "1\n" : "0\n");
                assert_int_equal(settings().flags, XDP_COOKIES_ON);
        }
        for (int i = 0; i < 2; i++) {
                put("ipv4/tcp_syncookies", i ? "1\n" : "0\n");
                assert_int_equal(settings().flags, 0);
        }
        put("ipv4/tcp_syncookies", "");
        assert_int_equal(settings().flags, 0);
}

static void test_the_scale_holds_the_largest_buffer(void **state)
{
        static const struct {
                const char *rmem, *most;
                uint32_t scale;
        } cases[] = {
                { "1 2 6291456", "212992", 7 },   { "1 2 33554432", "4194304", 10 }, { "1 2 4194304", "33554432", 10 },
                { "1 2 65535", "1", 0 },          { "1 2 65536", "1", 1 },           { "1 2 131071", "1", 1 },
                { "1 2 131072", "1", 2 },         { "1 2 2147483647", "1", 14 },     { "1 2", "1", 0 },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                put("ipv4/tcp_rmem", cases[i].rmem);
                put("core/rmem_max", cases[i].most);
                assert_int_equal(settings().window_scale, cases[i].scale);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_only_what_the_kernel_takes_back, host),
                cmocka_unit_test_setup(test_the_scale_holds_the_largest_buffer, host),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
