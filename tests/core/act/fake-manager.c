/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"
#include "fake-manager.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "decide/value.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/str.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define UNIT_PREFIX SYSTEMD_PATH "/unit"

#define KNOB(knob_name, knob_file, property)                                                                \
        {                                                                                                   \
                .name = (char *) knob_name, .unit = (char *) "", .scope = SCOPE_CGROUP,                     \
                .type = TRIMTAB_NUMBER, .flags = TRIMTAB_KNOB_MAX, .max = INFINITY, .factor = 1,            \
                .file = (char *) "{path}/" knob_file, .unit_property = (char *) property,                   \
        }

struct knob fake_cpu_weight = KNOB("cpu.weight", "cpu.weight", "CPUWeight");
struct knob fake_memory_high = KNOB("memory.high", "memory.high", "MemoryHigh");
struct knob fake_pids_max = KNOB("pids.max", "pids.max", "TasksMax");
struct knob fake_uclamp_min = KNOB("cpu.uclamp.min", "cpu.uclamp.min", NULL);

/* UINT64_MAX on the bus is the default in the file. */
static const struct {
        const char *name, *file, *standard;
} properties[FAKE_PROPERTIES] = {
        { "CPUWeight", "cpu.weight", "100" },
        { "MemoryHigh", "memory.high", "max" },
        { "TasksMax", "pids.max", "max" },
};

/* --- files --- */

static char *path_of(struct fake *f, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));

static char *path_of(struct fake *f, const char *format, va_list ap)
{
        _cleanup_free_ char *below = NULL;
        char *path;

        assert_true(vasprintf(&below, format, ap) >= 0);
        path = str_printf("%s/%s", f->root, below);
        assert_non_null(path);
        return path;
}

static void write_text(const char *path, const char *text)
{
        _cleanup_free_ char *dir = strndup(path, (size_t) (strrchr(path, '/') - path));
        FILE *file;

        assert_int_equal(dir_make(dir, 0755), 0);
        file = fopen(path, "we");
        assert_non_null(file);
        assert_true(fprintf(file, "%s\n", text) > 0);
        assert_int_equal(fclose(file), 0);
}

void fake_write(struct fake *f, const char *text, const char *format, ...)
{
        _cleanup_free_ char *path = NULL;
        va_list ap;

        va_start(ap, format);
        path = path_of(f, format, ap);
        va_end(ap);
        write_text(path, text);
}

const char *fake_read(struct fake *f, const char *format, ...)
{
        static char text[1024];
        _cleanup_free_ char *path = NULL, *got = NULL;
        va_list ap;

        va_start(ap, format);
        path = path_of(f, format, ap);
        va_end(ap);

        text[0] = '\0';
        if (file_read(path, sizeof(text) - 1, &got, NULL) >= 0)
                (void) snprintf(text, sizeof(text), "%s", str_strip(got));
        return text;
}

bool fake_exists(struct fake *f, const char *format, ...)
{
        _cleanup_free_ char *path = NULL;
        va_list ap;

        va_start(ap, format);
        path = path_of(f, format, ap);
        va_end(ap);
        return access(path, F_OK) >= 0;
}

/* --- what systemd does --- */

static struct fake_unit *unit_named(struct fake *f, const char *name)
{
        for (size_t i = 0; i < f->n_units; i++)
                if (streq(f->units[i].name, name))
                        return &f->units[i];

        return NULL;
}

static size_t property_named(const char *name)
{
        for (size_t i = 0; i < FAKE_PROPERTIES; i++)
                if (streq(properties[i].name, name))
                        return i;

        fail_msg("property %s", name);
        return 0;
}

static void apply(struct fake *f, const struct fake_unit *u, size_t i)
{
        char text[32];

        (void) snprintf(text, sizeof(text), "%llu", (unsigned long long) u->values[i]);
        fake_write(f, u->values[i] == UINT64_MAX ? properties[i].standard : text, "cgroup%s/%s", u->cgroup,
                   properties[i].file);
}

void fake_set_property(struct fake *f, const char *unit, const char *property, uint64_t value)
{
        struct fake_unit *u = unit_named(f, unit);
        size_t i = property_named(property);
        char text[128];

        if (value == UINT64_MAX)
                (void) snprintf(text, sizeof(text), "[Service]\n%s=%s", property, i == 0 ? "" : "infinity");
        else
                (void) snprintf(text, sizeof(text), "[Service]\n%s=%llu", property, (unsigned long long) value);
        fake_write(f, text, "systemd/system.control/%s.d/50-%s.conf", unit, property);
        u->values[i] = value;
        apply(f, u, i);
}

static void read_files(struct fake *f, struct fake_unit *u)
{
        for (size_t i = 0; i < FAKE_PROPERTIES; i++) {
                const char *text = fake_read(f, "systemd/system.control/%s.d/50-%s.conf", u->name, properties[i].name);
                const char *equals = strchr(text, '=');

                u->values[i] = u->configured[i];
                if (equals)
                        u->values[i] = equals[1] >= '0' && equals[1] <= '9' ? strtoull(equals + 1, NULL, 10) : UINT64_MAX;
        }
}

