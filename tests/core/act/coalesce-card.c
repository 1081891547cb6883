/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "coalesce-kernel.h"

#include <glob.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* An e1000e, which QEMU has, and whose driver has rx-usecs and nothing else. */

static char name[IF_NAMESIZE];

static void bring_up(void)
{
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq r = {};

        memcpy(r.ifr_name, name, sizeof(name));
        r.ifr_flags = IFF_UP;
        (void) ioctl(fd, SIOCSIFFLAGS, &r);
        (void) close(fd);
}

const char *kernel_open(void)
{
        glob_t found;

        if (glob("/sys/bus/pci/drivers/e1000e/*/net/*", 0, NULL, &found) != 0)
                return "there is no e1000e";
        (void) snprintf(name, sizeof(name), "%s", strrchr(found.gl_pathv[0], '/') + 1);
        globfree(&found);
        bring_up();
        return NULL;
}

void kernel_close(void)
{
}

bool kernel_has(enum coalesce which)
{
        return which == RX_USECS;
}

uint32_t kernel_ifindex(void)
{
        return if_nametoindex(name);
}

static void ask(struct ethtool_coalesce *c)
{
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq r = { .ifr_data = (void *) c };

        memcpy(r.ifr_name, name, sizeof(name));
        assert_int_equal(ioctl(fd, SIOCETHTOOL, &r), 0);
        (void) close(fd);
}

static uint32_t *place_of(struct ethtool_coalesce *c, enum coalesce which)
{
        uint32_t *const places[_COALESCE_MAX] = {
                [RX_USECS] = &c->rx_coalesce_usecs,
                [RX_FRAMES] = &c->rx_max_coalesced_frames,
                [TX_USECS] = &c->tx_coalesce_usecs,
                [ADAPTIVE_RX] = &c->use_adaptive_rx_coalesce,
        };

        return places[which];
}

uint32_t kernel_get(enum coalesce which)
{
        struct ethtool_coalesce c = { .cmd = ETHTOOL_GCOALESCE };

        ask(&c);
        return *place_of(&c, which);
}

void kernel_set(enum coalesce which, uint32_t value)
{
        struct ethtool_coalesce c = { .cmd = ETHTOOL_GCOALESCE };

        if (!kernel_has(which))
                return;
        ask(&c);
        *place_of(&c, which) = value;
        c.cmd = ETHTOOL_SCOALESCE;
        ask(&c);
}

struct kernel_moods *kernel_moods(void)
{
        return NULL;
}
