/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/ethtool.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/ownership.h"
#include "util/str.h"

/* One setting is told by two attributes at most; a driver that answers all has less than thirty. */
#define MESSAGE_MAX 128
#define ANSWER_MAX 8192

static const struct setting {
        const char *key;
        uint16_t attribute;
        bool is_switch; /* one byte, 0 or 1; else 32 bits */
} settings[] = {
        { "adaptive-rx", ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX, true },
        { "adaptive-tx", ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX, true },
        { "rx-usecs", ETHTOOL_A_COALESCE_RX_USECS, false },
        { "rx-frames", ETHTOOL_A_COALESCE_RX_MAX_FRAMES, false },
        { "tx-usecs", ETHTOOL_A_COALESCE_TX_USECS, false },
        { "tx-frames", ETHTOOL_A_COALESCE_TX_MAX_FRAMES, false },
};

/* --- what is meant --- */

static int ifindex_of(const char *path, uint32_t *ret)
{
        uint32_t ifindex;
        int end = -1;

        if (sscanf(path, "ethtool:%" SCNu32 "/coalesce%n", &ifindex, &end) != 1 || end < 0 || path[end] || ifindex == 0)
                return -EINVAL;
        *ret = ifindex;
        return 0;
}

static const struct setting *find_setting(const char *key)
{
        for (size_t i = 0; i < ELEMENTSOF(settings); i++)
                if (streq(settings[i].key, key))
                        return &settings[i];
        return NULL;
}

static int value_of(const struct setting *s, const char *raw, uint32_t *ret)
{
        unsigned long n;
        char *end;

        if (s->is_switch && (streq(raw, "on") || streq(raw, "off"))) {
                *ret = streq(raw, "on");
                return 0;
        }
        if (s->is_switch || *raw < '0' || *raw > '9')
                return -EINVAL;
        errno = 0;
        n = strtoul(raw, &end, 10);
        if (*end)
                return -EINVAL;
        if (errno != 0 || n > UINT32_MAX)
                return -ERANGE;
        *ret = (uint32_t) n;
        return 0;
}

/* --- messages --- */

struct message {
        struct nlmsghdr header;
        struct genlmsghdr generic;
        char attributes[MESSAGE_MAX];
};

_Static_assert(offsetof(struct message, attributes) == NLMSG_LENGTH(GENL_HDRLEN), "as the kernel lays them out");

static struct message message_new(uint16_t family, uint8_t command, uint16_t flags)
{
        return (struct message) {
                .header = { .nlmsg_len = offsetof(struct message, attributes), .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST | flags },
                .generic = { .cmd = command, .version = 1 },
        };
}

/* Ours are few and short: they fit. */
static struct nlattr *add(struct message *m, uint16_t type, const void *data, size_t size)
{
        struct nlattr *a = (void *) ((char *) m + m->header.nlmsg_len);

        a->nla_type = type;
        a->nla_len = (uint16_t) (NLA_HDRLEN + size);
        if (size > 0)
                memcpy((char *) a + NLA_HDRLEN, data, size);
        m->header.nlmsg_len += NLA_ALIGN(a->nla_len);
        return a;
}

static void add_interface(struct message *m, uint32_t ifindex)
{
        struct nlattr *header = add(m, ETHTOOL_A_COALESCE_HEADER | NLA_F_NESTED, NULL, 0);

        (void) add(m, ETHTOOL_A_HEADER_DEV_INDEX, &ifindex, sizeof(ifindex));
        header->nla_len = (uint16_t) ((char *) m + m->header.nlmsg_len - (char *) header);
}

/* The kernel's answer to a message. */
struct answer {
        _Alignas(struct nlmsghdr) char bytes[ANSWER_MAX];
        const struct nlattr *first; /* its attributes; NULL: an acknowledgement */
        size_t size;
};

static int take(struct answer *a, size_t received)
{
        const struct nlmsghdr *m = (const void *) a->bytes;

        if (!NLMSG_OK(m, received))
                return -EBADMSG;
        if (m->nlmsg_type == NLMSG_ERROR)
                return m->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr)) ? -EBADMSG : ((const struct nlmsgerr *) NLMSG_DATA(m))->error;
        if (m->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
                return -EBADMSG;
        a->first = (const void *) (a->bytes + NLMSG_LENGTH(GENL_HDRLEN));
        a->size = m->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
        return 0;
}

