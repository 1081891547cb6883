/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "techniques.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "uring.h"

#define SIZE 4096

static char buffer[SIZE] __attribute__((aligned(SIZE)));

static void make_file(const char *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

        if (fd < 0 || write(fd, buffer, SIZE) != SIZE)
                abort();
        (void) close(fd);
}

void place_make(struct place *p)
{
        (void) snprintf(p->top, sizeof(p->top), "%s/audit-test.XXXXXX", getenv("AUDIT_TEST_DIR") ?: "/var/tmp");
        if (!mkdtemp(p->top))
                abort();
        (void) snprintf(p->file, sizeof(p->file), "%s/file", p->top);
        (void) snprintf(p->tree, sizeof(p->tree), "%s/tree", p->top);
        (void) snprintf(p->inside, sizeof(p->inside), "%s/deep", p->tree);
        (void) snprintf(p->outside, sizeof(p->outside), "%s/outside", p->top);
        if (mkdir(p->tree, 0700) < 0 || mkdir(p->inside, 0700) < 0)
                abort();
        (void) strcat(p->inside, "/file");
        make_file(p->file);
        make_file(p->inside);
        make_file(p->outside);
}

void place_remove(const struct place *p)
{
        char command[192];

        (void) snprintf(command, sizeof(command), "rm -rf %s", p->top);
        if (system(command) != 0)
                (void) fprintf(stderr, "%s stays\n", p->top);
}

/* 0 if r is what was expected, else why not. */
static int is(ssize_t r, ssize_t expected)
{
        return r == expected ? 0 : r < 0 && errno ? errno : EIO;
}

static int open_file(const struct place *p, int flags)
{
        int fd = open(p->file, flags | O_CLOEXEC);

        if (fd < 0)
                _exit(errno == EINVAL ? TECHNIQUE_SKIP : errno);
        return fd;
}

static int do_read(const struct place *p)
{
        return is(read(open_file(p, O_RDONLY), buffer, 100), 100);
}

static int do_readv(const struct place *p)
{
        const struct iovec parts[2] = { { buffer, 10 }, { buffer + 10, 20 } };

        return is(readv(open_file(p, O_RDONLY), parts, 2), 30);
}

static int do_pread(const struct place *p)
{
        return is(pread(open_file(p, O_RDONLY), buffer, 100, 4090), 6);
}

static int do_preadv2(const struct place *p)
{
        const struct iovec part = { buffer, 100 };
        int fd = open_file(p, O_RDONLY);

        return is(preadv(fd, &part, 1, 0), 100) ?: is(preadv2(fd, &part, 1, 0, 0), 100);
}

static int do_write(const struct place *p)
{
        const struct iovec part = { buffer, 100 };
        int fd = open_file(p, O_WRONLY);

        return is(write(fd, buffer, 10), 10) ?: is(writev(fd, &part, 1), 100) ?: is(pwrite(fd, buffer, 1000, 0), 1000) ?:
               is(pwritev2(fd, &part, 1, 0, 0), 100);
}

static int do_sync(const struct place *p)
{
        int fd = open_file(p, O_WRONLY);

        return is(fsync(fd), 0) ?: is(fdatasync(fd), 0) ?: is(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE), 0);
}

static int do_sync_all(const struct place *p)
{
        int fd = open_file(p, O_RDONLY);

        sync();
        return is(syncfs(fd), 0);
}

static int do_sendfile(const struct place *p)
{
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

        return is(sendfile(null, open_file(p, O_RDONLY), NULL, 500), 500);
}

static int do_splice(const struct place *p)
{
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
                return errno;
        return is(splice(open_file(p, O_RDONLY), NULL, ends[1], NULL, 500, 0), 500) ?:
               is(splice(ends[0], NULL, open_file(p, O_WRONLY), NULL, 500, 0), 500);
}

static int do_copy(const struct place *p)
{
        int out = open(p->outside, O_WRONLY | O_CLOEXEC), fd = open_file(p, O_RDONLY);
        ssize_t n = copy_file_range(fd, NULL, out, NULL, 300, 0);

        return n < 0 && (errno == EXDEV || errno == EOPNOTSUPP) ? TECHNIQUE_SKIP : is(n, 300);
}

/* Read and written through memory: that it was mapped is all there is to see. */
static int do_mmap(const struct place *p)
{
        int fd = open_file(p, O_RDWR);
        char *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

        if (at == MAP_FAILED)
                return errno;
        at[1] = at[0];
        return is(msync(at, SIZE, MS_SYNC), 0);
}

