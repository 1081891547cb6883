/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "ruletest/script.h"
#include "util/array.h"
#include "util/ownership.h"
#include "util/str.h"

static struct script_object *find(const struct script *s, uint32_t scope, const char *name)
{
        for (size_t i = 0; i < s->n_cast; i++)
                if (s->cast[i].scope == scope && streq(s->cast[i].name, name))
                        return &s->cast[i];
        return NULL;
}

/* Takes over name. */
static int add(struct script *s, uint32_t scope, char *name, struct script_object **ret)
{
        _cleanup_free_ char *owned = name;

        if (!owned || array_reserve(&s->cast, s->n_cast, sizeof(*s->cast)) < 0)
                return -ENOMEM;
        *ret = &s->cast[s->n_cast++];
        **ret = (struct script_object){ .scope = scope, .name = TAKE(owned) };
        return 0;
}

/* "20s..60s, 90s..": behind the object. */
static int read_spans(struct reading *r, struct lexer *l, struct script_object *o)
{
        int e;

        for (;;) {
                const struct token first = l->token;
                struct when when;

                e = when_read(r, l, &when);
                if (e < 0)
                        return e;
                if (when.point || when.from_ns == when.to_ns ||
                    (o->n_spans > 0 && when.from_ns <= o->spans[o->n_spans - 1].to_ns)) {
                        diag_add(r->diag, SEVERITY_ERROR, &first.place,
                                 "expected from when to when it is there, such as 20s..60s or 20s.., one "
                                 "after the other");
                        return -EINVAL;
                }
                if (array_reserve(&o->spans, o->n_spans, sizeof(*o->spans)) < 0)
                        return -ENOMEM;
                o->spans[o->n_spans++] = when;
                if (l->token.type == TOKEN_END)
                        return 0;
                if (l->token.type != TOKEN_COMMA) {
                        diag_add(r->diag, SEVERITY_ERROR, &l->token.place, "expected a comma, found %s",
                                 token_text(&l->token).text);
                        return -EINVAL;
                }
                e = lexer_next(l);
                if (e < 0)
                        return e;
        }
}

static int refuse(struct reading *r, const struct place *place, const char *why)
{
        diag_add(r->diag, SEVERITY_ERROR, place, "%s", why);
        return -EINVAL;
}

/* SCOPE:NAME, not a pattern. */
static int read_name(struct reading *r, const struct ini_line *line, size_t length, uint32_t *ret_scope,
                     char **ret)
{
        struct place place = line->place;
        const char *name;
        size_t n;
        int e;

        place.width = (unsigned) length;
        e = name_pattern(r, line->text, length, &place, ret_scope, &name, &n);
        if (e < 0)
                return e;
        if (*ret_scope == SCOPE_HOST)
                return refuse(r, &place, "the host is always there");
        if (memchr(name, '*', n))
                return refuse(r, &place, "this is a pattern: name one object a line");
        if (n > 1 && name[n - 1] == '/')
                return refuse(r, &place, "no object's name ends with '/'");
        *ret = strndup(name, n);
        return *ret ? 0 : -ENOMEM;
}

int script_read_object(struct script *s, struct reading *r, const struct ini_line *line, bool is_default)
{
        size_t length = strcspn(line->text, " \t");
        struct ini_line rest = { .text = line->text + length, .place = line->place };
        _cleanup_free_ char *name = NULL;
        struct script_object *o;
        struct lexer l;
        uint32_t scope;
        int e;

        e = read_name(r, line, length, &scope, &name);
        if (e < 0)
                return e;
        rest.place.column += (unsigned) length;
        e = lexer_init(&l, &rest, 1, r->diag);
        if (e < 0)
                return e;

        o = find(s, scope, name);
        if (o && o->listed && o->is_default == is_default)
                return refuse(r, &line->place, "this object is listed already");
        if (!o) {
                e = add(s, scope, TAKE(name), &o);
                if (e < 0)
                        return e;
        }
        free(o->spans);
        o->spans = NULL;
        o->n_spans = 0;
        o->listed = true;
        o->is_default = is_default;
        return l.token.type == TOKEN_END ? 0 : read_spans(r, &l, o);
}

