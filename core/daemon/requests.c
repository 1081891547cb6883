/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/rules.h"
#include "daemon/state.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* A person who reverts wants it to stay so for a while: as long as we yield to another writer. */
#define REVERT_REST(d) ((d)->options.foreign_backoff_ns)

static int take_reason(struct daemon *d, uint64_t decision, struct pending *ret)
{
        for (size_t i = 0; i < d->n_pending; i++)
                if (d->pending[i].decision == decision) {
                        *ret = d->pending[i];
                        d->pending[i] = d->pending[--d->n_pending];
                        return 0;
                }
        return -ENOENT;
}

static int error_of(const struct report *report)
{
        switch (report->outcome) {
        case OUTCOME_DONE:
        case OUTCOME_RESTORED:
                return 0;
        case OUTCOME_FOREIGN:
        case OUTCOME_PINNED:
                return -EBUSY;
        case OUTCOME_GONE:
                return -ENOENT;
        case OUTCOME_REFUSED:
        case OUTCOME_FAILED:
                return report->error < 0 ? report->error : -EIO;
        }
        return -EIO;
}

void daemon_report(void *userdata, const struct report *report)
{
        struct daemon *d = userdata;
        struct pending pending;
        bool known = take_reason(d, report->decision, &pending) >= 0;

        if (report->outcome == OUTCOME_DONE || report->outcome == OUTCOME_RESTORED)
                d->views.n_writes++;
        tell_report(&d->teller, report, known ? pending.reason : NULL);
        if (report->knob)
                engine_outcome(d->engine, report->knob->number, report->object, error_of(report),
                               report->have_after ? &report->after : NULL);
}

static char *diag_text(const struct diag *diag)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        diag_print(diag, f, false);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

int daemon_load_rules(struct daemon *d, bool reload, char **ret_messages)
{
        _cleanup_(diag_clear) struct diag diag = {};
        struct ruleset *set = NULL;
        int r;

        r = rules_load((const char *const *) d->arguments->rules, d->catalogue, d->objects, &diag, &set);
        if (r < 0)
                return r;

        tell_diag(&d->teller, &diag);
        if (ret_messages)
                *ret_messages = diag_text(&diag);
        if (reload && diag.n_errors > 0) {
                ruleset_free(set);
                return -EINVAL;
        }
        return engine_set_rules(d->engine, set);
}

int daemon_reload(void *userdata, char **ret_messages)
{
        struct daemon *d = userdata;
        int r;

        (void) sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
                          (unsigned long long) (monotonic_ns() / NSEC_PER_USEC));
        r = daemon_load_rules(d, true, ret_messages);
        fuse_reset(&d->fuse);
        if (r < 0)
                tell_line(&d->teller, LOG_ERR, "reload failed, the old rules stay in force: %s", strerror(-r));
        else
                tell_line(&d->teller, LOG_NOTICE, "rules reloaded: %zu", ruleset_n(engine_rules(d->engine)));
        (void) sd_notify(0, "READY=1");
        return r;
}

void daemon_refresh(void *userdata)
{
        struct daemon *d = userdata;

        d->views.now_ns = monotonic_ns();
}

void daemon_look(void *userdata, const char *name_glob, const char *object_glob)
{
        struct daemon *d = userdata;

        if (look_add(d->look, name_glob, object_glob, monotonic_ns()) == -EBUSY)
                tell_line(&d->teller, LOG_WARNING, "too many clients look at metrics: write a rule for what is always wanted");
}

static int find_object(struct daemon *d, const char *name, struct oid *ret)
{
        const char *colon = strchr(name, ':');
        const struct object *object;
        int scope;

        scope = objects_scope_find(d->objects, name, colon ? (size_t) (colon - name) : strlen(name));
        if (scope < 0)
                return scope;
        object = objects_by_name(d->objects, (uint32_t) scope, colon ? colon + 1 : "");
        if (!object)
                return -ENOENT;
        *ret = object->id;
        return 0;
}

int daemon_revert(void *userdata, const char *what)
{
        struct daemon *d = userdata;
        uint64_t until_ns = monotonic_ns() + REVERT_REST(d);
        struct oid object;
        size_t n, count = 0;
        const struct ledger_entry *const *entries = ledger_entries(d->ledger, &n);

        if (what[0] == '\0') {
                engine_release(d->engine, NULL, NULL, until_ns);
                count = n;
        } else if (engine_rules(d->engine) && ruleset_find(engine_rules(d->engine), what)) {
                engine_release(d->engine, what, NULL, until_ns);
                for (size_t i = 0; i < n; i++)
                        count += entries[i]->rule && streq(entries[i]->rule, what);
        } else if (find_object(d, what, &object) >= 0) {
                engine_release(d->engine, NULL, &object, until_ns);
                for (size_t i = 0; i < n; i++)
                        count += streq(entries[i]->object, what);
        } else {
                return -ENOENT;
        }

        tell_line(&d->teller, LOG_NOTICE, "asked to revert %s: %zu changes", what[0] ? what : "everything", count);
        (void) daemon_schedule(d, 0);
        return (int) count;
}
