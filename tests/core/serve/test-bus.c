/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Proves: every method answers over the private socket and over a message bus; who is not root or the
 * daemon's user may look and not change; and no client, mad, mute or many, keeps the others from being
 * served.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/bus.h"
#include "serve/rows-message.h"
#include "util/cleanup.h"
#include "world.h"

enum { NOBODY = 65534 };

struct fixture {
        struct world *world;
        struct bus_server *server;
        unsigned n_refresh, n_look, n_reload, n_revert, n_pause, n_resume, n_problem;
        uint64_t paused_usec;
        enum mode mode;
        char looked[64], reverted[64], turned[64];
        int reload_error;
        uint64_t reloaded_for;
        unsigned n_confirm;
        const char *reload_messages;
};

static void on_refresh(void *userdata)
{
        struct fixture *f = userdata;

        f->n_refresh++;
        f->world->views.world = world_view(f->world);
}

static void on_look(void *userdata, const char *name_glob, const char *object_glob)
{
        struct fixture *f = userdata;

        f->n_look++;
        snprintf(f->looked, sizeof(f->looked), "%s %s", name_glob, object_glob);
}

static int on_reload(void *userdata, uint64_t for_usec, char **ret_messages)
{
        struct fixture *f = userdata;

        f->n_reload++;
        f->reloaded_for = for_usec;
        if (f->reload_messages)
                *ret_messages = strdup(f->reload_messages);
        return f->reload_error;
}

static int on_confirm(void *userdata)
{
        struct fixture *f = userdata;

        return f->n_confirm++ ? -ENOENT : 0;
}

static int on_revert(void *userdata, const char *what)
{
        struct fixture *f = userdata;

        f->n_revert++;
        snprintf(f->reverted, sizeof(f->reverted), "%s", what);
        return strcmp(what, "nobody") == 0 ? -ENOENT : 2;
}

static int on_pause(void *userdata, uint64_t for_usec)
{
        struct fixture *f = userdata;

        f->n_pause++;
        f->paused_usec = for_usec;
        return 0;
}

static int on_resume(void *userdata)
{
        ((struct fixture *) userdata)->n_resume++;
        return 0;
}

static int on_set_mode(void *userdata, enum mode mode)
{
        ((struct fixture *) userdata)->mode = mode;
        return 0;
}

static int on_deed(void *userdata, const char *plugin, const char *deed, const char *argument, const struct trimtab_rows *answer)
{
        struct fixture *f = userdata;

        if (strcmp(plugin, "t") != 0)
                return -ENOPKG;
        if (strcmp(deed, "miss") == 0)
                return -ENOENT;
        if (strcmp(deed, "turn") != 0)
                return -ENOSYS;
        snprintf(f->turned, sizeof(f->turned), "%s", argument);
        answer->row(answer);
        answer->text(answer, "message", "turned");
        return 0;
}

static void on_problem(void *userdata, const char *message)
{
        ((struct fixture *) userdata)->n_problem++;
}

static int start_server(struct fixture *f, struct bus_server **ret)
{
        const struct bus_callbacks callbacks = {
                .refresh = on_refresh,
                .look = on_look,
                .reload = on_reload,
                .confirm = on_confirm,
                .revert = on_revert,
                .pause = on_pause,
                .resume = on_resume,
                .set_mode = on_set_mode,
                .deed = on_deed,
                .problem = on_problem,
                .userdata = f,
        };

        return bus_server_new(f->world->event, f->world->dir, &f->world->views, &callbacks, ret);
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));
        void *world;

        assert_non_null(f);
        assert_int_equal(world_setup(&world), 0);
        f->world = world;
        assert_int_equal(start_server(f, &f->server), 0);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;
        void *world = f->world;

        bus_server_free(f->server);
        free(f);
        return world_teardown(&world);
}

/* --- the client's side: a process of its own; what fails there names its line --- */

