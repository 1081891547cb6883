/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Proves, on a message bus of the test's own with a made-up polkit: who is not root changes what polkit
 * allows and nothing else; that a password may be asked for is handed on; nobody waits while polkit does;
 * without polkit only root changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/bus.h"
#include "util/cleanup.h"
#include "util/str.h"
#include "world.h"

enum { NOBODY = 65534 };

struct fixture {
        struct world *world;
        struct bus_server *server;
        sd_bus *bus;
        char address[128];
        pid_t dbus, polkit;
        unsigned n_reload, n_pause, n_resume, n_mode;
};

#define CHECK(condition)                                                                                     \
        do {                                                                                                 \
                if (!(condition)) {                                                                          \
                        fprintf(stderr, "client: line %d: %s\n", __LINE__, #condition);                      \
                        _exit(1);                                                                            \
                }                                                                                            \
        } while (0)

/* --- the daemon's side --- */

static void on_refresh(void *userdata)
{
        struct fixture *f = userdata;

        f->world->views.world = world_view(f->world);
}

static int on_reload(void *userdata, uint64_t for_usec, char **ret_messages)
{
        ((struct fixture *) userdata)->n_reload++;
        return 0;
}

static int on_pause(void *userdata, uint64_t for_usec)
{
        ((struct fixture *) userdata)->n_pause++;
        return 0;
}

static int on_resume(void *userdata)
{
        ((struct fixture *) userdata)->n_resume++;
        return 0;
}

static int on_set_mode(void *userdata, enum mode mode)
{
        ((struct fixture *) userdata)->n_mode++;
        return 0;
}

static void on_problem(void *userdata, const char *message)
{
        print_message("%s\n", message);
}

/* --- the bus --- */

static sd_bus *connect_to(const char *address)
{
        sd_bus *bus;

        CHECK(sd_bus_new(&bus) >= 0);
        CHECK(sd_bus_set_address(bus, address) >= 0);
        CHECK(sd_bus_set_bus_client(bus, 1) >= 0);
        CHECK(sd_bus_start(bus) >= 0);
        return bus;
}

/* A bus that lets in every user, as the system's does. 0: there is no dbus-daemon here. */
static pid_t start_dbus(struct fixture *f)
{
        static const char config[] =
                "<busconfig><type>system</type><listen>unix:path=%s/dbus</listen><auth>EXTERNAL</auth>"
                "<policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/><allow "
                "send_destination=\"*\"/>"
                "<allow receive_sender=\"*\"/></policy></busconfig>\n";
        char path[96], option[128], ready[2];
        int fds[2];
        FILE *file;
        pid_t pid;

        snprintf(path, sizeof(path), "%s/dbus.conf", f->world->dir);
        snprintf(option, sizeof(option), "--config-file=%s", path);
        snprintf(f->address, sizeof(f->address), "unix:path=%s/dbus", f->world->dir);
        file = fopen(path, "we");
        assert_non_null(file);
        assert_true(fprintf(file, config, f->world->dir) > 0);
        assert_int_equal(fclose(file), 0);

        assert_int_equal(pipe(fds), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                char print[32];

                close(fds[0]);
                snprintf(print, sizeof(print), "--print-pid=%d", fds[1]);
                execlp("dbus-daemon", "dbus-daemon", "--nofork", "--nopidfile", option, print, NULL);
                _exit(127);
        }
        close(fds[1]);
        if (read(fds[0], ready, sizeof(ready)) <= 0) {
                (void) waitpid(pid, NULL, 0);
                pid = 0;
        }
        close(fds[0]);
        return pid;
}

/* --- a polkit that knows what it wants --- */

static int check_authorization(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        const char *kind, *key, *sender, *action, *cancel;
        bool may_ask, allowed, challenge;
        uint32_t flags;

        CHECK(sd_bus_message_read(m, "(sa{sv})sa{ss}us", &kind, 1, &key, "s", &sender, &action, 0, &flags,
                                  &cancel) >= 0);
        CHECK(streq(kind, "system-bus-name") && streq(key, "name") && sender[0] == ':');
        may_ask = flags & 1;

        if (streq(action, "org.trimtab.reload"))
                return 1; /* thinks about it for ever */
        allowed = streq(action, "org.trimtab.pause") || (streq(action, "org.trimtab.set-mode") && may_ask);
        challenge = streq(action, "org.trimtab.set-mode") && !may_ask;
        return sd_bus_reply_method_return(m, "(bba{ss})", allowed, challenge, 0);
}

static const sd_bus_vtable polkit_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", check_authorization,
                      SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static pid_t start_polkit(const char *address)
{
        int fds[2];
        pid_t pid;
        char byte;

        assert_int_equal(pipe(fds), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                sd_bus *bus = connect_to(address);

                CHECK(sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/PolicyKit1/Authority",
                                               "org.freedesktop.PolicyKit1.Authority", polkit_vtable,
                                               NULL) >= 0);
                CHECK(sd_bus_request_name(bus, "org.freedesktop.PolicyKit1", 0) >= 0);
                CHECK(write(fds[1], "r", 1) == 1);
                for (;;)
                        if (sd_bus_process(bus, NULL) == 0)
                                CHECK(sd_bus_wait(bus, UINT64_MAX) >= 0);
        }
        close(fds[1]);
        assert_int_equal(read(fds[0], &byte, 1), 1);
        close(fds[0]);
        return pid;
}