static int do_uring(const struct place *p)
{
        int fd = open_file(p, O_RDWR), n = uring_do(IORING_OP_READ, fd, buffer, 100);

        if (n == -ENOSYS || n == -EPERM)
                return TECHNIQUE_SKIP;
        return is(n, 100) ?: is(uring_do(IORING_OP_WRITE, fd, buffer, 50), 50) ?: is(uring_do(IORING_OP_FSYNC, fd, NULL, 0), 0);
}

static int do_direct(const struct place *p)
{
        return is(pread(open_file(p, O_RDONLY | O_DIRECT), buffer, SIZE, 0), SIZE);
}

/* Counted as it is submitted. */
static int do_aio(const struct place *p)
{
        struct iocb block = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_buf = (uintptr_t) buffer, .aio_nbytes = 100 }, *blocks = &block;
        aio_context_t context = 0;
        struct io_event event;

        block.aio_fildes = (uint32_t) open_file(p, O_RDONLY);
        if (syscall(SYS_io_setup, 1, &context) < 0)
                return TECHNIQUE_SKIP;
        return is(syscall(SYS_io_submit, context, 1, &blocks), 1) ?: is(syscall(SYS_io_getevents, context, 1, 1, &event, NULL), 1);
}

static int in_child(int (*work)(int fd), int fd)
{
        pid_t pid = fork();
        int status;

        if (pid == 0)
                _exit(work(fd));
        return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
}

static int read_it(int fd)
{
        return is(read(fd, buffer, 100), 100);
}

static int do_inherited(const struct place *p)
{
        return in_child(read_it, open_file(p, O_RDONLY));
}

static int do_dup(const struct place *p)
{
        int fd = open_file(p, O_RDONLY), high = fcntl(fd, F_DUPFD_CLOEXEC, 700); /* past the table as it was */

        (void) close(fd);
        return read_it(high);
}

static int receive_and_read(int socket)
{
        char control[CMSG_SPACE(sizeof(int))], byte;
        struct iovec part = { &byte, 1 };
        struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
        int fd;

        if (recvmsg(socket, &m, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&m))
                return EIO;
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
        return read_it(fd);
}

static int do_passed(const struct place *p)
{
        char control[CMSG_SPACE(sizeof(int))] = {}, byte = 'x';
        struct iovec part = { &byte, 1 };
        struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        int ends[2], fd = open_file(p, O_RDONLY);

        if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0)
                return errno;
        *c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(fd)) };
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
        if (sendmsg(ends[0], &m, 0) != 1)
                return errno;
        (void) close(fd);
        return in_child(receive_and_read, ends[1]);
}

/* Another name for the watched file, read under that. */
static int read_as(const char *path)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        return fd < 0 ? errno : read_it(fd);
}

static int do_renamed(const struct place *p)
{
        char other[192];
        int r;

        (void) snprintf(other, sizeof(other), "%s/renamed", p->top);
        if (rename(p->file, other) < 0)
                return errno;
        r = read_as(other);
        return rename(other, p->file) < 0 ? errno : r;
}

static int do_linked(const struct place *p)
{
        char other[192];

        (void) snprintf(other, sizeof(other), "%s/hard", p->top);
        return link(p->file, other) < 0 ? errno : read_as(other);
}

static int do_symlink(const struct place *p)
{
        char other[192];

        (void) snprintf(other, sizeof(other), "%s/soft", p->top);
        return symlink("file", other) < 0 ? errno : read_as(other);
}

static int do_reopened(const struct place *p)
{
        char path[64];

        (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", open_file(p, O_RDONLY));
        return read_as(path);
}

static int do_bind(const struct place *p)
{
        char other[192], path[224];

        (void) snprintf(other, sizeof(other), "%s/mounted", p->top);
        (void) snprintf(path, sizeof(path), "%s/deep/file", other);
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return TECHNIQUE_SKIP;
        if (mkdir(other, 0700) < 0 || mount(p->tree, other, NULL, MS_BIND, NULL) < 0)
                return errno;
        return read_as(path);
}

static int do_inside(const struct place *p)
{
        return read_as(p->inside);
}

/* A file that comes after the directory was looked at: from its first write on. */
static int do_created(const struct place *p)
{
        char path[192];
        int fd;

        (void) snprintf(path, sizeof(path), "%s/new", p->tree);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        return fd < 0 ? errno : is(write(fd, buffer, 10), 10) ?: is(unlink(path), 0) ?: is(write(fd, buffer, 10), 10);
}

/* A directory is what hangs below it: the same file, opened by a name outside, is not. */
static int do_linked_out(const struct place *p)
{
        char other[192];

        (void) snprintf(other, sizeof(other), "%s/hard-out", p->top);
        return link(p->inside, other) < 0 ? errno : read_as(other);
}

static int do_outside(const struct place *p)
{
        return read_as(p->outside);
}

static int do_failing(const struct place *p)
{
        int fd = open_file(p, O_RDONLY);

        return write(fd, buffer, 1) < 0 && read(1 << 20, buffer, 1) < 0 && pread(fd, buffer, 1, -1) < 0 ? 0 : EIO;
}

static int do_exec(const struct place *p)
{
        char copy[512];
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                (void) snprintf(copy, sizeof(copy), "cat /bin/true > %s/true; chmod 755 %s/true", p->tree, p->tree);
                (void) execl("/bin/sh", "sh", "-c", copy, NULL);
                _exit(1);
        }
        if (waitpid(pid, &status, 0) != pid || status != 0)
                return EIO;
        (void) snprintf(copy, sizeof(copy), "%s/true", p->tree);
        (void) execl(copy, "true", NULL);
        return errno;
}

