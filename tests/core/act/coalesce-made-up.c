/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "coalesce-kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* The linker gives us what core/act sends and receives: -Wl,--wrap. */
int __wrap_socket(int family, int type, int protocol);
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);
char *__wrap_if_indextoname(unsigned ifindex, char *name);

enum { FAMILY = 28, IFINDEX = 7 };

static const uint16_t attributes[_COALESCE_MAX] = {
        [RX_USECS] = ETHTOOL_A_COALESCE_RX_USECS,
        [RX_FRAMES] = ETHTOOL_A_COALESCE_RX_MAX_FRAMES,
        [TX_USECS] = ETHTOOL_A_COALESCE_TX_USECS,
        [ADAPTIVE_RX] = ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX,
};

static struct shared {
        uint32_t values[_COALESCE_MAX];
        struct kernel_moods moods;
} *shared;

static _Alignas(struct nlmsghdr) char answer[1024];
static size_t answer_size;

const char *kernel_open(void)
{
        shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        return shared == MAP_FAILED ? "no memory" : NULL;
}

void kernel_close(void)
{
        (void) munmap(shared, sizeof(*shared));
}

uint32_t kernel_ifindex(void)
{
        return IFINDEX;
}

bool kernel_has(enum coalesce which)
{
        return which != TX_USECS || !shared->moods.no_tx_usecs;
}

uint32_t kernel_get(enum coalesce which)
{
        return shared->values[which];
}

void kernel_set(enum coalesce which, uint32_t value)
{
        shared->values[which] = value;
}

struct kernel_moods *kernel_moods(void)
{
        return &shared->moods;
}

/* --- messages --- */

static const struct nlattr *find(const char *p, const char *end, uint16_t type)
{
        while (p < end) {
                const struct nlattr *a = (const void *) p;

                if ((a->nla_type & NLA_TYPE_MASK) == type)
                        return a;
                p += NLA_ALIGN(a->nla_len);
        }
        return NULL;
}

static const char *data_of(const struct nlattr *a)
{
        return (const char *) a + NLA_HDRLEN;
}

static void put(uint16_t type, const void *data, size_t size)
{
        struct nlattr a = { .nla_len = (uint16_t) (NLA_HDRLEN + size), .nla_type = type };

        memcpy(answer + answer_size, &a, sizeof(a));
        memcpy(answer + answer_size + NLA_HDRLEN, data, size);
        answer_size += NLA_ALIGN(a.nla_len);
}

static void begin(uint16_t type, uint8_t command)
{
        memset(answer, 0, sizeof(answer));
        *(struct nlmsghdr *) answer = (struct nlmsghdr){ .nlmsg_type = type };
        *(struct genlmsghdr *) NLMSG_DATA((void *) answer) = (struct genlmsghdr){ .cmd = command, .version = 1 };
        answer_size = NLMSG_LENGTH(GENL_HDRLEN);
}

static void say_error(int error)
{
        begin(NLMSG_ERROR, 0);
        answer_size = NLMSG_LENGTH(sizeof(struct nlmsgerr));
        ((struct nlmsgerr *) NLMSG_DATA((void *) answer))->error = error;
}

static void say_family(void)
{
        const uint16_t family = FAMILY;

        begin(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);
        put(CTRL_ATTR_FAMILY_NAME, "ethtool", sizeof("ethtool"));
        put(CTRL_ATTR_FAMILY_ID, &family, sizeof(family));
}

static void say_settings(void)
{
        begin(FAMILY, ETHTOOL_MSG_COALESCE_GET_REPLY);
        put(ETHTOOL_A_COALESCE_HEADER | NLA_F_NESTED, "", 0);
        for (unsigned i = 0; i < _COALESCE_MAX; i++) {
                uint8_t on = shared->values[i] != 0;

                if (i == TX_USECS && shared->moods.no_tx_usecs)
                        continue;
                put(attributes[i], i == ADAPTIVE_RX ? (const void *) &on : &shared->values[i], i == ADAPTIVE_RX ? 1 : 4);
        }
}

static int change(const char *first, const char *end)
{
        struct kernel_moods *m = &shared->moods;
        uint32_t value;

        if (m->set_error < 0)
                return m->set_error;
        for (const char *p = first; p < end; p += NLA_ALIGN(((const struct nlattr *) (const void *) p)->nla_len))
                m->others++;
        m->others -= 2; /* the header, and one setting */
        for (unsigned i = 0; i < _COALESCE_MAX; i++) {
                const struct nlattr *a = find(first, end, attributes[i]);

                if (!a)
                        continue;
                if (i == TX_USECS && m->no_tx_usecs)
                        return -EOPNOTSUPP;
                memcpy(&value, data_of(a), sizeof(value));
                if (i == ADAPTIVE_RX)
                        value = *(const uint8_t *) data_of(a);
                shared->values[i] = m->multiples > 0 && i != ADAPTIVE_RX ? value / m->multiples * m->multiples : value;
        }
        m->n_sets++;
        return 0;
}

static void answer_to(const struct nlmsghdr *m)
{
        const struct genlmsghdr *g = NLMSG_DATA(m);
        const char *first = (const char *) g + GENL_HDRLEN, *end = (const char *) m + m->nlmsg_len;
        const struct nlattr *header = find(first, end, ETHTOOL_A_COALESCE_HEADER), *index;
        uint32_t ifindex = 0;

        if (m->nlmsg_type == GENL_ID_CTRL) {
                say_family();
                return;
        }
        index = header ? find(data_of(header), (const char *) header + header->nla_len, ETHTOOL_A_HEADER_DEV_INDEX) : NULL;
        if (index)
                memcpy(&ifindex, data_of(index), sizeof(ifindex));
        if (m->nlmsg_type != FAMILY || !(m->nlmsg_flags & NLM_F_REQUEST) || !index)
                say_error(-EINVAL);
        else if (ifindex == 1)
                say_error(-EOPNOTSUPP);
        else if (ifindex != IFINDEX || shared->moods.gone)
                say_error(-ENODEV);
        else if (g->cmd == ETHTOOL_MSG_COALESCE_GET)
                say_settings();
        else
                say_error(g->cmd == ETHTOOL_MSG_COALESCE_SET ? change(first, end) : -EOPNOTSUPP);
}

int __wrap_socket(int family, int type, int protocol)
{
        return family == AF_NETLINK && protocol == NETLINK_GENERIC ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
}

ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
        const struct nlmsghdr *m = data;

        if (m->nlmsg_len != size) {
                errno = EINVAL;
                return -1;
        }
        answer_to(m);
        ((struct nlmsghdr *) answer)->nlmsg_len = (uint32_t) answer_size;
        return (ssize_t) size;
}

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
        memcpy(data, answer, answer_size);
        return (ssize_t) answer_size;
}

char *__wrap_if_indextoname(unsigned ifindex, char *name)
{
        if (ifindex != 1 && (ifindex != IFINDEX || shared->moods.gone))
                return NULL;
        return strcpy(name, ifindex == 1 ? "lo" : "eth7");
}
