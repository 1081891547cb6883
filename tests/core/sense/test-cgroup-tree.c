/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree is followed on plain directories: mkdir, rmdir and inotify mean the same there. */
#include "cmocka-all.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sense/cgroup-tree.h"

struct fixture {
        char root[32];
        struct objects *objects;
        struct cgroup_tree *tree;
        unsigned came, went;
};

static void changed(void *userdata, struct oid id, bool came)
{
        struct fixture *f = userdata;

        /* Both ways the registry still knows the object. */
        assert_non_null(objects_get(f->objects, id));
        f->came += came;
        f->went += !came;
}

static void make(struct fixture *f, const char *name)
{
        char path[128];

        snprintf(path, sizeof(path), "%s%s", f->root, name);
        assert_int_equal(mkdir(path, 0755), 0);
}

static void drop(struct fixture *f, const char *name)
{
        char path[128];

        snprintf(path, sizeof(path), "%s%s", f->root, name);
        assert_int_equal(rmdir(path), 0);
}

static const struct object *find(struct fixture *f, const char *name)
{
        return objects_by_name(f->objects, SCOPE_CGROUP, name);
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        if (!f)
                return -1;
        strcpy(f->root, "/tmp/test-tree-XXXXXX");
        if (!mkdtemp(f->root) || objects_new(&f->objects) < 0)
                return -1;
        make(f, "/system.slice");
        make(f, "/system.slice/a.service");
        *state = f;
        return cgroup_tree_new(f->root, f->objects, changed, f, &f->tree);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        cgroup_tree_free(f->tree);
        objects_free(f->objects);
        (void) nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        free(f);
        return 0;
}

static void what_is_there_at_start(void **state)
{
        struct fixture *f = *state;
        struct stat st;

        assert_int_equal(f->came, 3);
        assert_non_null(find(f, "/"));
        assert_non_null(find(f, "/system.slice/a.service"));
        assert_int_equal(stat(find(f, "/system.slice")->path, &st), 0);
        assert_int_equal(find(f, "/system.slice")->id.key, st.st_ino);
}

static void what_comes_and_goes(void **state)
{
        struct fixture *f = *state;

        make(f, "/system.slice/b.service");
        make(f, "/system.slice/b.service/deep");
        assert_int_equal(cgroup_tree_process(f->tree), 0);
        assert_non_null(find(f, "/system.slice/b.service/deep"));

        /* The new ones are watched, too. */
        make(f, "/system.slice/b.service/deep/er");
        assert_int_equal(cgroup_tree_process(f->tree), 0);
        assert_non_null(find(f, "/system.slice/b.service/deep/er"));

        drop(f, "/system.slice/b.service/deep/er");
        drop(f, "/system.slice/b.service/deep");
        drop(f, "/system.slice/b.service");
        assert_int_equal(cgroup_tree_process(f->tree), 0);
        assert_null(find(f, "/system.slice/b.service/deep"));
        assert_null(find(f, "/system.slice/b.service"));
        assert_int_equal(f->went, 3);
}

static void made_anew_between_two_looks(void **state)
{
        struct fixture *f = *state;

        drop(f, "/system.slice/a.service");
        make(f, "/system.slice/keeps-the-inode-busy");
        make(f, "/system.slice/a.service");
        assert_int_equal(cgroup_tree_process(f->tree), 0);
        assert_non_null(find(f, "/system.slice/a.service"));
}

/* Where inodes are used again, the new one has the old one's number and name, and is another directory. */
static void made_anew_with_the_same_id(void **state)
{
        struct fixture *f = *state;

        drop(f, "/system.slice/a.service");
        make(f, "/system.slice/a.service");
        assert_int_equal(cgroup_tree_process(f->tree), 0);
        make(f, "/system.slice/a.service/in");
        assert_int_equal(cgroup_tree_process(f->tree), 0);
        assert_non_null(find(f, "/system.slice/a.service/in"));
        drop(f, "/system.slice/a.service/in");
        assert_int_equal(cgroup_tree_process(f->tree), 0);
        assert_null(find(f, "/system.slice/a.service/in"));
}

static void gone_before_it_was_seen(void **state)
{
        struct fixture *f = *state;

        make(f, "/brief");
        drop(f, "/brief");
        assert_int_equal(cgroup_tree_process(f->tree), 0);
        assert_null(find(f, "/brief"));
        assert_int_equal(f->came, 3);
}

static void a_rescan_finds_what_events_lost(void **state)
{
        struct fixture *f = *state;

        make(f, "/lost");
        drop(f, "/system.slice/a.service");
        assert_int_equal(cgroup_tree_rescan(f->tree), 0);
        assert_non_null(find(f, "/lost"));
        assert_null(find(f, "/system.slice/a.service"));
        assert_int_equal(cgroup_tree_process(f->tree), 0);
        assert_non_null(find(f, "/lost"));
}

