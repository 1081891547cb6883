/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The actor against a real systemd and a real kernel: run as root where systemd is PID 1 (tools/vm/run). Exit
 * status 77 and a reason where it is not.
 */
#include "cmocka-all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "act/actor.h"
#include "decide/value.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/str.h"

#define SKIPPED 77

#define PLAIN "trimtab-test-plain.service"
#define PLAIN_CGROUP "/system.slice/" PLAIN
#define TRANSIENT "trimtab-test-transient.service"
#define HAND_MADE "/sys/fs/cgroup/trimtab-test-hand"

static char run_dir[] = "/run/trimtab-test-XXXXXX";
static sd_event *event;
static sd_bus *bus;
static struct ledger *ledger;
static struct actor *actor;
static struct report last;
static char last_via[256], last_detail[256];

/* --- commands and files --- */

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void shell(const char *format, ...)
{
        char command[1024];
        va_list ap;
        int r;

        va_start(ap, format);
        (void) vsnprintf(command, sizeof(command), format, ap);
        va_end(ap);
        r = system(command);
        if (r != 0)
                fail_msg("%s: status %d", command, r);
}

static const char *show(const char *unit, const char *property)
{
        static char text[512];
        char command[256];
        FILE *f;

        (void) snprintf(command, sizeof(command), "systemctl show -p %s --value '%s'", property, unit);
        f = popen(command, "re");
        assert_non_null(f);
        text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
        assert_int_equal(pclose(f), 0);
        return str_strip(text);
}

/* "" where there is no file: as good as the kernel's default. */
static const char *file_text(const char *path)
{
        static char text[512];
        _cleanup_free_ char *got = NULL;

        text[0] = '\0';
        if (file_read(path, sizeof(text) - 1, &got, NULL) >= 0)
                (void) snprintf(text, sizeof(text), "%s", str_strip(got));
        return text;
}

static const char *kernel_text(const char *unit, const char *file)
{
        char path[512];

        (void) snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", show(unit, "ControlGroup"), file);
        return file_text(path);
}

static const char *dropin_file(const char *unit, const char *setting)
{
        static char path[256];

        (void) snprintf(path, sizeof(path), "/run/systemd/%s/%s.d/50-%s.conf",
                        streq(unit, TRANSIENT) ? "transient" : "system.control", unit, setting);
        return path;
}

static void expect_no_trace(const char *unit)
{
        char path[256];

        (void) snprintf(path, sizeof(path), "/run/systemd/system.control/%s.d", unit);
        assert_int_equal(access(path, F_OK), -1);
        (void) snprintf(path, sizeof(path), "/run/systemd/transient/%s.d", unit);
        assert_int_equal(access(path, F_OK), -1);
        assert_string_equal(show(unit, "NeedDaemonReload"), "no");
}

/* --- the actor --- */

static struct knob cpu_weight = { .name = (char *) "cpu.weight",
                                  .scope = SCOPE_CGROUP,
                                  .type = TRIMTAB_NUMBER,
                                  .file = (char *) "{path}/cpu.weight",
                                  .unit_property = (char *) "CPUWeight" };
static struct knob cpu_max = { .name = (char *) "cpu.max",
                               .scope = SCOPE_CGROUP,
                               .type = TRIMTAB_NUMBER,
                               .form = TRIMTAB_FORM_QUOTA,
                               .file = (char *) "{path}/cpu.max",
                               .unit_property = (char *) "CPUQuotaPerSecUSec" };
static struct knob cpuset = { .name = (char *) "cpuset.cpus",
                              .scope = SCOPE_CGROUP,
                              .type = TRIMTAB_CPULIST,
                              .file = (char *) "{path}/cpuset.cpus",
                              .unit_property = (char *) "AllowedCPUs" };
static struct knob memory_high = { .name = (char *) "memory.high",
                                   .scope = SCOPE_CGROUP,
                                   .type = TRIMTAB_NUMBER,
                                   .flags = TRIMTAB_KNOB_SLOW,
                                   .file = (char *) "{path}/memory.high",
                                   .unit_property = (char *) "MemoryHigh" };
