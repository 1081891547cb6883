/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "route/netlink.h"

static void add(struct port_set *s, uint16_t port)
{
        s->bits[port / 64] |= 1ull << port % 64;
}

static bool has(const struct port_set *s, uint32_t port)
{
        return s->bits[port / 64] >> port % 64 & 1;
}

/* --- attributes --- */

static const struct nlattr *next(const struct nlattr *a, size_t *left)
{
        size_t size = NLA_ALIGN(a->nla_len);

        *left -= size < *left ? size : *left;
        return (const void *) ((const char *) a + size);
}

static bool fits(const struct nlattr *a, size_t left)
{
        return left >= sizeof(*a) && a->nla_len >= sizeof(*a) && a->nla_len <= left;
}

#define EACH_ATTRIBUTE(a, first, left) for (const struct nlattr *a = (first); fits(a, left); a = next(a, &(left)))

static const void *data_of(const struct nlattr *a)
{
        return (const char *) a + NLA_HDRLEN;
}

static size_t size_of(const struct nlattr *a)
{
        return a->nla_len - NLA_HDRLEN;
}

static const struct nlattr *inside(const struct nlattr *outer, uint16_t type)
{
        size_t left = outer ? size_of(outer) : 0;

        EACH_ATTRIBUTE(a, data_of(outer), left)
                if ((a->nla_type & NLA_TYPE_MASK) == type)
                        return a;
        return NULL;
}

/* Numbers of nf_tables are in the network's order. 0 where there is none. */
static uint32_t number(const struct nlattr *outer, uint16_t type)
{
        const struct nlattr *a = inside(outer, type);
        uint32_t n = 0;

        if (a && size_of(a) == sizeof(n))
                memcpy(&n, data_of(a), sizeof(n));
        return ntohl(n);
}

static bool is_text(const struct nlattr *a, const char *text)
{
        return a && size_of(a) == strlen(text) + 1 && memcmp(data_of(a), text, size_of(a)) == 0;
}

/* --- rules --- */

/* What one rule says. */
struct rule {
        bool loads_port, has_port, sends_elsewhere;
        uint16_t port;
};

static void take_comparison(struct rule *r, const struct nlattr *cmp)
{
        const struct nlattr *value = inside(inside(cmp, NFTA_CMP_DATA), NFTA_DATA_VALUE);
        uint16_t port;

        if (!r->loads_port || number(cmp, NFTA_CMP_OP) != NFT_CMP_EQ || !value || size_of(value) != sizeof(port))
                return;
        memcpy(&port, data_of(value), sizeof(port));
        r->port = ntohs(port);
        r->has_port = true;
}

static void take_expression(struct rule *r, const struct nlattr *e)
{
        const struct nlattr *name = inside(e, NFTA_EXPR_NAME), *data = inside(e, NFTA_EXPR_DATA);

        if (!data)
                return;
        if (is_text(name, "payload"))
                r->loads_port = number(data, NFTA_PAYLOAD_BASE) == NFT_PAYLOAD_TRANSPORT_HEADER &&
                                number(data, NFTA_PAYLOAD_OFFSET) == offsetof(struct tcphdr, th_dport) &&
                                number(data, NFTA_PAYLOAD_LEN) == sizeof(uint16_t);
        else if (is_text(name, "cmp"))
                take_comparison(r, data);
        else if (is_text(name, "nat"))
                r->sends_elsewhere |= number(data, NFTA_NAT_TYPE) == NFT_NAT_DNAT;
        else if (is_text(name, "redir"))
                r->sends_elsewhere = true;
        else if (is_text(name, "target")) {
                const struct nlattr *target = inside(data, NFTA_TARGET_NAME);

                r->sends_elsewhere |= is_text(target, "DNAT") || is_text(target, "REDIRECT");
        }
}

static void take_rule(void *userdata, const struct nlmsghdr *m)
{
        size_t left = m->nlmsg_len - NLMSG_LENGTH(sizeof(struct nfgenmsg));
        const struct nlattr *first = (const void *) ((const char *) NLMSG_DATA(m) + NLMSG_ALIGN(sizeof(struct nfgenmsg)));
        struct rule rule = {};

        if (m->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
                return;
        EACH_ATTRIBUTE(a, first, left) {
                size_t size = size_of(a);

                if ((a->nla_type & NLA_TYPE_MASK) == NFTA_RULE_EXPRESSIONS)
                        EACH_ATTRIBUTE(e, data_of(a), size)
                                take_expression(&rule, e);
        }
        if (rule.has_port && rule.sends_elsewhere)
                add(userdata, rule.port);
}

static int read_rules(struct port_set *ret)
{
        struct {
                struct nlmsghdr header;
                struct nfgenmsg nf;
        } q = { .header = { .nlmsg_len = sizeof(q),
                            .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                .nf = { .nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0 } };
        int fd = netlink_open(NETLINK_NETFILTER, 0), r;

        if (fd < 0)
                return fd;
        r = netlink_ask(fd, &q.header, take_rule, ret);
        (void) close(fd);
        return r;
}

/* --- listeners --- */

static void take_listener(void *userdata, const struct nlmsghdr *m)
{
        if (m->nlmsg_type == SOCK_DIAG_BY_FAMILY)
                add(userdata, ntohs(((const struct inet_diag_msg *) NLMSG_DATA(m))->id.idiag_sport));
}

static int read_listeners(struct port_set *ret)
{
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        int fd = netlink_open(NETLINK_SOCK_DIAG, 0), r = 0;

        if (fd < 0)
                return fd;
        for (size_t i = 0; i < sizeof(families) && r >= 0; i++) {
                struct {
                        struct nlmsghdr header;
                        struct inet_diag_req_v2 request;
                } q = { .header = { .nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                        .request = { .sdiag_family = families[i], .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << TCP_LISTEN } };

                r = netlink_ask(fd, &q.header, take_listener, ret);
        }
        (void) close(fd);
        return r;
}

int nat_ports(struct port_set *ret)
{
        struct port_set listeners = {};
        int n = 0, r;

        *ret = (struct port_set){};
        r = read_rules(ret);
        if (r >= 0)
                r = read_listeners(&listeners);
        if (r < 0)
                return r;
        for (size_t i = 0; i < sizeof(ret->bits) / sizeof(ret->bits[0]); i++) {
                ret->bits[i] &= listeners.bits[i];
                n += __builtin_popcountll(ret->bits[i]);
        }
        return n;
}

/* --- told --- */

void nat_look(struct xdp *x, const struct interface *i)
{
        char text[256] = "";
        struct port_set ports;
        size_t used = 0;

        /* A kernel without nftables has nothing to say, and that is no news. */
        if (nat_ports(&ports) <= 0)
                return;
        for (uint32_t port = 0; port < 65536 && used + sizeof(", 65535 and more") < sizeof(text); port++)
                if (has(&ports, port))
                        used += (size_t) snprintf(text + used, sizeof(text) - used, "%s%u", used ? ", " : "", port);
        if (used + sizeof(", 65535 and more") >= sizeof(text))
                (void) snprintf(text + used, sizeof(text) - used, " and more");
        x->host->log(x->host, TRIMTAB_LOG_WARNING,
                     "%s: NAT sends TCP port %s elsewhere while something listens there: mode flood answers for the listener, and nobody gets "
                     "in: let them pass by a [filter] with action = allow, protocol = tcp and port = %s",
                     i->name, text, text);
}
