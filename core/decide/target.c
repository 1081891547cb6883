/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/target.h"

#include <errno.h>
#include <string.h>

#include "decide/glob.h"
#include "util/ownership.h"
#include "util/str.h"

/* "/a/b" -> "/a", "/a" -> "/", "7" and "/" -> NULL with 0. New string. */
static int parent_of(const char *name, char **ret)
{
        const char *slash = strrchr(name, '/');

        *ret = NULL;
        if (!slash || slash[1] == '\0')
                return 0;
        *ret = slash == name ? strdup("/") : strndup(name, (size_t) (slash - name));
        return *ret ? 0 : -ENOMEM;
}

/* The last part of `from` below the object `above`. New string. */
static char *below(const char *above, const char *last)
{
        return str_printf("%s/%s", streq(above, "/") ? "" : above, last);
}

static const char *last_part(const char *name)
{
        const char *slash = strrchr(name, '/');

        return slash ? slash + 1 : name;
}

/* What a rule is for, as objects of the knob's scope: for a rule of the host, the root cgroup. */
static const char *self_pattern(const struct target *t, size_t i)
{
        return t->rule->match.scope == SCOPE_HOST && t->scope == SCOPE_CGROUP
                       ? "/"
                       : t->rule->match.patterns[i].glob;
}

/* The pattern of the objects that the action means by the rule's pattern i. *ret: new string, NULL: none. */
static int target_pattern(const struct target *t, size_t i, char **ret)
{
        const char *self = self_pattern(t, i);
        _cleanup_free_ char *parent = NULL;
        int r;

        *ret = NULL;
        r = parent_of(self, &parent);
        if (r < 0)
                return r;

        switch (t->action->selector.kind) {
        case SELECT_SELF:
                *ret = strdup(self);
                break;
        case SELECT_PARENT:
                *ret = TAKE(parent);
                return 0;
        case SELECT_SIBLINGS:
                if (!parent && self[0] == '/')
                        return 0;
                *ret = parent ? below(parent, "*") : strdup("*");
                break;
        case SELECT_CHILDREN:
                if (self[0] != '/')
                        return 0;
                *ret = below(self, "*");
                break;
        case SELECT_HOST:
                *ret = strdup("");
                break;
        case SELECT_NAMED:
        case SELECT_GLOB:
                *ret = strdup(t->action->selector.pattern);
                break;
        }
        return *ret ? 0 : -ENOMEM;
}

/* Whether an object that the rule is for can stand beside or below this one: a name for it is made up from
 * the rule's own patterns. */
static int has_self_below(const struct target *t, const char *above, bool *ret)
{
        *ret = false;
        for (size_t i = 0; !*ret && i < t->rule->match.n; i++) {
                _cleanup_free_ char *pattern = NULL, *name = NULL;
                int r;

                if (t->rule->match.patterns[i].exclude)
                        continue;
                pattern = above ? below(above, last_part(t->rule->match.patterns[i].glob))
                                : strdup(t->rule->match.patterns[i].glob);
                if (!pattern)
                        return -ENOMEM;
                r = glob_common(pattern, t->rule->match.patterns[i].glob, &name);
                if (r < 0)
                        return r;
                *ret = name && matcher_matches(&t->rule->match, name);
        }
        return 0;
}

int target_matches(const struct target *t, const char *name, bool *ret)
{
        const struct matcher *m = &t->rule->match;
        bool of_host = m->scope == SCOPE_HOST && t->scope == SCOPE_CGROUP;
        _cleanup_free_ char *parent = NULL;
        int r;

        r = parent_of(name, &parent);
        if (r < 0)
                return r;

        switch (t->action->selector.kind) {
        case SELECT_SELF:
                *ret = of_host ? streq(name, "/") : matcher_matches(m, name);
                return 0;
        case SELECT_PARENT:
                return has_self_below(t, name, ret);
        case SELECT_SIBLINGS:
                *ret = false;
                if (matcher_matches(m, name) || (!parent && name[0] == '/'))
                        return 0;
                return has_self_below(t, parent, ret);
        case SELECT_CHILDREN:
                *ret = parent && (of_host ? streq(parent, "/") : matcher_matches(m, parent));
                return 0;
        case SELECT_HOST:
                *ret = name[0] == '\0';
                return 0;
        case SELECT_NAMED:
        case SELECT_GLOB:
                *ret = pattern_matches(t->action->selector.pattern, name);
                return 0;
        }
        return 0;
}

/* By pattern i of the one and pattern k of the other. */
static int common_by(const struct target *a, size_t i, const struct target *b, size_t k, char **ret,
                     bool *ret_made_up)
{
        _cleanup_free_ char *of_a = NULL, *of_b = NULL, *name = NULL;
        bool by_a = false, by_b = false;
        int r;

        r = target_pattern(a, i, &of_a);
        if (r >= 0)
                r = target_pattern(b, k, &of_b);
        if (r < 0 || !of_a || !of_b)
                return r;

        r = glob_common(of_a, of_b, &name);
        if (r < 0 || !name)
                return r;
        /* The patterns are not all: there are exclusions, and siblings are not what the rule is for. */
        r = target_matches(a, name, &by_a);
        if (r >= 0)
                r = target_matches(b, name, &by_b);
        if (r >= 0 && by_a && by_b) {
                *ret = TAKE(name);
                *ret_made_up = !pattern_is_name(of_a) && !pattern_is_name(of_b);
        }
        return r;
}

int target_common(const struct target *a, const struct target *b, char **ret, bool *ret_made_up)
{
        *ret = NULL;
        for (size_t i = 0; i < a->rule->match.n; i++)
                for (size_t k = 0; k < b->rule->match.n; k++) {
                        int r;

                        if (a->rule->match.patterns[i].exclude || b->rule->match.patterns[k].exclude)
                                continue;
                        r = common_by(a, i, b, k, ret, ret_made_up);
                        if (r < 0 || *ret)
                                return r;
                }
        return 0;
}
