/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain folders in the place of /sys/block. */
#include "cmocka-all.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sense/blocks.h"

struct fixture {
        char root[32];
        struct objects *objects;
        unsigned came, went;
};

static void changed(void *userdata, struct oid id, bool came)
{
        struct fixture *f = userdata;

        assert_non_null(objects_get(f->objects, id));
        f->came += came;
        f->went += !came;
}

static void put(const char *folder, const char *file, const char *text)
{
        char path[160];
        FILE *out;

        (void) snprintf(path, sizeof(path), "%s/%s", folder, file);
        out = fopen(path, "we");
        assert_non_null(out);
        assert_true(fputs(text, out) >= 0);
        assert_int_equal(fclose(out), 0);
}

static void plug(struct fixture *f, const char *name, const char *dev, const char *size, bool driven,
                 const char *slave)
{
        char folder[96], path[160];

        (void) snprintf(folder, sizeof(folder), "%s/%s", f->root, name);
        (void) mkdir(folder, 0755);
        put(folder, "dev", dev);
        put(folder, "size", size);
        (void) snprintf(path, sizeof(path), "%s/slaves", folder);
        (void) mkdir(path, 0755);
        if (slave)
                put(path, slave, "");
        if (driven)
                put(folder, "device", "");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static void unplug(struct fixture *f, const char *name)
{
        char folder[96];

        (void) snprintf(folder, sizeof(folder), "%s/%s", f->root, name);
        assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void scan(struct fixture *f)
{
        assert_int_equal(blocks_scan(f->objects, f->root, changed, f), 0);
}

static const struct object *find(struct fixture *f, const char *name)
{
        return objects_by_name(f->objects, SCOPE_BLOCK, name);
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        if (!f)
                return -1;
        *state = f;
        strcpy(f->root, "/tmp/test-blocks-XXXXXX");
        return mkdtemp(f->root) ? objects_new(&f->objects) : -1;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        objects_free(f->objects);
        (void) nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        free(f);
        return 0;
}

static void real_disks_only(void **state)
{
        struct fixture *f = *state;
        size_t n;

        plug(f, "vda", "254:0\n", "1000\n", true, NULL);
        plug(f, "dm-0", "253:0\n", "900\n", false, "vda");
        plug(f, "cciss!c0d0", "104:0\n", "7\n", true, NULL);
        plug(f, "loop0", "7:0\n", "1000\n", false, NULL);
        plug(f, "sr0", "11:0\n", "0\n", true, NULL);
        plug(f, "broken", "none\n", "1000\n", true, NULL);
        scan(f);

        (void) objects_of_scope(f->objects, SCOPE_BLOCK, &n);
        assert_int_equal(n, 3);
        assert_int_equal(f->came, 3);
        assert_int_equal(find(f, "vda")->id.key, makedev(254, 0));
        assert_int_equal(find(f, "dm-0")->id.key, makedev(253, 0));
        assert_non_null(find(f, "cciss/c0d0"));
        assert_non_null(strstr(find(f, "cciss/c0d0")->path, "/cciss!c0d0"));
}

static void they_come_and_go(void **state)
{
        struct fixture *f = *state;

        plug(f, "sda", "8:0\n", "1000\n", true, NULL);
        scan(f);
        scan(f);
        assert_int_equal(f->came, 1);
        plug(f, "sdb", "8:16\n", "1000\n", true, NULL);
        scan(f);
        assert_int_equal(f->came, 2);
        unplug(f, "sda");
        scan(f);
        assert_int_equal(f->went, 1);
        assert_null(find(f, "sda"));
        assert_non_null(find(f, "sdb"));
}

/* The number of a disk that went is given to one of another name, and a name to one of another number. */
static void numbers_and_names_used_again(void **state)
{
        struct fixture *f = *state;

        plug(f, "sda", "8:0\n", "1000\n", true, NULL);
        scan(f);
        unplug(f, "sda");
        plug(f, "sdz", "8:0\n", "1000\n", true, NULL);
        scan(f);
        assert_null(find(f, "sda"));
        assert_int_equal(find(f, "sdz")->id.key, makedev(8, 0));
        assert_int_equal(f->came, 2);
        assert_int_equal(f->went, 1);

        plug(f, "sdz", "8:32\n", "1000\n", true, NULL);
        scan(f);
        assert_int_equal(find(f, "sdz")->id.key, makedev(8, 32));
        assert_null(objects_get(f->objects, (struct oid){ SCOPE_BLOCK, makedev(8, 0) }));
        assert_int_equal(f->came, 3);
        assert_int_equal(f->went, 2);
}

static void no_such_folder(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(blocks_scan(f->objects, "/nonexistent", changed, f), -ENOENT);
}

/* Nobody but the kernel is listened to, and nothing there is nothing to do. */
static void uevents(void **state)
{
        int fd = blocks_open_uevents();

        if (fd == -EPERM || fd == -EPROTONOSUPPORT) {
                print_message("no uevents here\n");
                skip();
        }
        assert_true(fd >= 0);
        assert_true(blocks_read_uevents(fd) >= 0);
        assert_int_equal(blocks_read_uevents(fd), 0);
        (void) close(fd);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(real_disks_only), TEST(they_come_and_go), TEST(numbers_and_names_used_again),
                TEST(no_such_folder),  TEST(uevents),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
