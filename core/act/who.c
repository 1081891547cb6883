/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/who.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "act/dropin.h"
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

/* Whether the drop-in was written again since our value went into it, which was moments after the intent. */
static bool is_newer(const char *path, uint64_t intended_usec)
{
        struct stat st;

        return stat(path, &st) >= 0 && (uint64_t) st.st_mtim.tv_sec > intended_usec / USEC_PER_SEC + 1;
}

static char *through_systemd(const struct order *o, const struct ledger_entry *e)
{
        _cleanup_free_ char *pin = NULL;

        if (!o->property)
                return NULL;

        pin = str_printf("%s/system.control/%s.d/50-%s.conf", o->actor->etc_dir, e->target.unit,
                         o->property->setting);
        if (pin && dropin_is_pinned(o->actor->etc_dir, e->target.unit, o->property->setting) > 0)
                return of_dropin("systemctl set-property", pin);
        if (e->dropin_path && is_newer(e->dropin_path, e->when_usec))
                return of_dropin("systemctl set-property --runtime", e->dropin_path);

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
        _cleanup_free_ char *who = e->target.kind == TARGET_UNIT ? through_systemd(o, e) : NULL,
                            *value = NULL;
        const struct sighting *s = watcher_last(o->actor->watcher, o->target.path);
        const char *is;

        if (s && s->pid != 1 && s->when_usec >= e->when_usec) {
                free(who);
                who = of_process(s);
        }
        is = who ?: "by a write to the file; the kernel does not record whose";
        value = str_escape(o->before ?: "nothing");
        if (o->contest || (o->verb == ORDER_RESTORE && e->contest))
                order_say(o, "somebody else had set it to \"%s\", %s; contest = yes", value ?: "?", is);
        else if (o->verb == ORDER_RESTORE)
                order_say(o, "somebody else has set it to \"%s\", %s; it stays so", value ?: "?", is);
        else
                order_say(o, "somebody else has set it to \"%s\", %s; left alone for %.0f min", value ?: "?",
                          is, backoff_minutes(o));
}
