/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Mode flood between two machines that are namespaces: real connections to a listener behind the program, from a client beyond a cable.
 * All sockets are this one process's; a socket stays in the namespace where it was made.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"
#include "cookies-frame.h"
#include "cookies-ground.h"

#define PORT       8080
#define OWN_BUFFER 8081
#define TRANSFER   (4u << 20)
#define FLOOD_MODE (XDP_MODE_MONITOR | XDP_MODE_FILTER | XDP_MODE_FLOOD)
#define ALL        (XDP_COOKIES_ON | XDP_COOKIES_STAMPS | XDP_COOKIES_SACK | XDP_COOKIES_SCALE | XDP_COOKIES_ECN)

/* TCP_INFO's options. */
#define STAMPS 1
#define SACK   2
#define SCALE  4
#define ECN_ON 8

static int server_net, client_net;
static struct xdp_program *program;
static struct xdp_control *control;
static int link_fd = -1, listening, listening_own;
static uint8_t server_mac[6], client_mac[6];
static bool has_vlan;

static void enter(int net)
{
        assert_int_equal(setns(net, CLONE_NEWNET), 0);
}

static void set_client(const char *sysctl, int value)
{
        enter(client_net);
        set(sysctl, value);
        enter(server_net);
}

static void prepare(const char *interface, uint8_t mac[6])
{
        struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq r = {};

        (void) snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", interface);
        assert_int_equal(ioctl(fd, SIOCGIFHWADDR, &r), 0);
        memcpy(mac, r.ifr_hwaddr.sa_data, 6);
        /* Tags in the frame, where a program sees them. */
        r.ifr_data = (void *) &flags;
        assert_int_equal(ioctl(fd, SIOCETHTOOL, &r), 0);
        flags.cmd = ETHTOOL_SFLAGS;
        flags.data &= ~(uint32_t) (ETH_FLAG_RXVLAN | ETH_FLAG_TXVLAN);
        assert_int_equal(ioctl(fd, SIOCETHTOOL, &r), 0);
        (void) close(fd);
}

/* What is sent back reaches the other end of the cable only if that has a program, too: one that passes all. (GRO there is not enough.) */
static void attach_stub(void)
{
        const struct bpf_insn pass[] = {
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
                { .code = BPF_JMP | BPF_EXIT },
        };
        LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
        int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "stub", "GPL", pass, 2, NULL);

        assert_true(fd >= 0);
        /* Until the end of the test. */
        assert_true(bpf_link_create(fd, (int) if_nametoindex("v1"), BPF_XDP, &options) >= 0);
}

static int setup_program(void)
{
        char why[512] = "";

        program = load_program("v0");
        if (!program)
                return -1;
        if (attach(program_fd(program), if_nametoindex("v0"), "v0", ATTACH_NATIVE, &link_fd, why, sizeof(why)) < 0) {
                print_error("%s\n", why);
                return -1;
        }
        control = program_control(program);
        return 0;
}

static int setup(void **state)
{
        if (unshare(CLONE_NEWNET) < 0)
                return -1;
        client_net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        run("ip link set lo up && ip link add v1 type veth peer name v0 && ip link set v1 up && ip address add 10.8.0.2/24 dev v1 && "
            "ip -6 address add fd08::2/64 dev v1 nodad");
        if (unshare(CLONE_NEWNET) < 0)
                return -1;
        server_net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        {
                char command[64];

                (void) snprintf(command, sizeof(command), "ip link set v0 netns /proc/%d/fd/%d", (int) getpid(), server_net);
                enter(client_net);
                run(command);
                prepare("v1", client_mac);
                attach_stub();
                enter(server_net);
        }
        run("ip link set lo up && ip link set v0 up && ip address add 10.8.0.1/24 dev v0 && ip -6 address add fd08::1/64 dev v0 nodad && "
            "ip route add default via 10.8.0.2 && ip -6 route add default via fd08::2");
        prepare("v0", server_mac);

        has_vlan = system("ip link add link v0 name v0.100 type vlan id 100 2>/dev/null") == 0;
        if (has_vlan) {
                run("ip link set v0.100 up && ip address add 10.8.1.1/24 dev v0.100 && ip -6 address add fd08:1::1/64 dev v0.100 nodad");
                enter(client_net);
                run("ip link add link v1 name v1.100 type vlan id 100 && ip link set v1.100 up && "
                    "ip address add 10.8.1.2/24 dev v1.100 && ip -6 address add fd08:1::2/64 dev v1.100 nodad");
                enter(server_net);
        }
        listening = listener(PORT, 0, 0);
        listening_own = listener(OWN_BUFFER, 100000, 0);
        return setup_program();
}

