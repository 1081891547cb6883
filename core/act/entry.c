/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

static int copy_string(const char *from, char **to)
{
        *to = from ? strdup(from) : NULL;
        return from && !*to ? -ENOMEM : 0;
}

void target_clear(struct target *t)
{
        free(t->path);
        free(t->unit);
        free(t->property);
        *t = (struct target){};
}

int target_copy(const struct target *from, struct target *to)
{
        struct target copy = { .kind = from->kind, .form = from->form, .slow = from->slow };

        if (copy_string(from->path, &copy.path) < 0 || copy_string(from->unit, &copy.unit) < 0 ||
            copy_string(from->property, &copy.property) < 0) {
                target_clear(&copy);
                return -ENOMEM;
        }

        *to = copy;
        return 0;
}

bool target_same(const struct target *a, const struct target *b)
{
        if (a->kind != b->kind)
                return false;

        switch (a->kind) {
        case TARGET_FILE:
        case TARGET_CALL:
        case TARGET_FILTER:
                return streq(a->path, b->path) && streq(a->form.key, b->form.key);
        case TARGET_UNIT:
                return streq(a->unit, b->unit) && streq(a->property, b->property);
        }

        return false;
}

uint64_t target_hash(const struct target *t)
{
        switch (t->kind) {
        case TARGET_FILE:
        case TARGET_CALL:
        case TARGET_FILTER:
                return hash_string(hash_string(0, t->path), t->form.key);
        case TARGET_UNIT:
                return hash_string(hash_string(0, t->unit), t->property);
        }

        return 0;
}

struct ledger_entry *ledger_entry_free(struct ledger_entry *e)
{
        if (!e)
                return NULL;

        target_clear(&e->target);
        for (size_t i = 0; i < e->n_intended; i++)
                free(e->intended[i]);
        free(e->intended);
        free(e->knob);
        free(e->object);
        free(e->original);
        free(e->original_property);
        free(e->dropin_path);
        free(e->dropin);
        free(e->confirmed);
        free(e->rule);
        free(e->moved_for);
        free(e);
        return NULL;
}

static int copy_strings(const struct ledger_entry *from, struct ledger_entry *to)
{
        if (copy_string(from->knob, &to->knob) < 0 || copy_string(from->object, &to->object) < 0 ||
            copy_string(from->original, &to->original) < 0 ||
            copy_string(from->original_property, &to->original_property) < 0 ||
            copy_string(from->dropin_path, &to->dropin_path) < 0 ||
            copy_string(from->dropin, &to->dropin) < 0 || copy_string(from->confirmed, &to->confirmed) < 0 ||
            copy_string(from->rule, &to->rule) < 0 || copy_string(from->moved_for, &to->moved_for) < 0)
                return -ENOMEM;

        return 0;
}

int entry_copy(const struct ledger_entry *from, struct ledger_entry **ret)
{
        _cleanup_(ledger_entry_freep) struct ledger_entry *e = NULL;
        int r;

        e = calloc(1, sizeof(*e));
        if (!e)
                return -ENOMEM;

        e->number = from->number;
        e->original_absent = from->original_absent;
        e->dropin_absent = from->dropin_absent;
        e->when_usec = from->when_usec;
        e->keep = from->keep;
        e->contest = from->contest;

        r = target_copy(&from->target, &e->target);
        if (r < 0)
                return r;

        r = copy_strings(from, e);
        if (r < 0)
                return r;

        for (size_t i = 0; i < from->n_intended; i++) {
                r = entry_add_intent(e, from->intended[i]);
                if (r < 0)
                        return r;
        }

        *ret = TAKE(e);
        return 0;
}

int entry_add_intent(struct ledger_entry *e, const char *raw)
{
        int r;

        r = array_reserve(&e->intended, e->n_intended, sizeof(*e->intended));
        if (r < 0)
                return r;

        e->intended[e->n_intended] = strdup(raw);
        if (!e->intended[e->n_intended])
                return -ENOMEM;

        e->n_intended++;
        return 0;
}

void entry_drop_intent(struct ledger_entry *e)
{
        if (e->n_intended > 0)
                free(e->intended[--e->n_intended]);
}
