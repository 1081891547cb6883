/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#define PF_KTHREAD 0x00200000u /* of the flags in /proc/PID/stat */

bool cgroup_is_below(const char *name, const char *above)
{
        size_t n = strcmp(above, "/") == 0 ? 0 : strlen(above);

        return strncmp(name, above, n) == 0 && (name[n] == '/' || name[n] == '\0');
}

char *process_cgroup(pid_t pid)
{
        char path[64], *line = NULL, *name = NULL;
        size_t room = 0;
        ssize_t n;
        FILE *f;

        (void) snprintf(path, sizeof(path), "/proc/%d/cgroup", (int) pid);
        f = fopen(path, "re");
        if (!f)
                return NULL;
        while (!name && (n = getline(&line, &room, f)) > 0) {
                if (strncmp(line, "0::/", 4) != 0)
                        continue; /* of another hierarchy */
                line[strcspn(line, "\n")] = '\0';
                name = strdup(line + 3);
        }
        free(line);
        (void) fclose(f);
        return name;
}

/* Its name may hold what it likes, parentheses and spaces too. */
static int read_stat(pid_t pid, struct process *ret)
{
        char path[64], text[1024], *open_at, *close_at;
        ssize_t n;
        int fd;

        (void) snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        n = read(fd, text, sizeof(text) - 1);
        (void) close(fd);
        text[n > 0 ? n : 0] = '\0';
        open_at = strchr(text, '(');
        close_at = strrchr(text, ')');
        if (!open_at || !close_at || close_at < open_at)
                return -ESRCH;
        if (sscanf(close_at + 1, " %*c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &ret->flags, &ret->start) != 2)
                return -ESRCH;
        (void) snprintf(ret->comm, sizeof(ret->comm), "%.*s", (int) (close_at - open_at - 1), open_at + 1);
        return 0;
}

void process_let_go(struct process *p)
{
        if (p->fd >= 0)
                (void) close(p->fd);
        free(p->cgroup);
}

int process_hold(pid_t pid, struct process *ret)
{
        struct process p = { .pid = pid, .fd = pidfd_open(pid, 0) };
        struct pollfd over = { .fd = p.fd, .events = POLLIN };
        int r;

        if (p.fd < 0)
                return errno == EINVAL || errno == ENOENT ? -ESRCH : -errno; /* that number is a thread's now */
        r = read_stat(pid, &p);
        p.cgroup = process_cgroup(pid);
        if (r < 0 || !p.cgroup || poll(&over, 1, 0) != 0) {
                process_let_go(&p);
                return -ESRCH;
        }
        *ret = p;
        return 0;
}

bool process_is_spared(const struct process *p)
{
        return p->pid <= 1 || p->pid == getpid() || p->flags & PF_KTHREAD;
}

int process_end(const struct process *p)
{
        return pidfd_send_signal(p->fd, SIGKILL, NULL, 0) < 0 ? -errno : 0;
}