static int teardown(void **state)
{
        if (link_fd >= 0)
                (void) close(link_fd);
        program_free(program);
        return 0;
}

static uint32_t window_scale(void)
{
        long most = 0, grown = 0;
        uint32_t scale = 0;
        FILE *f = fopen("/proc/sys/net/ipv4/tcp_rmem", "re");

        assert_int_equal(fscanf(f, "%*d %*d %ld", &grown), 1);
        (void) fclose(f);
        f = fopen("/proc/sys/net/core/rmem_max", "re");
        if (f) {
                assert_int_equal(fscanf(f, "%ld", &most), 1);
                (void) fclose(f);
        }
        grown = grown > most ? grown : most;
        while (scale < 14 && 65535l << scale < grown)
                scale++;
        return scale;
}

static int flood(void **state)
{
        enter(server_net);
        set("ipv4/tcp_syncookies", 2);
        set("ipv4/tcp_timestamps", 2);
        set_client("ipv4/tcp_timestamps", 1);
        set_client("ipv4/tcp_ecn", 0);
        control->mtu = 1500;
        control->window_scale = window_scale();
        memcpy(control->mac, server_mac, 6);
        control->cookies = ALL;
        __atomic_store_n(&control->mode, FLOOD_MODE, __ATOMIC_RELEASE);
        return 0;
}

/* --- connections --- */

struct pair {
        int client, server;
        struct tcp_info at_client, at_server;
};

static bool wait_for(int fd, short events, int ms)
{
        struct pollfd p = { .fd = fd, .events = events };

        return poll(&p, 1, ms) == 1;
}

static int begin(const char *to, uint16_t port)
{
        struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(port) };
        struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
        bool v6 = strchr(to, ':');
        int fd;

        assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, to, v6 ? (void *) &a6.sin6_addr : (void *) &a4.sin_addr), 1);
        enter(client_net);
        fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        enter(server_net);
        assert_true(fd >= 0);
        (void) connect(fd, v6 ? (struct sockaddr *) &a6 : (struct sockaddr *) &a4, v6 ? sizeof(a6) : sizeof(a4));
        return fd;
}

static bool is_connected(int fd)
{
        int error = -1;
        socklen_t n = sizeof(error);

        return wait_for(fd, POLLOUT, 20000) && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0;
}

static void info(int fd, struct tcp_info *ret)
{
        socklen_t n = sizeof(*ret);

        memset(ret, 0, sizeof(*ret));
        assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, ret, &n), 0);
}

static struct pair open_pair(const char *to, uint16_t port)
{
        int at = port == PORT ? listening : listening_own;
        struct pair p = { .client = begin(to, port) };
        bool speaks = false;
        char byte = 0;