static struct knob io_weight = { .name = (char *) "io.weight",
                                 .scope = SCOPE_CGROUP,
                                 .type = TRIMTAB_NUMBER,
                                 .form = TRIMTAB_FORM_KEYED,
                                 .key = (char *) "default",
                                 .file = (char *) "{path}/io.weight",
                                 .unit_property = (char *) "IOWeight" };

static struct knob memory_low = { .name = (char *) "memory.low",
                                  .scope = SCOPE_CGROUP,
                                  .type = TRIMTAB_NUMBER,
                                  .file = (char *) "{path}/memory.low",
                                  .unit_property = (char *) "MemoryLow" };
static struct knob memory_swap_max = { .name = (char *) "memory.swap.max",
                                       .scope = SCOPE_CGROUP,
                                       .type = TRIMTAB_NUMBER,
                                       .file = (char *) "{path}/memory.swap.max",
                                       .unit_property = (char *) "MemorySwapMax" };
static struct knob pids_max = { .name = (char *) "pids.max",
                                .scope = SCOPE_CGROUP,
                                .type = TRIMTAB_NUMBER,
                                .file = (char *) "{path}/pids.max",
                                .unit_property = (char *) "TasksMax" };
static struct knob cpu_idle = { .name = (char *) "cpu.idle",
                                .scope = SCOPE_CGROUP,
                                .type = TRIMTAB_NUMBER,
                                .file = (char *) "{path}/cpu.idle",
                                .unit_property = (char *) "CPUWeightIdle" };
static struct knob cpu_burst = { .name = (char *) "cpu.max.burst",
                                 .scope = SCOPE_CGROUP,
                                 .type = TRIMTAB_NUMBER,
                                 .file = (char *) "{path}/cpu.max.burst" };

static unsigned n_reports;

static void on_report(void *userdata, const struct report *r)
{
        last = *r;
        n_reports++;
        (void) snprintf(last_via, sizeof(last_via), "%s", r->via);
        (void) snprintf(last_detail, sizeof(last_detail), "%s", r->detail ?: "");
        print_message("%s %s: %s%s%s\n", r->knob_name, last_via, outcome_name(r->outcome),
                      r->detail ? ", " : "", last_detail);
}

static unsigned countdown;
static const char *late; /* what systemd writes while it is asked; NULL: nothing */

static void at(void *userdata, const char *point)
{
        if (late && streq(point, "before-restore-question"))
                shell("echo %s > /sys/fs/cgroup" PLAIN_CGROUP "/cpu.weight", late);
        if (countdown > 0 && --countdown == 0)
                (void) raise(SIGKILL);
}

static void open_actor(void)
{
        assert_int_equal(sd_event_new(&event), 0);
        assert_true(sd_bus_open_system(&bus) >= 0);
        assert_true(sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL) >= 0);
        assert_int_equal(ledger_open(run_dir, "boot", &ledger, NULL), 0);
        assert_int_equal(actor_new(
                                 &(struct actor_config){
                                         .event = event,
                                         .ledger = ledger,
                                         .system_bus = bus,
                                         .systemd_run_dir = "/run/systemd",
                                         .systemd_etc_dir = "/etc/systemd",
                                         .foreign_backoff_ns = 0,
                                         .deadline_ns = 5 * NSEC_PER_SEC,
                                         .report = on_report,
                                         .at = at,
                                 },
                                 &actor),
                         0);
}

static void close_actor(void)
{
        actor = actor_free(actor);
        ledger = ledger_free(ledger);
        bus = sd_bus_flush_close_unref(bus);
        event = sd_event_unref(event);
}

static void run(void)
{
        while (!actor_idle(actor))
                assert_true(sd_event_run(event, UINT64_MAX) >= 0);
}

/* As long as systemd's reloads are followed: the second look comes after three seconds. */
static void run_until_settled(void)
{
        run();
        while (sd_event_run(event, 4 * USEC_PER_SEC) > 0)
                ;
}

static struct oid oid_of(const char *cgroup)
{
        uint64_t key = 0;

        for (const char *c = cgroup; *c; c++)
                key = key * 31 + (unsigned char) *c;
        return (struct oid){ .scope = SCOPE_CGROUP, .key = key };
}

