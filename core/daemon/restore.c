/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon.h"
#include "daemon/state.h"
#include "sense/machine.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* Below systemd's patience for ExecStopPost=, the unit's TimeoutStopSec=: who is killed cannot say what is left. */
#define RESTORE_DEADLINE_NS (40 * NSEC_PER_SEC)

DEFINE_CLEANUP(struct ledger *, ledger_free);
DEFINE_CLEANUP(struct actor *, actor_free);
DEFINE_CLEANUP(struct events *, events_free);

struct restoring {
        struct teller teller;
        unsigned failures;
};

static void report(void *userdata, const struct report *r)
{
        struct restoring *s = userdata;

        s->failures += r->outcome == OUTCOME_FAILED || r->outcome == OUTCOME_REFUSED;
        tell_report(&s->teller, r, NULL, NULL);
}

/* ExecStopPost= after a clean stop keeps what on-exit says is to stay; after a crash everything goes back. */
static bool keeps(void)
{
        const char *result = getenv("SERVICE_RESULT");

        return result && streq(result, "success");
}

static int run_until_idle(sd_event *event, struct actor *actor)
{
        uint64_t give_up_ns = monotonic_ns() + RESTORE_DEADLINE_NS;
        int r = 0;

        while (r >= 0 && !actor_idle(actor)) {
                if (monotonic_ns() >= give_up_ns)
                        return -ETIMEDOUT;
                r = sd_event_run(event, USEC_PER_SEC);
        }
        return r;
}

int daemon_restore(const struct arguments *a)
{
        _cleanup_close_ int lock_fd = -1; /* the first, so that it goes last: until then nobody else may begin */
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(events_freep) struct events *events = NULL;
        _cleanup_(ledger_freep) struct ledger *ledger = NULL;
        _cleanup_(actor_freep) struct actor *actor = NULL;
        _cleanup_free_ char *boot_id = NULL;
        struct log log;
        struct restoring state = { .teller.log = &log };
        unsigned skipped = 0;
        int r;

        log_init(&log, LOG_INFO);
        lock_fd = runtime_dir_lock(a->runtime_dir);
        if (lock_fd == -EBUSY)
                log_write(&log, LOG_ERR, "%s: a daemon runs there: use 'trimtab revert'", a->runtime_dir);
        else if (lock_fd == -EPERM)
                log_write(&log, LOG_ERR, RUNTIME_DIR_NOT_OURS, a->runtime_dir);
        else if (lock_fd < 0)
                log_write(&log, LOG_ERR, "%s: %s", a->runtime_dir, strerror(-lock_fd));
        if (lock_fd < 0)
                return lock_fd;

        r = machine_boot_id(&boot_id);
        if (r >= 0)
                r = ledger_open(a->runtime_dir, boot_id, &ledger, &skipped);
        if (r >= 0)
                r = events_new(16, &events);
        if (r >= 0)
                r = sd_event_default(&event);
        if (r < 0) {
                log_write(&log, LOG_ERR, "%s/ledger: %s", a->runtime_dir, strerror(-r));
                return r;
        }
        if (skipped > 0)
                log_write(&log, LOG_WARNING, "%s/ledger: %u damaged records skipped", a->runtime_dir, skipped);

        if (sd_booted() > 0 && sd_bus_open_system(&bus) >= 0)
                (void) sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);

        state.teller.events = events;
        r = actor_new(&(struct actor_config) {
                              .event = event,
                              .ledger = ledger,
                              .system_bus = bus,
                              .systemd = sd_booted() > 0,
                              .systemd_run_dir = "/run/systemd",
                              .systemd_etc_dir = "/etc/systemd",
                              .deadline_ns = 3 * NSEC_PER_SEC,
                              .report = report,
                              .userdata = &state,
                      },
                      &actor);
        if (r >= 0)
                r = actor_restore_all(actor, !keeps());
        if (r >= 0)
                r = run_until_idle(event, actor);
        if (r < 0)
                log_write(&log, LOG_ERR, "cannot restore: %s", strerror(-r));
        else if (actor_left(actor, !keeps()) > 0) {
                log_write(&log, LOG_ERR, "%zu values could not be put back: 'trimtabd --restore' tries again",
                          actor_left(actor, !keeps()));
                r = -EIO;
        } else if (state.failures > 0)
                r = -EIO;
        return r;
}