static void signal_reloading(struct fake *f, int begins)
{
        assert_true(sd_bus_emit_signal(f->server, SYSTEMD_PATH, SYSTEMD ".Manager", "Reloading", "b", begins) >= 0);
}

void fake_reload(struct fake *f)
{
        signal_reloading(f, true);
        for (size_t i = 0; i < f->n_units; i++) {
                read_files(f, &f->units[i]);
                for (size_t j = 0; j < FAKE_PROPERTIES; j++)
                        apply(f, &f->units[i], j);
                if (f->resets_clamps)
                        fake_write(f, "0", "cgroup%s/cpu.uclamp.min", f->units[i].cgroup);
        }
        signal_reloading(f, false);
}

/* --- what it answers --- */

static int get_unit(struct fake *f, sd_bus_message *m)
{
        const struct fake_unit *nearest = NULL;
        _cleanup_free_ char *path = NULL;
        const char *cgroup;

        f->n_get_unit++;
        assert_true(sd_bus_message_read(m, "s", &cgroup) > 0);
        for (size_t i = 0; i < f->n_units; i++) {
                const char *rest = startswith(cgroup, f->units[i].cgroup);

                if (rest && (*rest == '\0' || *rest == '/'))
                        nearest = &f->units[i];
        }
        if (!nearest)
                return sd_bus_reply_method_errorf(m, SYSTEMD ".NoSuchUnit", "no unit for %s", cgroup);

        assert_true(sd_bus_path_encode(UNIT_PREFIX, nearest->name, &path) >= 0);
        return sd_bus_reply_method_return(m, "o", path);
}

static int get_all(struct fake *f, sd_bus_message *m)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_free_ char *name = NULL;
        struct fake_unit *u;

        f->n_get_all++;
        assert_true(sd_bus_path_decode(sd_bus_message_get_path(m), UNIT_PREFIX, &name) > 0);
        u = unit_named(f, name);
        assert_non_null(u);

        assert_true(sd_bus_message_new_method_return(m, &reply) >= 0);
        assert_true(sd_bus_message_open_container(reply, 'a', "{sv}") >= 0);
        assert_true(sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}", "Id", "s", u->name, "LoadState", "s", "loaded",
                                          "ControlGroup", "s", u->cgroup, "Transient", "b", 0, "Delegate", "b",
                                          (int) u->delegated) >= 0);
        for (size_t i = 0; i < FAKE_PROPERTIES; i++)
                assert_true(sd_bus_message_append(reply, "{sv}", properties[i].name, "t", u->values[i]) >= 0);
        assert_true(sd_bus_message_close_container(reply) >= 0);
        return sd_bus_send(NULL, reply, NULL);
}

static int set_properties(struct fake *f, sd_bus_message *m)
{
        struct {
                const char *name;
                uint64_t value;
        } all[FAKE_PROPERTIES];
        const char *unit;
        int runtime;
        size_t n = 0;

        f->n_set++;
        assert_true(sd_bus_message_read(m, "sb", &unit, &runtime) > 0);
        assert_true(runtime);
        assert_true(sd_bus_message_enter_container(m, 'a', "(sv)") > 0);
        while (sd_bus_message_at_end(m, false) == 0) {
                assert_true(n < FAKE_PROPERTIES);
                assert_true(sd_bus_message_read(m, "(sv)", &all[n].name, "t", &all[n].value) > 0);
                n++;
        }

        /* All are looked at before the first is applied. */
        for (size_t i = 0; i < n; i++)
                if (f->refuses && streq(all[i].name, f->refuses))
                        return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_INVALID_ARGS, "%s is out of range", all[i].name);
        for (size_t i = 0; i < n; i++)
                fake_set_property(f, unit, all[i].name, all[i].value);

        if (f->fails_late)
                return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_FAILED, "no room for the drop-in");
        return f->is_deaf ? 1 : sd_bus_reply_method_return(m, NULL);
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        struct fake *f = userdata;

        if (sd_bus_message_is_method_call(m, NULL, "GetUnitByControlGroup"))
                return get_unit(f, m);
        if (sd_bus_message_is_method_call(m, NULL, "GetAll"))
                return get_all(f, m);
        if (sd_bus_message_is_method_call(m, NULL, "SetUnitProperties"))
                return set_properties(f, m);
        if (sd_bus_message_is_method_call(m, NULL, "Reload")) {
                f->n_reload++;
                fake_reload(f);
                return sd_bus_reply_method_return(m, NULL);
        }
        if (sd_bus_message_is_method_call(m, NULL, "Subscribe")) {
                f->n_subscribe++;
                return sd_bus_reply_method_return(m, NULL);
        }

        return 0;
}

/* --- life --- */

static void on_report(void *userdata, const struct report *r)
{
        struct fake *f = userdata;

        f->last = *r;
        (void) snprintf(f->detail, sizeof(f->detail), "%s", r->detail ?: "");
        f->n_reports++;
        f->n_of[r->outcome]++;
}