        if (!is_connected(p.client))
                fail_msg("no connection to %s: %s", to, strerror(errno));
        /* In a crowd its acknowledgement may be lost before it comes to the program: with a cookie it is the first byte that then opens. */
        if (!wait_for(at, POLLIN, 1000)) {
                assert_int_equal(write(p.client, &byte, 1), 1);
                assert_true(wait_for(at, POLLIN, 20000));
                speaks = true;
        }
        p.server = accept4(at, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        assert_true(p.server >= 0);
        if (speaks) {
                assert_true(wait_for(p.server, POLLIN, 20000));
                assert_int_equal(read(p.server, &byte, 1), 1);
        }
        info(p.client, &p.at_client);
        info(p.server, &p.at_server);
        return p;
}

static void close_pair(struct pair *p)
{
        (void) close(p->client);
        (void) close(p->server);
}

static uint8_t byte_at(uint64_t offset)
{
        return (uint8_t) (offset * 2654435761u >> 13);
}

/* All of it, and nothing else. */
static void transfer(int from, int to)
{
        static uint8_t buffer[65536];
        uint64_t sent = 0, got = 0;

        while (got < TRANSFER) {
                struct pollfd p[] = { { .fd = to, .events = POLLIN }, { .fd = from, .events = sent < TRANSFER ? POLLOUT : 0 } };
                size_t want = TRANSFER - sent < sizeof(buffer) ? TRANSFER - sent : sizeof(buffer);
                ssize_t n;

                if (poll(p, 2, 10000) <= 0)
                        fail_msg("stuck after %llu bytes", (unsigned long long) got);
                if (p[1].revents & POLLOUT) {
                        for (size_t i = 0; i < want; i++)
                                buffer[i] = byte_at(sent + i);
                        n = write(from, buffer, want);
                        assert_true(n > 0 || errno == EAGAIN);
                        sent += n > 0 ? (uint64_t) n : 0;
                }
                if (p[0].revents & POLLIN) {
                        n = read(to, buffer, sizeof(buffer));
                        assert_true(n > 0);
                        for (ssize_t i = 0; i < n; i++)
                                if (buffer[i] != byte_at(got + (uint64_t) i))
                                        fail_msg("another byte at %llu", (unsigned long long) got + (uint64_t) i);
                        got += (uint64_t) n;
                }
        }
}

static void transfer_both_ways(const struct pair *p)
{
        transfer(p->client, p->server);
        transfer(p->server, p->client);
}

/* Both ends mean the same by what they agreed on. */
static void assert_agreed(const struct pair *p, uint8_t options)
{
        assert_int_equal(p->at_client.tcpi_options & (STAMPS | SACK | SCALE | ECN_ON), options);
        assert_int_equal(p->at_server.tcpi_options & (STAMPS | SACK | SCALE | ECN_ON), options);
        assert_int_equal(p->at_client.tcpi_snd_wscale, p->at_server.tcpi_rcv_wscale);
        assert_int_equal(p->at_client.tcpi_rcv_wscale, p->at_server.tcpi_snd_wscale);
        if (options & SCALE)
                assert_true(p->at_server.tcpi_rcv_wscale > 0 && p->at_server.tcpi_snd_wscale > 0);
}

static void assert_works(const char *to, uint8_t options, bool by_cookie)
{
        uint64_t answered = counted(program, XDP_VERDICT_ANSWERED), dropped = counted(program, XDP_VERDICT_COOKIE);
        uint32_t headers = (strchr(to, ':') ? 60 : 40) + (options & STAMPS ? 12 : 0);
        struct pair p = open_pair(to, PORT);

        assert_int_equal(counted(program, XDP_VERDICT_ANSWERED) - answered, by_cookie);
        assert_agreed(&p, options);
        assert_int_equal(p.at_client.tcpi_snd_mss, 1500 - headers);
        /* In a cookie, there are 1440 and 1460 to choose from, of which the client offers one. */
        assert_int_equal(p.at_server.tcpi_snd_mss, 1500 - headers);
        transfer_both_ways(&p);
        assert_int_equal(counted(program, XDP_VERDICT_COOKIE), dropped);
        close_pair(&p);
}

static void test_with_timestamps_all_is_agreed_on(void **state)
{
        assert_works("10.8.0.1", STAMPS | SACK | SCALE, true);
        assert_works("fd08::1", STAMPS | SACK | SCALE, true);
        set_client("ipv4/tcp_ecn", 1);
        assert_works("10.8.0.1", STAMPS | SACK | SCALE | ECN_ON, true);
        assert_works("fd08::1", STAMPS | SACK | SCALE | ECN_ON, true);
}

static void test_without_it_is_a_plain_connection(void **state)
{
        set_client("ipv4/tcp_timestamps", 0);
        assert_works("10.8.0.1", 0, true);
        assert_works("fd08::1", 0, true);
}

/* As most hosts are: their timestamps have a secret in them. */
static void test_nor_is_more_agreed_on_than_the_kernel_reads_back(void **state)
{
        set("ipv4/tcp_timestamps", 1);
        control->cookies = XDP_COOKIES_ON;
        assert_works("10.8.0.1", 0, true);
        assert_works("fd08::1", 0, true);
}

static void test_through_a_vlan(void **state)
{
        if (!has_vlan) {
                print_message("  skipped: this kernel has no VLAN devices\n");
                skip();
        }
        assert_works("10.8.1.1", STAMPS | SACK | SCALE, true);
        assert_works("fd08:1::1", STAMPS | SACK | SCALE, true);
        set_client("ipv4/tcp_timestamps", 0);
        assert_works("10.8.1.1", 0, true);
}

static void test_a_listener_with_a_buffer_of_its_own(void **state)
{
        uint64_t answered = counted(program, XDP_VERDICT_ANSWERED);
        struct pair p = open_pair("10.8.0.1", OWN_BUFFER);

        assert_int_equal(counted(program, XDP_VERDICT_ANSWERED), answered + 1);
        assert_agreed(&p, STAMPS | SACK);
        transfer_both_ways(&p);
        close_pair(&p);
}

static void test_what_was_connected_before_goes_on(void **state)
{
        uint64_t answered, dropped = counted(program, XDP_VERDICT_COOKIE);
        struct pair p[2];

        control->mode &= ~XDP_MODE_FLOOD;
        set("ipv4/tcp_syncookies", 1);
        answered = counted(program, XDP_VERDICT_ANSWERED);
        p[0] = open_pair("10.8.0.1", PORT);
        p[1] = open_pair("fd08::1", PORT);
        assert_int_equal(counted(program, XDP_VERDICT_ANSWERED), answered);
        set("ipv4/tcp_syncookies", 2);
        control->mode |= XDP_MODE_FLOOD;
        for (int i = 0; i < 2; i++) {
                transfer_both_ways(&p[i]);
                close_pair(&p[i]);
        }
        /* To the last packet of it, the client having closed first. */
        (void) usleep(200000);
        assert_int_equal(counted(program, XDP_VERDICT_COOKIE), dropped);
}

static void test_afterwards_all_is_as_before(void **state)
{
        assert_works("10.8.0.1", STAMPS | SACK | SCALE, true);
        control->mode &= ~XDP_MODE_FLOOD;
        set("ipv4/tcp_syncookies", 1);
        set("ipv4/tcp_timestamps", 1);
        assert_works("10.8.0.1", STAMPS | SACK | SCALE, false);
        assert_works("fd08::1", STAMPS | SACK | SCALE, false);
}

static void test_a_closed_port_says_so(void **state)
{
        int fd = begin("10.8.0.1", 9), error = 0;
        socklen_t n = sizeof(error);

        assert_true(wait_for(fd, POLLOUT, 5000));
        assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n), 0);
        assert_int_equal(error, ECONNREFUSED);
        (void) close(fd);
}

