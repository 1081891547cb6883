/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/state.h"
#include "decide/rule.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* What a person does to the daemon: revert, pause, resume, mode. */

/* A person who reverts wants it to stay so for a while: as long as we yield to another writer. */
#define REVERT_REST(d) ((d)->options.foreign_backoff_ns)

/* The number of a decision as the log has it; 0: it is none. */
static uint64_t decision_number(const char *what)
{
        uint64_t id;
        int end = 0;

        if (strspn(what, "0123456789") != strlen(what) || sscanf(what, "%" SCNu64 "%n", &id, &end) != 1)
                return 0;
        return what[end] == '\0' ? id : 0;
}

/* The knob and object that a decision was about, in the words of subject_find. */
static int subject_of_decision(const struct daemon *d, uint64_t id, struct subject *ret)
{
        const struct event *event = events_of_decision(d->events, id);
        _cleanup_free_ char *words = NULL;

        if (!event || !event->knob || !event->object)
                return -ENOENT;
        words = str_printf("%s %s", event->knob, event->object);
        return words ? subject_find(&d->views, words, ret) : -ENOMEM;
}

static bool concerns(const struct subject *s, const struct subject *entry, const char *rule)
{
        if (s->rule)
                return rule && streq(rule, s->rule);
        if (s->knob && s->knob != entry->knob)
                return false;
        return !s->has_object || oid_equal(s->object, entry->object);
}

static void release(struct daemon *d, const struct subject *s)
{
        const struct oid *object = s->has_object ? &s->object : NULL;
        uint64_t until_ns = monotonic_ns() + REVERT_REST(d);

        if (s->knob)
                engine_release_knob(d->engine, s->knob->number, object, until_ns);
        else
                engine_release(d->engine, s->rule, object, until_ns);
}

/* Held by a rule, it goes back when that lets go, and past a pause; kept by none, at once. */
static int put_back(struct daemon *d, const struct subject *entry, const char *rule)
{
        const char *owner, *shadowed;
        int r;

        if (engine_owner(d->engine, entry->knob->number, entry->object, &owner, &shadowed) >= 0) {
                actor_withdraw(d->actor, entry->knob, entry->object);
                return brakes_let_through(&d->brakes, entry->knob->number, entry->object);
        }
        r = actor_restore(d->actor, entry->knob, entry->object, rule, 0);
        return r == -ENOENT ? 0 : r;
}

static int revert(struct daemon *d, const struct subject *s)
{
        const struct ledger_entry *const *entries;
        size_t n, count = 0;

        entries = ledger_entries(d->ledger, &n);
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *words = str_printf("%s %s", entries[i]->knob, entries[i]->object);
                struct subject entry;

                /* It goes back with the other. */
                if (entries[i]->moved_for)
                        continue;
                /* What is of another run, its plugin gone, is put back at the stop. */
                if (!words || subject_find(&d->views, words, &entry) < 0 ||
                    !concerns(s, &entry, entries[i]->rule))
                        continue;
                if (put_back(d, &entry, entries[i]->rule) >= 0)
                        count++;
        }

        release(d, s);
        return (int) count;
}

/* What came since the last tick, a unit that was restarted among it: a person means what is there now. */
static int meet_the_new(struct daemon *d)
{
        struct view view = daemon_view(d, monotonic_ns());
        int r = d->cgroups ? cgroup_tree_process(d->cgroups) : 0;

        return r < 0 ? r : engine_match(d->engine, &view);
}

int daemon_revert(void *userdata, const char *what)
{
        struct daemon *d = userdata;
        struct subject s = {};
        int r;

        r = meet_the_new(d);
        if (r >= 0 && what[0] != '\0')
                r = subject_find(&d->views, what, &s);
        if (r == -ENOENT && decision_number(what) > 0)
                r = subject_of_decision(d, decision_number(what), &s);
        if (r >= 0)
                r = revert(d, &s);
        if (r < 0)
                return r;

        tell_line(&d->teller, LOG_NOTICE, "asked to revert %s: %d changes", what[0] ? what : "everything", r);
        (void) daemon_schedule(d, 0);
        return r;
}

