/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin/plugin.h"
#include "util/array.h"
#include "util/str.h"

struct files {
        char **paths;
        size_t n;
};

static void closedirp(DIR **d)
{
        if (*d)
                (void) closedir(*d);
}

static int add(struct files *f, char *path)
{
        int r;

        if (!path)
                return -ENOMEM;
        r = array_reserve(&f->paths, f->n, sizeof(char *));
        if (r < 0) {
                free(path);
                return r;
        }
        f->paths[f->n++] = path;
        return 0;
}

static bool is_folder(DIR *d, const struct dirent *e)
{
        struct stat st;

        if (e->d_type != DT_UNKNOWN)
                return e->d_type == DT_DIR;
        return fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int scan(struct files *f, const char *dir, unsigned depth)
{
        _cleanup_(closedirp) DIR *d = opendir(dir);
        struct dirent *e;
        int r = 0;

        if (!d)
                return -errno;

        while (r >= 0 && (errno = 0, e = readdir(d))) {
                bool folder;

                if (e->d_name[0] == '.')
                        continue;
                folder = is_folder(d, e);

                if (folder && depth > 0) {
                        _cleanup_free_ char *sub = str_printf("%s/%s", dir, e->d_name);

                        r = sub ? scan(f, sub, depth - 1) : -ENOMEM;
                        /* A sub-folder that we may not read, or that is gone, hides no other. */
                        if (r < 0 && r != -ENOMEM)
                                r = 0;
                } else if (!folder && endswith(e->d_name, ".so"))
                        r = add(f, str_printf("%s/%s", dir, e->d_name));
        }
        return r < 0 ? r : -errno;
}

static int compare_paths(const void *a, const void *b)
{
        return strcmp(*(char *const *) a, *(char *const *) b);
}

int plugin_files(const char *dir, char ***ret, size_t *ret_n)
{
        struct files f = {};
        int r;

        r = scan(&f, dir, 1);
        if (r < 0) {
                plugin_files_free(f.paths, f.n);
                return r;
        }

        if (f.n > 0)
                qsort(f.paths, f.n, sizeof(char *), compare_paths);
        *ret = f.paths;
        *ret_n = f.n;
        return 0;
}

void plugin_files_free(char **files, size_t n)
{
        for (size_t i = 0; i < n; i++)
                free(files[i]);
        free(files);
}