/* The other way round: what this machine begins is answered by others, and is not ours to judge. */
static void test_connections_of_our_own(void **state)
{
        struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(7000) };
        uint64_t dropped = counted(program, XDP_VERDICT_COOKIE);
        int at, fd, accepted;

        (void) inet_pton(AF_INET, "10.8.0.2", &a.sin_addr);
        enter(client_net);
        at = listener(7000, 0, 0);
        enter(server_net);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void) connect(fd, (struct sockaddr *) &a, sizeof(a));
        assert_true(is_connected(fd));
        accepted = accept4(at, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        assert_true(accepted >= 0);
        transfer(fd, accepted);
        transfer(accepted, fd);
        assert_int_equal(counted(program, XDP_VERDICT_COOKIE), dropped);
        (void) close(fd);
        (void) close(accepted);
        (void) close(at);
}

/* --- floods --- */

static struct segment made_up(bool v6)
{
        static uint32_t n;
        static char from[64];
        struct segment s = { .v6 = v6, .from = from, .to = v6 ? "fd08::1" : "10.8.0.1", .to_port = PORT, .flags = SYN };

        n++;
        (void) snprintf(from, sizeof(from), v6 ? "fd99::%x:%x" : "44.%u.%u.9", n >> 8 & 255, n & 255);
        memcpy(s.to_mac, server_mac, 6);
        memcpy(s.from_mac, client_mac, 6);
        s.from_port = (uint16_t) (1024 + n % 60000);
        s.sequence = n * 7919;
        s.window = 64240;
        return s;
}

static int wire(void)
{
        struct sockaddr_ll to = { .sll_family = AF_PACKET };
        int fd;

        enter(client_net);
        to.sll_ifindex = (int) if_nametoindex("v1");
        fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
        assert_true(fd >= 0);
        assert_int_equal(bind(fd, (struct sockaddr *) &to, sizeof(to)), 0);
        enter(server_net);
        return fd;
}

static void send_made_up(int fd, uint32_t n, uint8_t flags)
{
        for (uint32_t i = 0; i < n; i++) {
                struct segment s = made_up(i & 1);
                uint8_t frame[SEGMENT_MAX];
                size_t length;

                s.flags = flags;
                s.acknowledgement = i * 104729;
                length = segment_make(&s, frame);
                while (send(fd, frame, length, 0) < 0)
                        (void) usleep(1000); /* ENOBUFS */
        }
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

static pid_t flooder; /* 0: none */

/* The kernel's queue would be full after each spell; between them a slow machine has time for the others' packets, too. */
static void flood_for_ever(int fd)
{
        flooder = fork();
        assert_true(flooder >= 0);
        if (flooder > 0)
                return;
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
                send_made_up(fd, 250, SYN);
                (void) usleep(50000);
        }
}

static int end_flood(void **state)
{
        if (flooder > 0) {
                (void) kill(flooder, SIGKILL);
                (void) waitpid(flooder, NULL, 0);
        }
        flooder = 0;
        return 0;
}

