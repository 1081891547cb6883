/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"

static int dir_fd;
static char dir[] = "/tmp/test-file-XXXXXX";

static int setup(void **state)
{
        if (!mkdtemp(dir))
                return -1;
        dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return dir_fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
        (void) unlinkat(dir_fd, "a", 0);
        (void) unlinkat(dir_fd, "x/y", AT_REMOVEDIR);
        (void) unlinkat(dir_fd, "x", AT_REMOVEDIR);
        (void) close(dir_fd);
        return rmdir(dir);
}

static void replaced_whole(void **state)
{
        char *text;
        size_t size;

        assert_int_equal(file_replace_at(dir_fd, "a", "first", 5, 0600), 0);
        assert_int_equal(file_replace_at(dir_fd, "a", "2nd", 3, 0600), 0);
        assert_int_equal(file_read_at(dir_fd, "a", 100, &text, &size), 0);
        assert_int_equal(size, 3);
        assert_string_equal(text, "2nd");
        free(text);
}

static void proc_files_say_no_size(void **state)
{
        char *text;

        assert_int_equal(file_read("/proc/self/status", 1 << 20, &text, NULL), 0);
        assert_non_null(strstr(text, "Pid:"));
        free(text);
}

static void too_large_is_refused(void **state)
{
        char *text;

        assert_int_equal(file_read("/dev/zero", 100000, &text, NULL), -EFBIG);
        assert_int_equal(file_read("/nonexistent", 10, &text, NULL), -ENOENT);
}

static void full_disk_is_an_error(void **state)
{
        int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

        assert_int_equal(fd_write_all(fd, "x", 1), -ENOSPC);
        (void) close(fd);
}

static void makes_all_levels(void **state)
{
        char path[64];
        struct stat st;

        snprintf(path, sizeof(path), "%s/x/y", dir);
        assert_int_equal(dir_make(path, 0755), 0);
        assert_int_equal(dir_make(path, 0755), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(dir_make("/proc/nope/x", 0755), -ENOENT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(replaced_whole),
                cmocka_unit_test(proc_files_say_no_size),
                cmocka_unit_test(too_large_is_refused),
                cmocka_unit_test(full_disk_is_an_error),
                cmocka_unit_test(makes_all_levels),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
