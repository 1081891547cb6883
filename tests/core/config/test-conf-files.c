/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/conf-files.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* A folder with etc, run and lib in it; the current directory of each test. */
struct fixture {
        char root[32];
        int before;
};

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        assert_non_null(f);
        strcpy(f->root, "/tmp/trimtab-conf-XXXXXX");
        f->before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_true(f->before >= 0);
        assert_non_null(mkdtemp(f->root));
        assert_int_equal(chdir(f->root), 0);
        assert_int_equal(mkdir("etc", 0700), 0);
        assert_int_equal(mkdir("run", 0700), 0);
        assert_int_equal(mkdir("lib", 0700), 0);
        *state = f;
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(fchdir(f->before), 0);
        (void) close(f->before);
        assert_int_equal(nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
        free(f);
        return 0;
}

static void make(const char *path, const char *text)
{
        assert_int_equal(file_replace_at(AT_FDCWD, path, text, strlen(text), 0600), 0);
}

static void assert_files(const char *const *dirs, const char *const *expected)
{
        char **files;
        size_t n, i;

        assert_int_equal(conf_files(dirs, &files, &n), 0);
        for (i = 0; expected[i] && i < n; i++)
                assert_string_equal(files[i], expected[i]);
        assert_null(expected[i]);
        assert_int_equal(i, n);
        assert_null(files[n]);
        conf_files_free(files);
}

static const char *const dirs[] = { "etc", "run", "lib", NULL };

#define LIST(...)                                                                                            \
        (const char *const[])                                                                                \
        {                                                                                                    \
                __VA_ARGS__ __VA_OPT__(, ) NULL                                                              \
        }

static void names_order_whatever_the_folder(void **state)
{
        make("lib/30-c.conf", "x");
        make("etc/20-b.conf", "x");
        make("run/10-a.conf", "x");
        make("lib/10-b.conf", "x");
        assert_files(dirs, LIST("run/10-a.conf", "lib/10-b.conf", "etc/20-b.conf", "lib/30-c.conf"));
}

static void an_earlier_folder_hides(void **state)
{
        make("lib/a.conf", "x");
        make("run/a.conf", "x");
        make("lib/b.conf", "x");
        make("run/b.conf", "x");
        make("etc/b.conf", "x");
        assert_files(dirs, LIST("run/a.conf", "etc/b.conf"));
        assert_files(LIST("lib", "run"), LIST("lib/a.conf", "lib/b.conf"));
}

static void a_link_to_nothing_switches_off(void **state)
{
        make("lib/a.conf", "x");
        make("lib/b.conf", "x");
        make("lib/c.conf", "x");
        assert_int_equal(symlink("/dev/null", "etc/a.conf"), 0);
        make("run/b.conf", "");
        assert_files(dirs, LIST("lib/c.conf"));
}

/* An accident, not a decision: it switches nothing off, and whoever reads it gets to know. */
static void a_link_to_nowhere_is_listed(void **state)
{
        make("lib/a.conf", "x");
        assert_int_equal(symlink("nowhere", "etc/a.conf"), 0);
        assert_int_equal(symlink("nowhere", "run/b.conf"), 0);
        assert_files(dirs, LIST("lib/a.conf", "etc/a.conf", "run/b.conf"));
        make("etc/b.conf", "x");
        assert_files(dirs, LIST("lib/a.conf", "etc/a.conf", "etc/b.conf"));
}

static void only_conf_files_count(void **state)
{
        make("lib/a.conf~", "x");
        make("lib/a.conf.dpkg-new", "x");
        make("lib/.hidden.conf", "x");
        make("lib/README", "x");
        assert_int_equal(mkdir("lib/folder.conf", 0700), 0);
        make("target", "x");
        assert_int_equal(symlink("../target", "lib/link.conf"), 0);
        assert_files(dirs, LIST("lib/link.conf"));
}

static void missing_folders_are_no_error(void **state)
{
        make("lib/a.conf", "x");
        assert_files(LIST("nowhere", "lib", "nowhere/either"), LIST("lib/a.conf"));
        assert_files(LIST("nowhere"), LIST());
        assert_files(LIST(), LIST());
}

static void a_file_named_itself_is_taken(void **state)
{
        make("lib/a.conf", "x");
        make("etc/a.conf", "x");
        make("run/draft", "x");
        make("run/empty", "");
        /* It hides none of its name and none hides it: who names two files wants two files. */
        assert_files(LIST("etc/a.conf", "lib/a.conf"), LIST("lib/a.conf", "etc/a.conf"));
        assert_files(LIST("etc/a.conf", "lib"), LIST("lib/a.conf", "etc/a.conf"));
        assert_files(LIST("lib", "etc/a.conf", "run/draft", "run/empty"),
                     LIST("etc/a.conf", "lib/a.conf", "run/draft", "run/empty"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(names_order_whatever_the_folder), TEST(an_earlier_folder_hides),
                TEST(a_link_to_nothing_switches_off),  TEST(a_link_to_nowhere_is_listed),
                TEST(only_conf_files_count),
                TEST(missing_folders_are_no_error),    TEST(a_file_named_itself_is_taken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