#define CHECK(condition)                                                                                     \
        do {                                                                                                 \
                if (!(condition)) {                                                                          \
                        fprintf(stderr, "client: line %d: %s\n", __LINE__, #condition);                      \
                        _exit(1);                                                                            \
                }                                                                                            \
        } while (0)

static int connect_raw(const char *dir)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        CHECK(fd >= 0);
        CHECK(snprintf(address.sun_path, sizeof(address.sun_path), "%s/bus", dir) <
              (int) sizeof(address.sun_path));
        CHECK(connect(fd, (const struct sockaddr *) &address, sizeof(address)) >= 0);
        return fd;
}

static sd_bus *connect_bus(const char *dir)
{
        int fd = connect_raw(dir);
        sd_bus *bus;

        CHECK(sd_bus_new(&bus) >= 0);
        CHECK(sd_bus_set_fd(bus, fd, fd) >= 0);
        CHECK(sd_bus_start(bus) >= 0);
        return bus;
}

#define CALL(bus, error, reply, method, ...)                                                                 \
        sd_bus_call_method(bus, TRIMTAB_BUS_NAME, TRIMTAB_BUS_PATH, TRIMTAB_BUS_INTERFACE, method, error,    \
                           reply, __VA_ARGS__)

static void check_served(sd_bus *bus)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };

        CHECK(CALL(bus, NULL, &reply, "GetStatus", NULL) >= 0);
        CHECK(rows_read(reply, true, &rows) >= 0);
        CHECK(row_find(&rows.items[0], "version") != NULL);
}

/* Rows come, and the first has that field. */
#define CHECK_ROWS(bus, n_rows, field, method, ...)                                                          \
        do {                                                                                                 \
                sd_bus_message *reply_ = NULL;                                                               \
                struct rows rows_ = { 0 };                                                                   \
                                                                                                             \
                CHECK(CALL(bus, NULL, &reply_, method, __VA_ARGS__) >= 0);                                   \
                CHECK(rows_read(reply_, false, &rows_) >= 0);                                                \
                CHECK(rows_.n == (n_rows));                                                                  \
                CHECK(row_find(&rows_.items[0], field) != NULL);                                             \
                rows_clear(&rows_);                                                                          \
                sd_bus_message_unref(reply_);                                                                \
        } while (0)

/* Rows in rows come through. */
static void check_explained(sd_bus *bus)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };
        const struct field *rules;

        CHECK(CALL(bus, NULL, &reply, "Explain", "s", "web") >= 0);
        CHECK(rows_read(reply, true, &rows) >= 0);
        rules = row_find(&rows.items[0], "rules");
        CHECK(rules && rules->type == FIELD_ROWS && rules->rows->n == 1);
        CHECK(row_find(&rules->rows->items[0], "obstacles"));

        CHECK(CALL(bus, &error, NULL, "Explain", "s", "wbe") < 0);
        CHECK(sd_bus_error_has_name(&error, TRIMTAB_ERROR_NO_SUCH));
        CHECK(strstr(error.message, "did you mean 'web'"));
}

static void check_failing(sd_bus *bus, const char *method, const char *plugin, const char *what, const char *name, const char *message)
{
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        if (strcmp(method, "Report") == 0)
                CHECK(CALL(bus, &error, NULL, "Report", "ss", plugin, what) < 0);
        else
                CHECK(CALL(bus, &error, NULL, "Do", "sss", plugin, what, "") < 0);
        CHECK(sd_bus_error_has_name(&error, name));
        CHECK(strstr(error.message, message));
}

static void check_no_such(sd_bus *bus, const char *method, const char *plugin, const char *what, const char *message)
{
        check_failing(bus, method, plugin, what, TRIMTAB_ERROR_NO_SUCH, message);
}

