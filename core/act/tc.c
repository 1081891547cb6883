/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/tc.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "util/cleanup.h"
#include "util/str.h"

#define PLACE_FORMAT(number) "tc ifindex %" number " ingress pref %" number " handle %" number

char *tc_place_text(const struct tc_place *p)
{
        return str_printf(PLACE_FORMAT(PRIu32), p->ifindex, p->priority, p->handle);
}

int tc_place_parse(const char *text, struct tc_place *ret)
{
        struct tc_place p;
        int end = -1;

        if (sscanf(text, PLACE_FORMAT(SCNu32) "%n", &p.ifindex, &p.priority, &p.handle, &end) != 3 || end < 0 || text[end])
                return -EINVAL;
        *ret = p;
        return 0;
}

/* --- asking --- */

/* What is looked for in the kernel's answer, and what has been found. */
struct search {
        struct tc_place place; /* priority 0: any filter, and qdisc */
        const char *kind;      /* NULL: of any kind */
        unsigned n, others;    /* of that kind, and of others, at that priority */
        uint32_t program;      /* of the filter that has the handle, too; 0: there is none */
};

static const struct rtattr *find(const struct rtattr *a, size_t size, uint16_t type)
{
        for (; RTA_OK(a, size); a = RTA_NEXT(a, size))
                if ((a->rta_type & NLA_TYPE_MASK) == type)
                        return a;
        return NULL;
}

static uint32_t program_of(const struct rtattr *options)
{
        const struct rtattr *id = options ? find(RTA_DATA(options), RTA_PAYLOAD(options), TCA_BPF_ID) : NULL;
        uint32_t n = 0;

        if (id && RTA_PAYLOAD(id) == sizeof(n))
                memcpy(&n, RTA_DATA(id), sizeof(n));
        return n;
}

static void take(struct search *s, const struct nlmsghdr *m)
{
        const struct tcmsg *tc = NLMSG_DATA(m);
        const struct rtattr *attributes = (const void *) ((const char *) tc + NLMSG_ALIGN(sizeof(*tc)));
        size_t size = m->nlmsg_len - NLMSG_LENGTH(sizeof(*tc));
        const struct rtattr *kind = find(attributes, size, TCA_KIND);

        if (tc->tcm_ifindex != (int) s->place.ifindex || (s->place.priority > 0 && tc->tcm_info >> 16 != s->place.priority))
                return;
        if (s->kind && (!kind || !streq(RTA_DATA(kind), s->kind))) {
                s->others++;
                return;
        }
        s->n++;
        if (s->place.priority > 0 && tc->tcm_handle == s->place.handle)
                s->program = program_of(find(attributes, size, TCA_OPTIONS));
}

/* 1: that was the last message; 0: there are more. */
static int take_all(struct search *s, const char *buffer, size_t size, uint16_t type)
{
        for (const struct nlmsghdr *m = (const void *) buffer; NLMSG_OK(m, size); m = NLMSG_NEXT(m, size)) {
                if (m->nlmsg_type == NLMSG_DONE)
                        return 1;
                if (m->nlmsg_type == NLMSG_ERROR)
                        return ((const struct nlmsgerr *) NLMSG_DATA(m))->error ?: 1;
                if (m->nlmsg_type == type)
                        take(s, m);
        }
        return 0;
}

static int ask(struct search *s, uint16_t question, uint16_t answer, uint32_t parent)
{
        struct {
                struct nlmsghdr header;
                struct tcmsg tc;
        } q = {
                .header = { .nlmsg_len = sizeof(q), .nlmsg_type = question, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                .tc = { .tcm_family = AF_UNSPEC, .tcm_ifindex = (int) s->place.ifindex, .tcm_parent = parent },
        };
        _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        char buffer[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
        int r = 0;

        if (fd < 0)
                return -errno;
        if (send(fd, &q, sizeof(q), 0) < 0)
                return -errno;
        while (r == 0) {
                ssize_t size = recv(fd, buffer, sizeof(buffer), 0);

                r = size < 0 ? -errno : take_all(s, buffer, (size_t) size, answer);
        }
        return r < 0 ? r : 0;
}

int tc_has_clsact(uint32_t ifindex)
{
        struct search s = { .place = { .ifindex = ifindex }, .kind = "clsact" };
        int r = ask(&s, RTM_GETQDISC, RTM_NEWQDISC, 0);

        return r < 0 ? r : s.n > 0;
}

static int ask_filters(struct search *s, uint32_t minor)
{
        return ask(s, RTM_GETTFILTER, RTM_NEWTFILTER, TC_H_MAKE(TC_H_CLSACT, minor));
}

static int has_filters(uint32_t ifindex)
{
        struct search s = { .place = { .ifindex = ifindex } };
        int r = ask_filters(&s, TC_H_MIN_INGRESS);

        if (r >= 0)
                r = ask_filters(&s, TC_H_MIN_EGRESS);
        return r < 0 ? r : s.n > 0;
}

int tc_filter_program(const struct tc_place *p, uint32_t *ret_id)
{
        struct search s = { .place = *p, .kind = "bpf" };
        int r = ask_filters(&s, TC_H_MIN_INGRESS);

        if (r < 0)
                return r;
        /* One priority has one kind. */
        if (s.program == 0)
                return s.others > 0 ? -EEXIST : -ENOENT;
        *ret_id = s.program;
        return 0;
}

/* --- changing --- */

/* What the kernel has to say libbpf tells a log that is not ours; the number it returns is enough. */
static int silence(enum libbpf_print_level level, const char *format, va_list args)
{
        return 0;
}

#define HOOK(name, number, where) LIBBPF_OPTS(bpf_tc_hook, name, .ifindex = (int) (number), .attach_point = (where))
#define FILTER(name, place) LIBBPF_OPTS(bpf_tc_opts, name, .handle = (place)->handle, .priority = (place)->priority)

int tc_add_clsact(uint32_t ifindex)
{
        libbpf_print_fn_t print = libbpf_set_print(silence);
        HOOK(hook, ifindex, BPF_TC_INGRESS);
        int r = bpf_tc_hook_create(&hook);

        libbpf_set_print(print);
        return r;
}

int tc_remove_empty_clsact(uint32_t ifindex)
{
        HOOK(hook, ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
        libbpf_print_fn_t print;
        int r;

        r = tc_has_clsact(ifindex);
        if (r <= 0)
                return r;
        r = has_filters(ifindex);
        if (r != 0)
                return r < 0 ? r : 0;

        print = libbpf_set_print(silence);
        r = bpf_tc_hook_destroy(&hook);
        libbpf_set_print(print);
        return r < 0 ? r : 1;
}

int tc_filter_add(const struct tc_place *p, int program_fd)
{
        libbpf_print_fn_t print = libbpf_set_print(silence);
        HOOK(hook, p->ifindex, BPF_TC_INGRESS);
        FILTER(filter, p);
        int r;

        filter.prog_fd = program_fd;
        r = bpf_tc_attach(&hook, &filter);
        libbpf_set_print(print);
        return r;
}

int tc_filter_remove(const struct tc_place *p)
{
        libbpf_print_fn_t print = libbpf_set_print(silence);
        HOOK(hook, p->ifindex, BPF_TC_INGRESS);
        FILTER(filter, p);
        int r = bpf_tc_detach(&hook, &filter);

        libbpf_set_print(print);
        return r;
}
