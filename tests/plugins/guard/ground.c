/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ground.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <mntent.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static bool find_root(char *ret, size_t size)
{
        FILE *f = setmntent("/proc/self/mounts", "re");
        const struct mntent *m;
        bool found = false;

        while (f && !found && (m = getmntent(f)))
                if (strcmp(m->mnt_type, "cgroup2") == 0) {
                        (void) snprintf(ret, size, "%s", m->mnt_dir);
                        found = true;
                }
        if (f)
                (void) endmntent(f);
        return found;
}

/* Where this host's init mounts none: in a mount namespace of this process's own. */
static bool need_bpffs(void)
{
        const char *place = "/sys/fs/bpf";
        struct statfs fs;

        if (statfs(place, &fs) == 0 && fs.f_type == BPF_FS_MAGIC)
                return true;
        return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount("bpf", place, "bpf", 0, NULL) == 0;
}

static bool make(struct ground *g)
{
        *g = (struct ground){};
        if (!find_root(g->root, sizeof(g->root))) {
                (void) fprintf(stderr, "skipped: no cgroup v2 here\n");
                return false;
        }
        if (!need_bpffs()) {
                (void) fprintf(stderr, "skipped: no bpf filesystem: %s\n", strerror(errno));
                return false;
        }
        (void) snprintf(g->cgroup, sizeof(g->cgroup), "%s/trimtab-guard-%d.slice", g->root, (int) getpid());
        (void) snprintf(g->pins, sizeof(g->pins), "/sys/fs/bpf/trimtab-guard-%d", (int) getpid());
        if (mkdir(g->cgroup, 0755) < 0) {
                (void) fprintf(stderr, "skipped: %s: %s\n", g->cgroup, strerror(errno));
                return false;
        }
        return true;
}

int ground_begin(struct ground *g, int argc, char **argv, const char **ret_plugin, bool *ret_lsm)
{
        if (argc < 2)
                return 2;
        *ret_plugin = argv[1];
        *ret_lsm = argc > 2 && strcmp(argv[2], "lsm") == 0;
        if (argc > 3)
                cmocka_set_test_filter(argv[3]);
        if (geteuid() != 0) {
                (void) fprintf(stderr, "skipped: not root\n");
                return 77;
        }
        return make(g) ? 0 : 77;
}

void ground_remove(struct ground *g)
{
        (void) rmdir(g->cgroup);
        (void) rmdir(g->pins);
}

static const char *path_of(const struct ground *g, const char *name, char *ret, size_t size)
{
        (void) snprintf(ret, size, "%s/%s", g->cgroup, name);
        return ret;
}

uint64_t ground_add(struct ground *g, const char *name)
{
        char path[512];
        struct stat st;

        if (mkdir(path_of(g, name, path, sizeof(path)), 0755) < 0 || stat(path, &st) < 0)
                abort();
        return st.st_ino;
}

void ground_drop(struct ground *g, const char *name)
{
        char path[512];

        (void) rmdir(path_of(g, name, path, sizeof(path)));
}

const char *ground_name(const struct ground *g, const char *name)
{
        static char path[512];

        return path_of(g, name, path, sizeof(path)) + strlen(g->root);
}

static void loopback_up(void)
{
        struct ifreq r = { .ifr_name = "lo" };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (ioctl(fd, SIOCGIFFLAGS, &r) == 0) {
                r.ifr_flags |= IFF_UP;
                (void) ioctl(fd, SIOCSIFFLAGS, &r);
        }
        (void) close(fd);
}

int ground_run(const struct ground *g, const char *name, int (*work)(const void *userdata), const void *userdata)
{
        char path[512];
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                size_t n = strlen(path_of(g, name, path, sizeof(path)));
                int fd;

                (void) snprintf(path + n, sizeof(path) - n, "/cgroup.procs");
                fd = open(path, O_WRONLY | O_CLOEXEC);
                if (fd < 0 || write(fd, "0", 1) != 1 || unshare(CLONE_NEWNET) < 0)
                        _exit(255);
                loopback_up();
                _exit(work(userdata));
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
                abort();
        return WEXITSTATUS(status);
}

static socklen_t make_address(const struct attempt *a, struct sockaddr_storage *ret)
{
        struct sockaddr_in *v4 = (struct sockaddr_in *) ret;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) ret;

        *ret = (struct sockaddr_storage){ .ss_family = (sa_family_t) a->family };
        if (a->family == AF_INET && a->address && inet_pton(AF_INET, a->address, &v4->sin_addr) == 1) {
                v4->sin_port = htons(a->port);
                return sizeof(*v4);
        }
        if (a->family == AF_INET6 && a->address && inet_pton(AF_INET6, a->address, &v6->sin6_addr) == 1) {
                v6->sin6_port = htons(a->port);
                return sizeof(*v6);
        }
        return 0;
}

int attempt(const void *userdata)
{
        const struct attempt *a = userdata;
        struct sockaddr_storage to;
        socklen_t size = make_address(a, &to);
        int fd, r, error = 0;

        if (a->uid && setuid(a->uid) < 0)
                return 255;
        fd = socket(a->family, a->type | SOCK_CLOEXEC, a->protocol);
        if (fd < 0)
                return errno;
        if (size == 0)
                r = 0;
        else if (a->listen)
                r = bind(fd, (struct sockaddr *) &to, size) < 0 ? -1 : listen(fd, 1);
        else if (a->send)
                r = (int) sendto(fd, "x", 1, 0, (struct sockaddr *) &to, size);
        else
                r = connect(fd, (struct sockaddr *) &to, size);
        if (r < 0)
                error = errno;
        (void) close(fd);
        return error;
}

int ground_attempt(const struct ground *g, const char *name, const struct attempt *a)
{
        return ground_run(g, name, attempt, a);
}

struct testhost *ground_open(struct ground *g, const char *plugin, bool lsm)
{
        struct testhost *th = testhost_new(plugin);
        char learnt[160];

        if (!th)
                abort();
        (void) snprintf(learnt, sizeof(learnt), "/tmp/trimtab-guard-%d.conf", (int) getpid());
        testhost_set_option(th, "cgroup", g->cgroup);
        testhost_set_option(th, "pins", g->pins);
        testhost_set_option(th, "learnt", learnt);
        testhost_set_option(th, "lsm", lsm ? "yes" : "no");
        return th;
}