static void check_reading(sd_bus *bus)
{
        check_no_such(bus, "Report", "nobody", "dial", "no open plugin is named 'nobody'");
        check_served(bus);
        CHECK_ROWS(bus, 1, "state", "ListPlugins", NULL);
        CHECK_ROWS(bus, WORLD_METRICS, "kind", "ListMetrics", "ss", "", "");
        CHECK_ROWS(bus, 1, "p99", "ListMetrics", "ss", "t.latency", "cgroup:*");
        CHECK_ROWS(bus, 2, "value", "ListKnobs", "ss", "", "*");
        CHECK_ROWS(bus, 1, "when", "ListRules", "s", "");
        CHECK_ROWS(bus, 2, "message", "GetLog", "u", 10);
        CHECK_ROWS(bus, 1, "rule", "GetLog", "u", 1);
        CHECK_ROWS(bus, 1, "rule", "ListEvents", "ssttu", "web", "", (uint64_t) 0, (uint64_t) 1, 10);
        check_explained(bus);
}

struct child {
        void (*client)(const char *dir);
        bool done;
        int status;
};

static int on_child(sd_event_source *source, const siginfo_t *info, void *userdata)
{
        struct child *child = userdata;

        child->done = true;
        child->status = info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
        return 0;
}

/* Runs a client in a process of its own, and the server's loop until it is done. */
static void serve(struct fixture *f, void (*client)(const char *dir))
{
        sd_event_source *source = NULL;
        struct child child = { 0 };
        sigset_t mask;
        pid_t pid;

        sigemptyset(&mask);
        sigaddset(&mask, SIGCHLD);
        assert_int_equal(sigprocmask(SIG_BLOCK, &mask, NULL), 0);

        fflush(NULL);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                client(f->world->dir);
                _exit(0);
        }

        assert_true(sd_event_add_child(f->world->event, &source, pid, WEXITED, on_child, &child) >= 0);
        while (!child.done)
                assert_true(sd_event_run(f->world->event, UINT64_MAX) >= 0);
        sd_event_source_unref(source);
        assert_int_equal(child.status, 0);
}

static void client_reads(const char *dir)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = connect_bus(dir);

        check_reading(bus);
}

static void test_reading(void **state)
{
        struct fixture *f = *state;

        world_tick(f->world);
        serve(f, client_reads);
        assert_int_equal(f->n_refresh, 12);
        assert_int_equal(f->n_look, 1); /* not without a name */
        assert_string_equal(f->looked, "t.latency cgroup:*");
        assert_int_equal(f->n_problem, 0);
}

static void client_changes(const char *dir)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = connect_bus(dir);
        uint32_t n;

        CHECK(CALL(bus, NULL, NULL, "ReloadOnTrial", "t", UINT64_C(60000000)) >= 0);
        CHECK(CALL(bus, NULL, NULL, "Confirm", NULL) >= 0);
        CHECK(CALL(bus, NULL, NULL, "Confirm", NULL) < 0);
        CHECK(CALL(bus, &error, NULL, "Revert", "s", "nobody") < 0);
        CHECK(sd_bus_error_has_name(&error, TRIMTAB_ERROR_NO_SUCH));
        CHECK(strstr(error.message, "'nobody'"));
        CHECK(CALL(bus, NULL, &reply, "Revert", "s", "cgroup:/a") >= 0);
        CHECK(sd_bus_message_read(reply, "u", &n) >= 0);
        CHECK(n == 2);
        CHECK(CALL(bus, NULL, NULL, "Pause", "t", (uint64_t) 600000000) >= 0);
        CHECK(CALL(bus, NULL, NULL, "Resume", NULL) >= 0);
        CHECK_ROWS(bus, 1, "message", "Do", "sss", "t", "turn", "left");
        check_no_such(bus, "Do", "t", "burn", "plugin t has no deed 'burn'");
        check_failing(bus, "Do", "t", "miss", SD_BUS_ERROR_FAILED, "plugin t, deed miss: No such file");
        check_no_such(bus, "Do", "nobody", "turn", "no open plugin is named 'nobody'");
        CHECK(CALL(bus, NULL, NULL, "SetMode", "s", "observe") >= 0);
        CHECK(CALL(bus, NULL, NULL, "SetMode", "s", "off") < 0);
        CHECK(CALL(bus, NULL, NULL, "SetMode", "s", "wild") < 0);
}

