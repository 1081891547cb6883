/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const struct trimtab_option guard_options[GUARD_N_OPTIONS] = {
        { "cgroup", "", "the directory of a cgroup: only what is in it is judged; empty: everything", "", 0, 0 },
        { "lsm", NULL, "whether hooks of the LSM are used where the kernel has them", "yes", 0, 0 },
        { "pins", "", "where the programs are pinned that on-exit = keep leaves behind", "/sys/fs/bpf/trimtab/guard", 0, 0 },
        { "learnt", "", "the file that mode learn writes its rules to", "/run/trimtab/learnt-egress.conf", 0, 0 },
        { "ssh-port", "port", "the port by which people log in: those that are connected to it can be connected to", "22", 1, 65535 },
        { "max-cgroups", "cgroups", "cgroups that refusals can be counted for at once", "256", 1, 4096 },
};

static char *find_root(void)
{
        FILE *f = setmntent("/proc/self/mounts", "re");
        const struct mntent *m;
        char *root = NULL;

        while (f && !root && (m = getmntent(f)))
                if (strcmp(m->mnt_type, "cgroup2") == 0)
                        root = strdup(m->mnt_dir);
        if (f)
                (void) endmntent(f);
        return root;
}

/* How deep a directory is below another one; 0: it is not below it. */
static uint32_t level_below(const char *root, const char *path)
{
        size_t n = strlen(root);
        uint32_t level = 0;

        if (strncmp(root, path, n) != 0)
                return 0;
        for (path += n; *path; path += strcspn(path, "/")) {
                path += strspn(path, "/");
                level += *path != '\0';
        }
        return level;
}

static int read_scope(const struct trimtab_host *h, const char *asked, struct settings *s)
{
        char *root = find_root();
        struct stat st;
        int r = 0;

        if (!root) {
                h->log(h, TRIMTAB_LOG_ERROR, "no unified hierarchy of cgroups is mounted here");
                return -ENODEV;
        }
        s->cgroup = *asked ? realpath(asked, NULL) : strdup(root);
        if (!s->cgroup || stat(s->cgroup, &st) < 0) {
                r = -errno;
                h->log(h, TRIMTAB_LOG_ERROR, "cgroup = %s: %s", asked, strerror(errno));
        } else if (*asked) {
                s->scope_level = level_below(root, s->cgroup);
                s->scope = s->scope_level ? st.st_ino : 0;
                if (s->scope_level == 0 && strcmp(root, s->cgroup) != 0) {
                        r = -EINVAL;
                        h->log(h, TRIMTAB_LOG_ERROR, "cgroup = %s: it is not below %s", asked, root);
                }
        }
        free(root);
        return r;
}

static int read_text(const struct trimtab_host *h, const char *name, char **ret)
{
        const char *text;
        int r = h->option_text(h, name, &text);

        if (r < 0)
                return r;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

int settings_read(const struct trimtab_host *h, struct settings *s)
{
        double lsm = 1, port = 22, n_groups = 256;
        char *cgroup = NULL;
        int r;

        *s = (struct settings){};
        r = read_text(h, "cgroup", &cgroup);
        r = r < 0 ? r : read_scope(h, cgroup, s);
        free(cgroup);
        r = r < 0 ? r : read_text(h, "pins", &s->pins);
        r = r < 0 ? r : read_text(h, "learnt", &s->learnt);
        r = r < 0 ? r : h->option_number(h, "lsm", &lsm);
        r = r < 0 ? r : h->option_number(h, "ssh-port", &port);
        r = r < 0 ? r : h->option_number(h, "max-cgroups", &n_groups);
        s->lsm = lsm != 0;
        s->ssh_port = (uint16_t) port;
        s->n_groups = (uint32_t) n_groups;
        return r;
}

void settings_clear(struct settings *s)
{
        free(s->cgroup);
        free(s->pins);
        free(s->learnt);
        *s = (struct settings){};
}