static void want_on(const char *cgroup, const struct knob *knob, struct trimtab_value value, bool delegated)
{
        char path[512];
        struct object o = { .id = oid_of(cgroup), .name = (char *) cgroup, .path = path };

        (void) snprintf(path, sizeof(path), "/sys/fs/cgroup%s", cgroup);
        assert_int_equal(
                actor_set(actor, knob, &o,
                          &(struct wish){ .value = value, .rule = "rule", .decision = 1, .delegated = delegated },
                          0),
                0);
}

static enum outcome set_on(const char *cgroup, const struct knob *knob, struct trimtab_value value)
{
        want_on(cgroup, knob, value, false);
        run();
        return last.outcome;
}

static enum outcome set(const char *unit, const struct knob *knob, struct trimtab_value value)
{
        char cgroup[256];

        (void) snprintf(cgroup, sizeof(cgroup), "%s", show(unit, "ControlGroup"));
        return set_on(cgroup, knob, value);
}

static void set_done(const char *unit, const struct knob *knob, struct trimtab_value value)
{
        if (set(unit, knob, value) != OUTCOME_DONE)
                fail_msg("%s of %s: %s, %s: %s", knob->name, unit, outcome_name(last.outcome),
                         strerror(-last.error), last_detail);
}

static enum outcome restore_all(void)
{
        assert_int_equal(actor_restore_all(actor, true), 0);
        run();
        return last.outcome;
}

static struct trimtab_value text(const char *list)
{
        struct trimtab_value v;

        assert_int_equal(value_text(TRIMTAB_CPULIST, list, &v), 0);
        return v;
}

/* --- units --- */

static int setup(void **state)
{
        shell("printf '[Service]\\nExecStart=sleep infinity\\n' > /run/systemd/system/" PLAIN);
        shell("systemctl daemon-reload; systemctl start " PLAIN);
        shell("systemd-run -q --unit=" TRANSIENT " sleep infinity");
        open_actor();
        return 0;
}

static int teardown(void **state)
{
        close_actor();
        shell("systemctl -q stop " PLAIN " " TRANSIENT " 2>/dev/null; rm -rf /run/systemd/system/" PLAIN
              " /run/systemd/system.control/trimtab-test-* /etc/systemd/system.control/trimtab-test-* '%s'/*;"
              " systemctl daemon-reload",
              run_dir);
        return 0;
}

/* --- what is proved --- */

static void sets_and_restores(const char *unit)
{
        _cleanup_free_ char *pids_before = strdup(show(unit, "TasksMax"));
        const struct {
                const struct knob *knob;
                struct trimtab_value value;
                const char *file, *kernel, *property, *shown, *shown_before;
        } cases[] = {
                { &cpu_weight, value_number(500), "cpu.weight", "500", "CPUWeight", "500", "[not set]" },
                { &cpu_max, value_number(37), "cpu.max", "37000 100000", "CPUQuotaPerSecUSec", "370ms",
                  "infinity" },
                { &cpuset, text("1"), "cpuset.cpus", "1", "AllowedCPUs", "1", "" },
                { &memory_high, value_number(268435456), "memory.high", "268435456", "MemoryHigh",
                  "268435456", "infinity" },
                { &io_weight, value_number(321), "io.weight", "default 321", "IOWeight", "321", "[not set]" },
                { &memory_low, value_number(8388608), "memory.low", "8388608", "MemoryLow", "8388608", "0" },
                { &memory_swap_max, value_number(1048576), "memory.swap.max", "1048576", "MemorySwapMax",
                  "1048576", "infinity" },
                { &pids_max, value_number(77), "pids.max", "77", "TasksMax", "77", pids_before },
        };
        char before[ELEMENTSOF(cases)][64];

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                (void) snprintf(before[i], sizeof(before[i]), "%s", kernel_text(unit, cases[i].file));
                set_done(unit, cases[i].knob, cases[i].value);
                assert_non_null(strstr(last_via, unit));
                assert_string_equal(kernel_text(unit, cases[i].file), cases[i].kernel);
                assert_string_equal(show(unit, cases[i].property), cases[i].shown);
        }

        shell("systemctl daemon-reload");
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_string_equal(kernel_text(unit, cases[i].file), cases[i].kernel);

        assert_int_equal(restore_all(), OUTCOME_RESTORED);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const char *now = kernel_text(unit, cases[i].file);

                assert_string_equal(show(unit, cases[i].property), cases[i].shown_before);
                print_message("%s %s: \"%s\" -> \"%s\" -> \"%s\"\n", unit, cases[i].file, before[i],
                              cases[i].kernel, now);
                if (before[i][0] && now[0])
                        assert_string_equal(now, before[i]);
                else
                        assert_string_not_equal(now, cases[i].kernel);
        }
        expect_no_trace(unit);
}

