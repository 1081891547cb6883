/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "guard.h"

/* The first word of the control, whatever the version of the plugin that has made it. */
static int control_of(const char *path, void **ret)
{
        char file[800];
        struct bpf_map_info info = {};
        uint32_t size = sizeof(info), zero = 0;
        int fd;

        *ret = NULL;
        (void) snprintf(file, sizeof(file), "%s/" PINS_CONTROL, path);
        fd = bpf_obj_get(file);
        if (fd < 0)
                return -errno;
        if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.value_size >= sizeof(uint32_t))
                *ret = calloc(1, info.value_size);
        if (!*ret || bpf_map_lookup_elem(fd, &zero, *ret) < 0) {
                free(*ret);
                *ret = NULL;
                (void) close(fd);
                return -EIO;
        }
        return fd;
}

/*
 * Links that are unpinned are gone when the kernel gets round to it; a mode is off at once. It stands first in the control of each version
 * of this plugin.
 */
static void silence(const char *path)
{
        uint32_t zero = 0, off = GUARD_OFF;
        void *control;
        int fd = control_of(path, &control);

        if (fd < 0)
                return;
        memcpy(control, &off, sizeof(off));
        (void) bpf_map_update_elem(fd, &zero, control, BPF_ANY);
        free(control);
        (void) close(fd);
}

/* A folder that somebody has named by mistake is left as it is. */
static bool is_ours(const char *name)
{
        return strcmp(name, PINS_CONTROL) == 0 || strncmp(name, "guard_", 6) == 0;
}

bool pins_remove_folder(const char *path, bool ours)
{
        struct statfs fs;
        const struct dirent *e;
        DIR *d;

        if (statfs(path, &fs) < 0 || fs.f_type != BPF_FS_MAGIC)
                return false;
        d = opendir(path);
        if (!d)
                return false;
        if (!ours)
                silence(path);
        while ((e = readdir(d)))
                if (is_ours(e->d_name))
                        (void) unlinkat(dirfd(d), e->d_name, 0);
        (void) closedir(d);
        return rmdir(path) == 0;
}

bool pins_are_possible(const char *dir)
{
        char path[512], *slash;
        struct statfs fs;

        (void) snprintf(path, sizeof(path), "%s", dir);
        while (statfs(path, &fs) < 0) {
                slash = strrchr(path, '/');
                if (!slash || slash == path)
                        return false;
                *slash = '\0';
        }
        return fs.f_type == BPF_FS_MAGIC;
}

/* Those whose names, which begin with a time, are of before that. */
static int each(const char *dir, uint64_t before_ns, int (*f)(const char *path, void *userdata), void *userdata)
{
        DIR *d = opendir(dir);
        const struct dirent *e;
        char path[768];

        if (!d)
                return -errno;
        while ((e = readdir(d))) {
                (void) snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
                if (e->d_name[0] != '.' && strtoull(e->d_name, NULL, 10) < before_ns)
                        (void) f(path, userdata);
        }
        (void) closedir(d);
        return 0;
}

static int remove_one(const char *path, void *userdata)
{
        int *gone_and_left = userdata;

        gone_and_left[pins_remove_folder(path, false) ? 0 : 1]++;
        return 0;
}

int pins_remove(const char *dir, uint64_t before_ns, int *ret_left)
{
        int n[2] = { 0, 0 };

        (void) each(dir, before_ns, remove_one, n);
        if (ret_left)
                *ret_left = n[1];
        return n[0];
}

static int count_one(const char *path, void *userdata)
{
        (*(int *) userdata)++;
        return 0;
}

int pins_count(const char *dir, uint64_t before_ns)
{
        int n = 0;

        (void) each(dir, before_ns, count_one, &n);
        return n;
}

static int mode_of_one(const char *path, void *userdata)
{
        int *strictest = userdata, fd, mode;
        uint32_t first;
        void *control;

        fd = control_of(path, &control);
        if (fd < 0)
                mode = fd == -EIO ? GUARD_OFF : fd;
        else {
                memcpy(&first, control, sizeof(first));
                mode = first < _GUARD_MODE_MAX ? (int) first : GUARD_OFF;
                free(control);
                (void) close(fd);
        }
        if (*strictest == -ENOENT || mode > *strictest)
                *strictest = mode;
        return 0;
}

int pins_mode(const char *dir)
{
        int mode = -ENOENT, r = each(dir, PINS_ALL, mode_of_one, &mode);

        return r < 0 ? r : mode;
}
