/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

struct found {
        char *path;
        const char *name; /* in path: what hides and what orders */
        size_t rank;      /* of its folder in the list, 0 takes precedence over all */
        bool named;       /* given itself, not found in a folder: it neither hides nor is hidden */
        bool broken;      /* a link to nowhere: an accident, which switches nothing off */
        bool off;         /* in a folder, and empty or a link to a device */
};

struct found_list {
        struct found *items;
        size_t n;
};

static void found_list_clear(struct found_list *list)
{
        for (size_t i = 0; i < list->n; i++)
                free(list->items[i].path);
        free(list->items);
}

static void closedirp(DIR **d)
{
        if (*d)
                (void) closedir(*d);
}

/* Takes path over, also when it fails. st NULL: a link to nowhere. */
static int found_add(struct found_list *list, char *path, size_t rank, bool named, const struct stat *st)
{
        const char *slash;

        if (!path || array_reserve(&list->items, list->n, sizeof(*list->items)) < 0) {
                free(path);
                return -ENOMEM;
        }

        slash = strrchr(path, '/');
        list->items[list->n++] = (struct found){
                .path = path,
                .name = slash ? slash + 1 : path,
                .rank = rank,
                .named = named,
                .broken = !st,
                .off = !named && st && (!S_ISREG(st->st_mode) || st->st_size == 0),
        };
        return 0;
}

static int scan_folder(struct found_list *list, const char *folder, size_t rank)
{
        _cleanup_(closedirp) DIR *d = opendir(folder);

        if (!d)
                return errno == ENOENT ? 0 : -errno;

        for (;;) {
                const struct dirent *entry;
                struct stat st;
                bool there;
                int r;

                errno = 0;
                entry = readdir(d);
                if (!entry)
                        return -errno;
                if (entry->d_name[0] == '.' || !endswith(entry->d_name, ".conf"))
                        continue;
                there = fstatat(dirfd(d), entry->d_name, &st, 0) >= 0;
                /* Gone since? */
                if (!there && fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        continue;
                if (there && !S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
                        continue;

                r = found_add(list, str_printf("%s/%s", folder, entry->d_name), rank, false,
                              there ? &st : NULL);
                if (r < 0)
                        return r;
        }
}

static int scan_entry(struct found_list *list, const char *path, size_t rank)
{
        struct stat st;

        if (stat(path, &st) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (S_ISDIR(st.st_mode))
                return scan_folder(list, path, rank);
        return found_add(list, strdup(path), rank, true, &st);
}

static int compare_found(const void *a, const void *b)
{
        const struct found *x = a, *y = b;
        int r = strcmp(x->name, y->name);

        /* What takes precedence is read last and so overrides. */
        return r != 0 ? r : (x->rank < y->rank) - (x->rank > y->rank);
}

/* Whether a file of the same name in a folder earlier in the list takes this one's place. */
static bool is_hidden(const struct found_list *sorted, size_t at)
{
        const struct found *f = &sorted->items[at];

        for (size_t i = at + 1; !f->named && i < sorted->n && streq(sorted->items[i].name, f->name); i++)
                if (!sorted->items[i].named && !sorted->items[i].broken)
                        return true;
        return false;
}

int conf_files(const char *const *dirs, char ***ret, size_t *ret_n)
{
        _cleanup_(found_list_clear) struct found_list found = {};
        char **files;
        size_t n = 0;
        int r;

        for (size_t rank = 0; dirs[rank]; rank++) {
                r = scan_entry(&found, dirs[rank], rank);
                if (r < 0)
                        return r;
        }

        if (found.n > 0)
                qsort(found.items, found.n, sizeof(*found.items), compare_found);

        files = calloc(found.n + 1, sizeof(*files));
        if (!files)
                return -ENOMEM;

        for (size_t i = 0; i < found.n; i++)
                if (!found.items[i].off && !is_hidden(&found, i))
                        files[n++] = TAKE(found.items[i].path);

        *ret = files;
        *ret_n = n;
        return 0;
}

void conf_files_free(char **files)
{
        for (size_t i = 0; files && files[i]; i++)
                free(files[i]);
        free(files);
}