static void sets_and_restores_a_unit_from_a_file(void **state)
{
        sets_and_restores(PLAIN);
}

static void sets_and_restores_a_transient_unit(void **state)
{
        sets_and_restores(TRANSIENT);
}

/* The weight "idle": one property of systemd's, two files of the kernel's. */
static void idle_is_a_weight(void **state)
{
        shell("systemctl set-property --runtime " PLAIN " CPUWeight=300");
        set_done(PLAIN, &cpu_idle, value_number(1));
        assert_string_equal(kernel_text(PLAIN, "cpu.idle"), "1");
        assert_non_null(strstr(file_text(dropin_file(PLAIN, "CPUWeight")), "CPUWeight=idle"));
        assert_int_equal(set(PLAIN, &cpu_weight, value_number(500)), OUTCOME_REFUSED);
        assert_string_equal(kernel_text(PLAIN, "cpu.idle"), "1");

        assert_int_equal(restore_all(), OUTCOME_RESTORED);
        assert_string_equal(kernel_text(PLAIN, "cpu.idle"), "0");
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "300");
        assert_non_null(strstr(file_text(dropin_file(PLAIN, "CPUWeight")), "CPUWeight=300"));

        /* Another weight by hand is what "not idle" looks like, too. */
        set_done(PLAIN, &cpu_idle, value_number(1));
        shell("systemctl set-property --runtime " PLAIN " CPUWeight=321");
        assert_int_equal(restore_all(), OUTCOME_FOREIGN);
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "321");
}

/* --- limits of devices --- */

struct loop {
        char device[32], key[32];
        struct knob knob;
};

static void loop_make(struct loop *l, unsigned i)
{
        char path[64];

        (void) snprintf(path, sizeof(path), "%s/disk%u", run_dir, i);
        shell("modprobe loop; truncate -s 1M %s && losetup -f --show %s > %s.name", path, path, path);
        (void) snprintf(path, sizeof(path), "%s/disk%u.name", run_dir, i);
        (void) snprintf(l->device, sizeof(l->device), "%s", file_text(path) + strlen("/dev/"));
        (void) snprintf(path, sizeof(path), "/sys/block/%s/dev", l->device);
        (void) snprintf(l->key, sizeof(l->key), "%s wbps", file_text(path));

        l->knob = (struct knob){ .name = (char *) "io.max.wbps",
                                 .scope = SCOPE_CGROUP,
                                 .type = TRIMTAB_NUMBER,
                                 .form = TRIMTAB_FORM_NESTED,
                                 .key = l->key,
                                 .absent = (char *) "max",
                                 .device = l->device,
                                 .file = (char *) "{path}/io.max",
                                 .unit_property = (char *) "IOWriteBandwidthMax" };
}

/* Two devices, one property, one drop-in: each is set and put back alone, in either order. */
static void devices_have_limits_of_their_own(void **state)
{
        _cleanup_free_ char *cgroup = strdup(show(PLAIN, "ControlGroup"));
        struct loop loops[2];

        loop_make(&loops[0], 0);
        loop_make(&loops[1], 1);
        for (unsigned first = 0; first < 2; first++) {
                for (unsigned i = 0; i < 2; i++)
                        set_done(PLAIN, &loops[i].knob, value_number(1048576 * (i + 1)));
                assert_non_null(strstr(last_via, "IOWriteBandwidthMax /dev/loop"));
                assert_non_null(strstr(kernel_text(PLAIN, "io.max"), "wbps=1048576"));
                assert_non_null(strstr(kernel_text(PLAIN, "io.max"), "wbps=2097152"));
                shell("systemctl daemon-reload");

                assert_int_equal(actor_restore(actor, &loops[first].knob, oid_of(cgroup), "rule", 2), 0);
                run();
                assert_int_equal(last.outcome, OUTCOME_RESTORED);
                assert_null(strstr(kernel_text(PLAIN, "io.max"), first ? "wbps=2097152" : "wbps=1048576"));
                assert_non_null(strstr(kernel_text(PLAIN, "io.max"), first ? "wbps=1048576" : "wbps=2097152"));

                assert_int_equal(restore_all(), OUTCOME_RESTORED);
                assert_null(strstr(kernel_text(PLAIN, "io.max"), "wbps=1048576"));
                assert_null(strstr(kernel_text(PLAIN, "io.max"), "wbps=2097152"));
                assert_string_equal(show(PLAIN, "IOWriteBandwidthMax"), "");
                expect_no_trace(PLAIN);
        }
        shell("losetup -d /dev/%s /dev/%s", loops[0].device, loops[1].device);
}