/* A parent and its child are gone and another parent of that name is there before we look: nothing of the old stays. */
static void a_family_replaced(void **state)
{
        struct fixture *f = *state;
        const struct object *again;
        uint64_t old;
        size_t n;

        make(f, "/p");
        make(f, "/p/child");
        assert_int_equal(cgroup_tree_process(f->tree), 0);
        old = find(f, "/p")->id.key;
        make(f, "/keeps-the-inode-busy");

        /* The first event of /p is told by looking, which finds the second one; the others come too late. */
        drop(f, "/p/child");
        drop(f, "/p");
        make(f, "/x");
        make(f, "/x/y");
        make(f, "/p");
        assert_int_equal(cgroup_tree_process(f->tree), 0);
        assert_non_null(find(f, "/p"));
        assert_null(find(f, "/p/child"));
        assert_non_null(find(f, "/x/y"));
        again = objects_get(f->objects, (struct oid) { SCOPE_CGROUP, old });
        assert_true(!again || again == find(f, again->name));
        (void) objects_of_scope(f->objects, SCOPE_CGROUP, &n);
        assert_int_equal(n, f->came - f->went);
        assert_int_equal(n, 7);
}

/* Makes and drops directories elsewhere on the same file system until it is killed: so ids get about. */
static pid_t start_neighbour(const char *root)
{
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0)
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (unsigned i = 0; pid == 0; i = (i + 1) % 8) {
                char path[64];

                (void) snprintf(path, sizeof(path), "%s-%u", root, i);
                if (mkdir(path, 0755) < 0)
                        (void) rmdir(path);
        }
        return pid;
}

static void end_neighbour(pid_t pid, const char *root)
{
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        for (unsigned i = 0; i < 8; i++) {
                char path[64];

                (void) snprintf(path, sizeof(path), "%s-%u", root, i);
                (void) rmdir(path);
        }
}

/* Names and ids used again and again, seen at odd moments: what is known in the end is what is there, each id with its
 * own name, and everything that came and is no more has gone. */
static void churn(void **state)
{
        struct fixture *f = *state;
        pid_t neighbour = start_neighbour(f->root);
        bool there[16] = {}, inner[16] = {};
        unsigned seed = 3;
        size_t n, expected = 3;

        for (unsigned i = 0; i < 20000; i++) {
                unsigned k = (unsigned) rand_r(&seed) % 16;
                char name[32], below[48];

                (void) snprintf(name, sizeof(name), "/system.slice/%u", k);
                (void) snprintf(below, sizeof(below), "%s/in", name);
                if (!there[k]) {
                        make(f, name);
                        there[k] = true;
                } else if (!inner[k] && rand_r(&seed) % 2) {
                        make(f, below);
                        inner[k] = true;
                } else {
                        if (inner[k])
                                drop(f, below);
                        drop(f, name);
                        there[k] = inner[k] = false;
                }
                if (rand_r(&seed) % 7 == 0)
                        assert_int_equal(cgroup_tree_process(f->tree), 0);
                if (rand_r(&seed) % 300 == 0)
                        assert_int_equal(cgroup_tree_rescan(f->tree), 0);
        }

        end_neighbour(neighbour, f->root);
        assert_int_equal(cgroup_tree_process(f->tree), 0);
        for (unsigned k = 0; k < 16; k++) {
                char name[32];
                struct stat st;

                (void) snprintf(name, sizeof(name), "/system.slice/%u", k);
                expected += there[k] + inner[k];
                assert_int_equal(find(f, name) != NULL, there[k]);
                if (!there[k])
                        continue;
                assert_int_equal(stat(find(f, name)->path, &st), 0);
                assert_int_equal(find(f, name)->id.key, st.st_ino);
        }
        (void) objects_of_scope(f->objects, SCOPE_CGROUP, &n);
        assert_int_equal(n, expected);
        assert_int_equal(n, f->came - f->went);
}

static void the_mount_is_found(void **state)
{
        char path[] = "/tmp/test-mountinfo-XXXXXX", *root;
        int fd = mkstemp(path);

        assert_true(dprintf(fd, "24 1 0:22 / /sys rw - sysfs sysfs rw\n"
                                "30 24 0:26 / /sys/fs/cgroup/my\\040tree rw,nosuid shared:4 - cgroup2 cgroup2 rw\n") > 0);
        (void) close(fd);
        assert_int_equal(cgroup_find_mount(path, &root), 0);
        assert_string_equal(root, "/sys/fs/cgroup/my tree");
        free(root);
        assert_int_equal(truncate(path, 30), 0);
        assert_int_equal(cgroup_find_mount(path, &root), -ENOENT);
        (void) unlink(path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(what_is_there_at_start),  TEST(what_comes_and_goes),
                TEST(made_anew_between_two_looks), TEST(gone_before_it_was_seen),
                TEST(made_anew_with_the_same_id), TEST(gone_before_it_was_seen),
                TEST(a_rescan_finds_what_events_lost), TEST(a_family_replaced), TEST(churn), cmocka_unit_test(the_mount_is_found),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
