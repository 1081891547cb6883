/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

struct calls_log *calls_log_new(void)
{
        void *at = mmap(NULL, sizeof(struct calls_log), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (at == MAP_FAILED)
                abort();
        return at;
}

uint64_t calls_now(void)
{
        struct timespec now;

        (void) clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec;
}

void calls_run(struct load *l, void (*work)(uint32_t argument), uint32_t argument)
{
        pid_t pid = load_start(l, work, argument);
        int status;

        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
                (void) fprintf(stderr, "a process of the test failed: %#x\n", (unsigned) status);
                abort();
        }
        l->n--;
}