static void an_administrators_own_setting_comes_back(const char *unit)
{
        _cleanup_free_ char *before = NULL, *after = NULL;

        shell("systemctl set-property --runtime %s CPUWeight=300", unit);
        assert_int_equal(file_read(dropin_file(unit, "CPUWeight"), 4096, &before, NULL), 0);

        set_done(unit, &cpu_weight, value_number(500));
        set_done(unit, &cpu_weight, value_number(700));
        assert_string_equal(kernel_text(unit, "cpu.weight"), "700");
        assert_int_equal(restore_all(), OUTCOME_RESTORED);

        assert_string_equal(kernel_text(unit, "cpu.weight"), "300");
        assert_int_equal(file_read(dropin_file(unit, "CPUWeight"), 4096, &after, NULL), 0);
        assert_string_equal(after, before);
        shell("systemctl daemon-reload");
        assert_string_equal(kernel_text(unit, "cpu.weight"), "300");
}

static void set_property_runtime_comes_back(void **state)
{
        an_administrators_own_setting_comes_back(PLAIN);
        an_administrators_own_setting_comes_back(TRANSIENT);
}

static void a_pinned_property_is_theirs(void **state)
{
        shell("systemctl set-property " PLAIN " CPUWeight=250");
        assert_int_equal(set(PLAIN, &cpu_weight, value_number(500)), OUTCOME_PINNED);
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "250");
        assert_int_equal(set(PLAIN, &cpu_max, value_number(50)), OUTCOME_DONE);
        assert_int_equal(restore_all(), OUTCOME_RESTORED);
}

/* With the very value that is in force: from then on it is theirs. */
static void a_pin_that_appears_is_theirs(void **state)
{
        set_done(PLAIN, &cpu_weight, value_number(500));
        shell("systemctl set-property " PLAIN " CPUWeight=500");
        assert_int_equal(restore_all(), OUTCOME_PINNED);
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "500");
        assert_int_equal(access(dropin_file(PLAIN, "CPUWeight"), F_OK), -1);
        shell("systemctl daemon-reload");
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "500");
}

static void a_foreign_set_property_stays(void **state)
{
        set_done(PLAIN, &cpu_weight, value_number(500));
        shell("systemctl set-property --runtime " PLAIN " CPUWeight=321");
        assert_int_equal(set(PLAIN, &cpu_weight, value_number(600)), OUTCOME_FOREIGN);
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "321");
        assert_non_null(strstr(file_text(dropin_file(PLAIN, "CPUWeight")), "CPUWeight=321"));

        shell("systemctl daemon-reload");
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "321");
}

/* Past systemd: the value stays, and our drop-in does not wait there to overwrite it. */
static void a_foreign_file_write_stays(void **state)
{
        set_done(PLAIN, &cpu_weight, value_number(500));
        shell("echo 333 > /sys/fs/cgroup%s/cpu.weight", show(PLAIN, "ControlGroup"));
        assert_int_equal(restore_all(), OUTCOME_FOREIGN);
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "333");
        assert_int_equal(access(dropin_file(PLAIN, "CPUWeight"), F_OK), -1);
}

/* The drop-in outlives the unit's run, so the ledger must reach it. */
static void a_stopped_unit_is_cleaned_up(void **state)
{
        set_done(PLAIN, &cpu_weight, value_number(500));
        set_done(TRANSIENT, &cpu_weight, value_number(500));
        shell("systemctl stop " PLAIN " " TRANSIENT);
        assert_int_equal(restore_all(), OUTCOME_GONE);
        expect_no_trace(PLAIN);

        shell("systemctl start " PLAIN);
        assert_string_not_equal(kernel_text(PLAIN, "cpu.weight"), "500");
}

