/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver.h"

#include <dirent.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A page less what XDP keeps of it: what most drivers can hand over in one piece. */
#define MTU_MAX 3498

struct driver {
        char name[32];
        int mtu;
        bool lro, strips_tags;
};

static void look(const char *interface, struct driver *ret)
{
        struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
        struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
        struct ifreq request = {};
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        *ret = (struct driver){};
        if (fd < 0)
                return;
        (void) snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
        if (ioctl(fd, SIOCGIFMTU, &request) >= 0)
                ret->mtu = request.ifr_mtu;
        request.ifr_data = (void *) &info;
        if (ioctl(fd, SIOCETHTOOL, &request) >= 0)
                (void) snprintf(ret->name, sizeof(ret->name), "%.31s", info.driver);
        request.ifr_data = (void *) &flags;
        if (ioctl(fd, SIOCETHTOOL, &request) >= 0) {
                ret->lro = flags.data & ETH_FLAG_LRO;
                ret->strips_tags = flags.data & ETH_FLAG_RXVLAN;
        }
        (void) close(fd);
}

void driver_explain(const char *interface, bool native, int error, char *why, size_t size)
{
        struct driver d;
        char seen[160] = "";
        size_t n = 0;

        look(interface, &d);
        if (d.mtu > MTU_MAX)
                n += (size_t) snprintf(seen, sizeof(seen), "; its MTU of %d is more than fits a page: try ip link set dev %s mtu %d",
                                       d.mtu, interface, MTU_MAX);
        if (d.lro && n < sizeof(seen))
                (void) snprintf(seen + n, sizeof(seen) - n, "; LRO is on: try ethtool -K %s lro off", interface);
        (void) snprintf(why, size, "%s refuses an XDP program %s: %s (driver %s)%s%s", interface,
                        native ? "in its driver" : "behind its driver", strerror(-error), d.name[0] ? d.name : "unknown", seen,
                        native ? "; xdp.attach = generic works with any driver, at more cost a packet" : "");
}

bool driver_strips_tags(const char *interface)
{
        struct driver d;

        look(interface, &d);
        return d.strips_tags;
}

uint32_t driver_queues(const char *path)
{
        char folder[256];
        struct dirent *entry;
        uint32_t n = 0;
        DIR *d;

        (void) snprintf(folder, sizeof(folder), "%s/queues", path);
        d = opendir(folder);
        if (!d)
                return 1;
        while ((entry = readdir(d)))
                n += strncmp(entry->d_name, "rx-", 3) == 0;
        (void) closedir(d);
        return n > 0 ? n : 1;
}
