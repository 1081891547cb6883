/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rule-files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/conf-files.h"
#include "util/cleanup.h"

/* Where the daemon looks, the highest precedence first. */
static const char *const default_dirs[] = {
        TRIMTAB_SYSCONF_DIR "/rules.d",
        "/run/trimtab/rules.d",
        TRIMTAB_VENDOR_RULES_DIR,
        NULL,
};

static int load_file(struct ini *ini, const char *path, struct diag *diag)
{
        const struct place place = { .path = path };
        int r;

        r = ini_load_file(ini, path, diag);
        if (r == -ENOENT)
                diag_add(diag, SEVERITY_ERROR, &place, "%s", strerror(ENOENT));
        /* Said in diag, and the other files are worth a look: all but this is an answer. */
        return r == -ENOMEM ? r : 0;
}

/* Those of the folders that can be looked into; the others are named in diag. ret_dirs has room for all and a NULL. */
static void readable_dirs(const char *const *dirs, const char **ret_dirs, struct diag *diag)
{
        for (; *dirs; dirs++) {
                const struct place place = { .path = *dirs };

                if (access(*dirs, R_OK | X_OK) >= 0)
                        *ret_dirs++ = *dirs;
                else if (errno != ENOENT)
                        diag_add(diag, SEVERITY_ERROR, &place, "the folder cannot be read: %s", strerror(errno));
        }
        *ret_dirs = NULL;
}

/* All files of folders that hide each other's. */
static int load_dirs(struct ini *ini, const char *const *dirs, struct diag *diag)
{
        _cleanup_free_ const char **readable = NULL;
        char **files = NULL;
        size_t n = 0;
        int r;

        while (dirs[n])
                n++;
        readable = calloc(n + 1, sizeof(*readable));
        if (!readable)
                return -ENOMEM;
        readable_dirs(dirs, readable, diag);

        r = conf_files(readable, &files, &n);
        if (r < 0)
                return r;

        for (size_t i = 0; i < n && r >= 0; i++)
                r = load_file(ini, files[i], diag);
        conf_files_free(files);
        return r;
}

/* Whoever names a folder has rules in it: a name that is not right must not pass for rules without an error. */
static int load_named_dirs(struct ini *ini, const char *const *dirs, struct diag *diag)
{
        size_t n_files = ini->n_files;
        unsigned n_errors = diag->n_errors;
        const struct place place = { .path = dirs[0] };
        int r;

        r = load_dirs(ini, dirs, diag);
        if (r >= 0 && ini->n_files == n_files && diag->n_errors == n_errors)
                diag_add(diag, SEVERITY_ERROR, &place, "no rules here: no file has a name that ends in .conf");
        return r;
}

int rule_files_load(const char *const *paths, size_t n, struct ini *ini, struct diag *diag)
{
        _cleanup_free_ const char **dirs = NULL;
        size_t n_dirs = 0;
        int r;

        if (n == 0)
                return load_dirs(ini, default_dirs, diag);
        dirs = calloc(n + 1, sizeof(*dirs));
        if (!dirs)
                return -ENOMEM;

        for (size_t i = 0; i < n; i++) {
                struct stat st;

                if (stat(paths[i], &st) >= 0 && S_ISDIR(st.st_mode)) {
                        dirs[n_dirs++] = paths[i];
                        continue;
                }
                r = load_file(ini, paths[i], diag);
                if (r < 0)
                        return r;
        }
        return n_dirs > 0 ? load_named_dirs(ini, dirs, diag) : 0;
}