static void test_changing(void **state)
{
        struct fixture *f = *state;

        serve(f, client_changes);
        assert_int_equal(f->n_reload, 1);
        assert_int_equal(f->reloaded_for, 60000000);
        assert_int_equal(f->n_confirm, 2);
        assert_int_equal(f->n_revert, 2);
        assert_string_equal(f->reverted, "cgroup:/a");
        assert_int_equal(f->n_pause, 1);
        assert_int_equal(f->paused_usec, 600000000);
        assert_int_equal(f->n_resume, 1);
        assert_int_equal(f->mode, MODE_OBSERVE);
        assert_string_equal(f->turned, "left");
}

static void client_reloads_badly(const char *dir)
{
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = connect_bus(dir);

        CHECK(CALL(bus, &error, NULL, "Reload", NULL) < 0);
        CHECK(sd_bus_error_has_name(&error, TRIMTAB_ERROR_BAD_RULES));
        CHECK(strcmp(error.message, "a.conf:1:1: error: \\xff\nb.conf:2:2: error: \\x1b") == 0);
}

static void test_reload_says_what_is_wrong(void **state)
{
        struct fixture *f = *state;

        f->reload_error = -EINVAL;
        f->reload_messages = "a.conf:1:1: error: \xff\nb.conf:2:2: error: \x1b";
        serve(f, client_reloads_badly);
}

static void client_unprivileged(const char *dir)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;

        CHECK(setresgid(NOBODY, NOBODY, NOBODY) >= 0);
        CHECK(setresuid(NOBODY, NOBODY, NOBODY) >= 0);

        bus = connect_bus(dir);
        check_reading(bus);

        CHECK(CALL(bus, &error, NULL, "Reload", NULL) < 0);
        CHECK(sd_bus_error_has_name(&error, SD_BUS_ERROR_ACCESS_DENIED));
        sd_bus_error_free(&error);
        CHECK(CALL(bus, &error, NULL, "Revert", "s", "") < 0);
        CHECK(sd_bus_error_has_name(&error, SD_BUS_ERROR_ACCESS_DENIED));
        sd_bus_error_free(&error);
        CHECK(CALL(bus, &error, NULL, "Do", "sss", "t", "turn", "right") < 0);
        CHECK(sd_bus_error_has_name(&error, SD_BUS_ERROR_ACCESS_DENIED));
        sd_bus_error_free(&error);
}

static void test_others_may_look_and_not_change(void **state)
{
        struct fixture *f = *state;

        if (geteuid() != 0) {
                print_message("skipped: only root can become somebody else\n");
                skip();
        }

        world_tick(f->world);
        serve(f, client_unprivileged);
        assert_int_equal(f->n_reload, 0);
        assert_int_equal(f->n_revert, 0);
        assert_string_equal(f->turned, "");
}

/* Sends what it likes and leaves, in the middle of things. */
static void send_garbage(const char *dir, const void *data, size_t size)
{
        int fd = connect_raw(dir);

        (void) send(fd, data, size, MSG_NOSIGNAL);
        close(fd);
}

static void client_is_mad(const char *dir)
{
        static const char *const openings[] = {
                "",
                "\0",
                "\0AUTH EXTERNAL 30\r\n",
                "\0AUTH EXTERNAL zz\r\n",
                "GET / HTTP/1.0\r\n\r\n",
                "\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n",
                "\0AUTH EXTERNAL 30\r\nBEGIN\r\nl\1\0\1\xff\xff\xff\xff",
        };
        static const size_t sizes[] = { 0, 1, 20, 20, 18, 46, 35 };
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        char noise[512];

        for (size_t i = 0; i < ELEMENTSOF(openings); i++)
                for (unsigned j = 0; j < 16; j++) {
                        char data[1024];

                        CHECK(getrandom(noise, sizeof(noise), 0) == sizeof(noise));
                        memcpy(data, openings[i], sizes[i]);
                        memcpy(data + sizes[i], noise, sizeof(noise));
                        send_garbage(dir, data, sizes[i] + (j % 2 ? sizeof(noise) : 0));
                }

        bus = connect_bus(dir);
        check_served(bus);
        CHECK(CALL(bus, NULL, NULL, "NoSuchMethod", NULL) < 0);
        CHECK(CALL(bus, NULL, NULL, "GetLog", "s", "many") < 0);
        CHECK(CALL(bus, NULL, NULL, "ListMetrics", "ss", "[", "[!") >= 0);
        check_served(bus);
}

