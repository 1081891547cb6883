/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "biolatency.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <trimtab/bpf/histogram.h>

static uint32_t count_links(void)
{
        uint32_t id = 0, n = 0;

        while (bpf_link_get_next_id(id, &id) == 0)
                n++;
        return n;
}

int biolatency_start(struct biolatency *b, const char *disk)
{
        uint32_t before = count_links();
        int fds[2], status;

        *b = (struct biolatency){};
        if (pipe(fds) < 0)
                return -errno;
        b->pid = fork();
        if (b->pid == 0) {
                (void) dup2(fds[1], STDOUT_FILENO);
                (void) execlp("biolatency", "biolatency", "-d", disk, "1000", "1", NULL);
                _exit(127);
        }
        (void) close(fds[1]);
        b->out = fds[0];

        /* What it says that it has begun stays in its buffer. It has two programs at least, and no other is attached meanwhile. */
        for (int i = 0; i < 600; i++) {
                if (waitpid(b->pid, &status, WNOHANG) == b->pid) {
                        (void) close(b->out);
                        return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -ENOENT : -ECHILD;
                }
                if (count_links() >= before + 2) {
                        (void) usleep(300000);
                        return 0;
                }
                (void) usleep(50000);
        }
        return -ETIMEDOUT;
}

int biolatency_stop(struct biolatency *b)
{
        unsigned long long low, high, n;
        FILE *out = fdopen(b->out, "r");
        char line[256];
        int status;

        if (kill(b->pid, SIGINT) < 0 || !out)
                return -errno;
        while (fgets(line, sizeof(line), out))
                if (sscanf(line, "%llu -> %llu : %llu", &low, &high, &n) == 3)
                        b->slots[trimtab_log2(low | 1)] += n;
        (void) fclose(out);
        return waitpid(b->pid, &status, 0) == b->pid ? 0 : -errno;
}
