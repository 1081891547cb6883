/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/names.h"

#include <errno.h>
#include <string.h>

#include "decide/match.h"
#include "util/ownership.h"
#include "util/str.h"

int refuse_unknown(struct diag *diag, const struct place *place, const char *kind, const char *word,
                   const char *const *names, size_t n)
{
        diag_add_unknown(diag, place, kind, word, names, n);
        return -EINVAL;
}

/* The rule waits: said once for each thing that it waits for. */
static int wait_for(struct reading *r, const struct place *place, const char *what)
{
        _cleanup_free_ char *message = str_printf("the rule waits for %s", what);

        if (!message)
                return -ENOMEM;
        if (!r->waits_for) {
                r->waits_for = strdup(what);
                if (!r->waits_for)
                        return -ENOMEM;
        }

        for (size_t i = r->diag_from; i < r->diag->n; i++)
                if (r->diag->items[i].message && streq(r->diag->items[i].message, message))
                        return 0;
        diag_add(r->diag, SEVERITY_WARNING, place, "%s", message);
        return 0;
}

/* At most one letter more, less or other, or two exchanged: rather a slip than another plugin's name. */
static bool nearly_same(const char *a, size_t n, const char *b, size_t m)
{
        size_t same = 0;

        if (n > m)
                return nearly_same(b, m, a, n);
        while (same < n && a[same] == b[same])
                same++;

        if (m - n == 1)
                return memcmp(a + same, b + same + 1, n - same) == 0;
        if (m != n)
                return false;
        if (same + 1 >= n || memcmp(a + same + 1, b + same + 1, n - same - 1) == 0)
                return true;
        return a[same] == b[same + 1] && a[same + 1] == b[same] &&
               memcmp(a + same + 2, b + same + 2, n - same - 2) == 0;
}

static size_t prefix_length(const char *name)
{
        return strcspn(name, ".");
}

/* Whether what stands before the point is that of one of the names, or a slip of it. */
static bool prefix_is_known(const char *word, const char *const *names, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (names[i] && nearly_same(word, prefix_length(word), names[i], prefix_length(names[i])))
                        return true;
        return false;
}

/* Whether the word begins with the name of a plugin that is loaded. */
static bool plugin_is_loaded(const struct reading *r, const char *word)
{
        size_t n = prefix_length(word);

        for (uint32_t i = 0; i < catalogue_n_metrics(r->catalogue); i++) {
                const char *plugin = catalogue_metric_at(r->catalogue, i)->plugin;

                if (plugin && strlen(plugin) == n && memcmp(plugin, word, n) == 0)
                        return true;
        }
        for (uint32_t i = 0; i < catalogue_n_knobs(r->catalogue); i++) {
                const char *plugin = catalogue_knob_at(r->catalogue, i)->plugin;

                if (plugin && strlen(plugin) == n && memcmp(plugin, word, n) == 0)
                        return true;
        }
        return false;
}

/* names may hold NULLs. prefix_is_plugin: a name of that kind begins with its plugin's, so it can be told
 * what is missing. */
static int refuse_or_wait(struct reading *r, const struct token *t, const char *kind, bool prefix_is_plugin,
                          const char *const *names, size_t n)
{
        _cleanup_free_ char *word = strndup(t->text, t->length), *what = NULL;

        if (!word)
                return -ENOMEM;
        if (r->strict || !strchr(word, '.') || prefix_is_known(word, names, n) || plugin_is_loaded(r, word))
                return refuse_unknown(r->diag, &t->place, kind, word, names, n);

        what = prefix_is_plugin ? str_printf("plugin '%.*s'", (int) prefix_length(word), word)
                                : str_printf("%s '%s'", kind, word);
        return what ? wait_for(r, &t->place, what) : -ENOMEM;
}

static const char *metric_name(const struct reading *r, uint32_t i)
{
        const struct metric *m = catalogue_metric_at(r->catalogue, i);

        return m->plugin ? m->name : NULL;
}

