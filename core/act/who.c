/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/who.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "act/dropin.h"
#include "act/ours.h"
#include "util/clock.h"
#include "util/str.h"

static char *local_time(time_t when)
{
        char text[32];
        struct tm tm;

        return localtime_r(&when, &tm) && strftime(text, sizeof(text), "%F %T", &tm) > 0 ? strdup(text)
                                                                                         : NULL;
}

static char *of_dropin(const char *command, const char *path)
{
        _cleanup_free_ char *when = NULL;
        struct stat st;

        if (stat(path, &st) < 0)
                return NULL;

        when = local_time(st.st_mtim.tv_sec);
        return str_printf("by '%s' or an editor, in %s of %s", command, path, when ?: "some time ago");
}

/* Whether the drop-in that our value went into holds another one by now. */
static bool is_theirs(const struct order *o, const struct ledger_entry *e)
{
        return e->dropin_path && access(e->dropin_path, F_OK) >= 0 && !ours_dropin(o, e);
}

static char *through_systemd(const struct order *o, const struct ledger_entry *e, bool by_pid1)
{
        _cleanup_free_ char *pin = NULL;

        if (!o->property)
                return NULL;

        pin = str_printf("%s/system.control/%s.d/50-%s.conf", o->actor->etc_dir, e->target.unit,
                         o->property->setting);
        if (pin && dropin_is_pinned(o->actor->etc_dir, e->target.unit, o->property->setting) > 0)
                return of_dropin("systemctl set-property", pin);
        if (is_theirs(o, e))
                return of_dropin("systemctl set-property --runtime", e->dropin_path);
        if (by_pid1)
                return str_printf("by systemd, which has read a unit file or drop-in anew: see 'systemctl cat %s'",
                                  e->target.unit);

        return strdup("not through a drop-in of systemd's: by a unit file and daemon-reload, or in the "
                      "kernel's file");
}

/* Who wrote to the file just before. */
static char *of_process(const struct sighting *s)
{
        _cleanup_free_ char *comm = str_escape(s->comm), *unit = str_escape(s->unit),
                            *when = local_time((time_t) (s->when_usec / USEC_PER_SEC));

        if (!comm || !unit)
                return NULL;
        if (!*comm)
                return str_printf("by process %d, which is over, at %s", (int) s->pid, when ?: "?");

        return str_printf("by process %d (%s%s%s) at %s", (int) s->pid, comm, *unit ? " of " : "", unit,
                          when ?: "?");
}

static double backoff_minutes(const struct order *o)
{
        return (double) o->actor->config.foreign_backoff_ns / (60.0 * NSEC_PER_SEC);
}

void who_say(struct order *o, const struct ledger_entry *e)
{
        const struct sighting *s = watcher_last(o->actor->watcher, o->target.path);
        bool seen = s && s->when_usec >= e->when_usec;
        _cleanup_free_ char *who = NULL, *value = NULL;
        const char *is;

        if (seen && s->pid != 1)
                who = of_process(s);
        else if (e->target.kind == TARGET_UNIT)
                who = through_systemd(o, e, seen);
        is = who ?: "by a write to the file; the kernel does not record whose";
        value = str_escape(o->after ?: o->before ?: "nothing");
        if (o->contest || (o->verb == ORDER_RESTORE && e->contest))
                order_say(o, "somebody else had set it to \"%s\", %s; contest = yes", value ?: "?", is);
        else if (o->verb == ORDER_RESTORE)
                order_say(o, "somebody else has set it to \"%s\", %s; it stays so", value ?: "?", is);
        else
                order_say(o, "somebody else has set it to \"%s\", %s; left alone for %.0f min", value ?: "?",
                          is, backoff_minutes(o));
}