static void stop(pid_t *pid)
{
        if (*pid <= 0)
                return;
        assert_int_equal(kill(*pid, SIGKILL), 0);
        assert_int_equal(waitpid(*pid, NULL, 0), *pid);
        *pid = 0;
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));
        struct bus_callbacks callbacks = {
                .refresh = on_refresh,
                .reload = on_reload,
                .pause = on_pause,
                .resume = on_resume,
                .set_mode = on_set_mode,
                .problem = on_problem,
                .userdata = f,
        };
        void *world;

        assert_non_null(f);
        assert_int_equal(world_setup(&world), 0);
        f->world = world;
        *state = f;
        f->dbus = start_dbus(f);
        if (f->dbus == 0)
                return 0;

        f->polkit = start_polkit(f->address);
        assert_int_equal(
                bus_server_new(f->world->event, f->world->dir, &f->world->views, &callbacks, &f->server), 0);
        f->bus = connect_to(f->address);
        assert_true(sd_bus_attach_event(f->bus, f->world->event, 0) >= 0);
        assert_int_equal(bus_server_set_system_bus(f->server, f->bus, 1), 0);
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;
        void *world = f->world;

        bus_server_free(f->server);
        sd_bus_close_unref(f->bus);
        stop(&f->polkit);
        stop(&f->dbus);
        free(f);
        return world_teardown(&world);
}

/* --- the client's side: a process of its own --- */

static int on_child(sd_event_source *source, const siginfo_t *info, void *userdata)
{
        int *status = userdata;

        *status = info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
        return 0;
}

static void serve(struct fixture *f, uid_t uid, void (*client)(sd_bus *bus))
{
        sd_event_source *source = NULL;
        int status = -1;
        sigset_t mask;
        pid_t pid;

        sigemptyset(&mask);
        sigaddset(&mask, SIGCHLD);
        assert_int_equal(sigprocmask(SIG_BLOCK, &mask, NULL), 0);
        fflush(NULL);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                sd_bus *bus;

                CHECK(setresuid(uid, uid, uid) >= 0);
                bus = connect_to(f->address);
                while (sd_bus_get_name_creds(bus, TRIMTAB_BUS_NAME, 0, NULL) < 0)
                        (void) poll(NULL, 0, 10);
                client(bus);
                _exit(0);
        }

        assert_true(sd_event_add_child(f->world->event, &source, pid, WEXITED, on_child, &status) >= 0);
        while (status < 0)
                assert_true(sd_event_run(f->world->event, UINT64_MAX) >= 0);
        sd_event_source_unref(source);
        assert_int_equal(status, 0);
}

#define CALL(bus, error, method, ...)                                                                        \
        sd_bus_call_method(bus, TRIMTAB_BUS_NAME, TRIMTAB_BUS_PATH, TRIMTAB_BUS_INTERFACE, method, error,    \
                           NULL, __VA_ARGS__)

