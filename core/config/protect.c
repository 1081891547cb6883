/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

/*
 * What no rule may touch, whatever a glob says: without these nobody could log in, be heard or put things
 * right. Delegated children are listed where the unit has some, as * does not cross a /.
 */
static const char *const protected_always[] = {
        "/init.scope",
        "/system.slice/trimtabd.service",
        "/system.slice/ssh.service",
        "/system.slice/sshd.service",
        "/system.slice/ssh@*.service",
        "/system.slice/sshd@*.service",
        "/system.slice/system-ssh*.slice",
        "/system.slice/system-ssh*.slice/*",
        "/system.slice/dbus.service",
        "/system.slice/dbus-broker.service",
        "/system.slice/systemd-journald.service",
        "/system.slice/systemd-journald@*.service",
        "/system.slice/system-systemd*journald.slice",
        "/system.slice/system-systemd*journald.slice/*",
        "/system.slice/systemd-logind.service",
        "/system.slice/systemd-udevd.service",
        "/system.slice/systemd-udevd.service/*",
        NULL,
};

const char *const *protect_builtin(void)
{
        return protected_always;
}

void protect_clear(struct options *o)
{
        for (size_t i = 0; i < o->n_protect; i++)
                free(o->protect[i]);
        free(o->protect);
        o->protect = NULL;
        o->n_protect = 0;
}

/* The array holds a NULL behind its last. */
static int protect_add(struct options *o, const char *pattern)
{
        _cleanup_free_ char *copy = strdup(pattern);
        size_t held = o->n_protect > 0 ? o->n_protect + 1 : 0;
        int r;

        if (!copy)
                return -ENOMEM;

        /* One call makes room for one more: the first pattern needs its NULL too, which four at once have. */
        r = array_reserve(&o->protect, held, sizeof(*o->protect));
        if (r < 0)
                return r;

        o->protect[o->n_protect++] = TAKE(copy);
        o->protect[o->n_protect] = NULL;
        return 0;
}

int protect_reset(struct options *o)
{
        protect_clear(o);
        for (const char *const *p = protected_always; *p; p++) {
                int r = protect_add(o, *p);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* Globs, between commas or white space; the daemon's own words for a cgroup are taken too. */
static int protect_line(struct options *o, const struct ini_line *line, struct diag *diag)
{
        const char *s = line->text, *separators = ", \t";

        for (size_t n; s += strspn(s, separators), (n = strcspn(s, separators)) > 0; s += n) {
                _cleanup_free_ char *word = strndup(s, n);
                struct place place = line->place;
                const char *pattern;
                int r;

                if (!word)
                        return -ENOMEM;

                pattern = startswith(word, "cgroup:") ?: word;
                if (*pattern != '/') {
                        place.column += (unsigned) (s - line->text);
                        place.width = (unsigned) n;
                        diag_add(diag, SEVERITY_ERROR, &place,
                                 "expected the path of a cgroup from its root, as in /system.slice/%s",
                                 pattern);
                        continue;
                }

                r = protect_add(o, pattern);
                if (r < 0)
                        return r;
        }
        return 0;
}

int protect_load(struct options *o, const struct ini_entry *entry, struct diag *diag)
{
        int r;

        r = protect_reset(o);
        for (size_t i = 0; r >= 0 && i < entry->n_lines; i++)
                r = protect_line(o, &entry->lines[i], diag);
        return r;
}
