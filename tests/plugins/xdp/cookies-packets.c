/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Mode flood, packet by packet: what the program makes of it, and the answer's every field. In a network namespace of its own. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cookies-frame.h"
#include "cookies-ground.h"

#define SECOND_NS  1000000000ull
#define PORT       80
#define OWN_BUFFER 81
#define OWN_MSS    82
#define CLOSED     83

static const uint8_t ours[6] = { 2, 0, 0, 0, 0, 1 }, theirs[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t linux_options[] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7 };

static struct xdp_program *program;
static struct xdp_control *control;
static int listening;

/* libbpf loads programs through this one: a test can be the kernel that refuses some. */
static int refusals; /* libbpf asks twice: without a log, and with */

long syscall(long number, ...)
{
        static long (*real)(long number, ...);
        long a[6];
        va_list args;

        if (!real)
                real = (long (*)(long, ...)) dlsym(RTLD_NEXT, "syscall");
        va_start(args, number);
        for (int i = 0; i < 6; i++)
                a[i] = va_arg(args, long);
        va_end(args);
        if (number == SYS_bpf && a[0] == BPF_PROG_LOAD && refusals > 0 &&
            strcmp(((union bpf_attr *) a[1])->prog_name, "trimtab_xdp") == 0) {
                refusals--;
                errno = EINVAL;
                return -1;
        }
        return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* --- the namespace --- */

static int setup(void **state)
{
        if (unshare(CLONE_NEWNET) < 0)
                return -1;
        run("ip link set lo up && ip address add 10.7.0.1/32 dev lo && ip -6 address add fd07::1/128 dev lo nodad");
        run("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && ip address add 10.7.1.1/24 dev v0 && "
            "ip -6 address add fd07:1::1/64 dev v0 nodad && ip neighbour add 10.7.1.9 lladdr 02:00:00:00:00:02 dev v0");
        program = load_program("lo");
        if (!program)
                return -1;
        control = program_control(program);
        listening = listener(PORT, 0, 0);
        /* To wait for what connects. */
        assert_int_equal(fcntl(listening, F_SETFL, 0), 0);
        (void) listener(OWN_BUFFER, 16384, 0);
        (void) listener(OWN_MSS, 0, 900);
        return 0;
}

static int teardown(void **state)
{
        program_free(program);
        return 0;
}

/* Before each: a flood, and all that can be agreed on. */
static int flood(void **state)
{
        control->mode = XDP_MODE_MONITOR | XDP_MODE_FILTER | XDP_MODE_FLOOD;
        control->cookies = XDP_COOKIES_ON | XDP_COOKIES_STAMPS | XDP_COOKIES_SACK | XDP_COOKIES_SCALE | XDP_COOKIES_ECN;
        control->mtu = 1500;
        control->window_scale = 9;
        memcpy(control->mac, ours, sizeof(ours));
        set("ipv4/tcp_syncookies", 2);
        set("ipv4/tcp_timestamps", 2);
        set("ipv4/conf/all/forwarding", 0);
        set("ipv6/conf/all/forwarding", 0);
        return 0;
}

/* --- packets --- */

static struct segment syn(bool v6)
{
        static uint16_t port = 20000;
        struct segment s = { .v6 = v6, .from = v6 ? "fd07::2" : "10.7.0.2", .to = v6 ? "fd07::1" : "10.7.0.1" };

        memcpy(s.to_mac, ours, sizeof(ours));
        memcpy(s.from_mac, theirs, sizeof(theirs));
        s.from_port = port++;
        s.to_port = PORT;
        s.sequence = 0xfffffff0u + s.from_port; /* wraps for some */
        s.flags = SYN;
        s.window = 64240;
        s.options = linux_options;
        s.n_options = sizeof(linux_options);
        return s;
}

struct outcome {
        uint32_t action;
        uint8_t frame[SEGMENT_MAX];
        size_t n;
        uint64_t ns;
};

static struct outcome give(const struct segment *s, int repeat)
{
        uint8_t in[SEGMENT_MAX];
        struct outcome o = { .n = SEGMENT_MAX };
        LIBBPF_OPTS(bpf_test_run_opts, t, .data_in = in, .data_out = o.frame, .data_size_out = SEGMENT_MAX, .repeat = repeat);

        t.data_size_in = (uint32_t) segment_make(s, in);
        if (bpf_prog_test_run_opts(program_fd(program), &t) < 0)
                fail_msg("%s", strerror(errno));
        o.action = t.retval;
        o.n = t.data_size_out;
        o.ns = t.duration;
        if (o.action == XDP_PASS) {
                assert_int_equal(o.n, t.data_size_in);
                assert_memory_equal(o.frame, in, o.n);
        }
        return o;
}

static void assert_passes(const struct segment *s)
{
        uint64_t passed = counted(program, XDP_VERDICT_PASS);
        struct outcome o = give(s, 1);

        assert_int_equal(o.action, XDP_PASS);
        assert_int_equal(counted(program, XDP_VERDICT_PASS), passed + 1);
}

/* An answer, and right in all that does not depend on what was agreed on. */
static struct seen answered(const struct segment *s, struct outcome *o)
{
        uint64_t n = counted(program, XDP_VERDICT_ANSWERED);
        struct seen a;

        *o = give(s, 1);
        assert_int_equal(o->action, XDP_TX);
        assert_int_equal(counted(program, XDP_VERDICT_ANSWERED), n + 1);
        assert_true(segment_see(o->frame, o->n, &a));
        assert_true(a.sums_right);
        assert_int_equal(o->n, a.length < 60 ? 60 : a.length);
        assert_memory_equal(a.to_mac, theirs, 6);
        assert_memory_equal(a.from_mac, ours, 6);
        assert_int_equal(a.n_tags, s->n_tags);
        assert_memory_equal(a.tags, s->tags, sizeof(a.tags));
        assert_string_equal(a.from, s->to);
        assert_string_equal(a.to, s->from);
        assert_int_equal(a.from_port, s->to_port);
        assert_int_equal(a.to_port, s->from_port);
        assert_int_equal(a.acknowledgement, s->sequence + 1);
        assert_int_equal(a.ttl, 64);
        assert_int_equal(a.flags & (FIN | SYN | RST | PSH | ACK), SYN | ACK);
        return a;
}

static uint16_t mss_of(const struct seen *a)
{
        const uint8_t *mss = option_of(a, 2);

        assert_non_null(mss);
        return (uint16_t) (mss[0] << 8 | mss[1]);
}

static struct segment ack_of(const struct segment *s, const struct seen *a)
{
        struct segment k = *s;

        k.flags = ACK;
        k.sequence = s->sequence + 1;
        k.acknowledgement = a->sequence + 1;
        k.n_options = 0;
        return k;
}

/* The cookie is the kernel's: it passes, and nothing beside it does, but the three that are beside it for other segment sizes. */
static void assert_cookie(const struct segment *s, const struct seen *a)
{
        struct segment k = ack_of(s, a);
        uint64_t dropped = counted(program, XDP_VERDICT_COOKIE);

        assert_passes(&k);
        k.flags = ACK | PSH;
        assert_passes(&k);
        k.acknowledgement += 4;
        assert_int_equal(give(&k, 1).action, XDP_DROP);
        k.acknowledgement -= 4;
        k.sequence += 4;
        assert_int_equal(give(&k, 1).action, XDP_DROP);
        k.sequence -= 4;
        k.from_port ^= 0x4000;
        assert_int_equal(give(&k, 1).action, XDP_DROP);
        assert_int_equal(counted(program, XDP_VERDICT_COOKIE), dropped + 3);
}

static void test_both_families_any_tags(void **state)
{
        for (int v6 = 0; v6 < 2; v6++)
                for (uint32_t tags = 0; tags < 3; tags++)
                        for (size_t n_options = 0; n_options <= sizeof(linux_options); n_options += sizeof(linux_options)) {
                                struct segment s = syn(v6);
                                struct outcome o;
                                struct seen a;

                                s.n_tags = tags;
                                s.tags[0] = tags > 0 ? 0x2064 : 0;
                                s.tags[1] = tags > 1 ? 7 : 0;
                                s.n_options = n_options;
                                a = answered(&s, &o);
                                assert_int_equal(mss_of(&a), v6 ? 1440 : 1460);
                                assert_int_equal(a.n_options, n_options ? 20 : 4);
                                assert_cookie(&s, &a);
                        }
}

static uint64_t now_ms(void)
{
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000 + (uint64_t) t.tv_nsec / 1000000;
}

static void test_what_was_agreed_on_is_in_the_timestamp(void **state)
{
        /* With: scaling, SACK, ECN. */
        for (int with = 0; with < 8; with++) {
                uint8_t options[20] = { 2, 4, 5, 0xb4, 1, 1, 8, 10, 0xa1, 0xb2, 0xc3, 0xd4, 0, 0, 0, 0, 1, 1, 1, 1 };
                struct segment s = syn(with & 1);
                const uint8_t *stamp, *scale;
                uint32_t expected = 0, value;
                struct outcome o;
                struct seen a;

                if (with & 1)
                        memcpy(options + 16, (uint8_t[]){ 1, 3, 3, 5 }, 4);
                if (with & 2)
                        memcpy(options + 4, (uint8_t[]){ 4, 2 }, 2);
                if (with & 4)
                        s.flags |= ECE | CWR;
                s.options = options;
                s.n_options = sizeof(options);
                a = answered(&s, &o);

                stamp = option_of(&a, 8);
                scale = option_of(&a, 3);
                assert_non_null(stamp);
                expected = (with & 1 ? 5 : 15) | (with & 2 ? 16 : 0) | (with & 4 ? 32 : 0);
                value = big32(stamp);
                assert_int_equal(value & 63, expected);
                assert_in_range((uint32_t) now_ms() - value, 0, 150);
                assert_int_equal(big32(stamp + 4), 0xa1b2c3d4);
                assert_int_equal(scale != NULL, with & 1);
                if (scale)
                        assert_int_equal(*scale, 9);
                assert_int_equal(option_of(&a, 4) != NULL, with >> 1 & 1);
                assert_int_equal(a.flags, SYN | ACK | (with & 4 ? ECE : 0));
                assert_cookie(&s, &a);
        }
}

static void test_what_the_host_does_not_do_is_not_agreed_on(void **state)
{
        struct segment s = syn(false);
        struct outcome o;
        struct seen a;

        control->cookies = XDP_COOKIES_ON | XDP_COOKIES_STAMPS;
        a = answered(&s, &o);
        assert_non_null(option_of(&a, 8));
        assert_int_equal(big32(option_of(&a, 8)) & 63, 15);
        assert_null(option_of(&a, 3));
        assert_null(option_of(&a, 4));

        control->cookies = XDP_COOKIES_ON;
        s.flags |= ECE | CWR;
        a = answered(&s, &o);
        assert_int_equal(a.n_options, 4);
        assert_int_equal(a.flags, SYN | ACK);
        assert_cookie(&s, &a);
}

static void test_congestion_bits_on_a_syn_are_no_wish(void **state)
{
        for (int v6 = 0; v6 < 2; v6++) {
                struct segment s = syn(v6);
                struct outcome o;
                struct seen a;

                s.flags |= ECE | CWR;
                s.traffic_class = 0xb8; /* all of it but those bits */
                a = answered(&s, &o);
                assert_true(a.flags & ECE);
                s.traffic_class = 2;
                a = answered(&s, &o);
                assert_false(a.flags & ECE);
        }
}

static void test_odd_options(void **state)
{
        static const struct {
                const char *what;
                uint8_t options[40];
                size_t n;
                bool stamped;
                uint8_t scale; /* 15: none */
        } cases[] = {
                { "all that there is room for, the timestamp last",
                  { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 2, 8, 10, 1, 1, 1, 1, 0, 0, 0, 0 },
                  40, true, 2 },
                { "a scale that nobody has", { 3, 3, 200, 8, 10, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1 }, 16, true, 14 },
                { "nothing behind the end", { 0, 3, 3, 7, 8, 10, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1 }, 16, false, 15 },
                { "a length of 0", { 254, 0, 8, 10, 1, 1, 1, 1, 0, 0, 0, 0 }, 12, false, 15 },
                { "a length of 1", { 254, 1, 8, 10, 1, 1, 1, 1, 0, 0, 0, 0 }, 12, false, 15 },
                { "over the end", { 1, 1, 8, 10, 1, 1, 1, 1, 0, 0, 0, 8, 10, 1, 1, 1 }, 16, true, 15 },
                { "a timestamp cut off", { 1, 1, 1, 1, 1, 1, 8, 10 }, 8, false, 15 },
                { "no length", { 1, 1, 1, 8 }, 4, false, 15 },
                { "a timestamp of another length", { 8, 9, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1 }, 12, false, 15 },
                { "fast open", { 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 8, 10, 9, 9, 9, 9, 0, 0, 0, 0 }, 20, true, 15 },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct segment s = syn(i & 1);
                const uint8_t *stamp;
                struct outcome o;
                struct seen a;

                print_message("  %s\n", cases[i].what);
                s.options = cases[i].options;
                s.n_options = cases[i].n;
                a = answered(&s, &o);
                stamp = option_of(&a, 8);
                assert_int_equal(stamp != NULL, cases[i].stamped);
                if (stamp)
                        assert_int_equal(big32(stamp) & 15, cases[i].scale);
                assert_cookie(&s, &a);
        }
}

static void test_ip_options_and_data_are_not_sent_back(void **state)
{
        for (uint8_t options = 0; options <= 40; options += 20) {
                struct segment s = syn(false);
                struct outcome o;
                struct seen a;

                s.ip_options = options;
                s.n_data = 100;
                a = answered(&s, &o);
                assert_int_equal(o.n, 14 + 20 + 40);
                assert_cookie(&s, &a);
        }
}

static void test_of_the_listener(void **state)
{
        struct segment s = syn(false);
        struct outcome o;
        struct seen a;

        a = answered(&s, &o);
        assert_int_equal(a.window, 131072 / 4);

        /* By how much that one's windows are scaled is not known. */
        s.to_port = OWN_BUFFER;
        a = answered(&s, &o);
        assert_int_equal(a.window, 16384 * 2 / 4);
        assert_null(option_of(&a, 3));
        assert_int_equal(big32(option_of(&a, 8)) & 63, 15 | 16);
        assert_cookie(&s, &a);

        s.to_port = OWN_MSS;
        a = answered(&s, &o);
        assert_int_equal(mss_of(&a), 900);
}

static void test_what_is_the_kernels(void **state)
{
        static const uint8_t md5[20] = { 19, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1, 1 };
        static const struct {
                const char *what;
                struct segment s; /* what is not 0 is different */
        } cases[] = {
                { "SYN and FIN", { .flags = SYN | FIN } },
                { "SYN and RST", { .flags = SYN | RST } },
                { "SYN and ACK", { .flags = SYN | ACK } },
                { "RST", { .flags = RST } },
                { "ACK and RST", { .flags = ACK | RST } },
                { "nothing", { .flags = CWR } },
                { "a port where nobody listens", { .to_port = CLOSED } },
                { "an acknowledgement there", { .flags = ACK, .to_port = CLOSED } },
                { "a piece", { .fragment = 0x2000 } },
                { "signed", { .options = md5, .n_options = sizeof(md5) } },
                { "from nowhere", { .from = "0.0.0.0" } },
                { "from itself", { .from = "127.0.0.1" } },
                { "from many", { .from = "224.0.0.1" } },
                { "from all", { .from = "255.255.255.255" } },
                { "from a link-local neighbour", { .v6 = true, .from = "fe80::1" } },
                { "an acknowledgement of one", { .v6 = true, .from = "fe80::1", .flags = ACK } },
                { "from many", { .v6 = true, .from = "ff02::1" } },
                { "to another's MAC", { .to_mac = { 2, 0, 0, 0, 0, 9 } } },
                { "an acknowledgement to it", { .to_mac = { 2, 0, 0, 0, 0, 9 }, .flags = ACK } },
                { "from a MAC that is many", { .from_mac = { 3, 0, 0, 0, 0, 9 } } },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct segment *c = &cases[i].s;
                struct segment s = syn(c->v6);

                print_message("  %s\n", cases[i].what);
                assert_int_equal(give(&s, 1).action, XDP_TX);
                s.flags = c->flags ? c->flags : s.flags;
                s.to_port = c->to_port ? c->to_port : s.to_port;
                s.from = c->from ? c->from : s.from;
                s.fragment = c->fragment;
                if (c->options) {
                        s.options = c->options;
                        s.n_options = c->n_options;
                }
                if (c->to_mac[0])
                        memcpy(s.to_mac, c->to_mac, 6);
                if (c->from_mac[0])
                        memcpy(s.from_mac, c->from_mac, 6);
                assert_passes(&s);
        }
}

static void test_what_is_forwarded_is_not_ours(void **state)
{
        for (int v6 = 0; v6 < 2; v6++) {
                struct segment s = syn(v6), k;
                struct outcome o;
                struct seen a;

                set(v6 ? "ipv6/conf/all/forwarding" : "ipv4/conf/all/forwarding", 1);
                a = answered(&s, &o);
                assert_cookie(&s, &a);

                s.to = v6 ? "fd07:1::9" : "10.7.1.9";
                assert_passes(&s);
                k = ack_of(&s, &a);
                assert_passes(&k);
                s.to = v6 ? "fd07:1::1" : "10.7.1.1";
                (void) answered(&s, &o);
        }
}

static void test_only_in_a_flood_and_if_the_kernel_takes_them_back(void **state)
{
        struct segment s = syn(false), k = syn(false);
        struct outcome o;

        k.flags = ACK;
        (void) answered(&s, &o);
        assert_int_equal(give(&k, 1).action, XDP_DROP);

        control->mode &= ~XDP_MODE_FLOOD;
        assert_passes(&s);
        assert_passes(&k);
        control->mode |= XDP_MODE_FLOOD;
        control->cookies &= ~XDP_COOKIES_ON;
        assert_passes(&s);
        assert_passes(&k);

        /* We believe it still is so, and it is not any more: the kernel is asked for each. */
        control->cookies |= XDP_COOKIES_ON;
        for (int value = 0; value < 2; value++) {
                set("ipv4/tcp_syncookies", value);
                assert_passes(&s);
        }
}

/* --- connections --- */

static int connect_from(uint16_t port, bool v6)
{
        struct sockaddr_in a4 = { .sin_family = AF_INET };
        struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
        struct sockaddr *a = v6 ? (struct sockaddr *) &a6 : (struct sockaddr *) &a4;
        socklen_t n = v6 ? sizeof(a6) : sizeof(a4);
        int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void) inet_pton(AF_INET, "10.7.0.1", &a4.sin_addr);
        (void) inet_pton(AF_INET6, "fd07::1", &a6.sin6_addr);
        a4.sin_port = a6.sin6_port = htons(port);
        assert_int_equal(bind(fd, a, n), 0);
        a4.sin_port = a6.sin6_port = htons(PORT);
        assert_int_equal(connect(fd, a, n), 0);
        /* Until it is one at its other end, too. It stays open there. */
        assert_true(accept4(listening, NULL, NULL, SOCK_CLOEXEC) >= 0);
        return fd;
}