static void test_garbage_does_no_harm(void **state)
{
        struct fixture *f = *state;

        serve(f, client_is_mad);
        assert_int_equal(f->n_reload, 0);
        assert_int_equal(f->n_revert, 0);
}

/* The other side hung up, and says nothing to what would else be answered. */
static void check_refused(int fd)
{
        static const char hello[] = "\0AUTH EXTERNAL 30\r\n";
        char byte;

        (void) send(fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL);
        CHECK(recv(fd, &byte, 1, 0) <= 0);
        close(fd);
}

static void client_is_many(const char *dir)
{
        sd_bus *buses[64];

        for (unsigned i = 0; i < ELEMENTSOF(buses); i++) {
                buses[i] = connect_bus(dir);
                check_served(buses[i]);
        }
        check_refused(connect_raw(dir));
        for (unsigned i = 0; i < ELEMENTSOF(buses); i++)
                check_served(buses[i]);

        /* Who leaves makes room. */
        for (unsigned i = 0; i < 8; i++)
                sd_bus_close_unref(buses[i]);
        check_served(buses[63]);
        for (unsigned i = 0; i < 8; i++) {
                buses[i] = connect_bus(dir);
                check_served(buses[i]);
        }
        for (unsigned i = 0; i < ELEMENTSOF(buses); i++)
                sd_bus_close_unref(buses[i]);
}

static void test_many_clients(void **state)
{
        struct fixture *f = *state;

        serve(f, client_is_many);
        serve(f, client_reads);
}

static void client_crowd_unprivileged(const char *dir)
{
        sd_bus *buses[16];

        CHECK(setresuid(NOBODY, NOBODY, NOBODY) >= 0);
        for (unsigned i = 0; i < ELEMENTSOF(buses); i++) {
                buses[i] = connect_bus(dir);
                check_served(buses[i]);
        }
        check_refused(connect_raw(dir));
        for (unsigned i = 0; i < ELEMENTSOF(buses); i++)
                sd_bus_close_unref(buses[i]);
}

static void test_one_user_does_not_take_all(void **state)
{
        if (geteuid() != 0) {
                print_message("skipped: only root can become somebody else\n");
                skip();
        }

        serve(*state, client_crowd_unprivileged);
}

/* Asks and asks and never reads: must be thrown out, not hoarded for. */
static void client_is_mute(const char *dir)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL, *other = NULL;
        unsigned sent = 0;
        int r = 0;

        bus = connect_bus(dir);
        check_served(bus);

        while (r >= 0) {
                _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

                CHECK(sd_bus_message_new_method_call(bus, &m, TRIMTAB_BUS_NAME, TRIMTAB_BUS_PATH,
                                                     TRIMTAB_BUS_INTERFACE, "ListMetrics") >= 0);
                CHECK(sd_bus_message_append(m, "ss", "", "") >= 0);
                /* These two write, and read nothing. */
                r = sd_bus_send(bus, m, &(uint64_t){ 0 });
                if (r >= 0)
                        r = sd_bus_flush(bus);
                CHECK(++sent < 100000);
        }
        CHECK(r == -EPIPE || r == -ECONNRESET || r == -ENOTCONN);

        other = connect_bus(dir);
        check_served(other);
}

static void test_who_does_not_read_is_dropped(void **state)
{
        serve(*state, client_is_mute);
}

static void test_socket_of_a_living_daemon_is_left_alone(void **state)
{
        struct fixture *f = *state;
        struct bus_server *second = NULL;

        assert_int_equal(start_server(f, &second), -EADDRINUSE);
        assert_null(second);
        serve(f, client_reads);
}

