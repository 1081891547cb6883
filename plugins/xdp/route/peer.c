/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer.h"

#include <dirent.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns.h"

/* Of the caller's namespace. */
static int look(void *userdata)
{
        const uint32_t *ifindex = userdata;
        struct ethtool_value value = { .cmd = ETHTOOL_GTXCSUM };
        struct ifreq request = {};
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

        if (fd < 0)
                return -errno;
        request.ifr_ifindex = (int) *ifindex;
        r = ioctl(fd, SIOCGIFNAME, &request) < 0 ? -errno : 0;
        if (r >= 0) {
                request.ifr_data = (void *) &value;
                r = ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
        }
        (void) close(fd);
        return r < 0 ? r : (value.data ? -EBADMSG : 0);
}

/* Looks if that is the file of the namespace with the number. -ENOENT: it is not. */
static int look_in(int fd, const char *path, const struct link *veth)
{
        uint32_t peer = veth->peer;
        int32_t number = -1;
        int netns = netns_open(path), r = -ENOENT;

        if (netns < 0)
                return -ENOENT;
        if (netlink_number_of(fd, netns, &number) >= 0 && number == veth->peer_netns)
                r = netns_run(netns, look, &peer);
        (void) close(netns);
        return r;
}

/* In those whose files are so called in the folder's entries. */
static int look_in_all(int fd, const char *folder, const char *suffix, const struct link *veth)
{
        struct dirent *entry;
        char path[512];
        int r = -ENOENT;
        DIR *d = opendir(folder);

        if (!d)
                return -ENOENT;
        while (r == -ENOENT && (entry = readdir(d)))
                if (entry->d_name[0] != '.') {
                        (void) snprintf(path, sizeof(path), "%s/%s%s", folder, entry->d_name, suffix);
                        r = look_in(fd, path, veth);
                }
        (void) closedir(d);
        return r;
}

int peer_fills_checksums(int fd, const struct link *veth)
{
        uint32_t peer = veth->peer;
        int r;

        if (veth->peer_netns < 0)
                return look(&peer);
        r = look_in_all(fd, "/run/netns", "", veth);
        return r == -ENOENT ? look_in_all(fd, "/proc", "/ns/net", veth) : r;
}
