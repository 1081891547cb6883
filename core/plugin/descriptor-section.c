/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "config/ini-scan.h"
#include "plugin/descriptor-room.h"
#include "util/cleanup.h"
#include "util/str.h"

/* Both stand in one header, [KIND NAME], of at most INI_NAME_MAX bytes: the name wants room, too. */
#define KIND_MAX 24

/* Kinds of section that the core reads itself. */
static const char *const reserved[] = { "rule", "goal", "plugin", "daemon" };

static int check_key_choices(const struct entry *e, const struct trimtab_key *k)
{
        if (k->type == TRIMTAB_KEY_CHOICE)
                return check_choices(e, k->choices);
        return k->choices ? REFUSE(e, "choices, but its type is not choice") : 0;
}

static int check_key_number(const struct entry *e, const struct trimtab_key *k)
{
        if (k->type == TRIMTAB_KEY_NUMBER) {
                if (!k->unit)
                        return REFUSE(e, "a number without a unit (\"\" is a bare number)");
                if (!isfinite(k->min) || !isfinite(k->max) || k->min > k->max)
                        return REFUSE(e, "its range is %g to %g; expected min <= max, both finite", k->min, k->max);
                return 0;
        }
        if (k->unit)
                return REFUSE(e, "a unit, but its type is not number");
        return k->min != 0 || k->max != 0 ? REFUSE(e, "a range, but its type is not number") : 0;
}

static int check_key_type(const struct entry *e, const struct trimtab_key *k)
{
        int r;

        if (k->type < TRIMTAB_KEY_TEXT || k->type > TRIMTAB_KEY_CHOICE)
                return REFUSE(e, "type %u is not known; expected text (1), number (2) or choice (3)", k->type);
        if (k->check && k->type != TRIMTAB_KEY_TEXT)
                return REFUSE(e, "check(), but its type is not text");

        r = check_key_number(e, k);
        return r < 0 ? r : check_key_choices(e, k);
}

static const struct trimtab_key *find_key(const struct trimtab_section *s, const char *name)
{
        for (uint32_t i = 0; i < s->n_keys; i++)
                if (s->keys[i].name && streq(s->keys[i].name, name))
                        return &s->keys[i];
        return NULL;
}

/* A file holds items of a list. */
static int check_key_file(const struct entry *e, const struct trimtab_section *s, const struct trimtab_key *k)
{
        const struct trimtab_key *list;

        if (!(k->flags & TRIMTAB_KEY_FILE))
                return k->of ? REFUSE(e, "of '%.64s', but it is no file", k->of) : 0;
        if (k->type != TRIMTAB_KEY_TEXT)
                return REFUSE(e, "a file, but its type is not text");
        if (!k->of)
                return REFUSE(e, "a file, but it does not say of which key");

        list = find_key(s, k->of);
        if (!list)
                return REFUSE(e, "a file of '%.64s', which is no key of this section", k->of);
        if (!(list->flags & TRIMTAB_KEY_LIST) || (list->flags & TRIMTAB_KEY_FILE))
                return REFUSE(e, "a file of '%.64s', which is no list", k->of);
        return 0;
}

static int check_key(const struct trimtab_section *s, uint32_t i, struct inspection *why)
{
        const struct trimtab_key *k = &s->keys[i];
        _cleanup_free_ char *what = str_printf("section %s: key", s->name);
        const struct entry e = { what, k->name, why };
        int r;

        if (!what)
                return -ENOMEM;
        r = check_name(&e, k->name, "-_");
        if (r >= 0 && strlen(k->name) > INI_NAME_MAX)
                r = REFUSE(&e, "a name of %zu bytes, expected at most %d", strlen(k->name), INI_NAME_MAX);
        if (r >= 0 && find_key(s, k->name) != k)
                r = REFUSE(&e, "declared twice");
        if (r >= 0)
                r = check_help(&e, k->help);
        if (r >= 0)
                r = check_key_type(&e, k);
        return r < 0 ? r : check_key_file(&e, s, k);
}

int check_section(const struct descriptor *d, uint32_t i, struct inspection *why)
{
        const struct trimtab_section *s = &d->sections[i];
        const struct entry e = { "section", s->name, why };
        int r;

        r = check_name(&e, s->name, "-");
        if (r < 0)
                return r;
        if (strlen(s->name) > KIND_MAX)
                return REFUSE(&e, "a name of %zu bytes, expected at most %d", strlen(s->name), KIND_MAX);
        for (size_t j = 0; j < ELEMENTSOF(reserved); j++)
                if (streq(reserved[j], s->name))
                        return REFUSE(&e, "the core has a kind of section of that name");
        for (uint32_t j = 0; j < i; j++)
                if (streq(d->sections[j].name, s->name))
                        return REFUSE(&e, "declared twice");

        r = check_help(&e, s->help);
        for (uint32_t j = 0; j < s->n_keys && r >= 0; j++)
                r = check_key(s, j, why);
        return r;
}