static void a_restarted_unit_keeps_and_gives_back(void **state)
{
        set_done(PLAIN, &cpu_weight, value_number(500));
        shell("systemctl restart " PLAIN);
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "500");
        assert_int_equal(restore_all(), OUTCOME_RESTORED);
        assert_string_not_equal(kernel_text(PLAIN, "cpu.weight"), "500");
        expect_no_trace(PLAIN);
}

/* The cgroup is another one, in which systemd has set what no rule wanted there. */
static void a_restarted_units_old_cgroup_gives_back(void **state)
{
        _cleanup_free_ char *cgroup = strdup(show(PLAIN, "ControlGroup"));

        set_done(PLAIN, &cpu_weight, value_number(500));
        shell("systemctl restart " PLAIN);
        actor_object_gone(actor, oid_of(cgroup));
        run();
        assert_int_equal(last.outcome, OUTCOME_RESTORED);
        assert_string_not_equal(kernel_text(PLAIN, "cpu.weight"), "500");
        expect_no_trace(PLAIN);

        set_done(PLAIN, &cpu_weight, value_number(600));
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "600");
        assert_int_equal(restore_all(), OUTCOME_RESTORED);
        expect_no_trace(PLAIN);
}

/* Looked at between its mkdir and the write of what systemd was told, its file holds neither our value nor the one before. */
static void a_restarted_units_new_cgroup_was_not_written_yet(void **state)
{
        set_done(PLAIN, &cpu_weight, value_number(500));
        shell("echo 700 > /sys/fs/cgroup" PLAIN_CGROUP "/cpu.weight");
        late = "500";
        assert_int_equal(restore_all(), OUTCOME_RESTORED);
        late = NULL;
        assert_string_not_equal(kernel_text(PLAIN, "cpu.weight"), "500");
        assert_string_not_equal(kernel_text(PLAIN, "cpu.weight"), "700");
        expect_no_trace(PLAIN);
}

static void a_transient_unit_that_ends_leaves_nothing(void **state)
{
        _cleanup_free_ char *cgroup = strdup(show(TRANSIENT, "ControlGroup"));
        size_t n;

        set_done(TRANSIENT, &cpu_weight, value_number(500));
        shell("systemctl stop " TRANSIENT);
        actor_object_gone(actor, oid_of(cgroup));
        run();
        assert_int_equal(access(dropin_file(TRANSIENT, "CPUWeight"), F_OK), -1);
        (void) ledger_entries(ledger, &n);
        assert_int_equal(n, 0);
}

/* What systemd knows nothing of is lost, as it would be with the controller, and is there again; what it knows stays. */
static void survives(const char *command)
{
        set_done(PLAIN, &cpu_max, value_number(50));
        set_done(PLAIN, &cpu_weight, value_number(500));
        set_done(PLAIN, &cpu_burst, value_number(10000));
        assert_string_equal(last_via + strlen(last_via) - strlen("cpu.max.burst"), "cpu.max.burst");

        n_reports = 0;
        shell("systemctl %s && echo 0 > /sys/fs/cgroup%s/cpu.max.burst", command, show(PLAIN, "ControlGroup"));
        run_until_settled();
        assert_int_equal(n_reports, 1);
        assert_int_equal(last.outcome, OUTCOME_DONE);
        assert_string_equal(last_detail, "again, after systemd had undone it");
        assert_string_equal(kernel_text(PLAIN, "cpu.max.burst"), "10000");
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "500");
        assert_string_equal(kernel_text(PLAIN, "cpu.max"), "50000 100000");

        assert_int_equal(restore_all(), OUTCOME_RESTORED);
        assert_true(kernel_text(PLAIN, "cpu.max.burst")[0] == '\0' ||
                    streq(kernel_text(PLAIN, "cpu.max.burst"), "0"));
        expect_no_trace(PLAIN);
}

static void survives_daemon_reload(void **state)
{
        survives("daemon-reload");
        survives("daemon-reload");
}

static void survives_daemon_reexec(void **state)
{
        survives("daemon-reexec");
        survives("daemon-reload");
}

