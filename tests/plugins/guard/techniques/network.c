/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "technique.h"

#define FAR_V4 "10.77.0.2"
#define FAR_V6 "fd77::2"
#define FAR_ASIDE "10.78.0.2"
#define NEAR_MAC "02:00:00:00:77:01"
#define FAR_MAC "02:00:00:00:77:02"

struct ends ends = {
        .v4 = FAR_V4,
        .v6 = FAR_V6,
        .mapped = "::ffff:" FAR_V4,
        .far_mac = { 0x02, 0, 0, 0, 0x77, 0x02 },
        .aside_v4 = FAR_ASIDE,
        .aside = -1,
};

/* One run of ip(8) for them all; it is the starting of programs that takes its time. */
static int ip(const char *commands)
{
        FILE *batch = popen("ip -batch - >/dev/null", "w");

        if (!batch)
                return -errno;
        (void) fputs(commands, batch);
        return pclose(batch) == 0 ? 0 : -EIO;
}

/* Fast open without cookies, to and from everybody; ping sockets for everybody. Where one is absent, its techniques are. */
static void set(void)
{
        (void) write_text("/proc/sys/net/ipv4/tcp_fastopen", "1543"); /* 0x607 */
        (void) write_text("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
}

/* A network that nobody is in any more but whoever has its descriptor. */
static int make_aside(void)
{
        int ready[2], r = 0;
        char path[64], byte;
        pid_t pid;

        if (pipe2(ready, O_CLOEXEC) < 0)
                return -errno;
        pid = fork();
        if (pid == 0) {
                if (unshare(CLONE_NEWNET) < 0)
                        _exit(1);
                (void) write(ready[1], "", 1);
                (void) pause();
                _exit(0);
        }
        (void) close(ready[1]);
        (void) snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
        if (pid < 0 || read(ready[0], &byte, 1) != 1 || (ends.aside = open(path, O_RDONLY | O_CLOEXEC)) < 0)
                r = -EIO;
        (void) close(ready[0]);
        if (pid > 0) {
                (void) kill(pid, SIGKILL);
                (void) waitpid(pid, NULL, 0);
        }
        return r;
}

/* The second wire is laid from within. */
static int wire_aside(pid_t far)
{
        int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), r;
        char commands[512];

        if (here < 0 || setns(ends.aside, CLONE_NEWNET) < 0)
                return -errno;
        (void) snprintf(commands, sizeof(commands),
                        "link add guard0 type veth peer name guard2 netns %d\n"
                        "addr add 10.78.0.1/24 dev guard0\n"
                        "link set guard0 up\n", far);
        r = ip(commands);
        if (setns(here, CLONE_NEWNET) < 0)
                r = -errno;
        (void) close(here);
        return r;
}

int network_make(pid_t far)
{
        char commands[1024];
        int r;

        if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        set();
        (void) snprintf(commands, sizeof(commands),
                        "link set lo up\n"
                        "link add guard0 address " NEAR_MAC " type veth peer name guard1 address " FAR_MAC " netns %d\n"
                        "addr add " NETWORK_NEAR_V4 "/24 dev guard0\n"
                        "addr add fd77::1/64 dev guard0 nodad\n"
                        "link set guard0 up\n"
                        "neigh replace " FAR_V4 " lladdr " FAR_MAC " dev guard0\n"
                        "neigh replace " FAR_V6 " lladdr " FAR_MAC " dev guard0\n"
                        "route add default via " FAR_V4 "\n" /* as most machines have one */
                        "route add default via " FAR_V6 "\n", far);
        r = ip(commands);
        ends.near_index = if_nametoindex("guard0");
        if (r == 0)
                r = make_aside();
        return r < 0 ? r : wire_aside(far);
}

int network_far_end(void)
{
        set();
        return ip("link set lo up\n"
                  "addr add " FAR_V4 "/24 dev guard1\n"
                  "addr add " FAR_V6 "/64 dev guard1 nodad\n"
                  "link set guard1 up\n"
                  "addr add " FAR_ASIDE "/24 dev guard2\n"
                  "link set guard2 up\n"
                  "neigh replace " NETWORK_NEAR_V4 " lladdr " NEAR_MAC " dev guard1\n"
                  "neigh replace fd77::1 lladdr " NEAR_MAC " dev guard1\n");
}
