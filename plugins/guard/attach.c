/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

#define CONTROL "control"

/* Where our programs stand in the kernel, and what stays there when we are gone. */

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
        return 0;
}

uint32_t program_attach(struct program *p, int cgroup, char *why, uint32_t size)
{
        libbpf_print_fn_t print = libbpf_set_print(quiet);
        uint32_t attached = 0;

        for (uint32_t i = 0; i < GUARD_HOOKS_MAX; i++) {
                struct bpf_program *prog = programs_get(&p->programs, i);

                if (prog && !p->links[i])
                        p->links[i] = i < GUARD_PROGRAM_LSM_CONNECT ? bpf_program__attach_cgroup(prog, cgroup) : bpf_program__attach_lsm(prog);
                if (prog && !p->links[i])
                        (void) snprintf(why, size, "%s: %s", programs_name(&p->programs, i), strerror(errno));
                if (p->links[i])
                        attached |= 1u << i;
        }
        libbpf_set_print(print);
        return attached;
}

void program_detach(struct program *p)
{
        for (uint32_t i = 0; i < GUARD_HOOKS_MAX; i++) {
                (void) bpf_link__destroy(p->links[i]);
                p->links[i] = NULL;
        }
}

bool program_is_attached(const struct program *p)
{
        for (uint32_t i = 0; i < GUARD_HOOKS_MAX; i++)
                if (p->links[i])
                        return true;
        return false;
}

static int make_folders(const char *dir)
{
        char path[512];

        (void) snprintf(path, sizeof(path), "%s", dir);
        for (char *slash = path + 1;; *slash = '/') {
                slash = strchr(slash + 1, '/');
                if (slash)
                        *slash = '\0';
                if (mkdir(path, 0700) < 0 && errno != EEXIST)
                        return -errno;
                if (!slash)
                        return 0;
        }
}

/*
 * Links that are unpinned are gone when the kernel gets round to it; a mode is off at once. It stands first in the control of each version
 * of this plugin.
 */
static void silence(const char *path)
{
        char file[800];
        struct bpf_map_info info = {};
        uint32_t size = sizeof(info), zero = 0, off = GUARD_OFF;
        void *control = NULL;
        int fd;

        (void) snprintf(file, sizeof(file), "%s/" CONTROL, path);
        fd = bpf_obj_get(file);
        if (fd < 0)
                return;
        if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.value_size >= sizeof(off))
                control = calloc(1, info.value_size);
        if (control && bpf_map_lookup_elem(fd, &zero, control) == 0) {
                memcpy(control, &off, sizeof(off));
                (void) bpf_map_update_elem(fd, &zero, control, BPF_ANY);
        }
        free(control);
        (void) close(fd);
}

/* Its links and itself; whether it is gone. */
static bool remove_folder(const char *path, bool ours)
{
        DIR *d = opendir(path);
        const struct dirent *e;

        if (!d)
                return false;
        if (!ours)
                silence(path);
        while ((e = readdir(d)))
                if (e->d_name[0] != '.')
                        (void) unlinkat(dirfd(d), e->d_name, 0);
        (void) closedir(d);
        return rmdir(path) == 0;
}

int program_pin(struct program *p, const char *dir)
{
        struct timespec now;
        char path[768];
        int r;

        if (p->pinned)
                return 0;
        (void) clock_gettime(CLOCK_BOOTTIME, &now);
        r = make_folders(dir);
        if (r < 0)
                return r;
        if (asprintf(&p->pinned, "%s/%lld%09ld-%d", dir, (long long) now.tv_sec, now.tv_nsec, (int) getpid()) < 0) {
                p->pinned = NULL;
                return -ENOMEM;
        }
        if (mkdir(p->pinned, 0700) < 0)
                r = -errno;
        (void) snprintf(path, sizeof(path), "%s/" CONTROL, p->pinned);
        if (r >= 0)
                r = bpf_obj_pin(programs_map(&p->programs, "control"), path) < 0 ? -errno : 0;
        for (uint32_t i = 0; i < GUARD_HOOKS_MAX && r >= 0; i++) {
                (void) snprintf(path, sizeof(path), "%s/%s", p->pinned, programs_name(&p->programs, i));
                if (p->links[i])
                        r = bpf_obj_pin(bpf_link__fd(p->links[i]), path) < 0 ? -errno : 0;
        }
        if (r < 0)
                (void) program_unpin(p);
        return r;
}

int program_unpin(struct program *p)
{
        bool gone = !p->pinned || remove_folder(p->pinned, true);

        free(p->pinned);
        p->pinned = NULL;
        return gone ? 0 : -EBUSY;
}

/* By the time in its name. Those of a daemon that came after us are its own affair: each would take away the other's. */
static bool is_earlier(const struct program *p, const char *name)
{
        return strtoull(name, NULL, 10) < p->since_ns;
}

/* Of the folders below dir that were there before us: all are counted, and taken away if `remove`. */
static int look_at_others(const struct program *p, const char *dir, bool remove)
{
        DIR *d = opendir(dir);
        const struct dirent *e;
        char path[768];
        int n = 0;

        if (!d)
                return 0;
        while ((e = readdir(d))) {
                if (e->d_name[0] == '.' || !is_earlier(p, e->d_name))
                        continue;
                (void) snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
                n += !remove || remove_folder(path, false);
        }
        (void) closedir(d);
        return n;
}

int program_unpin_others(const struct program *p, const char *dir)
{
        return look_at_others(p, dir, true);
}

bool program_has_others(const struct program *p, const char *dir)
{
        return look_at_others(p, dir, false) > 0;
}
