/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sense/objects.h"

static int setup(void **state)
{
        return objects_new((struct objects **) state);
}

static int teardown(void **state)
{
        objects_free(*state);
        return 0;
}

static void add(struct objects *o, uint64_t key, const char *name)
{
        assert_int_equal(objects_add(o, (struct oid) { SCOPE_CGROUP, key }, name, name), 0);
}

static void the_host_is_there(void **state)
{
        const struct object *host = objects_get(*state, (struct oid) { SCOPE_HOST, 0 });
        char *name;

        assert_non_null(host);
        name = objects_full_name(*state, host->id);
        assert_string_equal(name, "host");
        free(name);
}

static void found_by_key_and_name(void **state)
{
        add(*state, 7, "/a.slice");
        assert_string_equal(objects_get(*state, (struct oid) { SCOPE_CGROUP, 7 })->name, "/a.slice");
        assert_int_equal(objects_by_name(*state, SCOPE_CGROUP, "/a.slice")->id.key, 7);
        assert_null(objects_by_name(*state, SCOPE_CPU, "/a.slice"));
}

/* A cgroup made again under the old name before the old one is seen to go. */
static void a_name_taken_over(void **state)
{
        struct oid old = { SCOPE_CGROUP, 7 };

        add(*state, 7, "/a");
        add(*state, 8, "/a");
        assert_int_equal(objects_by_name(*state, SCOPE_CGROUP, "/a")->id.key, 8);
        assert_int_equal(objects_remove(*state, old), 0);
        assert_int_equal(objects_by_name(*state, SCOPE_CGROUP, "/a")->id.key, 8);
        assert_int_equal(objects_remove(*state, old), -ENOENT);
}

static void walked_in_order(void **state)
{
        const struct object *const *list;
        uint64_t before = objects_generation(*state);
        size_t n;

        add(*state, 3, "/c");
        add(*state, 1, "/a10");
        add(*state, 2, "/a9");
        assert_true(objects_generation(*state) != before);
        list = objects_of_scope(*state, SCOPE_CGROUP, &n);
        assert_int_equal(n, 3);
        assert_string_equal(list[0]->name, "/a9");
        assert_string_equal(list[1]->name, "/a10");
        assert_string_equal(list[2]->name, "/c");
}

static void parents_by_name(void **state)
{
        add(*state, 1, "/");
        add(*state, 2, "/a");
        add(*state, 3, "/a/b");
        assert_int_equal(objects_parent(*state, objects_by_name(*state, SCOPE_CGROUP, "/a/b"))->id.key, 2);
        assert_int_equal(objects_parent(*state, objects_by_name(*state, SCOPE_CGROUP, "/a"))->id.key, 1);
        assert_null(objects_parent(*state, objects_by_name(*state, SCOPE_CGROUP, "/")));
}

static void scopes_of_plugins(void **state)
{
        int scope = objects_scope_add(*state, "queue");

        assert_true(scope >= SCOPE_BUILTIN_MAX);
        assert_int_equal(objects_scope_add(*state, "queue"), scope);
        assert_int_equal(objects_scope_find(*state, "queue", 5), scope);
        assert_int_equal(objects_scope_find(*state, "que", 3), -ENOENT);
}

static void globs_stay_on_their_level(void **state)
{
        assert_true(object_name_matches("/system.slice/nginx*.service", "/system.slice/nginx-1.service"));
        assert_false(object_name_matches("/system.slice/*", "/system.slice/a.service/b"));
        assert_true(object_name_matches("/a", "/a"));
        assert_false(object_name_matches("/a", "/ab"));
        assert_true(object_name_matches("/*/b*.service", "/a/b.service"));
        assert_false(object_name_matches("/*/b", "/a/c/b"));
        assert_true(object_name_matches("*", ""));
        assert_false(object_name_matches("/a*b", "/acbd"));
        assert_true(object_name_matches("/a*b*c", "/abbcbc"));
        assert_false(object_name_matches("/a*b/c", "/ab/b/c"));
}