static void test_a_connection_goes_on_to_its_last_packet(void **state)
{
        for (int v6 = 0; v6 < 2; v6++) {
                struct segment s = syn(v6), k;
                int fd;

                s.from = v6 ? "fd07::1" : "10.7.0.1";
                s.from_port = (uint16_t) (30001 + v6);
                k = s;
                k.flags = ACK;
                assert_int_equal(give(&s, 1).action, XDP_TX);
                assert_int_equal(give(&k, 1).action, XDP_DROP);

                fd = connect_from(s.from_port, v6);
                assert_passes(&s);
                assert_passes(&k);
                k.flags = ACK | PSH | FIN;
                assert_passes(&k);

                /* The client's side closes first and waits: a packet to it, from the server. */
                (void) close(fd);
                k.flags = ACK;
                assert_passes(&k);
        }
}

/* As from outside: into the kernel by the other end of a cable. */
static void receive(const struct segment *s)
{
        struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int) if_nametoindex("v1") };
        int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
        uint8_t frame[SEGMENT_MAX];
        size_t n = segment_make(s, frame);
        struct ifreq r = { .ifr_name = "v0" };

        assert_true(fd >= 0);
        assert_int_equal(ioctl(fd, SIOCGIFHWADDR, &r), 0);
        memcpy(frame, r.ifr_hwaddr.sa_data, 6);
        assert_int_equal(sendto(fd, frame, n, 0, (struct sockaddr *) &to, sizeof(to)), n);
        (void) close(fd);
}

