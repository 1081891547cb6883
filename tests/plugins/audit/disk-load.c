/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two sides of the database story.
 *
 *   disk-load database FILE LOG   commits again and again: writes a page of FILE and syncs it; appends how long each sync took, in us, a
 *                                 line each, to LOG
 *   disk-load backup FILE LOG     writes FILE from beginning to end as fast as the disk takes it, again and again; appends a line to LOG
 *                                 for each MiB
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define PAGES 256
#define CHUNK (256 << 10)
#define CHUNKS 512
#define WRITERS 8 /* requests in flight: enough to fill the disk's queue */

static int64_t now_us(void)
{
        struct timespec ts;

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
        return ts.tv_sec * 1000000ll + ts.tv_nsec / 1000;
}

static void die(const char *what)
{
        perror(what);
        exit(1);
}

static char *aligned(size_t size)
{
        char *at = aligned_alloc(PAGE, size);

        if (!at)
                die("memory");
        memset(at, 'x', size);
        return at;
}

static void database(const char *file, FILE *log)
{
        int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        char *page = aligned(PAGE);

        if (fd < 0)
                die(file);
        for (int i = 0; i < PAGES; i++)
                if (pwrite(fd, page, PAGE, (off_t) i * PAGE) != PAGE)
                        die("write");
        if (fsync(fd) < 0)
                die("fsync");
        for (unsigned i = 0;; i++) {
                int64_t start;

                if (pwrite(fd, page, PAGE, (off_t) (i % PAGES) * PAGE) != PAGE)
                        die("write");
                start = now_us();
                if (fdatasync(fd) < 0)
                        die("fdatasync");
                (void) fprintf(log, "%lld\n", (long long) (now_us() - start));
                (void) fflush(log);
                (void) usleep(5000);
        }
}

static void backup(const char *file, FILE *log)
{
        char *chunk = aligned(CHUNK);
        int fd = open(file, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);

        if (fd < 0 || posix_fallocate(fd, 0, (off_t) CHUNK * CHUNKS) != 0)
                die(file);
        for (int w = 0; w < WRITERS; w++)
                if (fork() == 0) {
                        (void) prctl(PR_SET_PDEATHSIG, 9);
                        for (unsigned i = (unsigned) w;; i += WRITERS) {
                                if (pwrite(fd, chunk, CHUNK, (off_t) (i % CHUNKS) * CHUNK) != CHUNK)
                                        die("write");
                                if (i / WRITERS % 4 == 3) {
                                        (void) fprintf(log, "1\n");
                                        (void) fflush(log);
                                }
                        }
                }
        while (wait(NULL) > 0 || errno == EINTR)
                ;
}

int main(int argc, char **argv)
{
        FILE *log = argc == 4 ? fopen(argv[3], "ae") : NULL;

        if (!log)
                return 2;
        if (strcmp(argv[1], "database") == 0)
                database(argv[2], log);
        else
                backup(argv[2], log);
        return 1;
}