static const char *knob_name(const struct reading *r, uint32_t i)
{
        const struct knob *k = catalogue_knob_at(r->catalogue, i);

        return k->plugin ? k->name : NULL;
}

static int unknown_name(struct reading *r, const struct token *t, const char *kind, bool prefix_is_plugin,
                        const char *(*name)(const struct reading *r, uint32_t i), size_t n)
{
        _cleanup_free_ const char **names = calloc(n + 1, sizeof(*names));

        if (!names)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                names[i] = name(r, (uint32_t) i);
        return refuse_or_wait(r, t, kind, prefix_is_plugin, names, n);
}

int name_metric(struct reading *r, const struct token *t, const struct metric **ret)
{
        *ret = catalogue_metric(r->catalogue, t->text, t->length);
        if (*ret && (*ret)->plugin)
                return 0;

        *ret = NULL;
        if (catalogue_knob(r->catalogue, t->text, t->length)) {
                diag_add(r->diag, SEVERITY_ERROR, &t->place,
                         "'%.*s' is a knob, not a metric: it stands without a function", (int) t->length,
                         t->text);
                return -EINVAL;
        }
        return unknown_name(r, t, "metric", true, metric_name, catalogue_n_metrics(r->catalogue));
}

int name_knob(struct reading *r, const struct token *t, const struct knob **ret)
{
        const char *device;
        size_t length;

        *ret = catalogue_knob(r->catalogue, t->text, t->length);
        if (*ret && (*ret)->plugin)
                return 0;

        *ret = NULL;
        if (catalogue_is_per_device(r->catalogue, t->text, t->length, &device, &length)) {
                _cleanup_free_ char *what = str_printf("device '%.*s'", (int) length, device);

                if (r->strict && what) {
                        diag_add(r->diag, SEVERITY_ERROR, &t->place, "there is no %s", what);
                        return -EINVAL;
                }
                return what ? wait_for(r, &t->place, what) : -ENOMEM;
        }
        return unknown_name(r, t, "knob", false, knob_name, catalogue_n_knobs(r->catalogue));
}

int name_scope(struct reading *r, const char *word, size_t length, const struct place *place, uint32_t *ret)
{
        _cleanup_free_ char *copy = NULL, *what = NULL;
        const char *names[32] = { NULL };
        size_t n = 0;
        int scope;

        scope = objects_scope_find(r->objects, word, length);
        if (scope >= 0) {
                *ret = (uint32_t) scope;
                return 0;
        }

        while (n < ELEMENTSOF(names) && (names[n] = objects_scope_name(r->objects, (uint32_t) n)))
                n++;
        copy = strndup(word, length);
        if (!copy)
                return -ENOMEM;
        if (r->strict || length == 0 || str_nearest(copy, names, n))
                return refuse_unknown(r->diag, place, "scope", copy, names, n);

        what = str_printf("scope '%s'", copy);
        if (!what)
                return -ENOMEM;
        *ret = SCOPE_WAITING;
        return wait_for(r, place, what);
}

int name_pattern(struct reading *r, const char *text, size_t length, const struct place *place,
                 uint32_t *ret_scope, const char **ret_pattern, size_t *ret_length)
{
        const char *colon = memchr(text, ':', length);
        struct place word = *place, pattern = *place;
        size_t before;
        int e;

        if (!colon) {
                diag_add(r->diag, SEVERITY_ERROR, place,
                         "expected SCOPE:PATTERN, such as cgroup:/system.slice/*.service");
                return -EINVAL;
        }

        before = (size_t) (colon - text);
        word.width = (unsigned) before;
        e = name_scope(r, text, before, &word, ret_scope);
        if (e < 0)
                return e;

        *ret_pattern = colon + 1;
        *ret_length = length - before - 1;
        pattern.column += (unsigned) before + 1;
        pattern.width = (unsigned) *ret_length;
        if (*ret_length == 0) {
                diag_add(r->diag, SEVERITY_ERROR, &pattern, "expected a pattern behind the ':'");
                return -EINVAL;
        }
        if (*ret_scope == SCOPE_CGROUP && colon[1] != '/') {
                diag_add(r->diag, SEVERITY_ERROR, &pattern, "a cgroup's name begins with '/'");
                return -EINVAL;
        }
        return 0;
}

