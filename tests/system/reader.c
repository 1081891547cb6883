/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A service that reads, and measures itself what its users would wait for.
 *
 *   reader direct FILE OUT PAUSE_US N   reads pages of FILE by chance from the disk, past the page cache, as a database does
 *   reader cached FILE OUT PAUSE_US N   the same through the page cache, which FILE is read into first: its working set
 *
 * N of it serve at a time, and rest so long after each read. Appends a line for each read to OUT: how long it took, in microseconds.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

static int64_t now_ns(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static bool read_page(int fd, void *page, off_t n)
{
        if (pread(fd, page, PAGE, n * PAGE) == PAGE)
                return true;
        perror("pread");
        return false;
}

static bool warm(int fd, void *page, off_t n_pages)
{
        for (off_t i = 0; i < n_pages; i++)
                if (!read_page(fd, page, i))
                        return false;
        /* From now on no page comes with its neighbours: a page that is gone is a read of the disk. */
        return posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM) == 0;
}

static int serve(int fd, int out, void *page, off_t n_pages, long pause_us)
{
        const struct timespec pause = { pause_us / 1000000, pause_us % 1000000 * 1000 };

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        srandom((unsigned) getpid());
        for (;;) {
                int64_t start = now_ns();

                if (!read_page(fd, page, random() % n_pages) ||
                    dprintf(out, "%lld\n", (long long) (now_ns() - start) / 1000) < 0)
                        return 1;
                nanosleep(&pause, NULL);
        }
}

int main(int argc, char **argv)
{
        bool direct = argc == 6 && strcmp(argv[1], "direct") == 0, cached = argc == 6 && strcmp(argv[1], "cached") == 0;
        struct stat st;
        void *page;
        int fd, out;

        if (!direct && !cached) {
                fprintf(stderr, "usage: reader direct|cached FILE OUT PAUSE_US N\n");
                return 2;
        }

        fd = open(argv[2], O_RDONLY | (direct ? O_DIRECT : 0));
        out = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
        page = aligned_alloc(PAGE, PAGE);
        if (fd < 0 || out < 0 || !page || fstat(fd, &st) < 0 || st.st_size < PAGE) {
                fprintf(stderr, "%s or %s: %m\n", argv[2], argv[3]);
                return 1;
        }
        if (cached && !warm(fd, page, st.st_size / PAGE))
                return 1;
        for (int i = 1; i < atoi(argv[5]); i++)
                if (fork() == 0)
                        break;
        return serve(fd, out, page, st.st_size / PAGE, atol(argv[4]));
}
