/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup-tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <uthash.h>

#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* A cgroup we know, and the inotify watch on its directory. */
struct node {
        uint64_t id;
        int watch;   /* -1: could not be watched */
        uint64_t seen; /* number of the last walk that met it */
        UT_hash_handle hh_id, hh_watch;
};

struct cgroup_tree {
        char *root;
        struct objects *objects;
        cgroup_changed changed;
        void *userdata;
        int inotify_fd;
        bool polled;
        uint64_t walk;
        struct node *by_id;    /* cgroup id -> node */
        struct node *by_watch; /* inotify watch -> node */
};

DEFINE_CLEANUP(struct cgroup_tree *, cgroup_tree_free);

static inline void closedirp(DIR **d)
{
        if (*d)
                (void) closedir(*d);
}

/* Octal escapes of mountinfo (\040 is a space), in place. */
static void unescape_octal(char *s)
{
        char *to = s;

        for (; *s; to++) {
                if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
                        *to = (char) ((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
                        s += 4;
                } else {
                        *to = *s++;
                }
        }
        *to = '\0';
}

int cgroup_find_mount(const char *mountinfo, char **ret)
{
        _cleanup_free_ char *text = NULL;
        char *line, *rest;
        int r;

        r = file_read(mountinfo, 16 << 20, &text, NULL);
        if (r < 0)
                return r;

        for (rest = text; (line = strsep(&rest, "\n"));) {
                char mount[PATH_MAX], *type = strstr(line, " - ");

                if (!type || !startswith(type, " - cgroup2 "))
                        continue;
                /* Fields: id parent major:minor root mount-point … */
                if (sscanf(line, "%*s %*s %*s %*s %4095s", mount) != 1)
                        continue;
                unescape_octal(mount);
                *ret = strdup(mount);
                return *ret ? 0 : -ENOMEM;
        }
        return -ENOENT;
}

static void node_free(struct cgroup_tree *t, struct node *n)
{
        if (n->watch >= 0)
                HASH_DELETE(hh_watch, t->by_watch, n);
        HASH_DELETE(hh_id, t->by_id, n);
        free(n);
}

struct cgroup_tree *cgroup_tree_free(struct cgroup_tree *t)
{
        struct node *n, *next;

        if (!t)
                return NULL;
        HASH_ITER(hh_id, t->by_id, n, next)
                node_free(t, n);
        if (t->inotify_fd >= 0)
                (void) close(t->inotify_fd);
        free(t->root);
        free(t);
        return NULL;
}

static void remove_node(struct cgroup_tree *t, struct node *n)
{
        struct oid id = { SCOPE_CGROUP, n->id };

        if (t->changed)
                t->changed(t->userdata, id, false);
        (void) objects_remove(t->objects, id);
        if (n->watch >= 0)
                (void) inotify_rm_watch(t->inotify_fd, n->watch);
        node_free(t, n);
}

static int add_node(struct cgroup_tree *t, uint64_t id, const char *name, const char *path)
{
        struct node *n = NULL;
        int r;

        HASH_FIND(hh_id, t->by_id, &id, sizeof(id), n);
        if (n) {
                n->seen = t->walk;
                return 0;
        }

        n = calloc(1, sizeof(*n));
        if (!n)
                return -ENOMEM;
        n->id = id;
        n->seen = t->walk;
        n->watch = inotify_add_watch(t->inotify_fd, path, IN_CREATE | IN_DELETE | IN_ONLYDIR | IN_DONT_FOLLOW);
        if (n->watch < 0 && errno != ENOENT)
                t->polled = true;

        HASH_ADD(hh_id, t->by_id, id, sizeof(n->id), n);
        if (n->watch >= 0)
                HASH_ADD(hh_watch, t->by_watch, watch, sizeof(n->watch), n);

        r = objects_add(t->objects, (struct oid) { SCOPE_CGROUP, id }, name, path);
        if (r < 0)
                return r;
        if (t->changed)
                t->changed(t->userdata, (struct oid) { SCOPE_CGROUP, id }, true);
        return 0;
}

/* The cgroup called name and all below. One that vanishes meanwhile is no error. */
static int walk(struct cgroup_tree *t, const char *name)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        _cleanup_free_ char *path = NULL;
        struct dirent *entry;
        struct stat st;
        int r;

        path = streq(name, "/") ? strdup(t->root) : str_printf("%s%s", t->root, name);
        if (!path)
                return -ENOMEM;

        dir = opendir(path);
        if (!dir || fstat(dirfd(dir), &st) < 0)
                return errno == ENOENT || errno == ENODEV ? 0 : -errno;

        /* Watch first, then list: what is made in between is seen twice, never missed. */
        r = add_node(t, st.st_ino, name, path);
        if (r < 0)
                return r;

        while ((entry = readdir(dir))) {
                _cleanup_free_ char *child = NULL;

                if (entry->d_type != DT_DIR || streq(entry->d_name, ".") || streq(entry->d_name, ".."))
                        continue;
                child = str_printf("%s/%s", streq(name, "/") ? "" : name, entry->d_name);
                if (!child)
                        return -ENOMEM;
                r = walk(t, child);
                if (r < 0)
                        return r;
        }
        return 0;
}