/* "/" and "/a" for "/a/b". */
static int add_parents(struct script *s, const char *name)
{
        struct script_object *o;

        for (const char *slash = strrchr(name, '/'); slash;
             slash = slash == name ? NULL : memrchr(name, '/', (size_t) (slash - name))) {
                _cleanup_free_ char *parent =
                        slash == name ? strdup("/") : strndup(name, (size_t) (slash - name));

                if (!parent)
                        return -ENOMEM;
                if (!find(s, SCOPE_CGROUP, parent) && add(s, SCOPE_CGROUP, TAKE(parent), &o) < 0)
                        return -ENOMEM;
        }
        return 0;
}

int script_complete_cast(struct script *s)
{
        struct script_object *host;
        int r;

        r = add(s, SCOPE_HOST, strdup(""), &host);
        if (r < 0)
                return r;
        host->listed = true;

        /* There is a root cgroup on every machine. */
        r = add_parents(s, "/");
        for (size_t i = 0, n = s->n_cast; r >= 0 && i < n; i++)
                if (s->cast[i].scope == SCOPE_CGROUP)
                        r = add_parents(s, s->cast[i].name);
        for (size_t i = 0; r >= 0 && i < s->n_cast; i++)
                if (s->cast[i].scope != SCOPE_HOST)
                        r = objects_add(s->objects, (struct oid){ s->cast[i].scope, i + 1 }, s->cast[i].name,
                                        NULL);
        if (r >= 0)
                r = catalogue_follow(s->world->catalogue, s->objects);
        return r < 0 ? r : 0;
}

char *script_object_name(const struct script *s, size_t object)
{
        const struct script_object *o = &s->cast[object];

        if (o->scope == SCOPE_HOST)
                return strdup("host");
        return str_printf("%s:%s", objects_scope_name(s->objects, o->scope), o->name);
}

/* Not in `objects`: with the nearest that is. */
static int refuse_absent(struct script *s, struct reading *r, const struct token *t)
{
        _cleanup_free_ const char **names = calloc(s->n_cast + 1, sizeof(*names));
        _cleanup_free_ char *word = strndup(t->text + 1, t->length - 1);
        int e = names && word ? 0 : -ENOMEM;

        for (size_t i = 0; e >= 0 && i < s->n_cast; i++) {
                names[i] = script_object_name(s, i);
                e = names[i] ? 0 : -ENOMEM;
        }
        if (e >= 0)
                e = refuse_unknown(r->diag, &t->place, "object (it is not in 'objects')", word, names,
                                   s->n_cast);
        for (size_t i = 0; names && i < s->n_cast; i++)
                free((char *) names[i]);
        return e;
}

int script_find_object(struct script *s, struct reading *r, const struct selector *selector,
                       const struct token *t, uint32_t scope, size_t *ret)
{
        const struct script_object *o = NULL;

        if (!t) {
                *ret = EVERY_OBJECT;
                return 0;
        }
        switch (selector->kind) {
        case SELECT_HOST:
                o = find(s, scope, scope == SCOPE_HOST ? "" : "/");
                break;
        case SELECT_NAMED:
                o = find(s, selector->scope, selector->pattern);
                break;
        case SELECT_GLOB:
                return refuse(r, &t->place, "this is a pattern: name one object");
        case SELECT_SELF:
        case SELECT_PARENT:
        case SELECT_SIBLINGS:
        case SELECT_CHILDREN:
                return refuse(r, &t->place, "seen from which object? Name it, such as @cgroup:/system.slice");
        }
        if (!o)
                return refuse_absent(s, r, t);
        *ret = (size_t) (o - s->cast);
        return 0;
}
