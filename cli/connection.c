/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "connection.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/kernel-switch.h"
#include "serve/bus.h"
#include "serve/rows-message.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

#define DEFAULT_RUNTIME_DIR "/run/trimtab"

/* Whoever is asked for a password by polkit needs a while; the daemon gives it two minutes. */
#define PASSWORD_TIMEOUT_USEC (130 * USEC_PER_SEC)

/* -ENXIO: there is a bus, and no daemon on it. */
static int open_system_bus(sd_bus **ret)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_system(&bus);
        if (r < 0)
                return r;

        /* Looking must not start the daemon: ask for the owner of the name first. */
        r = sd_bus_get_name_creds(bus, TRIMTAB_BUS_NAME, 0, NULL);
        if (r < 0)
                return r;

        if (isatty(STDIN_FILENO)) {
                (void) sd_bus_set_allow_interactive_authorization(bus, 1);
                (void) sd_bus_set_method_call_timeout(bus, PASSWORD_TIMEOUT_USEC);
        }

        *ret = TAKE(bus);
        return 0;
}

static int connect_socket(const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -1;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        strcpy(address.sun_path, path);

        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        return take_fd(&fd);
}

static int open_socket(const char *path, sd_bus **ret)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_close_ int fd = -1;
        int r;

        fd = connect_socket(path);
        if (fd < 0)
                return fd;

        r = sd_bus_new(&bus);
        if (r < 0)
                return r;
        r = sd_bus_set_fd(bus, fd, fd);
        if (r < 0)
                return r;
        take_fd(&fd);
        r = sd_bus_start(bus);
        if (r < 0)
                return r;

        *ret = TAKE(bus);
        return 0;
}

static void complain_absent(const char *path, int error, bool is_default)
{
        complain("no trimtabd answers at %s: %s", path, strerror(-error));
        if (is_default && kernel_says_off())
                complain("the kernel's command line says trimtab=off, which keeps it from starting: boot without that");
        else if (is_default)
                complain("start it with 'systemctl start trimtabd', or name the runtime directory of another "
                         "one "
                         "with --runtime-dir");
        else
                complain("start one with 'trimtabd --foreground --runtime-dir DIR', or leave --runtime-dir "
                         "out to "
                         "ask the system's own");
}

/* *ret_path: where it was looked for at last, new string or NULL. */
static int find(const struct invocation *in, sd_bus **ret, char **ret_path)
{
        *ret_path = NULL;
        if (!in->runtime_dir && open_system_bus(ret) >= 0)
                return 0;

        *ret_path = str_printf("%s/bus", in->runtime_dir ?: DEFAULT_RUNTIME_DIR);
        return *ret_path ? open_socket(*ret_path, ret) : -ENOMEM;
}

int connection_try(const struct invocation *in, sd_bus **ret)
{
        _cleanup_free_ char *path = NULL;

        return find(in, ret, &path);
}

int connection_open(const struct invocation *in, sd_bus **ret)
{
        _cleanup_free_ char *path = NULL;
        int r;

        r = find(in, ret, &path);
        if (r < 0 && path)
                complain_absent(path, r, !in->runtime_dir);
        return r;
}

static int call(sd_bus *bus, sd_bus_message **ret, const char *method, const char *types, va_list ap)
{
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_call_methodv(bus, TRIMTAB_BUS_NAME, TRIMTAB_BUS_PATH, TRIMTAB_BUS_INTERFACE, method,
                                &error, ret, types, ap);
        if (r >= 0)
                return 0;

        /* Messages about rules bring their own file names. */
        if (sd_bus_error_has_name(&error, TRIMTAB_ERROR_BAD_RULES))
                complain("the new rules are not in order, the old ones stay in force:\n%s", error.message);
        else
                complain("the daemon answers: %s", error.message ?: strerror(-r));
        return r;
}

int connection_call(sd_bus *bus, sd_bus_message **ret, const char *method, const char *types, ...)
{
        va_list ap;
        int r;

        va_start(ap, types);
        r = call(bus, ret, method, types, ap);
        va_end(ap);
        return r;
}

int connection_call_rows(sd_bus *bus, bool single, struct rows *ret, const char *method, const char *types,
                         ...)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = call(bus, &reply, method, types, ap);
        va_end(ap);
        if (r < 0)
                return r;

        r = rows_read(reply, single, ret);
        if (r < 0)
                complain("the daemon's answer cannot be read (is it of another version?): %s", strerror(-r));
        return r;
}
