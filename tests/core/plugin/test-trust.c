/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "plugin/inspect.h"
#include "scratch.h"
#include "util/cleanup.h"

static void assert_refused(const char *path, int error, const char *reason)
{
        struct inspection found;

        assert_int_equal(inspect_open(path, geteuid(), &found), error);
        if (!strstr(found.reason, reason))
                fail_msg("reason is \"%s\", expected \"%s\" in it", found.reason, reason);
}

static void assert_trusted(const char *path)
{
        struct inspection found;
        int fd;

        fd = inspect_open(path, geteuid(), &found);
        if (fd < 0)
                fail_msg("refused: %s", found.reason);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        assert_int_equal(close(fd), 0);
}

/* FOLDER/a/b/x.so, all of it fine. */
static char *make_file(void *const *state)
{
        _cleanup_free_ char *a = scratch_path(state, "a"), *b = scratch_path(state, "a/b");
        char *path = scratch_path(state, "a/b/x.so");

        assert_int_equal(mkdir(a, 0755), 0);
        assert_int_equal(mkdir(b, 0755), 0);
        scratch_write(path, "x", 1);
        return path;
}

/* The scratch folder is in /tmp: sticky, writable by all, and fine. */
static void test_below_a_sticky_folder(void **state)
{
        _cleanup_free_ char *path = make_file(state);

        assert_trusted(path);
}

static void test_a_file_others_can_write(void **state)
{
        _cleanup_free_ char *path = make_file(state);

        assert_int_equal(chmod(path, 0757), 0);
        assert_refused(path, -EPERM, "a/b/x.so can be written by others");
        assert_int_equal(chmod(path, 0775), 0);
        assert_refused(path, -EPERM, "can be written by others");
        /* Sticky says nothing of a file. */
        assert_int_equal(chmod(path, 01757), 0);
        assert_refused(path, -EPERM, "can be written by others");
        assert_int_equal(chmod(path, 0700), 0);
        assert_trusted(path);
}

static void test_a_folder_above_others_can_write(void **state)
{
        _cleanup_free_ char *path = make_file(state), *a = scratch_path(state, "a");

        assert_int_equal(chmod(a, 0777), 0);
        assert_refused(path, -EPERM, "/a can be written by others (chmod go-w)");
        assert_int_equal(chmod(a, 01777), 0);
        assert_trusted(path);
}

static void test_links(void **state)
{
        _cleanup_free_ char *path = make_file(state), *link = scratch_path(state, "x.so"),
                            *folder_link = scratch_path(state, "l"), *b = scratch_path(state, "a/b"),
                            *through = scratch_path(state, "l/x.so");

        assert_int_equal(symlink(path, link), 0);
        assert_refused(link, -EPERM, "a symbolic link");

        /* On the way there they are followed, and what they lead to is judged. */
        assert_int_equal(symlink(b, folder_link), 0);
        assert_trusted(through);
        assert_int_equal(chmod(b, 0777), 0);
        assert_refused(through, -EPERM, "/a/b can be written by others");
}

static void test_not_files(void **state)
{
        _cleanup_free_ char *fifo = scratch_path(state, "f.so"), *folder = scratch_path(state, "d.so"),
                            *missing = scratch_path(state, "m.so"), *lost = scratch_path(state, "no/m.so");

        assert_int_equal(mkfifo(fifo, 0700), 0);
        assert_refused(fifo, -EPERM, "not a regular file");
        assert_int_equal(mkdir(folder, 0755), 0);
        assert_refused(folder, -EPERM, "not a regular file");
        assert_refused(missing, -ENOENT, "No such file");
        assert_refused(lost, -ENOENT, "No such file");
}

static void test_of_somebody_else(void **state)
{
        _cleanup_free_ char *path = make_file(state), *a = scratch_path(state, "a");
        struct inspection found;

        if (geteuid() != 0) {
                /* Ours is somebody else's for a daemon that runs as another user. */
                assert_int_equal(inspect_open(path, geteuid() + 1, &found), -EPERM);
                assert_non_null(strstr(found.reason, "belongs to user"));
                return;
        }

        assert_int_equal(chown(a, 12345, 0), 0);
        assert_refused(path, -EPERM, "/a belongs to user 12345; expected root or user 0");
        assert_int_equal(inspect_open(path, 12346, &found), -EPERM);
        assert_int_equal(close(inspect_open(path, 12345, &found)), 0);
        assert_int_equal(chown(a, 0, 0), 0);
        assert_int_equal(chown(path, 12345, 0), 0);
        assert_refused(path, -EPERM, "x.so belongs to user 12345");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_below_a_sticky_folder),
                TEST(test_a_file_others_can_write),
                TEST(test_a_folder_above_others_can_write),
                TEST(test_links),
                TEST(test_not_files),
                TEST(test_of_somebody_else),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