__attribute__((noreturn)) static void on_fault(int signal)
{
        _exit(TECHNIQUE_SKIP);
}

/* As a 32-bit program does. Its numbers and registers are others. */
static int do_compat(const struct place *p)
{
#if defined(__x86_64__)
        char *low = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
        int fd = open_file(p, O_RDONLY);
        long r = 3; /* i386's read */

        if (low == MAP_FAILED)
                return errno;
        (void) signal(SIGSEGV, on_fault); /* what a kernel without them does */
        __asm__ volatile("int $0x80" : "+a"(r) : "b"((long) fd), "c"(low), "d"(100L) : "memory", "r8", "r9", "r10", "r11");
        return r == -ENOSYS ? TECHNIQUE_SKIP : is(r, 100);
#else
        return TECHNIQUE_SKIP;
#endif
}

const struct technique techniques[] = {
        { "read", do_read, { .opens = 1, .reads = 1, .read_bytes = 100 } },
        { "readv", do_readv, { .opens = 1, .reads = 1, .read_bytes = 30 } },
        { "pread", do_pread, { .opens = 1, .reads = 1, .read_bytes = 6 } },
        { "preadv, preadv2", do_preadv2, { .opens = 1, .reads = 2, .read_bytes = 200 } },
        { "write, writev, pwrite, pwritev2", do_write, { .opens = 1, .writes = 4, .written_bytes = 1210 } },
        { "fsync, fdatasync, sync_file_range", do_sync, { .opens = 1, .syncs = 3 } },
        { "sync, syncfs", do_sync_all, { .opens = 1 } },
        { "sendfile", do_sendfile, { .opens = 1, .reads = 1, .read_bytes = 500 } },
        { "splice", do_splice, { .opens = 2, .reads = 1, .read_bytes = 500, .writes = 1, .written_bytes = 500 } },
        { "copy_file_range", do_copy, { .opens = 1, .reads = 1, .read_bytes = 300 } },
        { "mmap, msync", do_mmap, { .opens = 1, .maps = 1 } },
        { "io_uring", do_uring, { .opens = 1, .reads = 1, .read_bytes = 100, .writes = 1, .written_bytes = 50, .syncs = 1 } },
        { "O_DIRECT", do_direct, { .opens = 1, .reads = 1, .read_bytes = SIZE } },
        { "io_submit (aio)", do_aio, { .opens = 1, .reads = 1, .read_bytes = 100 } },
        { "inherited descriptor", do_inherited, { .opens = 1, .reads = 1, .read_bytes = 100 } },
        { "duplicated descriptor", do_dup, { .opens = 1, .reads = 1, .read_bytes = 100 } },
        { "descriptor through a socket", do_passed, { .opens = 1, .reads = 1, .read_bytes = 100 } },
        { "renamed", do_renamed, { .opens = 1, .reads = 1, .read_bytes = 100 } },
        { "hard link", do_linked, { .opens = 1, .reads = 1, .read_bytes = 100 } },
        { "symbolic link", do_symlink, { .opens = 1, .reads = 1, .read_bytes = 100 } },
        { "/proc/self/fd", do_reopened, { .opens = 2, .reads = 1, .read_bytes = 100 } },
        { "bind mount", do_bind, { .opens = 1, .reads = 1, .read_bytes = 100 } },
        { "below a directory", do_inside, { .opens = 1, .reads = 1, .read_bytes = 100 } },
        { "made below a directory, and removed", do_created, { .opens = 1, .writes = 2, .written_bytes = 20 } },
        { "hard link out of a directory", do_linked_out, {} },
        { "another file", do_outside, {} },
        { "what fails", do_failing, { .opens = 1 } },
        { "started as a program", do_exec, { .execs = 1, .opens = 1 } },
        { "32-bit system call", do_compat, { .opens = 1, .reads = 1, .read_bytes = 100 } },
};

const uint32_t n_techniques = sizeof(techniques) / sizeof(techniques[0]);
