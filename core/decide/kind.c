/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/kind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decide/names.h"
#include "util/ownership.h"
#include "util/str.h"

/* Kinds of the other files: in these they are mistakes, and no plugin's. */
static const char *const elsewhere[][2] = {
        { "daemon", "trimtab.conf" },
        { "plugin", "trimtab.conf" },
        { "test", "a file of tests" },
        { "defaults", "a file of tests" },
};

/* What a plugin could have: [word], where there is but one, or [word NAME]. */
static bool could_be_a_plugins(const struct ini_section *s)
{
        return s->kind[0] >= 'a' && s->kind[0] <= 'z' &&
               s->kind[strspn(s->kind, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static int unknown(const struct ini_section *section, const struct catalogue *catalogue, struct diag *diag)
{
        bool any = catalogue_kinds_unknown(catalogue) && could_be_a_plugins(section);
        size_t n = 0, n_plugins = catalogue_n_kinds(catalogue);
        _cleanup_free_ const char **kinds = calloc(n_plugins + 2, sizeof(*kinds));
        const char *near;

        if (!kinds)
                return -ENOMEM;
        kinds[n++] = "rule";
        kinds[n++] = "goal";
        for (size_t i = 0; i < n_plugins; i++)
                kinds[n++] = catalogue_kind_at(catalogue, i);
        near = str_nearest(section->kind, kinds, n);

        if (any && near)
                diag_add(diag, SEVERITY_WARNING, &section->place, "'%s' is taken for a plugin's kind of section, did you mean '%s'?",
                         section->kind, near);
        else if (!any && !near && could_be_a_plugins(section))
                diag_add(diag, SEVERITY_WARNING, &section->place,
                         "no plugin that is loaded has sections of the kind '%s': it waits for one that has", section->kind);
        else if (!any)
                (void) refuse_unknown(diag, &section->place, "kind of section", section->kind, kinds, n);
        return 0;
}

int kind_is_ours(const struct ini_section *section, const struct catalogue *catalogue, struct diag *diag)
{
        if (streq(section->kind, "rule") || streq(section->kind, "goal"))
                return 1;
        if (catalogue_kind_owner(catalogue, section->kind))
                return 0;

        for (size_t i = 0; i < ELEMENTSOF(elsewhere); i++)
                if (streq(section->kind, elsewhere[i][0])) {
                        diag_add(diag, SEVERITY_ERROR, &section->place, "[%s] stands in %s, not among rules",
                                 section->kind, elsewhere[i][1]);
                        return 0;
                }
        return unknown(section, catalogue, diag);
}
