/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup-tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <uthash.h>
#include <utlist.h>

#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* A cgroup we know, and the inotify watch on its directory. */
struct node {
        uint64_t id;
        int watch;   /* -1: could not be watched */
        uint64_t seen; /* number of the last walk that met it */
        struct node *parent, *children, *prev, *next; /* prev and next: among the parent's children */
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

/* With all below it, which cannot outlive it: the events that would tell of them may be lost with its watch. */
static void remove_node(struct cgroup_tree *t, struct node *n)
{
        struct oid id = { SCOPE_CGROUP, n->id };

        while (n->children)
                remove_node(t, n->children);
        if (n->parent)
                DL_DELETE(n->parent->children, n);

        if (t->changed)
                t->changed(t->userdata, id, false);
        (void) objects_remove(t->objects, id);
        if (n->watch >= 0)
                (void) inotify_rm_watch(t->inotify_fd, n->watch);
        node_free(t, n);
}

static struct node *find_node(struct cgroup_tree *t, uint64_t id)
{
        struct node *n = NULL;

        HASH_FIND(hh_id, t->by_id, &id, sizeof(id), n);
        return n;
}

/* What is known of this id or of this name and is another cgroup: its end was not told yet. */
static void remove_outdated(struct cgroup_tree *t, uint64_t id, const char *name)
{
        const struct object *same_id = objects_get(t->objects, (struct oid) { SCOPE_CGROUP, id }), *same_name;
        struct node *n;

        if (same_id && !streq(same_id->name, name) && (n = find_node(t, id)))
                remove_node(t, n);

        same_name = objects_by_name(t->objects, SCOPE_CGROUP, name);
        if (same_name && same_name->id.key != id && (n = find_node(t, same_name->id.key)))
                remove_node(t, n);
}

/* By the open directory: the path may belong to another cgroup by now. */
static int watch_directory(struct cgroup_tree *t, int dir_fd)
{
        char link[64];
        int watch;

        (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", dir_fd);
        watch = inotify_add_watch(t->inotify_fd, link, IN_CREATE | IN_DELETE | IN_ONLYDIR);
        if (watch < 0)
                t->polled = true;
        return watch;
}

/*
 * The id may have been given to another directory of that name: then what was watched is gone, and its watch is deaf. Of the same one the kernel
 * answers with the watch that there is.
 */
static void watch_again(struct cgroup_tree *t, struct node *n, int dir_fd)
{
        int watch = watch_directory(t, dir_fd);

        if (watch == n->watch)
                return;
        if (n->watch >= 0)
                HASH_DELETE(hh_watch, t->by_watch, n);
        n->watch = watch;
        if (watch >= 0)
                HASH_ADD(hh_watch, t->by_watch, watch, sizeof(n->watch), n);
}

static int new_node(struct cgroup_tree *t, uint64_t id, int dir_fd, struct node *parent, const char *name,
                    const char *path, struct node **ret)
{
        struct node *n;
        int r;

        r = objects_add(t->objects, (struct oid) { SCOPE_CGROUP, id }, name, path);
        if (r < 0)
                return r;
        n = calloc(1, sizeof(*n));
        if (!n) {
                (void) objects_remove(t->objects, (struct oid) { SCOPE_CGROUP, id });
                return -ENOMEM;
        }

        n->id = id;
        n->parent = parent;
        n->watch = watch_directory(t, dir_fd);
        if (parent)
                DL_APPEND(parent->children, n);
        HASH_ADD(hh_id, t->by_id, id, sizeof(n->id), n);
        if (n->watch >= 0)
                HASH_ADD(hh_watch, t->by_watch, watch, sizeof(n->watch), n);

        if (t->changed)
                t->changed(t->userdata, (struct oid) { SCOPE_CGROUP, id }, true);
        *ret = n;
        return 0;
}

/* The cgroup called name and all below. One that vanishes meanwhile is no error. */
static int walk(struct cgroup_tree *t, struct node *parent, const char *name)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        _cleanup_free_ char *path = NULL;
        struct dirent *entry;
        uint64_t parent_id = parent ? parent->id : 0;
        struct stat st;
        struct node *n;
        int r;

        path = streq(name, "/") ? strdup(t->root) : str_printf("%s%s", t->root, name);
        if (!path)
                return -ENOMEM;

        dir = opendir(path);
        if (!dir || fstat(dirfd(dir), &st) < 0)
                return errno == ENOENT || errno == ENODEV ? 0 : -errno;

        /* Watch first, then list: what is made in between is seen twice, never missed. */
        remove_outdated(t, st.st_ino, name);
        /* With the parent outdated itself, its successor is walked when its own event comes. */
        if (parent && !find_node(t, parent_id))
                return 0;
        n = find_node(t, st.st_ino);
        if (n) {
                watch_again(t, n, dirfd(dir));
        } else {
                r = new_node(t, st.st_ino, dirfd(dir), parent, name, path, &n);
                if (r < 0)
                        return r;
        }
        n->seen = t->walk;

        while ((entry = readdir(dir))) {
                _cleanup_free_ char *child = NULL;

                if (entry->d_type != DT_DIR || streq(entry->d_name, ".") || streq(entry->d_name, ".."))
                        continue;
                child = str_printf("%s/%s", streq(name, "/") ? "" : name, entry->d_name);
                if (!child)
                        return -ENOMEM;
                /* What was met below may have told that this one is gone. */
                n = find_node(t, st.st_ino);
                if (!n)
                        return 0;
                r = walk(t, n, child);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Those that the walk did not meet. */
static void remove_unseen(struct cgroup_tree *t, struct node *n)
{
        struct node *child, *next;

        if (n->seen != t->walk) {
                remove_node(t, n);
                return;
        }
        if (n->watch < 0)
                t->polled = true;
        DL_FOREACH_SAFE(n->children, child, next)
                remove_unseen(t, child);
}

int cgroup_tree_rescan(struct cgroup_tree *t)
{
        const struct object *root;
        struct node *n;
        int r;

        t->walk++;
        t->polled = false;
        r = walk(t, NULL, "/");
        if (r < 0)
                return r;

        root = objects_by_name(t->objects, SCOPE_CGROUP, "/");
        n = root ? find_node(t, root->id.key) : NULL;
        if (n)
                remove_unseen(t, n);
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
                return walk(t, n, name);

        /* The name may already belong to a cgroup made anew: only one whose directory is gone is taken out. */
        object = objects_by_name(t->objects, SCOPE_CGROUP, name);
        if (object) {
                struct stat st;

                if (stat(object->path, &st) == 0 && st.st_ino == object->id.key)
                        return 0;
                n = find_node(t, object->id.key);
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