static void tell_pause(struct daemon *d, int error, const char *text)
{
        if (error < 0)
                tell_line(&d->teller, LOG_WARNING, "%s: %s: the next daemon will not know of it",
                          d->brakes.path, strerror(-error));
        tell_line(&d->teller, LOG_NOTICE, "%s", text);
        (void) sd_notifyf(0, "STATUS=%s%s", mode_to_string(d->options.mode),
                          d->brakes.pause.on ? ", paused" : "");
}

int daemon_pause(void *userdata, uint64_t for_usec)
{
        struct daemon *d = userdata;
        _cleanup_free_ char *text = NULL;
        int r;

        r = brakes_pause(&d->brakes, realtime_usec(), for_usec, false);
        if (for_usec > 0 && d->brakes.pause.until_usec > 0)
                text = str_printf("paused for %.0f s: nothing is changed; what is set stays",
                                  (double) for_usec / USEC_PER_SEC);
        tell_pause(d, r, text ?: "paused until 'trimtab resume': nothing is changed; what is set stays");
        return 0;
}

int daemon_resume(void *userdata)
{
        struct daemon *d = userdata;
        int r;

        r = brakes_resume(&d->brakes);
        tell_pause(d, r, "resumed: rules act again");
        (void) daemon_schedule(d, 0);
        return 0;
}

int daemon_set_mode(void *userdata, enum mode mode)
{
        struct daemon *d = userdata;

        if (mode == d->options.mode)
                return 0;

        tell_line(&d->teller, LOG_NOTICE, "mode %s, was %s%s", mode_to_string(mode),
                  mode_to_string(d->options.mode),
                  d->options.mode == MODE_ENFORCE ? ": what is set goes back" : "");
        d->options.mode = mode;
        (void) sd_notifyf(0, "STATUS=%s%s", mode_to_string(mode), d->brakes.pause.on ? ", paused" : "");
        (void) daemon_schedule(d, 0);
        return 0;
}

uint32_t daemon_mode_for_plugins(void *userdata)
{
        const struct daemon *d = userdata;

        switch (d->options.mode) {
        case MODE_OFF:
        case MODE_OBSERVE:
                return TRIMTAB_OBSERVE;
        case MODE_ADVISE:
                return TRIMTAB_ADVISE;
        case MODE_ENFORCE:
                return TRIMTAB_ENFORCE;
        }
        return TRIMTAB_OBSERVE;
}

int daemon_deed(void *userdata, const char *plugin, const char *deed, const char *argument, const struct trimtab_rows *answer)
{
        struct daemon *d = userdata;
        _cleanup_free_ char *safe = str_escape(argument);
        int r;

        r = plugins_deed(d->plugins, plugin, deed, argument, answer);
        if (r == -ENOPKG || r == -ENOSYS)
                return r;
        if (r < 0)
                tell_line(&d->teller, LOG_ERR, "%s: asked to %s%s%s: %s", plugin, deed, argument[0] ? " " : "", safe ?: "", strerror(-r));
        else
                tell_line(&d->teller, LOG_NOTICE, "%s: done as asked: %s%s%s", plugin, deed, argument[0] ? " " : "", safe ?: "");
        (void) daemon_schedule(d, 0);
        return r;
}

void daemon_blow_fuse(struct daemon *d)
{
        int r;

        r = brakes_pause(&d->brakes, realtime_usec(), 0, true);
        tell_line(&d->teller, LOG_CRIT,
                  "more than %u changes in a minute: the write fuse has blown, nothing is changed until "
                  "'trimtab resume'; see 'trimtab log'",
                  d->brakes.fuse.per_minute);
        if (r < 0)
                tell_line(&d->teller, LOG_WARNING, "%s: %s: the next daemon will not know of it",
                          d->brakes.path, strerror(-r));
        (void) sd_notifyf(0, "STATUS=%s, stopped by the write fuse", mode_to_string(d->options.mode));
}