static void test_a_flood_leaves_nothing_and_all_others_get_in(void **state)
{
        uint64_t answered = counted(program, XDP_VERDICT_ANSWERED), dropped = counted(program, XDP_VERDICT_COOKIE);
        int fd = wire();
        struct timespec a, b;

        flood_for_ever(fd);
        (void) usleep(200000);
        (void) clock_gettime(CLOCK_MONOTONIC, &a);
        for (int i = 0; i < 20; i++) {
                struct pair p = open_pair(i & 1 ? "fd08::1" : "10.8.0.1", PORT);

                assert_agreed(&p, STAMPS | SACK | SCALE);
                if (i < 2)
                        transfer_both_ways(&p);
                close_pair(&p);
                assert_int_equal(requests(), 0);
        }
        (void) clock_gettime(CLOCK_MONOTONIC, &b);
        for (int i = 0; i < 1000 && counted(program, XDP_VERDICT_ANSWERED) - answered <= 1000; i++)
                (void) usleep(10000);
        (void) end_flood(NULL);
        print_message("  %llu answered in %.1f s\n", (unsigned long long) (counted(program, XDP_VERDICT_ANSWERED) - answered),
                      (double) (b.tv_sec - a.tv_sec) + (double) (b.tv_nsec - a.tv_nsec) / 1e9);
        assert_true(counted(program, XDP_VERDICT_ANSWERED) - answered > 1000);
        assert_int_equal(counted(program, XDP_VERDICT_COOKIE), dropped);
        (void) close(fd);

        /* It was one: without us the kernel's queue is full of it. */
        control->mode &= ~XDP_MODE_FLOOD;
        set("ipv4/tcp_syncookies", 1);
        fd = wire();
        send_made_up(fd, 200, SYN);
        for (int i = 0; i < 100 && requests() == 0; i++)
                (void) usleep(10000);
        assert_true(requests() > 0);
        (void) close(fd);
}

static long cookies_failed(void)
{
        char names[8192], values[8192], *name, *value, *a = NULL, *b = NULL;
        FILE *f = fopen("/proc/self/net/netstat", "re");
        long n = -1;

        assert_non_null(f);
        assert_non_null(fgets(names, sizeof(names), f));
        assert_non_null(fgets(values, sizeof(values), f));
        (void) fclose(f);
        for (name = strtok_r(names, " \n", &a), value = strtok_r(values, " \n", &b); name && value;
             name = strtok_r(NULL, " \n", &a), value = strtok_r(NULL, " \n", &b))
                if (strcmp(name, "SyncookiesFailed") == 0)
                        n = atol(value);
        return n;
}

static void test_acknowledgements_of_nothing_are_dropped(void **state)
{
        uint64_t dropped;
        long failed;
        int fd = wire();

        assert_works("10.8.0.1", STAMPS | SACK | SCALE, true);
        dropped = counted(program, XDP_VERDICT_COOKIE);
        failed = cookies_failed();
        send_made_up(fd, 1000, ACK);
        for (int i = 0; i < 300 && counted(program, XDP_VERDICT_COOKIE) < dropped + 1000; i++)
                (void) usleep(10000);
        assert_int_equal(counted(program, XDP_VERDICT_COOKIE), dropped + 1000);
        assert_int_equal(cookies_failed(), failed);
        (void) close(fd);
}

static void test_the_kernel_answers_where_cookies_are_not_taken_back(void **state)
{
        set("ipv4/tcp_syncookies", 1);
        assert_int_equal(get("ipv4/tcp_syncookies"), 1);
        assert_works("10.8.0.1", STAMPS | SACK | SCALE, false);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_with_timestamps_all_is_agreed_on, flood),
                cmocka_unit_test_setup(test_without_it_is_a_plain_connection, flood),
                cmocka_unit_test_setup(test_nor_is_more_agreed_on_than_the_kernel_reads_back, flood),
                cmocka_unit_test_setup(test_through_a_vlan, flood),
                cmocka_unit_test_setup(test_a_listener_with_a_buffer_of_its_own, flood),
                cmocka_unit_test_setup(test_what_was_connected_before_goes_on, flood),
                cmocka_unit_test_setup(test_afterwards_all_is_as_before, flood),
                cmocka_unit_test_setup(test_a_closed_port_says_so, flood),
                cmocka_unit_test_setup(test_connections_of_our_own, flood),
                cmocka_unit_test_setup(test_acknowledgements_of_nothing_are_dropped, flood),
                cmocka_unit_test_setup(test_the_kernel_answers_where_cookies_are_not_taken_back, flood),
                cmocka_unit_test_setup_teardown(test_a_flood_leaves_nothing_and_all_others_get_in, flood, end_flood),
        };

        if (geteuid() != 0) {
                print_message("skipped: BPF programs and network namespaces take root\n");
                return 77;
        }
        (void) system("modprobe -qa veth 8021q 2>/dev/null");
        return cmocka_run_group_tests(tests, setup, teardown);
}