int cgroup_tree_rescan(struct cgroup_tree *t)
{
        struct node *n, *next;
        int r;

        t->walk++;
        t->polled = false;
        r = walk(t, "/");
        if (r < 0)
                return r;

        HASH_ITER(hh_id, t->by_id, n, next) {
                if (n->seen != t->walk)
                        remove_node(t, n);
                else if (n->watch < 0)
                        t->polled = true;
        }
        return 0;
}

int cgroup_tree_new(const char *root, struct objects *objects, cgroup_changed changed, void *userdata,
                    struct cgroup_tree **ret)
{
        _cleanup_(cgroup_tree_freep) struct cgroup_tree *t = calloc(1, sizeof(*t));
        int r;

        if (!t)
                return -ENOMEM;
        t->objects = objects;
        t->changed = changed;
        t->userdata = userdata;
        t->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (t->inotify_fd < 0)
                return -errno;
        t->root = strdup(root);
        if (!t->root)
                return -ENOMEM;

        r = cgroup_tree_rescan(t);
        if (r < 0)
                return r;

        *ret = TAKE(t);
        return 0;
}

int cgroup_tree_fd(const struct cgroup_tree *t)
{
        return t->inotify_fd;
}

bool cgroup_tree_polled(const struct cgroup_tree *t)
{
        return t->polled;
}

static int handle_event(struct cgroup_tree *t, const struct inotify_event *event)
{
        _cleanup_free_ char *name = NULL;
        const struct object *parent, *object;
        struct node *n = NULL;

        if (event->mask & IN_Q_OVERFLOW)
                return cgroup_tree_rescan(t);
        if (!(event->mask & IN_ISDIR))
                return 0;

        HASH_FIND(hh_watch, t->by_watch, &event->wd, sizeof(event->wd), n);
        parent = n ? objects_get(t->objects, (struct oid) { SCOPE_CGROUP, n->id }) : NULL;
        if (!parent)
                return 0;

        name = str_printf("%s/%s", streq(parent->name, "/") ? "" : parent->name, event->name);
        if (!name)
                return -ENOMEM;
        if (event->mask & IN_CREATE)
                return walk(t, name);

        /* The name may already belong to a cgroup made anew: only one whose directory is gone is taken out. */
        object = objects_by_name(t->objects, SCOPE_CGROUP, name);
        if (object) {
                struct stat st;

                if (stat(object->path, &st) == 0 && st.st_ino == object->id.key)
                        return 0;
                HASH_FIND(hh_id, t->by_id, &object->id.key, sizeof(object->id.key), n);
                if (n)
                        remove_node(t, n);
        }
        return 0;
}

int cgroup_tree_process(struct cgroup_tree *t)
{
        char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
        int r;

        for (;;) {
                ssize_t size = read(t->inotify_fd, buffer, sizeof(buffer));

                if (size < 0 && errno == EINTR)
                        continue;
                if (size < 0)
                        return errno == EAGAIN ? 0 : -errno;

                for (char *p = buffer; p < buffer + size;) {
                        const struct inotify_event *event = (const struct inotify_event *) p;

                        r = handle_event(t, event);
                        if (r < 0)
                                return r;
                        p += sizeof(*event) + event->len;
                }
        }
}