/* A container, as it were: its manager is somebody else. */
static void a_delegated_subtree_is_left_alone(void **state)
{
        char inner[512];

        shell("systemd-run -q --unit=trimtab-test-box -p Delegate=yes sh -c '"
              "d=/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup); mkdir $d/inner $d/main; echo $$ > $d/main/cgroup.procs;"
              "echo +cpu > $d/cgroup.subtree_control; touch /run/trimtab-test-box; exec sleep infinity'");
        for (unsigned i = 0; i < 200 && access("/run/trimtab-test-box", F_OK) < 0; i++)
                (void) usleep(50000);
        (void) snprintf(inner, sizeof(inner), "%s/inner", show("trimtab-test-box", "ControlGroup"));

        assert_int_equal(set_on(inner, &cpu_weight, value_number(500)), OUTCOME_REFUSED);
        assert_non_null(strstr(last_detail, "delegated = yes"));
        assert_string_equal(kernel_text("trimtab-test-box", "inner/cpu.weight"), "100");

        set_done("trimtab-test-box", &cpu_weight, value_number(600));
        assert_non_null(strstr(last_via, "unit trimtab-test-box.service"));

        want_on(inner, &cpu_weight, value_number(500), true);
        run();
        assert_int_equal(last.outcome, OUTCOME_DONE);
        assert_string_equal(kernel_text("trimtab-test-box", "inner/cpu.weight"), "500");

        (void) restore_all();
        assert_string_equal(kernel_text("trimtab-test-box", "inner/cpu.weight"), "100");
        assert_string_equal(kernel_text("trimtab-test-box", "cpu.weight"), "100");
        shell("systemctl stop trimtab-test-box; rm /run/trimtab-test-box");
}

/* systemd takes what the kernel refuses: nothing of it may stay behind. */
static void what_the_kernel_refuses_is_undone(void **state)
{
        /* More than the kernel's bandwidth arithmetic takes, less than would overflow systemd's. */
        assert_int_equal(set(PLAIN, &cpu_max, value_number(1.8e10)), OUTCOME_REFUSED);
        assert_string_equal(show(PLAIN, "CPUQuotaPerSecUSec"), "infinity");
        expect_no_trace(PLAIN);
}

static void a_cgroup_made_by_hand_is_a_plain_file(void **state)
{
        shell("echo +cpu > /sys/fs/cgroup/cgroup.subtree_control && mkdir -p " HAND_MADE);
        assert_int_equal(set_on("/trimtab-test-hand", &cpu_weight, value_number(500)), OUTCOME_DONE);
        assert_string_equal(last_via, HAND_MADE "/cpu.weight");
        assert_string_equal(file_text(HAND_MADE "/cpu.weight"), "500");
        assert_int_equal(restore_all(), OUTCOME_RESTORED);
        assert_string_equal(file_text(HAND_MADE "/cpu.weight"), "100");
        shell("rmdir " HAND_MADE);
}

/* Anonymous memory with no swap: nobody can take it, and PID 1 must not try. */
static void memory_high_stays_above_what_is_in_use(void **state)
{
        shell("systemd-run -q --unit=trimtab-test-hog sh -c '(head -c 50M /dev/zero; sleep infinity) | "
              "tail'");
        for (unsigned i = 0;
             i < 200 && strtoul(kernel_text("trimtab-test-hog", "memory.current"), NULL, 10) < 50 << 20; i++)
                (void) usleep(100000);

        set_done("trimtab-test-hog", &memory_high, value_number(10 << 20));
        assert_true(last.have_after && last.after.number > 45 << 20);
        assert_non_null(strstr(last_detail, "cannot be reclaimed"));
        assert_true(strtod(kernel_text("trimtab-test-hog", "memory.high"), NULL) == last.after.number);

        assert_int_equal(restore_all(), OUTCOME_RESTORED);
        assert_string_equal(kernel_text("trimtab-test-hog", "memory.high"), "max");
        shell("systemctl stop trimtab-test-hog");
}

/* By one call. */
static void set_together(void)
{
        want_on(PLAIN_CGROUP, &cpu_weight, value_number(600), false);
        want_on(PLAIN_CGROUP, &cpu_max, value_number(37), false);
        want_on(PLAIN_CGROUP, &pids_max, value_number(77), false);
        run();
        assert_int_equal(last.outcome, OUTCOME_DONE);
}

