/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue-room.h"
#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

/* Kinds of section in the rule files, and whose they are. */

int catalogue_add_kind(struct catalogue *c, const char *plugin, const char *kind)
{
        const char *owner = catalogue_kind_owner(c, kind);
        _cleanup_free_ char *name = strdup(kind), *plugin_name = strdup(plugin);

        if (owner)
                return streq(owner, plugin) ? 0 : -EEXIST;
        if (!name || !plugin_name || array_reserve(&c->kinds, c->n_kinds, sizeof(*c->kinds)) < 0)
                return -ENOMEM;

        c->kinds[c->n_kinds++] = (struct kind) { TAKE(name), TAKE(plugin_name) };
        return 0;
}

const char *catalogue_kind_owner(const struct catalogue *c, const char *kind)
{
        for (size_t i = 0; i < c->n_kinds; i++)
                if (streq(c->kinds[i].name, kind))
                        return c->kinds[i].plugin;
        return NULL;
}

size_t catalogue_n_kinds(const struct catalogue *c)
{
        return c->n_kinds;
}

const char *catalogue_kind_at(const struct catalogue *c, size_t i)
{
        return c->kinds[i].name;
}

void catalogue_set_kinds_unknown(struct catalogue *c)
{
        c->kinds_unknown = true;
}

bool catalogue_kinds_unknown(const struct catalogue *c)
{
        return c->kinds_unknown;
}

static void kind_clear(struct kind *k)
{
        free(k->name);
        free(k->plugin);
}

void kinds_drop_plugin(struct catalogue *c, const char *plugin)
{
        size_t n = 0;

        for (size_t i = 0; i < c->n_kinds; i++)
                if (streq(c->kinds[i].plugin, plugin))
                        kind_clear(&c->kinds[i]);
                else
                        c->kinds[n++] = c->kinds[i];
        c->n_kinds = n;
}

void kinds_clear(struct catalogue *c)
{
        for (size_t i = 0; i < c->n_kinds; i++)
                kind_clear(&c->kinds[i]);
        free(c->kinds);
}