/* The attribute's data, if it has so many bytes; NULL. */
static const void *find(const struct answer *answer, uint16_t type, size_t size)
{
        const char *p = (const char *) answer->first, *end = p + answer->size;

        while (p && end - p >= NLA_HDRLEN) {
                const struct nlattr *a = (const void *) p;

                if (a->nla_len < NLA_HDRLEN || a->nla_len > end - p)
                        return NULL;
                if ((a->nla_type & NLA_TYPE_MASK) == type)
                        return a->nla_len == NLA_HDRLEN + size ? p + NLA_HDRLEN : NULL;
                p += NLA_ALIGN(a->nla_len) < end - p ? NLA_ALIGN(a->nla_len) : end - p;
        }
        return NULL;
}

static int talk(int fd, const struct message *m, struct answer *ret)
{
        ssize_t n;

        if (send(fd, m, m->header.nlmsg_len, 0) < 0)
                return -errno;
        do
                n = recv(fd, ret->bytes, sizeof(ret->bytes), 0);
        while (n < 0 && errno == EINTR);
        ret->first = NULL;
        ret->size = 0;
        return n < 0 ? -errno : take(ret, (size_t) n);
}

/* --- talking --- */

/* The kernel numbers it anew each time that it boots, and has none where it was built without. */
static int find_family(int fd, uint16_t *ret)
{
        struct message m = message_new(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
        const uint16_t *id;
        struct answer a;
        int r;

        (void) add(&m, CTRL_ATTR_FAMILY_NAME, ETHTOOL_GENL_NAME, sizeof(ETHTOOL_GENL_NAME));
        r = talk(fd, &m, &a);
        if (r < 0)
                return r == -ENOENT ? -EOPNOTSUPP : r;
        id = find(&a, CTRL_ATTR_FAMILY_ID, sizeof(*id));
        if (!id)
                return -EBADMSG;
        *ret = *id;
        return 0;
}

static int open_family(uint16_t *ret_family)
{
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), r;

        if (fd < 0)
                return -errno;
        r = find_family(fd, ret_family);
        if (r >= 0)
                return fd;
        (void) close(fd);
        return r;
}

int ethtool_read(const char *path, const char *key, char **ret_raw)
{
        const struct setting *s = find_setting(key);
        _cleanup_close_ int fd = -1;
        const void *data;
        struct message m;
        struct answer a;
        uint16_t family;
        uint32_t ifindex;
        int r = s ? ifindex_of(path, &ifindex) : -EINVAL;

        if (r < 0)
                return r;
        fd = open_family(&family);
        if (fd < 0)
                return fd;

        m = message_new(family, ETHTOOL_MSG_COALESCE_GET, 0);
        add_interface(&m, ifindex);
        r = talk(fd, &m, &a);
        if (r < 0)
                return r;

        /* What a driver does not have is not in the answer. */
        data = find(&a, s->attribute, s->is_switch ? sizeof(uint8_t) : sizeof(uint32_t));
        if (!data)
                return -EOPNOTSUPP;
        *ret_raw = s->is_switch ? strdup(*(const uint8_t *) data ? "on" : "off") : str_printf("%" PRIu32, *(const uint32_t *) data);
        return *ret_raw ? 0 : -ENOMEM;
}

int ethtool_write(const char *path, const char *key, const char *raw)
{
        const struct setting *s = find_setting(key);
        _cleanup_close_ int fd = -1;
        struct message m;
        struct answer a;
        uint16_t family;
        uint32_t ifindex, value;
        uint8_t on;
        int r = s ? ifindex_of(path, &ifindex) : -EINVAL;

        if (r >= 0)
                r = value_of(s, raw, &value);
        if (r < 0)
                return r;
        fd = open_family(&family);
        if (fd < 0)
                return fd;

        m = message_new(family, ETHTOOL_MSG_COALESCE_SET, NLM_F_ACK);
        add_interface(&m, ifindex);
        on = value != 0;
        if (s->is_switch)
                (void) add(&m, s->attribute, &on, sizeof(on));
        else
                (void) add(&m, s->attribute, &value, sizeof(value));
        return talk(fd, &m, &a);
}

bool ethtool_lives(const char *path)
{
        char name[IF_NAMESIZE];
        uint32_t ifindex;

        return ifindex_of(path, &ifindex) >= 0 && if_indextoname(ifindex, name);
}
