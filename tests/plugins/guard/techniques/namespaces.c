/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From another namespace, as another user, out of another cgroup. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "families.h"

static int speak(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_STREAM, 0);

        return fd < 0 ? fd : connect_and_say(a, fd, 4);
}

static int from(struct attempt *a, int flags)
{
        return unshare(flags) < 0 ? -errno : speak(a);
}

static int user_namespace(struct attempt *a)
{
        return from(a, CLONE_NEWUSER);
}

static int mount_namespace(struct attempt *a)
{
        return from(a, CLONE_NEWNS);
}

static int cgroup_namespace(struct attempt *a)
{
        return from(a, CLONE_NEWCGROUP);
}

/* Says it in a child, as one must in the first process of a new namespace; the child is waited for, or left an orphan. */
static int in_child(struct attempt *a, int flags, bool orphan)
{
        int way[2], r = -ECHILD;
        pid_t pid;

        if (pipe2(way, O_CLOEXEC) < 0 || (flags && unshare(flags) < 0))
                return -errno;
        pid = fork();
        if (pid == 0) {
                if (orphan && (setsid() < 0 || fork() > 0))
                        _exit(0);
                r = speak(a);
                _exit(write(way[1], &r, sizeof(r)) != sizeof(r));
        }
        (void) close(way[1]);
        (void) waitpid(pid, NULL, 0);
        if (read(way[0], &r, sizeof(r)) != sizeof(r))
                return -ECHILD;
        return r;
}

static int pid_namespace(struct attempt *a)
{
        return in_child(a, CLONE_NEWPID, false);
}

static int orphan(struct attempt *a)
{
        return in_child(a, 0, true);
}

/* Another network, with a wire of its own to the receiver. */
static int network_namespace(struct attempt *a)
{
        struct sockaddr_in far = { .sin_family = AF_INET, .sin_port = htons(a->port) };
        int fd;

        (void) inet_pton(AF_INET, ends.aside_v4, &far.sin_addr);
        if (setns(ends.aside, CLONE_NEWNET) < 0)
                return -errno;
        fd = make_socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0)
                return fd;
        if (connect(fd, (const struct sockaddr *) &far, sizeof(far)) < 0)
                return -errno;
        return say_and_close(a, fd, 0, NULL, 0);
}

/* A socket belongs to the network it was made in, wherever its owner goes. */
static int network_left(struct attempt *a)
{
        int fd = make_socket(AF_INET, SOCK_STREAM, 0);

        if (fd < 0)
                return fd;
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
                return -errno;
        return connect_and_say(a, fd, 4);
}

static int another_user(struct attempt *a)
{
        if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
                return -errno;
        return speak(a);
}

/* Only root can, and against root a guard by cgroup is none. */
static int another_cgroup(struct attempt *a)
{
        int r = write_text(ends.unguarded, "0");

        return r < 0 ? r : speak(a);
}

#define FROM(name_, what_, run_, expected_) { .name = name_, .what = what_, .run = run_, .shows = SEEN_SAID, .expected = expected_ }

static const struct technique techniques[] = {
        FROM("user namespace", "from a new user namespace, with every capability in it", user_namespace, "BBBBBB"),
        FROM("mount namespace", "from a new mount namespace", mount_namespace, "BBBBBB"),
        FROM("pid namespace", "as the first process of a new one", pid_namespace, "BBBBBB"),
        FROM("cgroup namespace", "from a new one, where its cgroup looks like the root", cgroup_namespace, "BBBBBB"),
        FROM("network namespace", "from another, with a wire of its own", network_namespace, "BBBBBB"),
        FROM("network left", "a socket made in one network namespace, connected from another", network_left, "BBBBBB"),
        FROM("orphan", "by a grandchild in a session of its own, whose parent has ended", orphan, "BBBBBB"),
        FROM("another user", "as nobody", another_user, "BBBBBB"),
        FROM("another cgroup", "root moves itself to where nothing is guarded", another_cgroup, "LLLLLL"),
};

const struct family namespace_family = { techniques, sizeof(techniques) / sizeof(*techniques) };