static int requests(void)
{
        FILE *f = popen("ss -Htn state syn-recv | wc -l", "re");
        int n = -1;

        assert_non_null(f);
        assert_int_equal(fscanf(f, "%d", &n), 1);
        (void) pclose(f);
        return n;
}

static void test_a_request_from_before_the_flood_can_become_a_connection(void **state)
{
        struct segment s = syn(false), k;

        s.from = "10.7.1.9";
        set("ipv4/tcp_syncookies", 1);
        receive(&s);
        for (int i = 0; i < 100 && requests() == 0; i++)
                (void) usleep(10000);
        assert_int_equal(requests(), 1);

        set("ipv4/tcp_syncookies", 2);
        assert_passes(&s);
        k = s;
        k.flags = ACK;
        assert_passes(&k);
        k.from_port++;
        assert_int_equal(give(&k, 1).action, XDP_DROP);
}

/* --- kernels without, and what it costs --- */

static void test_a_kernel_that_refuses_cookies_has_all_the_rest(void **state)
{
        static const struct xdp_sizes sizes = { .n_cpus = 1, .n_queues = 1, .n_buckets = 1 };
        struct xdp_program *other = NULL;
        char why[256] = "";

        assert_null(program_lacks_cookies(program));
        refusals = 2;
        assert_int_equal(program_load(&sizes, &other, why, sizeof(why)), 0);
        assert_non_null(program_lacks_cookies(other));
        assert_true(*program_lacks_cookies(other));
        program_free(other);

        refusals = 4;
        other = NULL;
        assert_int_equal(program_load(&sizes, &other, why, sizeof(why)), -EINVAL);
        assert_true(*why);
        refusals = 0;
}

