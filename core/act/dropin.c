/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/dropin.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* systemd writes them with two lines of comment and a few of settings. */
#define DROPIN_MAX 65536

/* What systemd writes them with. */
#define DROPIN_MODE 0644
#define DROPIN_DIR_MODE 0755

char *dropin_path(const char *run_dir, const char *unit, bool transient, const char *setting)
{
        return str_printf("%s/%s/%s.d/50-%s.conf", run_dir, transient ? "transient" : "system.control", unit,
                          setting);
}

int dropin_is_pinned(const char *etc_dir, const char *unit, const char *setting)
{
        _cleanup_free_ char *path = dropin_path(etc_dir, unit, false, setting);

        if (!path)
                return -ENOMEM;
        if (access(path, F_OK) >= 0)
                return true;

        return errno == ENOENT || errno == ENOTDIR ? false : -errno;
}

int dropin_read(const char *path, char **ret)
{
        _cleanup_free_ char *bytes = NULL;
        size_t size;
        int r;

        r = file_read(path, DROPIN_MAX, &bytes, &size);
        if (r < 0)
                return r;
        if (strlen(bytes) != size)
                return -EBADMSG;

        *ret = TAKE(bytes);
        return 0;
}

int dropin_put(const char *path, const char *bytes)
{
        _cleanup_free_ char *dir = strndup(path, (size_t) (strrchr(path, '/') - path));
        int r;

        if (!dir)
                return -ENOMEM;

        /* It would keep the folder. */
        file_sweep(path);
        if (!bytes) {
                if (unlink(path) < 0 && errno != ENOENT)
                        return -errno;

                /* Others' drop-ins in it keep it. */
                (void) rmdir(dir);
                return 0;
        }

        r = dir_make(dir, DROPIN_DIR_MODE);
        if (r < 0)
                return r;

        return file_replace_at(AT_FDCWD, path, bytes, strlen(bytes), DROPIN_MODE);
}

void dropin_tidy(const char *path)
{
        const char *slash = path ? strrchr(path, '/') : NULL;
        _cleanup_free_ char *dir = slash ? strndup(path, (size_t) (slash - path)) : NULL;

        if (!dir)
                return;

        file_sweep(path);
        (void) rmdir(dir);
}
