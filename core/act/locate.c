/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/locate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/str.h"

/* The template's {path}, {name}, {key} and, for a block device, {device} filled in. */
static int expand(const char *template, const struct object *object, char **ret)
{
        _cleanup_(buffer_clear) struct buffer t = {};

        for (const char *s = template, *rest; *s; s = rest) {
                if ((rest = startswith(s, "{path}")))
                        buffer_printf(&t, "%s", object->path ?: "");
                else if ((rest = startswith(s, "{name}")))
                        buffer_printf(&t, "%s", object->name);
                else if ((rest = startswith(s, "{key}")))
                        buffer_printf(&t, "%" PRIu64, object->id.key);
                else if (object->id.scope == SCOPE_BLOCK && (rest = startswith(s, "{device}")))
                        buffer_printf(&t, "%u:%u", major(object->id.key), minor(object->id.key));
                else
                        buffer_put_char(&t, *s), rest = s + 1;
        }
        if (!object->path && strstr(template, "{path}"))
                return -ENOENT;

        return buffer_take(&t, ret, NULL);
}

static int target_of_call(const struct knob *knob, const struct object *object, struct target *ret)
{
        struct target t = {
                .kind = TARGET_CALL,
                .form = { .form = TRIMTAB_FORM_PLAIN, .type = knob->type },
        };

        /* What is over when it has happened has nothing to read. */
        if (!knob->apply || (!knob->read && !(knob->flags & TRIMTAB_KNOB_ACTION)))
                return -EOPNOTSUPP;
        t.path = str_printf("%s@%" PRIu64, knob->name, object->id.key);
        if (!t.path)
                return -ENOMEM;

        *ret = t;
        return 0;
}

/* Where the knob's file is; systemd may turn it into a unit's property later. */
int target_of(const struct knob *knob, const struct object *object, struct target *ret)
{
        struct target t = {
                .kind = TARGET_FILE,
                .form = { .form = knob->form, .type = knob->type },
                .slow = knob->flags & TRIMTAB_KNOB_SLOW,
        };
        _cleanup_free_ char *key = NULL;
        int r;

        if (!knob->file)
                return target_of_call(knob, object, ret);

        r = expand(knob->key ?: "", object, &key);
        if (r < 0)
                return r;
        if (strlen(key) >= sizeof(t.form.key) || strlen(knob->absent ?: "") >= sizeof(t.form.absent))
                return -ENAMETOOLONG;
        strcpy(t.form.key, key);
        strcpy(t.form.absent, knob->absent ?: "");

        r = expand(knob->file, object, &t.path);
        if (r < 0)
                return r;

        *ret = t;
        return 0;
}

const struct ledger_entry *entry_of_file(const struct ledger *l, const struct target *t)
{
        return ledger_find_file(l, t->path, t->form.key);
}

const struct ledger_entry *entry_of_dropin(const struct ledger *l, const char *path, const struct ledger_entry *last)
{
        size_t n;
        const struct ledger_entry *const *entries = ledger_entries(l, &n);

        for (size_t i = 0; i < n; i++)
                if (entries[i]->dropin_path && streq(entries[i]->dropin_path, path) &&
                    (!last || entries[i]->number > last->number))
                        return entries[i];

        return NULL;
}
