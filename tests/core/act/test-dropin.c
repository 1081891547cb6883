/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/dropin.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

static char root[] = "/tmp/trimtab-dropin-XXXXXX";

static void is_where_systemd_has_it(void **state)
{
        _cleanup_free_ char *control = dropin_path("/run/systemd", "a.service", false, "CPUQuota");
        _cleanup_free_ char *transient = dropin_path("/run/systemd", "b.scope", true, "CPUWeight");

        assert_string_equal(control, "/run/systemd/system.control/a.service.d/50-CPUQuota.conf");
        assert_string_equal(transient, "/run/systemd/transient/b.scope.d/50-CPUWeight.conf");
}

static void comes_back_bytewise_and_goes_without_trace(void **state)
{
        static const char bytes[] = "# theirs\n[Service]\n CPUWeight = 7 \\\n\n";
        _cleanup_free_ char *path = dropin_path(root, "a.service", false, "CPUWeight");
        _cleanup_free_ char *other = dropin_path(root, "a.service", false, "IOWeight");
        _cleanup_free_ char *dir = dropin_path(root, "a.service", false, "x"), *got = NULL;

        *strrchr(dir, '/') = '\0';
        assert_int_equal(dropin_read(path, &got), -ENOENT);

        assert_int_equal(dropin_put(path, bytes), 0);
        assert_int_equal(dropin_read(path, &got), 0);
        assert_string_equal(got, bytes);

        /* Somebody else's keeps the folder. */
        assert_int_equal(dropin_put(other, bytes), 0);
        assert_int_equal(dropin_put(path, NULL), 0);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(access(dir, F_OK), 0);

        assert_int_equal(dropin_put(other, NULL), 0);
        assert_int_equal(access(dir, F_OK), -1);
        assert_int_equal(dropin_put(other, NULL), 0);
}

static void put_file(const char *dir, const char *name)
{
        _cleanup_free_ char *path = str_printf("%s/%s", dir, name);

        assert_int_equal(file_replace_at(AT_FDCWD, path, "x", 1, 0600), 0);
}

static void take_file(const char *dir, const char *name)
{
        _cleanup_free_ char *path = str_printf("%s/%s", dir, name);

        assert_int_equal(unlink(path), 0);
}

/* Ours by their names, each; nobody else's, however near. */
static void what_a_killed_process_left_goes_too(void **state)
{
        static const char *const theirs[] = {
                "50-CPUWeight.conf.bak~", "50-CPUWeight.conf.12", "50-CPUWeight.conf.~",
                "50-CPUWeight.conf.12~~", "50-IOWeight.conf.12~", "50-CPUWeight.conf~",
        };
        _cleanup_free_ char *path = dropin_path(root, "k.service", false, "CPUWeight");
        _cleanup_free_ char *dir = strndup(path, (size_t) (strrchr(path, '/') - path));

        assert_int_equal(dropin_put(path, "[Service]\nCPUWeight=1\n"), 0);
        put_file(dir, "50-CPUWeight.conf.4711~");
        put_file(dir, "50-CPUWeight.conf.12~");
        assert_int_equal(dropin_put(path, NULL), 0);
        assert_int_equal(access(dir, F_OK), -1);

        /* Given up: the drop-in is somebody else's by now, or gone. */
        assert_int_equal(dir_make(dir, 0755), 0);
        put_file(dir, "50-CPUWeight.conf.4711~");
        dropin_tidy(path);
        assert_int_equal(access(dir, F_OK), -1);

        assert_int_equal(dir_make(dir, 0755), 0);
        for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
                put_file(dir, theirs[i]);
        assert_int_equal(dropin_put(path, NULL), 0);
        for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
                take_file(dir, theirs[i]);
        dropin_tidy(path);
        assert_int_equal(access(dir, F_OK), -1);
}

static void pinned_is_what_lies_in_etc(void **state)
{
        _cleanup_free_ char *path = dropin_path(root, "p.service", false, "CPUWeight");

        assert_int_equal(dropin_is_pinned(root, "p.service", "CPUWeight"), 0);
        assert_int_equal(dropin_put(path, "[Service]\nCPUWeight=1\n"), 0);
        assert_int_equal(dropin_is_pinned(root, "p.service", "CPUWeight"), 1);
        assert_int_equal(dropin_is_pinned(root, "p.service", "CPUQuota"), 0);
        assert_int_equal(dropin_put(path, NULL), 0);
}

static int setup(void **state)
{
        return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
        char path[64];

        (void) snprintf(path, sizeof(path), "%s/system.control", root);
        (void) rmdir(path);
        return rmdir(root);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(is_where_systemd_has_it),
                cmocka_unit_test(comes_back_bytewise_and_goes_without_trace),
                cmocka_unit_test(what_a_killed_process_left_goes_too),
                cmocka_unit_test(pinned_is_what_lies_in_etc),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
