/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../shared/addresses.h"

#define COMPONENT_MAX (GUARD_NAME_MAX - 2) /* one less than what is cut short */

static bool has_suffix(const char *text, size_t n, const char *suffix)
{
        size_t m = strlen(suffix);

        return n >= m && memcmp(text + n - m, suffix, m) == 0;
}

int paths_check(const char *item, char *why, uint32_t size)
{
        unsigned depth = 0;

        for (const char *p = item; *p; depth++) {
                size_t n;

                p += *p == '/';
                n = strcspn(p, "/");
                if (n == 0 && item[1] != '\0')
                        return refuse(why, size, "there is a directory without a name in it");
                if (n > COMPONENT_MAX)
                        return refuse(why, size, "a name of %zu bytes in it, expected at most %d", n, COMPONENT_MAX);
                p += n;
        }
        return depth <= GUARD_DEPTH_MAX ? 0 : refuse(why, size, "it is %u directories deep, expected at most %d", depth, GUARD_DEPTH_MAX);
}

/* foo@*.service, of which the kernel's side sees that it is one. */
static bool is_template(const char *unit)
{
        const char *at = strchr(unit, '@');

        return at && strcmp(at, "@*.service") == 0 && !strpbrk(unit, "?[") && strchr(unit, '*') == at + 1;
}

bool paths_is_glob(const char *unit, const char *cgroup)
{
        if (unit)
                return strpbrk(unit, "*?[") && !is_template(unit);
        return cgroup && strpbrk(cgroup, "*?[");
}

/* Units are found behind the slices; a path that goes on below one is deeper than the unit. */
unsigned paths_rank(const char *unit, const char *cgroup)
{
        unsigned rank = 1;
        bool in_unit = false;

        if (unit)
                return has_suffix(unit, strlen(unit), ".slice") ? 1 : GUARD_DEPTH_MAX + 1;
        if (!cgroup)
                return 0;
        for (const char *p = cgroup; *p;) {
                size_t n;

                p += *p == '/';
                n = strcspn(p, "/");
                if (in_unit)
                        rank++;
                else if (n > 0 && !has_suffix(p, n, ".slice")) {
                        rank = GUARD_DEPTH_MAX + 1;
                        in_unit = true;
                } else
                        rank++;
                p += n;
        }
        return rank;
}

/* One directory's name, or a whole path when `*` stops at a slash. */
static bool glob_matches(const char *pattern, const char *name, size_t n)
{
        const char *end = name + n, *star = NULL, *taken = NULL;

        while (name < end || *pattern) {
                if (*pattern == '*') {
                        star = ++pattern;
                        taken = name;
                } else if (*pattern && name < end && (*pattern == '?' ? *name != '/' : *pattern == *name)) {
                        pattern++;
                        name++;
                } else if (star && taken < end && *taken != '/') {
                        pattern = star;
                        name = ++taken;
                } else
                        return false;
        }
        return true;
}

static bool unit_matches(const char *unit, const char *path)
{
        for (const char *p = path; *p;) {
                size_t n;

                p += *p == '/';
                n = strcspn(p, "/");
                if (n > 0 && glob_matches(unit, p, n))
                        return true;
                if (!has_suffix(p, n, ".slice"))
                        return false;
                p += n;
        }
        return false;
}

bool paths_match(const char *unit, const char *cgroup, const char *path)
{
        if (unit)
                return unit_matches(unit, path);
        if (!cgroup)
                return true;
        if (strcmp(cgroup, "/") == 0)
                return true;
        /* It, and each directory above it. */
        for (size_t n = strlen(path); n > 0; n--)
                if ((path[n] == '\0' || path[n] == '/') && glob_matches(cgroup, path, n))
                        return true;
        return false;
}

/* --- for the kernel's side --- */

static struct path_edge *get_edge(struct path_tree *t, uint32_t node, const char *name, size_t n)
{
        struct guard_edge_key key = { .node = node };
        struct path_edge *at;

        memcpy(key.name, name, n);
        for (size_t i = 0; i < t->n; i++)
                if (memcmp(&t->edges[i].key, &key, sizeof(key)) == 0)
                        return &t->edges[i];
        at = reallocarray(t->edges, t->n + 1, sizeof(*at));
        if (!at)
                return NULL;
        t->edges = at;
        at += t->n++;
        *at = (struct path_edge){ .key = key };
        if (node < GUARD_NODE_TEMPLATE)
                at->edge.node = ++t->last_node;
        return at;
}

static void set_bit(struct guard_bits *bits, uint32_t layer)
{
        bits->word[layer / 64] |= 1ull << layer % 64;
}

static int add_unit(struct path_tree *t, const char *unit, uint32_t layer)
{
        bool template = is_template(unit);
        struct path_edge *e = get_edge(t, template ? GUARD_NODE_TEMPLATE : GUARD_NODE_UNIT, unit,
                                       template ? (size_t) (strchr(unit, '@') - unit) + 1 : strlen(unit));

        if (!e)
                return -ENOMEM;
        set_bit(&e->edge.bits, layer);
        return 0;
}

int paths_add(struct path_tree *t, const char *unit, const char *cgroup, uint32_t layer)
{
        uint32_t node = GUARD_NODE_ROOT;
        struct path_edge *e = NULL;

        if (unit)
                return add_unit(t, unit, layer);
        for (const char *p = cgroup; *p;) {
                size_t n;

                p += *p == '/';
                n = strcspn(p, "/");
                e = get_edge(t, node, p, n);
                if (!e)
                        return -ENOMEM;
                node = e->edge.node;
                p += n;
        }
        if (e)
                set_bit(&e->edge.bits, layer);
        return 0;
}

void paths_clear(struct path_tree *t)
{
        free(t->edges);
        *t = (struct path_tree){};
}