void fake_make(struct fake *f)
{
        *f = (struct fake){ .root = "/dev/shm/trimtab-test-XXXXXX" };
        if (!mkdtemp(f->root)) {
                strcpy(f->root, "/tmp/trimtab-test-XXXXXX");
                assert_non_null(mkdtemp(f->root));
        }
        fake_write(f, "", "run/.keep");

        f->config = (struct actor_config){
                .foreign_backoff_ns = 3600 * NSEC_PER_SEC,
                .deadline_ns = NSEC_PER_SEC / 2,
                .systemd = true,
                .report = on_report,
                .userdata = f,
        };
}

void fake_add_cgroup(struct fake *f, const char *cgroup)
{
        for (size_t i = 0; i < FAKE_PROPERTIES; i++)
                fake_write(f, properties[i].standard, "cgroup%s/%s", cgroup, properties[i].file);
        fake_write(f, "0", "cgroup%s/cpu.uclamp.min", cgroup);
}

struct fake_unit *fake_add_unit(struct fake *f, const char *name, const char *cgroup)
{
        struct fake_unit *u = &f->units[f->n_units++];

        *u = (struct fake_unit){ .name = name, .cgroup = cgroup };
        for (size_t i = 0; i < FAKE_PROPERTIES; i++)
                u->configured[i] = u->values[i] = UINT64_MAX;
        fake_add_cgroup(f, cgroup);
        return u;
}

static void open_bus(struct fake *f)
{
        sd_id128_t id;
        int fds[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
        assert_int_equal(sd_id128_randomize(&id), 0);

        assert_true(sd_bus_new(&f->server) >= 0);
        assert_true(sd_bus_set_fd(f->server, fds[0], fds[0]) >= 0);
        assert_true(sd_bus_set_server(f->server, true, id) >= 0);
        assert_true(sd_bus_set_anonymous(f->server, true) >= 0);
        assert_true(sd_bus_set_sender(f->server, SYSTEMD) >= 0);
        assert_true(sd_bus_start(f->server) >= 0);
        assert_true(sd_bus_add_filter(f->server, NULL, on_message, f) >= 0);
        assert_true(sd_bus_attach_event(f->server, f->event, SD_EVENT_PRIORITY_NORMAL) >= 0);

        assert_true(sd_bus_new(&f->client) >= 0);
        assert_true(sd_bus_set_fd(f->client, fds[1], fds[1]) >= 0);
        assert_true(sd_bus_start(f->client) >= 0);
        assert_true(sd_bus_attach_event(f->client, f->event, SD_EVENT_PRIORITY_NORMAL) >= 0);
}

void fake_open(struct fake *f)
{
        _cleanup_free_ char *run = str_printf("%s/run", f->root), *systemd = str_printf("%s/systemd", f->root),
                            *etc = str_printf("%s/etc", f->root);

        for (size_t i = 0; i < f->n_units; i++)
                read_files(f, &f->units[i]);
        assert_int_equal(sd_event_new(&f->event), 0);
        open_bus(f);
        assert_int_equal(ledger_open(run, "boot", &f->ledger, NULL), 0);

        f->config.event = f->event;
        f->config.ledger = f->ledger;
        f->config.system_bus = f->client;
        f->config.systemd_run_dir = systemd;
        f->config.systemd_etc_dir = etc;
        assert_int_equal(actor_new(&f->config, &f->actor), 0);
}

void fake_close(struct fake *f)
{
        f->actor = actor_free(f->actor);
        f->ledger = ledger_free(f->ledger);
        f->client = sd_bus_close_unref(f->client);
        f->server = sd_bus_close_unref(f->server);
        f->event = sd_event_unref(f->event);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
        return remove(path);
}

void fake_remove(struct fake *f)
{
        fake_close(f);
        assert_int_equal(nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void fake_run(struct fake *f)
{
        while (!actor_idle(f->actor))
                assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
}

void fake_run_to_report(struct fake *f)
{
        unsigned n = f->n_reports;

        while (f->n_reports == n)
                assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
}

/* --- orders --- */

struct oid fake_oid(const char *cgroup)
{
        uint64_t key = 0;

        for (const char *s = cgroup; *s; s++)
                key = key * 31 + (unsigned char) *s;
        return (struct oid){ .scope = SCOPE_CGROUP, .key = key };
}

void fake_want(struct fake *f, const struct knob *knob, const char *cgroup, double number, bool delegated)
{
        _cleanup_free_ char *path = str_printf("%s/cgroup%s", f->root, cgroup);
        struct object object = { .id = fake_oid(cgroup), .name = (char *) cgroup, .path = path };

        assert_int_equal(actor_set(f->actor, knob, &object,
                                   &(struct wish){ .value = value_number(number),
                                                   .rule = "rule",
                                                   .decision = 1,
                                                   .delegated = delegated },
                                   monotonic_ns()),
                         0);
}

enum outcome fake_set(struct fake *f, const struct knob *knob, const char *cgroup, double number)
{
        fake_want(f, knob, cgroup, number, false);
        fake_run(f);
        return f->last.outcome;
}

void fake_restore_all(struct fake *f)
{
        assert_int_equal(actor_restore_all(f->actor, true), 0);
        fake_run(f);
}
