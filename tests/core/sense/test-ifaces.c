/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces of a network namespace of the test's own. */
#include "cmocka-all.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sense/ifaces.h"

enum { SKIPPED = 77 };

struct fixture {
        struct objects *objects;
        int events;
        unsigned came, went;
};

static void changed(void *userdata, struct oid id, bool came)
{
        struct fixture *f = userdata;

        assert_int_equal(id.scope, SCOPE_IFACE);
        assert_non_null(objects_get(f->objects, id));
        f->came += came;
        f->went += !came;
}

/* How many came and went. */
static void scan(struct fixture *f, unsigned came, unsigned went)
{
        f->came = f->went = 0;
        assert_int_equal(ifaces_scan(f->objects, "/sys/class/net", changed, f), 0);
        assert_int_equal(f->came, came);
        assert_int_equal(f->went, went);
}

static const struct object *find(const struct fixture *f, const char *name)
{
        return objects_by_name(f->objects, SCOPE_IFACE, name);
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        if (!f || objects_new(&f->objects) < 0)
                return -1;
        f->events = ifaces_open_events();
        *state = f;
        return f->events < 0 ? -1 : 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        (void) close(f->events);
        objects_free(f->objects);
        free(f);
        return 0;
}

static void rename_iface(const char *from, const char *to)
{
        int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq request = {};

        assert_true(s >= 0);
        (void) snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", from);
        (void) snprintf(request.ifr_newname, sizeof(request.ifr_newname), "%s", to);
        assert_int_equal(ioctl(s, SIOCSIFNAME, &request), 0);
        (void) close(s);
}

static void what_is_there(void **state)
{
        struct fixture *f = *state;

        scan(f, 1, 0);
        assert_non_null(find(f, "lo"));
        assert_int_equal(find(f, "lo")->id.key, if_nametoindex("lo"));
        assert_string_equal(find(f, "lo")->path, "/sys/class/net/lo");
        assert_int_equal(ifaces_read_events(f->events), 0);
        scan(f, 0, 0);
}

static void another_name(void **state)
{
        struct fixture *f = *state;
        uint64_t key;

        scan(f, 1, 0);
        key = find(f, "lo")->id.key;
        rename_iface("lo", "inside");
        assert_int_equal(ifaces_read_events(f->events), 1);
        scan(f, 1, 1);
        assert_null(find(f, "lo"));
        assert_int_equal(find(f, "inside")->id.key, key);

        rename_iface("inside", "lo");
        assert_int_equal(ifaces_read_events(f->events), 1);
        assert_int_equal(ifaces_read_events(f->events), 0);
}

static void come_and_go(void **state)
{
        struct fixture *f = *state;

        scan(f, 1, 0);
        if (system("ip link add tt0 type veth peer name tt1 2>/dev/null") != 0)
                skip(); /* no ip(8), or no veth */
        assert_int_equal(ifaces_read_events(f->events), 1);
        scan(f, 2, 0);
        assert_non_null(find(f, "tt1"));

        assert_int_equal(system("ip link del tt0"), 0);
        assert_int_equal(ifaces_read_events(f->events), 1);
        scan(f, 0, 2);
        assert_null(find(f, "tt1"));
        assert_non_null(find(f, "lo"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(what_is_there, setup, teardown),
                cmocka_unit_test_setup_teardown(another_name, setup, teardown),
                cmocka_unit_test_setup_teardown(come_and_go, setup, teardown),
        };

        if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
                (void) fprintf(stderr, "skipped: no network namespace of its own: %s\n", strerror(errno));
                return SKIPPED;
        }

        return cmocka_run_group_tests(tests, NULL, NULL);
}
