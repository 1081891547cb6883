/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cookies.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "metrics.h"

#define SYSCTLS "/proc/sys/net"

#define COOKIES_ALWAYS     2 /* tcp_syncookies: the kernel takes a cookie back whether its own queue is full or not */
#define STAMPS_AS_THEY_ARE 2 /* tcp_timestamps: without an offset that is secret and other for each peer */

/* --- what the kernel is set to --- */

/* Number n of the line, from 0; -1: there is none. */
static long read_number(const char *folder, const char *name, int n)
{
        char path[256];
        long value = -1;
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/%s", folder, name);
        f = fopen(path, "re");
        if (!f)
                return -1;
        for (int i = 0; i <= n; i++)
                if (fscanf(f, "%ld", &value) != 1) {
                        value = -1;
                        break;
                }
        (void) fclose(f);
        return value;
}

/*
 * By how much the kernel scales the windows of a listener with no buffer of its own: so that a 16-bit number holds the largest that a
 * buffer may grow to. It does the same sum when the cookie comes back. Where net.core is out of sight (in a namespace, with an old
 * kernel), less may come out, which only makes windows seem smaller.
 */
static uint32_t window_scale(const char *sysctls)
{
        long grown = read_number(sysctls, "ipv4/tcp_rmem", 2), most = read_number(sysctls, "core/rmem_max", 0);
        uint32_t scale = 0;

        if (grown < most)
                grown = most;
        for (long space = grown; scale < 14 && space >= 1l << 16; space /= 2)
                scale++;
        return scale;
}

void cookie_settings_read(const char *sysctls, struct cookie_settings *ret)
{
        *ret = (struct cookie_settings){ .window_scale = window_scale(sysctls) };
        if (read_number(sysctls, "ipv4/tcp_syncookies", 0) != COOKIES_ALWAYS)
                return;
        ret->flags = XDP_COOKIES_ON;
        if (read_number(sysctls, "ipv4/tcp_timestamps", 0) != STAMPS_AS_THEY_ARE)
                return;

        /* The kernel refuses a cookie with what it is told not to do. */
        ret->flags |= XDP_COOKIES_STAMPS;
        if (read_number(sysctls, "ipv4/tcp_sack", 0) > 0)
                ret->flags |= XDP_COOKIES_SACK;
        if (read_number(sysctls, "ipv4/tcp_window_scaling", 0) > 0)
                ret->flags |= XDP_COOKIES_SCALE;
        if (read_number(sysctls, "ipv4/tcp_ecn", 0) > 0)
                ret->flags |= XDP_COOKIES_ECN;
}

/* --- the interface --- */

/* Whether something is on top of it in this namespace: a VLAN, a bridge, a bond. */
static bool has_upper(const struct interface *i)
{
        DIR *d = opendir(i->path);
        struct dirent *entry;
        bool found = false;

        if (!d)
                return false;
        while (!found && (entry = readdir(d)))
                found = strncmp(entry->d_name, "upper_", 6) == 0;
        (void) closedir(d);
        return found;
}

static bool read_mac(const struct interface *i, uint8_t mac[6])
{
        char path[256];
        FILE *f;
        int n;

        (void) snprintf(path, sizeof(path), "%s/address", i->path);
        f = fopen(path, "re");
        if (!f)
                return false;
        n = fscanf(f, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5]);
        (void) fclose(f);
        return n == 6;
}

/* NULL: nothing is in the way. */
static const char *obstacle(const struct interface *i, const struct cookie_settings *s)
{
        if (program_lacks_cookies(i->program))
                return "this kernel does not take the program with them";
        if (!(s->flags & XDP_COOKIES_ON))
                return "the kernel would not take them back: net.ipv4.tcp_syncookies is not 2 (knob xdp.syncookies)";
        /* The driver keeps the tag of what comes in, and an answer would go out without, to others. */
        if (i->attached == ATTACH_NATIVE && has_upper(i) && driver_strips_tags(i->name))
                return "with a VLAN, bridge or bond on it its driver must leave tags in place: ethtool -K DEVICE rxvlan off";
        return NULL;
}

static void tell(struct xdp *x, struct interface *i, const char *why)
{
        const char *reason = program_lacks_cookies(i->program);

        if (why == i->no_cookies)
                return;
        i->no_cookies = why;
        if (why)
                x->host->log(x->host, TRIMTAB_LOG_WARNING, "%s: mode flood answers no SYN: %s%s%s", i->name, why, reason ? ": " : "",
                             reason ? reason : "");
        else
                x->host->log(x->host, TRIMTAB_LOG_INFO, "%s: mode flood answers SYNs by SYN cookies", i->name);
        metrics_cookies(x, reason);
}

void cookies_look(struct xdp *x, struct interface *i)
{
        struct xdp_control *control;
        struct cookie_settings s;
        const char *why;
        uint8_t mac[6];
        long mtu;

        if (!i->program || !(i->mode & XDP_MODE_FLOOD))
                return;
        control = program_control(i->program);
        cookie_settings_read(SYSCTLS, &s);
        why = obstacle(i, &s);
        mtu = read_number(i->path, "mtu", 0);
        if (!why && (mtu <= 0 || !read_mac(i, mac)))
                why = "its address and MTU cannot be read";
        if (!why) {
                memcpy(control->mac, mac, sizeof(mac));
                control->mtu = mtu > UINT16_MAX ? UINT16_MAX : (uint16_t) mtu;
                control->window_scale = s.window_scale;
        }
        __atomic_store_n(&control->cookies, why ? 0 : s.flags, __ATOMIC_RELEASE);
        tell(x, i, why);
}
