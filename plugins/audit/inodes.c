/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inodes.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#define BIT(i) (1u << (i))

struct audit_name {
        struct audit_inode inode;
        struct statx seen; /* as it was when the inode was asked for */
        bool is_directory;
        uint32_t watches;  /* that name it, in this round */
        uint64_t round;
        UT_hash_handle hh;
        char path[];
};

struct audit_known {
        struct audit_inode inode;
        struct audit_membership membership, now; /* in the kernel; as this round has it */
        UT_hash_handle hh;
};

/* Is it the file that was there at the last look? Its number alone may have been given away again. */
static bool is_same(const struct statx *a, const struct statx *b)
{
        return a->stx_mask & b->stx_mask & STATX_BTIME && a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
               a->stx_dev_minor == b->stx_dev_minor && a->stx_btime.tv_sec == b->stx_btime.tv_sec &&
               a->stx_btime.tv_nsec == b->stx_btime.tv_nsec;
}

/* Asks the kernel for its own idea of the inode: that of stat() is another one on some file systems. Opens nothing but the path. */
static int identify(const struct programs *p, struct audit_name *name)
{
        struct statx now;
        int fd, r;

        if (statx(AT_FDCWD, name->path, AT_STATX_DONT_SYNC, STATX_INO | STATX_TYPE | STATX_BTIME, &now) < 0)
                return -errno;
        if (is_same(&name->seen, &now))
                return 0;
        fd = open(name->path, O_PATH | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = audit_identify(p, fd, &name->inode);
        (void) close(fd);
        if (r < 0)
                return r;
        name->seen = now;
        name->is_directory = S_ISDIR(now.stx_mode);
        return 0;
}

static int note_name(struct audit_inodes *in, const char *path, uint32_t watch)
{
        struct audit_name *name;
        size_t n = strlen(path);

        HASH_FIND(hh, in->names, path, n, name);
        if (!name) {
                name = calloc(1, sizeof(*name) + n + 1);
                if (!name)
                        return -ENOMEM;
                memcpy(name->path, path, n);
                HASH_ADD(hh, in->names, path, n, name);
        }
        if (name->round != in->round)
                name->watches = 0;
        name->round = in->round;
        name->watches |= BIT(watch);
        return 0;
}

/* The files that one path of a watch stands for at this round. */
static int note_path(struct audit_inodes *in, const char *path, uint32_t watch)
{
        glob_t found = {};
        int r = 0;

        if (!strpbrk(path, "*?["))
                return note_name(in, path, watch);
        if (glob(path, GLOB_NOSORT, NULL, &found) == 0)
                for (size_t i = 0; i < found.gl_pathc && i < in->max && r >= 0; i++)
                        r = note_name(in, found.gl_pathv[i], watch);
        globfree(&found);
        return r;
}

static struct audit_known *note_inode(struct audit_inodes *in, const struct audit_inode *inode)
{
        struct audit_known *k;

        HASH_FIND(hh, in->known, inode, sizeof(*inode), k);
        if (k)
                HASH_DEL(in->known, k); /* to the end: it has just been seen */
        else
                k = calloc(1, sizeof(*k));
        if (k) {
                k->inode = *inode;
                HASH_ADD(hh, in->known, inode, sizeof(k->inode), k);
        }
        return k;
}

/* Names to inodes; those that are no names any more are forgotten. */
static void look_up(struct audit_inodes *in, const struct programs *p)
{
        struct audit_name *name, *next;

        HASH_ITER(hh, in->names, name, next)
        {
                struct audit_known *k;

                if (name->round != in->round || identify(p, name) < 0) {
                        HASH_DEL(in->names, name);
                        free(name);
                        continue;
                }
                k = note_inode(in, &name->inode);
                if (k && name->is_directory)
                        k->now.below |= name->watches;
                else if (k)
                        k->now.itself |= name->watches;
        }
}

static void forget(struct audit_inodes *in, const struct programs *p, struct audit_known *k)
{
        (void) bpf_map_delete_elem(programs_map(p, "inodes"), &k->inode);
        HASH_DEL(in->known, k);
        free(k);
}

/* Brings the kernel's map to what `known` says; returns the watches with a directory. */
static uint32_t write_map(struct audit_inodes *in, const struct programs *p, uint32_t active, bool *ret_changed)
{
        int map = programs_map(p, "inodes");
        struct audit_known *k, *next;
        uint32_t below = 0;

        HASH_ITER(hh, in->known, k, next)
        {
                struct audit_membership m = k->now;

                k->now = (struct audit_membership){};
                if (!m.itself && !m.below) /* not at its path any more: it is the same file all the same */
                        m = (struct audit_membership){ k->membership.itself & active, k->membership.below & active };
                if ((!m.itself && !m.below) || HASH_COUNT(in->known) > in->max) {
                        forget(in, p, k);
                        *ret_changed = true;
                        continue;
                }
                below |= m.below;
                if (memcmp(&m, &k->membership, sizeof(m)) == 0)
                        continue;
                k->membership = m;
                *ret_changed = true;
                if (bpf_map_update_elem(map, &k->inode, &m, BPF_ANY) < 0)
                        k->membership = (struct audit_membership){}; /* tried again at the next tick */
        }
        return below;
}

static void tell_missing(const struct audit_inodes *in, struct audit_watch *w, const struct trimtab_host *h)
{
        for (uint32_t i = 0; w->paths[i]; i++) {
                const char *path = w->paths[i];
                struct audit_name *name;

                if (strpbrk(path, "*?["))
                        continue;
                HASH_FIND(hh, in->names, path, strlen(path), name);
                if (!name && !w->told_missing[i])
                        h->log(h, TRIMTAB_LOG_NOTICE, "watch %s: %s is not there, or not to be seen from here: waiting for it",
                               w->name, path);
                w->told_missing[i] = !name;
        }
}

int64_t audit_inodes_refresh(struct audit_inodes *in, const struct programs *p, const struct audit_watches *ws,
                             const struct trimtab_host *h, bool *ret_changed)
{
        uint32_t active = 0, below;
        int r = 0;

        in->round++;
        *ret_changed = false;
        for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++) {
                if (!audit_watch_is_active(ws->all[i]))
                        continue;
                active |= BIT(i);
                for (char **path = ws->all[i]->paths; *path && r >= 0; path++)
                        r = note_path(in, *path, i);
        }
        look_up(in, p);
        if (HASH_COUNT(in->names) > in->max && !in->told_full) {
                h->log(h, TRIMTAB_LOG_WARNING, "more than %u files are to be watched: some are not (raise max-files)",
                       in->max);
                in->told_full = true;
        }
        below = write_map(in, p, active, ret_changed);
        for (uint32_t i = 0; i < AUDIT_WATCHES_MAX; i++)
                if (active & BIT(i))
                        tell_missing(in, ws->all[i], h);
        return r < 0 ? r : (int64_t) below;
}

void audit_inodes_clear(struct audit_inodes *in, const struct programs *p)
{
        struct audit_name *name, *next_name;
        struct audit_known *k, *next;

        HASH_ITER(hh, in->known, k, next)
        {
                forget(in, p, k);
        }
        HASH_ITER(hh, in->names, name, next_name)
        {
                HASH_DEL(in->names, name);
                free(name);
        }
        in->told_full = false;
}