/* A process that sets and restores, killed at the n-th step. Returns whether it was. */
static bool killed_at(unsigned n)
{
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                open_actor();
                countdown = n;
                (void) set_on(PLAIN_CGROUP, &cpu_weight, value_number(500));
                set_together();
                (void) restore_all();
                _exit(0);
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFSIGNALED(status))
                assert_int_equal(WEXITSTATUS(status), 0);
        return WIFSIGNALED(status);
}

/* What systemd holds, by one call: they cost most of this test. */
static const char *what_systemd_holds(void)
{
        return show(PLAIN, "CPUWeight -p CPUQuotaPerSecUSec -p TasksMax");
}

static void killed_anywhere(void **state)
{
        _cleanup_free_ char *before = NULL;
        unsigned n = 1;

        /* Weight 250 from the administrator, by the very drop-in that ours replaces. */
        shell("systemctl set-property --runtime " PLAIN " CPUWeight=250");
        before = strdup(what_systemd_holds());
        close_actor();
        while (killed_at(n)) {
                open_actor();
                (void) restore_all();
                if (!streq(file_text("/sys/fs/cgroup" PLAIN_CGROUP "/cpu.weight"), "250"))
                        fail_msg("killed at step %u: weight %s", n, kernel_text(PLAIN, "cpu.weight"));
                assert_string_equal(what_systemd_holds(), before);
                assert_non_null(strstr(file_text(dropin_file(PLAIN, "CPUWeight")), "CPUWeight=250"));
                assert_int_equal(access(dropin_file(PLAIN, "CPUQuota"), F_OK), -1);
                assert_int_equal(access(dropin_file(PLAIN, "TasksMax"), F_OK), -1);
                close_actor();
                n++;
        }
        print_message("killed at %u steps\n", n - 1);
        assert_true(n > 15);
        open_actor();
}

/* With no bus all goes to the file, and what systemd keeps is found again when it is back. */
static void the_bus_goes_away(void **state)
{
        set_done(PLAIN, &cpu_weight, value_number(500));
        assert_int_equal(actor_set_bus(actor, NULL), 0);
        assert_int_equal(set(PLAIN, &cpu_weight, value_number(600)), OUTCOME_FAILED);
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "500");

        assert_int_equal(restore_all(), OUTCOME_RESTORED);
        assert_string_equal(kernel_text(PLAIN, "cpu.weight"), "100");
        shell("systemctl daemon-reload");
        assert_string_not_equal(kernel_text(PLAIN, "cpu.weight"), "500");
        expect_no_trace(PLAIN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(sets_and_restores_a_unit_from_a_file),
                TEST(sets_and_restores_a_transient_unit),
                TEST(set_property_runtime_comes_back),
                TEST(idle_is_a_weight),
                TEST(devices_have_limits_of_their_own),
                TEST(a_pinned_property_is_theirs),
                TEST(a_pin_that_appears_is_theirs),
                TEST(a_foreign_set_property_stays),
                TEST(a_foreign_file_write_stays),
                TEST(a_stopped_unit_is_cleaned_up),
                TEST(a_restarted_unit_keeps_and_gives_back),
                TEST(a_restarted_units_old_cgroup_gives_back),
                TEST(a_restarted_units_new_cgroup_was_not_written_yet),
                TEST(a_transient_unit_that_ends_leaves_nothing),
                TEST(survives_daemon_reload),
                TEST(survives_daemon_reexec),
                TEST(a_delegated_subtree_is_left_alone),
                TEST(what_the_kernel_refuses_is_undone),
                TEST(a_cgroup_made_by_hand_is_a_plain_file),
                TEST(memory_high_stays_above_what_is_in_use),
                TEST(killed_anywhere),
                TEST(the_bus_goes_away),
        };

        if (sd_booted() <= 0 || geteuid() != 0) {
                (void) fprintf(stderr, "skipped: needs root and systemd as PID 1\n");
                return SKIPPED;
        }
        if (!mkdtemp(run_dir))
                return 1;

        return cmocka_run_group_tests(tests, NULL, NULL);
}
