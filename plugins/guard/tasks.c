/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- cgroups --- */

int cgroups_add(struct cgroups *c, uint64_t id, const char *path)
{
        char *copy = strdup(path);

        if (!copy)
                return -ENOMEM;
        if (c->n == c->room) {
                size_t room = c->room ? c->room * 2 : 64;
                struct cgroup *at = reallocarray(c->all, room, sizeof(*at));

                if (!at) {
                        free(copy);
                        return -ENOMEM;
                }
                c->all = at;
                c->room = room;
        }
        c->all[c->n++] = (struct cgroup){ id, copy };
        return 0;
}

void cgroups_remove(struct cgroups *c, uint64_t id)
{
        for (size_t i = 0; i < c->n; i++)
                if (c->all[i].id == id) {
                        free(c->all[i].path);
                        c->all[i] = c->all[--c->n];
                        return;
                }
}

void cgroups_clear(struct cgroups *c)
{
        for (size_t i = 0; i < c->n; i++)
                free(c->all[i].path);
        free(c->all);
        *c = (struct cgroups){};
}

bool policy_asks_user_space(const struct policy *policy)
{
        for (uint32_t i = 0; i < GUARD_WORDS; i++)
                if (policy->set.globs.word[i])
                        return true;
        return false;
}

int cgroups_classify(const struct cgroups *c, const struct policy *policy, const struct rules *rules, struct guard_class_of **ret,
                     uint32_t *ret_n)
{
        struct guard_class_of *classes;

        *ret = NULL;
        *ret_n = 0;
        if (!policy_asks_user_space(policy))
                return 0;
        classes = calloc(c->n + 1, sizeof(*classes));
        if (!classes)
                return -ENOMEM;
        for (size_t i = 0; i < c->n; i++) {
                classes[i].cgroup = c->all[i].id;
                policy_classify(policy, rules, c->all[i].path, &classes[i].class);
        }
        *ret = classes;
        *ret_n = (uint32_t) c->n;
        return 0;
}

/* --- programs --- */

static struct exe *find_exe(const struct exes *e, const char *path)
{
        for (size_t i = 0; i < e->n; i++)
                if (strcmp(e->all[i].path, path) == 0)
                        return &e->all[i];
        return NULL;
}

int exes_init(struct exes *e, const struct rules *rules)
{
        *e = (struct exes){ .all = calloc(rules->n + 1, sizeof(*e->all)) };
        if (!e->all)
                return -ENOMEM;
        for (size_t i = 0; i < rules->n; i++)
                if (rules->all[i].exe && !find_exe(e, rules->all[i].exe))
                        e->all[e->n++].path = rules->all[i].exe;
        return 0;
}

void exes_clear(struct exes *e)
{
        free(e->all);
        *e = (struct exes){};
}

static bool is_same(const struct statx *a, const struct statx *b)
{
        return a->stx_mask & b->stx_mask & STATX_BTIME && a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
               a->stx_dev_minor == b->stx_dev_minor && a->stx_btime.tv_sec == b->stx_btime.tv_sec &&
               a->stx_btime.tv_nsec == b->stx_btime.tv_nsec;
}

/* The kernel is asked for its own idea of the inode: that of stat() is another one on some file systems. */
static bool identify(struct exe *exe, const struct program *program)
{
        struct guard_inode inode = {};
        struct statx now;
        bool changed;
        int fd;

        if (statx(AT_FDCWD, exe->path, AT_STATX_DONT_SYNC, STATX_INO | STATX_TYPE | STATX_BTIME, &now) < 0 || !S_ISREG(now.stx_mode)) {
                changed = exe->there;
                exe->there = false;
                return changed;
        }
        if (exe->there && is_same(&exe->seen, &now))
                return false;
        fd = open(exe->path, O_PATH | O_CLOEXEC);
        if (fd < 0 || program_identify(program, fd, &inode) < 0) {
                changed = exe->there;
                exe->there = false;
        } else {
                changed = !exe->there || memcmp(&exe->inode, &inode, sizeof(inode)) != 0;
                exe->there = true;
                exe->inode = inode;
                exe->seen = now;
        }
        if (fd >= 0)
                (void) close(fd);
        return changed;
}

bool exes_look(struct exes *e, const struct program *program)
{
        bool changed = false;

        for (size_t i = 0; i < e->n; i++)
                changed |= identify(&e->all[i], program);
        return changed;
}

/* Two paths may be one file: it then is both. */
static struct guard_exe_of *get_inode(struct guard_exe_of *all, uint32_t *n, const struct guard_inode *inode)
{
        for (uint32_t i = 0; i < *n; i++)
                if (memcmp(&all[i].inode, inode, sizeof(*inode)) == 0)
                        return &all[i];
        all[*n].inode = *inode;
        return &all[(*n)++];
}

int exes_bits(const struct exes *e, const struct policy *policy, const struct rules *rules, struct guard_exe_of **ret, uint32_t *ret_n)
{
        struct guard_exe_of *all = calloc(e->n + 1, sizeof(*all));

        *ret_n = 0;
        *ret = all;
        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < e->n; i++) {
                struct guard_exe_of *at;
                struct guard_bits bits;

                if (!e->all[i].there)
                        continue;
                at = get_inode(all, ret_n, &e->all[i].inode);
                policy_exe_bits(policy, rules, e->all[i].path, &bits);
                for (uint32_t w = 0; w < GUARD_WORDS; w++)
                        at->bits.word[w] |= bits.word[w];
        }
        return 0;
}

int uids_bits(const struct policy *policy, const struct rules *rules, struct guard_uid_of **ret, uint32_t *ret_n)
{
        struct guard_uid_of *all = calloc(rules->n + 1, sizeof(*all));

        *ret_n = 0;
        *ret = all;
        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < rules->n; i++) {
                if (rules->all[i].uid < 0)
                        continue;
                all[*ret_n].uid = (uint32_t) rules->all[i].uid;
                policy_uid_bits(policy, rules, all[*ret_n].uid, &all[*ret_n].bits);
                (*ret_n)++;
        }
        return 0;
}