static const struct {
        const char *word;
        enum select_kind kind;
} selector_words[] = {
        { "@self", SELECT_SELF }, { "@parent", SELECT_PARENT },     { "@siblings", SELECT_SIBLINGS },
        { "@host", SELECT_HOST }, { "@children", SELECT_CHILDREN },
};

static int named_selector(struct reading *r, const struct token *t, struct selector *s)
{
        struct place place = t->place;
        const char *pattern;
        size_t length;
        int e;

        place.column++;
        place.width--;
        e = name_pattern(r, t->text + 1, t->length - 1, &place, &s->scope, &pattern, &length);
        if (e < 0)
                return e;

        s->pattern = strndup(pattern, length);
        if (!s->pattern)
                return -ENOMEM;
        s->kind = pattern_is_name(s->pattern) ? SELECT_NAMED : SELECT_GLOB;
        return 0;
}

int name_selector(struct reading *r, const struct token *t, struct selector *ret)
{
        const char *words[ELEMENTSOF(selector_words)];
        _cleanup_(selector_clear) struct selector s = { .kind = SELECT_SELF };
        int e;

        if (!t) {
                *ret = s;
                return 0;
        }

        s.text = strndup(t->text, t->length);
        if (!s.text)
                return -ENOMEM;

        if (strchr(s.text, ':')) {
                e = named_selector(r, t, &s);
                if (e < 0)
                        return e;
        } else {
                size_t i = 0;

                for (; i < ELEMENTSOF(selector_words) && !streq(selector_words[i].word, s.text); i++)
                        words[i] = selector_words[i].word;
                if (i == ELEMENTSOF(selector_words))
                        return refuse_unknown(r->diag, &t->place, "selector", s.text, words, i);
                s.kind = selector_words[i].kind;
        }

        *ret = s;
        s = (struct selector){ 0 };
        return 0;
}

int name_check_scope(struct reading *r, const struct selector *s, const char *what, uint32_t scope,
                     const struct place *place)
{
        const char *wanted = objects_scope_name(r->objects, scope), *given = NULL;

        switch (s->kind) {
        case SELECT_NAMED:
        case SELECT_GLOB:
                if (s->scope == scope || s->scope == SCOPE_WAITING)
                        return 0;
                given = objects_scope_name(r->objects, s->scope);
                diag_add(r->diag, SEVERITY_ERROR, place, "'%s' belongs to %s objects, not to %s objects",
                         what, wanted, given);
                return -EINVAL;
        case SELECT_HOST:
                if (scope == SCOPE_HOST || scope == SCOPE_CGROUP)
                        return 0;
                diag_add(r->diag, SEVERITY_ERROR, place,
                         "'%s' belongs to %s objects, there is none for the host as a whole", what, wanted);
                return -EINVAL;
        case SELECT_SELF:
        case SELECT_PARENT:
        case SELECT_SIBLINGS:
        case SELECT_CHILDREN:
                break;
        }

        if (r->scope == scope || r->scope == SCOPE_WAITING ||
            (r->scope == SCOPE_HOST && scope == SCOPE_CGROUP))
                return 0;
        given = objects_scope_name(r->objects, r->scope);
        if (scope == SCOPE_HOST)
                diag_add(r->diag, SEVERITY_ERROR, place,
                         "'%s' belongs to the host, the rule is for %s objects: write @host", what, given);
        else
                diag_add(r->diag, SEVERITY_ERROR, place,
                         "'%s' belongs to %s objects, the rule is for %s objects: name them with @%s:…", what,
                         wanted, given, wanted);
        return -EINVAL;
}