/* Calls it; fails with that error, and its message has that text. */
#define CHECK_DENIED(bus, name, text, method, ...)                                                           \
        do {                                                                                                 \
                sd_bus_error error_ = SD_BUS_ERROR_NULL;                                                     \
                                                                                                             \
                CHECK(CALL(bus, &error_, method, __VA_ARGS__) < 0);                                          \
                CHECK(sd_bus_error_has_name(&error_, name));                                                 \
                CHECK(strstr(error_.message, text));                                                         \
                sd_bus_error_free(&error_);                                                                  \
        } while (0)

static void client_with_polkit(sd_bus *bus)
{
        CHECK(CALL(bus, NULL, "GetStatus", NULL) >= 0);
        CHECK(CALL(bus, NULL, "Pause", "t", (uint64_t) 0) >= 0);
        CHECK_DENIED(bus, SD_BUS_ERROR_ACCESS_DENIED, "does not allow", "Resume", NULL);
        CHECK_DENIED(bus, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, "password", "SetMode", "s",
                     "advise");
        CHECK(sd_bus_set_allow_interactive_authorization(bus, 1) >= 0);
        CHECK(CALL(bus, NULL, "SetMode", "s", "advise") >= 0);
        /* Allowed, and still checked. */
        CHECK(CALL(bus, NULL, "SetMode", "s", "wild") < 0);
}

static bool can_run(const struct fixture *f)
{
        if (f->dbus > 0 && geteuid() == 0)
                return true;
        print_message("skipped: %s\n",
                      f->dbus > 0 ? "only root can become somebody else" : "no dbus-daemon here");
        return false;
}

static void test_polkit_decides(void **state)
{
        struct fixture *f = *state;

        if (!can_run(f))
                skip();
        serve(f, NOBODY, client_with_polkit);
        assert_int_equal(f->n_pause, 1);
        assert_int_equal(f->n_resume, 0);
        assert_int_equal(f->n_mode, 1);
}

static void client_is_root(sd_bus *bus)
{
        CHECK(CALL(bus, NULL, "Resume", NULL) >= 0);
        CHECK(CALL(bus, NULL, "Reload", NULL) >= 0);
}

/* Root is not asked about: polkit would refuse the one, and never answer the other. */
static void test_root_needs_no_polkit(void **state)
{
        struct fixture *f = *state;

        if (!can_run(f))
                skip();
        serve(f, 0, client_is_root);
        assert_int_equal(f->n_resume, 1);
        assert_int_equal(f->n_reload, 1);
}

static int on_never(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        CHECK(!"Reload was answered");
        return 0;
}

static void client_waits_for_polkit(sd_bus *bus)
{
        for (unsigned i = 0; i < 32; i++)
                CHECK(sd_bus_call_method_async(bus, NULL, TRIMTAB_BUS_NAME, TRIMTAB_BUS_PATH,
                                               TRIMTAB_BUS_INTERFACE, "Reload", on_never, NULL, NULL) >= 0);
        CHECK(sd_bus_flush(bus) >= 0);
        CHECK(CALL(bus, NULL, "GetStatus", NULL) >= 0);
        /* So many wait and no more. */
        CHECK_DENIED(bus, SD_BUS_ERROR_LIMITS_EXCEEDED, "too many", "Pause", "t", (uint64_t) 0);
}

static void test_nobody_waits_for_polkit(void **state)
{
        struct fixture *f = *state;

        if (!can_run(f))
                skip();
        serve(f, NOBODY, client_waits_for_polkit);
        assert_int_equal(f->n_reload, 0);

        /* The bus goes while they wait: nothing of them is left. */
        assert_int_equal(bus_server_set_system_bus(f->server, NULL, 0), 0);
}

static void client_without_polkit(sd_bus *bus)
{
        CHECK(CALL(bus, NULL, "GetStatus", NULL) >= 0);
        CHECK_DENIED(bus, SD_BUS_ERROR_ACCESS_DENIED, "only root", "Pause", "t", (uint64_t) 0);
}

static void test_without_polkit_only_root(void **state)
{
        struct fixture *f = *state;

        if (!can_run(f))
                skip();
        stop(&f->polkit);
        serve(f, NOBODY, client_without_polkit);
        assert_int_equal(f->n_pause, 0);
        serve(f, 0, client_is_root);
        assert_int_equal(f->n_resume, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_polkit_decides),
                TEST(test_root_needs_no_polkit),
                TEST(test_nobody_waits_for_polkit),
                TEST(test_without_polkit_only_root),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
