/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pins.h"
#include "program.h"

/* Where our programs stand in the kernel, and what stays there when we are gone. */

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
        return 0;
}

/* The kernel may take a moment to let go of a program's last attachment: mode off and on again (seen on 6.1). */
static struct bpf_link *attach_one(struct bpf_program *prog, bool lsm, int cgroup)
{
        const struct timespec moment = { .tv_nsec = 10000000 };

        for (int tries = 0;; tries++) {
                struct bpf_link *link = lsm ? bpf_program__attach_lsm(prog) : bpf_program__attach_cgroup(prog, cgroup);

                if (link || errno != EBUSY || tries == 20)
                        return link;
                (void) nanosleep(&moment, NULL);
        }
}

uint32_t program_attach(struct program *p, uint32_t which, int cgroup, char *why, uint32_t size)
{
        libbpf_print_fn_t print = libbpf_set_print(quiet);
        uint32_t attached = 0;

        for (uint32_t i = 0; i < GUARD_HOOKS_MAX; i++) {
                struct bpf_program *prog = which >> i & 1 ? programs_get(&p->programs, i) : NULL;

                if (prog && !p->links[i])
                        p->links[i] = attach_one(prog, i >= GUARD_PROGRAM_LSM_CONNECT, cgroup);
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
        (void) snprintf(path, sizeof(path), "%s/" PINS_CONTROL, p->pinned);
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
        bool gone = !p->pinned || pins_remove_folder(p->pinned, true);

        free(p->pinned);
        p->pinned = NULL;
        return gone ? 0 : -EBUSY;
}

int program_unpin_others(const struct program *p, const char *dir)
{
        return pins_remove(dir, p->since_ns, NULL);
}

bool program_has_others(const struct program *p, const char *dir)
{
        return pins_count(dir, p->since_ns) > 0;
}
