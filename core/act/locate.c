/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/locate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/str.h"

/* The template's {path}, {name} and {key} filled in. */
static int expand(const char *template, const struct object *object, char **ret)
{
        _cleanup_free_ char *path = NULL;
        size_t size;
        FILE *f;

        f = open_memstream(&path, &size);
        if (!f)
                return -ENOMEM;

        for (const char *s = template, *rest; *s; s = rest) {
                if ((rest = startswith(s, "{path}")))
                        (void) fputs(object->path ?: "", f);
                else if ((rest = startswith(s, "{name}")))
                        (void) fputs(object->name, f);
                else if ((rest = startswith(s, "{key}")))
                        (void) fprintf(f, "%" PRIu64, object->id.key);
                else
                        (void) fputc(*s, f), rest = s + 1;
        }
        if (fclose(f) != 0)
                return -ENOMEM;
        if (!object->path && strstr(template, "{path}"))
                return -ENOENT;

        *ret = TAKE(path);
        return 0;
}

static int target_of_call(const struct knob *knob, const struct object *object, struct target *ret)
{
        struct target t = {
                .kind = TARGET_CALL,
                .form = { .form = TRIMTAB_FORM_PLAIN, .type = knob->type },
        };

        if (!knob->read || !knob->apply)
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
        int r;

        if (!knob->file)
                return target_of_call(knob, object, ret);
        if (knob->key && strlen(knob->key) >= sizeof(t.form.key))
                return -ENAMETOOLONG;
        if (knob->key)
                strcpy(t.form.key, knob->key);

        r = expand(knob->file, object, &t.path);
        if (r < 0)
                return r;

        *ret = t;
        return 0;
}

const struct ledger_entry *entry_of_file(const struct ledger *l, const struct target *t)
{
        size_t n;
        const struct ledger_entry *const *entries = ledger_entries(l, &n);

        for (size_t i = 0; i < n; i++)
                if (streq(entries[i]->target.path, t->path) &&
                    streq(entries[i]->target.form.key, t->form.key))
                        return entries[i];

        return NULL;
}