static uint64_t best(const struct segment *s, uint32_t action, int repeat)
{
        uint64_t ns = UINT64_MAX;

        for (int i = 0; i < 100; i++) {
                struct outcome o = give(s, repeat);

                assert_int_equal(o.action, action);
                ns = o.ns < ns ? o.ns : ns;
        }
        return ns;
}

/*
 * An answer takes the place of its SYN: it can be given but once a call, and then the call is much of the time. So beside it stands what
 * the same call takes for a packet whose time is known.
 */
static void test_cost(void **state)
{
        struct segment stamped = syn(false), plain = syn(false), closed = syn(false), k = syn(false);
        uint64_t filter, connection, wrong, kernel, call, answer, answer_plain;
        int fd = connect_from(30200, false);

        k.flags = ACK;
        k.n_options = plain.n_options = 0;
        closed.to_port = CLOSED;
        wrong = best(&k, XDP_DROP, 20000);
        k.from = "10.7.0.1";
        k.from_port = 30200;
        connection = best(&k, XDP_PASS, 20000);
        kernel = best(&closed, XDP_PASS, 20000);
        call = best(&closed, XDP_PASS, 1);
        answer = best(&stamped, XDP_TX, 1);
        answer_plain = best(&plain, XDP_TX, 1);
        control->mode &= ~XDP_MODE_FLOOD;
        filter = best(&k, XDP_PASS, 20000);
        (void) close(fd);
        print_message("  ns a packet: %d in mode filter; in flood of a connection %d, a wrong cookie %d, a SYN to a closed port %d; "
                      "a SYN answered %d with timestamps, %d without\n",
                      (int) filter, (int) connection, (int) wrong, (int) kernel, (int) (kernel + answer - call),
                      (int) (kernel + answer_plain - call));
        assert_true(connection < 2000 && answer < 20000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_both_families_any_tags, flood),
                cmocka_unit_test_setup(test_what_was_agreed_on_is_in_the_timestamp, flood),
                cmocka_unit_test_setup(test_what_the_host_does_not_do_is_not_agreed_on, flood),
                cmocka_unit_test_setup(test_congestion_bits_on_a_syn_are_no_wish, flood),
                cmocka_unit_test_setup(test_odd_options, flood),
                cmocka_unit_test_setup(test_ip_options_and_data_are_not_sent_back, flood),
                cmocka_unit_test_setup(test_of_the_listener, flood),
                cmocka_unit_test_setup(test_what_is_the_kernels, flood),
                cmocka_unit_test_setup(test_what_is_forwarded_is_not_ours, flood),
                cmocka_unit_test_setup(test_only_in_a_flood_and_if_the_kernel_takes_them_back, flood),
                cmocka_unit_test_setup(test_a_connection_goes_on_to_its_last_packet, flood),
                cmocka_unit_test_setup(test_a_request_from_before_the_flood_can_become_a_connection, flood),
                cmocka_unit_test_setup(test_a_kernel_that_refuses_cookies_has_all_the_rest, flood),
                cmocka_unit_test_setup(test_cost, flood),
        };

        if (geteuid() != 0) {
                print_message("skipped: BPF programs and network namespaces take root\n");
                return 77;
        }
        (void) system("modprobe -q veth 2>/dev/null");
        return cmocka_run_group_tests(tests, setup, teardown);
}
