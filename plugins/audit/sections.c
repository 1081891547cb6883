/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sections.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_path(const char *item, char *why, uint32_t size)
{
        if (item[0] == '/')
                return 0;
        (void) snprintf(why, size, "expected an absolute path, with * ? [ ] in it if need be");
        return -EINVAL;
}

/* "cgroup:/GLOB", as rules have it. */
static const char *skip_scope(const char *item)
{
        static const char scope[] = "cgroup:";

        return strncmp(item, scope, sizeof(scope) - 1) == 0 ? item + sizeof(scope) - 1 : item;
}

static int check_for(const char *item, char *why, uint32_t size)
{
        if (skip_scope(item)[0] == '/')
                return 0;
        (void) snprintf(why, size, "expected cgroup:/PATH, with * in it if need be");
        return -EINVAL;
}

static const char *const yes_no[] = { "yes", "no", NULL };

static const struct trimtab_key keys[_KEY_MAX] = {
        [KEY_PATH] = { .name = "path",
                       .help = "files, and directories with all below them; * ? [ ] as the shell has them",
                       .type = TRIMTAB_KEY_TEXT,
                       .flags = TRIMTAB_KEY_REQUIRED | TRIMTAB_KEY_LIST,
                       .check = check_path },
        [KEY_FOR] = { .name = "for",
                      .help = "cgroups, with all below them, whose doings count; without it everybody's",
                      .type = TRIMTAB_KEY_TEXT,
                      .flags = TRIMTAB_KEY_LIST,
                      .check = check_for },
        [KEY_DETAIL] = { .name = "detail",
                         .help = "yes: opens, and starts as a program, are told to the journal one by one",
                         .type = TRIMTAB_KEY_CHOICE,
                         .choices = yes_no },
};

const struct trimtab_section audit_sections[1] = {
        { .name = "watch", .help = "a file or directory whose use is measured", TRIMTAB_KEYS(keys) },
};

static void free_list(char **list)
{
        for (char **p = list; p && *p; p++)
                free(*p);
        free(list);
}

void audit_watch_free(struct audit_watch *w)
{
        if (!w)
                return;
        free_list(w->paths);
        free_list(w->globs);
        free(w->told_missing);
        free(w->name);
        free(w);
}

static char **copy_list(const struct trimtab_items *items, const char *(*skip)(const char *item))
{
        char **list = calloc(items->n + 1, sizeof(*list));

        for (uint32_t i = 0; list && i < items->n; i++) {
                list[i] = strdup(skip ? skip(items->texts[i]) : items->texts[i]);
                if (!list[i]) {
                        free_list(list);
                        return NULL;
                }
        }
        return list;
}

int audit_watch_new(const struct trimtab_entry *entry, struct audit_watch **ret)
{
        const struct trimtab_items *items = entry->items;
        struct audit_watch *w = calloc(1, sizeof(*w));

        if (!w)
                return -ENOMEM;
        w->name = strdup(entry->name);
        w->paths = copy_list(&items[KEY_PATH], NULL);
        w->globs = copy_list(&items[KEY_FOR], skip_scope);
        w->told_missing = calloc(items[KEY_PATH].n + 1, sizeof(*w->told_missing));
        w->detail = items[KEY_DETAIL].n && strcmp(items[KEY_DETAIL].texts[0], "yes") == 0;
        if (!w->name || !w->paths || !w->globs || !w->told_missing) {
                audit_watch_free(w);
                return -ENOMEM;
        }
        *ret = w;
        return 0;
}

struct audit_watch *audit_watches_find(const struct audit_watches *ws, uint64_t key)
{
        for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++)
                if (ws->all[i] && ws->all[i]->key == key)
                        return ws->all[i];
        return NULL;
}

static bool matches(const char *pattern, const char *name)
{
        const char *star = NULL, *taken = NULL;

        while (*name || *pattern) {
                if (*pattern == '*') {
                        star = ++pattern;
                        taken = name;
                } else if (*pattern && *pattern == *name) {
                        pattern++;
                        name++;
                } else if (star && *taken && *taken != '/') {
                        pattern = star;
                        name = ++taken;
                } else
                        return false;
        }
        return true;
}

bool audit_watch_has_cgroup(const struct audit_watch *w, const char *name)
{
        for (char **glob = w->globs; *glob; glob++)
                if (matches(*glob, name))
                        return true;
        return false;
}
