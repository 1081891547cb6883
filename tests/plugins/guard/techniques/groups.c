/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "groups.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "technique.h"

static int find_root(char *ret, size_t size)
{
        FILE *mounts = setmntent("/proc/self/mounts", "re");
        const struct mntent *m;
        int r = -ENOENT;

        if (!mounts)
                return -errno;
        while (r < 0 && (m = getmntent(mounts)))
                if (strcmp(m->mnt_type, "cgroup2") == 0) {
                        (void) snprintf(ret, size, "%s", m->mnt_dir);
                        r = 0;
                }
        (void) endmntent(mounts);
        return r;
}

/* The id of a cgroup is its directory's handle, which on 64 bits is the inode. */
static uint64_t id_of(const char *path)
{
        struct stat st;

        return stat(path, &st) < 0 ? 0 : st.st_ino;
}

int groups_make(struct groups *g)
{
        int r = find_root(g->root, sizeof(g->root));

        if (r < 0)
                return r;
        (void) snprintf(g->base, sizeof(g->base), "%s/guard-techniques.%d", g->root, getpid());
        (void) snprintf(g->free, sizeof(g->free), "%s/free", g->base);
        (void) snprintf(g->guarded, sizeof(g->guarded), "%s/guarded", g->base);
        (void) snprintf(g->free_procs, sizeof(g->free_procs), "%s/cgroup.procs", g->free);
        if (mkdir(g->base, 0755) < 0 || mkdir(g->free, 0755) < 0 || mkdir(g->guarded, 0755) < 0)
                return -errno;
        g->base_fd = open(g->base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        g->guarded_id = id_of(g->guarded);
        return g->base_fd < 0 ? -errno : write_text(g->free_procs, "0");
}

static const char *inside(const struct groups *g, uint32_t number, const char *file, char *ret, size_t size)
{
        (void) snprintf(ret, size, "%s/%u%s", g->guarded, number, file);
        return ret;
}

int groups_add(const struct groups *g, uint32_t number)
{
        char path[256];

        return mkdir(inside(g, number, "", path, sizeof(path)), 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int groups_enter(const struct groups *g, uint32_t number)
{
        char path[256];

        return write_text(inside(g, number, "/cgroup.procs", path, sizeof(path)), "0");
}

/* Whoever was killed is in it until it has been reaped. */
static void remove_soon(const char *path)
{
        for (int i = 0; i < 500 && rmdir(path) < 0 && errno == EBUSY; i++)
                (void) usleep(2000);
}

void groups_end(const struct groups *g, uint32_t number)
{
        char path[256];

        (void) write_text(inside(g, number, "/cgroup.kill", path, sizeof(path)), "1");
        remove_soon(inside(g, number, "", path, sizeof(path)));
}

void groups_remove(struct groups *g)
{
        char path[256];

        if (!g->base[0])
                return;
        (void) snprintf(path, sizeof(path), "%s/cgroup.procs", g->root);
        (void) write_text(path, "0");
        (void) snprintf(path, sizeof(path), "%s/cgroup.kill", g->base);
        (void) write_text(path, "1");
        remove_soon(g->guarded);
        remove_soon(g->free);
        remove_soon(g->base);
        (void) close(g->base_fd);
}