static void test_socket_of_a_dead_daemon_is_replaced(void **state)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        struct fixture *f = *state;
        int fd;

        f->server = bus_server_free(f->server);
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/bus", f->world->dir);
        assert_int_equal(access(address.sun_path, F_OK), -1);

        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fd, (const struct sockaddr *) &address, sizeof(address)), 0);
        assert_int_equal(listen(fd, 1), 0);
        close(fd);
        assert_int_equal(access(address.sun_path, F_OK), 0);

        assert_int_equal(start_server(f, &f->server), 0);
        serve(f, client_reads);
}

static void test_path_too_long_is_refused(void **state)
{
        struct fixture *f = *state;
        struct bus_server *second = NULL;
        char dir[200];

        memset(dir, 'x', sizeof(dir) - 1);
        dir[0] = '/';
        dir[sizeof(dir) - 1] = '\0';
        assert_int_equal(
                bus_server_new(f->world->event, dir, &f->world->views, &(struct bus_callbacks){ 0 }, &second),
                -ENAMETOOLONG);
}

/* --- a message bus of the test's own --- */

static const char *bus_address;

/* Starts dbus-daemon; 0: there is none here. Its address goes to *ret_address. */
static pid_t start_dbus(char *address, size_t size)
{
        ssize_t n;
        int fds[2];
        pid_t pid;

        assert_int_equal(pipe(fds), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                char print[32];

                close(fds[0]);
                snprintf(print, sizeof(print), "--print-address=%d", fds[1]);
                execlp("dbus-daemon", "dbus-daemon", "--session", "--nofork", "--nopidfile", print, NULL);
                _exit(127);
        }

        close(fds[1]);
        n = read(fds[0], address, size - 1);
        close(fds[0]);
        if (n <= 0) {
                (void) waitpid(pid, NULL, 0);
                return 0;
        }

        address[n] = '\0';
        address[strcspn(address, "\n")] = '\0';
        return pid;
}

static sd_bus *connect_dbus(const char *address)
{
        sd_bus *bus;

        CHECK(sd_bus_new(&bus) >= 0);
        CHECK(sd_bus_set_address(bus, address) >= 0);
        CHECK(sd_bus_set_bus_client(bus, 1) >= 0);
        CHECK(sd_bus_start(bus) >= 0);
        return bus;
}

static void client_on_dbus(const char *dir)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = connect_dbus(bus_address);

        while (sd_bus_get_name_creds(bus, TRIMTAB_BUS_NAME, 0, NULL) == -ENXIO)
                (void) poll(NULL, 0, 10);
        check_reading(bus);
        CHECK(CALL(bus, NULL, NULL, "Reload", NULL) >= 0);
}

static void test_message_bus(void **state)
{
        struct fixture *f = *state;
        char address[512];
        sd_bus *bus;
        pid_t pid;

        pid = start_dbus(address, sizeof(address));
        if (pid == 0) {
                print_message("skipped: no dbus-daemon here\n");
                skip();
        }
        bus_address = address;

        world_tick(f->world);
        bus = connect_dbus(address);
        assert_true(sd_bus_attach_event(bus, f->world->event, 0) >= 0);
        assert_int_equal(bus_server_set_system_bus(f->server, bus, 1), 0);
        serve(f, client_on_dbus);
        assert_int_equal(f->n_reload, 1);
        assert_int_equal(f->n_problem, 0);

        /* The bus goes; the private socket stays. */
        assert_int_equal(bus_server_set_system_bus(f->server, NULL, 0), 0);
        sd_bus_close_unref(bus);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        serve(f, client_reads);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_reading),
                TEST(test_changing),
                TEST(test_reload_says_what_is_wrong),
                TEST(test_others_may_look_and_not_change),
                TEST(test_garbage_does_no_harm),
                TEST(test_many_clients),
                TEST(test_one_user_does_not_take_all),
                TEST(test_who_does_not_read_is_dropped),
                TEST(test_socket_of_a_living_daemon_is_left_alone),
                TEST(test_socket_of_a_dead_daemon_is_replaced),
                TEST(test_path_too_long_is_refused),
                TEST(test_message_bus),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