/* systemd escapes with \, and nothing keeps a [ or a ? out of a name. */
static void only_the_star_is_special(void **state)
{
        assert_true(object_name_matches("/dev-disk\\x2dby*.swap", "/dev-disk\\x2dby-id.swap"));
        assert_false(object_name_matches("/dev-diskx2dby*.swap", "/dev-disk\\x2dby-id.swap"));
        assert_true(object_name_matches("/a[1]*", "/a[1].scope"));
        assert_false(object_name_matches("/a[1]*", "/a1.scope"));
        assert_false(object_name_matches("/a?*", "/ab"));
}

/* Every walk is in order and whole, whatever came and went in between. */
static void walked_in_order_through_churn(void **state)
{
        bool there[512] = {};
        unsigned seed = 7, n_there = 0;

        for (unsigned round = 0; round < 200; round++) {
                const struct object *const *list;
                size_t n;

                for (unsigned i = 0; i < 1 + round % 40; i++) {
                        unsigned key = (unsigned) rand_r(&seed) % 512;
                        char name[16];

                        (void) snprintf(name, sizeof(name), "/%u", key);
                        if (there[key])
                                assert_int_equal(objects_remove(*state, (struct oid) { SCOPE_CGROUP, key }), 0);
                        else
                                add(*state, key, name);
                        n_there += there[key] ? -1 : 1;
                        there[key] = !there[key];
                }

                list = objects_of_scope(*state, SCOPE_CGROUP, &n);
                assert_int_equal(n, n_there);
                for (size_t i = 0; i < n; i++) {
                        assert_true(there[list[i]->id.key]);
                        assert_int_equal(strtoul(list[i]->name + 1, NULL, 10), list[i]->id.key);
                        assert_true(i == 0 || list[i - 1]->id.key < list[i]->id.key);
                }
        }
}

/* An id that is used again has its new name only; the old name means nothing. */
static void an_id_used_again(void **state)
{
        add(*state, 7, "/a");
        add(*state, 7, "/b");
        assert_null(objects_by_name(*state, SCOPE_CGROUP, "/a"));
        assert_int_equal(objects_by_name(*state, SCOPE_CGROUP, "/b")->id.key, 7);
        assert_int_equal(objects_remove(*state, (struct oid) { SCOPE_CGROUP, 7 }), 0);
        assert_null(objects_by_name(*state, SCOPE_CGROUP, "/b"));
}

struct changes {
        uint64_t keys[8];
        size_t n;
};

static int note_change(void *userdata, struct oid id)
{
        struct changes *c = userdata;

        assert_true(c->n < 8);
        c->keys[c->n++] = id.key;
        return 0;
}

/* Whoever keeps matches hears of each object that came, went or was renamed since, or that too many did. */
static void changes_are_told(void **state)
{
        struct changes c = {};
        struct objects *o;
        uint64_t since;

        assert_int_equal(objects_new(&o), 0);
        assert_int_equal(objects_add(o, (struct oid) { SCOPE_CGROUP, 1 }, "/a", NULL), 0);
        since = objects_generation(o);
        assert_int_equal(objects_add(o, (struct oid) { SCOPE_CGROUP, 2 }, "/b", NULL), 0);
        assert_int_equal(objects_add(o, (struct oid) { SCOPE_CGROUP, 2 }, "/b", NULL), 0);
        assert_int_equal(objects_remove(o, (struct oid) { SCOPE_CGROUP, 1 }), 0);
        assert_int_equal(objects_foreach_change(o, since, note_change, &c), 0);
        assert_int_equal(c.n, 2);
        assert_true(c.keys[0] == 2 && c.keys[1] == 1);
        assert_int_equal(objects_foreach_change(o, objects_generation(o), note_change, &c), 0);
        assert_int_equal(c.n, 2);

        for (uint64_t key = 10; key < 10010; key++)
                assert_int_equal(objects_add(o, (struct oid) { SCOPE_CGROUP, key }, "/c", NULL), 0);
        assert_int_equal(objects_foreach_change(o, since, note_change, &c), -ESTALE);
        assert_int_equal(c.n, 2);
        objects_free(o);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(the_host_is_there), TEST(found_by_key_and_name), TEST(a_name_taken_over),
                TEST(walked_in_order),   TEST(parents_by_name),       TEST(scopes_of_plugins),
                TEST(globs_stay_on_their_level), TEST(only_the_star_is_special), TEST(walked_in_order_through_churn),
                TEST(an_id_used_again),   TEST(changes_are_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
