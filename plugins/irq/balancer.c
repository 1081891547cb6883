/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "balancer.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define SECOND_NS 1000000000ull
#define LOOK_NS   (5 * SECOND_NS)
/* Opening a file of each process costs milliseconds where there are thousands. */
#define SEARCH_NS (300 * SECOND_NS)

static bool is_it(const char *root, long pid)
{
        char comm[32];

        return pid > 0 && text_read(comm, sizeof(comm), "%s/proc/%ld/comm", root, pid) >= 0 && strcmp(comm, "irqbalance") == 0;
}

/* Names of a folder that are front, a number and anything; a process of that number that is it. */
static pid_t among(const char *root, const char *folder, const char *front)
{
        char path[512];
        struct dirent *e;
        pid_t found = 0;
        DIR *d;

        (void) snprintf(path, sizeof(path), "%s%s", root, folder);
        d = opendir(path);
        while (d && !found && (e = readdir(d))) {
                size_t n = strlen(front);

                if (strncmp(e->d_name, front, n) == 0 && isdigit((unsigned char) e->d_name[n]) &&
                    is_it(root, atol(e->d_name + n)))
                        found = (pid_t) atol(e->d_name + n);
        }
        if (d)
                (void) closedir(d);
        return found;
}

static pid_t by_file(const char *root, const char *file)
{
        long pid;

        return text_read_number(&pid, "%s%s", root, file) >= 0 && is_it(root, pid) ? (pid_t) pid : 0;
}

static pid_t look(const char *root)
{
        pid_t pid = among(root, "/run/irqbalance", "irqbalance");

        if (!pid)
                pid = among(root, "/run", "irqbalance");
        if (!pid)
                pid = by_file(root, "/run/irqbalance.pid");
        if (!pid)
                pid = by_file(root, "/sys/fs/cgroup/system.slice/irqbalance.service/cgroup.procs");
        return pid;
}

pid_t balancer_find(struct balancer *b, const char *root, uint64_t now_ns)
{
        if (b->pid && !is_it(root, b->pid))
                b->pid = 0;
        if (b->pid)
                return b->pid;
        if (!b->looked_ns || now_ns - b->looked_ns > LOOK_NS) {
                b->looked_ns = now_ns;
                b->pid = look(root);
        }
        if (!b->pid && (!b->searched_ns || now_ns - b->searched_ns > SEARCH_NS)) {
                b->searched_ns = now_ns;
                b->pid = among(root, "/proc", "");
        }
        return b->pid;
}
