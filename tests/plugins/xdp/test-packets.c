/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What becomes of each kind of packet, and how it is counted. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../verified.h"
#include "run.h"

/* Half as much again as it is. */
#define VERIFIED_MAX 50000

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct xdp_program *program;

/* Verdicts, short enough for a table. */
enum {
        PASS = XDP_VERDICT_PASS,
        FILTER = XDP_VERDICT_FILTER,
        BAN = XDP_VERDICT_BAN,
        SOURCE = XDP_VERDICT_SOURCE,
        DESTINATION = XDP_VERDICT_DESTINATION,
        LIMIT = XDP_VERDICT_LIMIT,
        MALFORMED = XDP_VERDICT_MALFORMED,
};

static const char *const names[_XDP_VERDICT_MAX] = {
        "pass", "filter", "ban", "source", "destination", "limit", "malformed", "cookie", "answered", "redirect",
};

/* One packet: the verdict that was counted. Anything else that does not fit ends the test. */
static enum xdp_verdict verdict_of(const char *text)
{
        struct xdp_counters before, after;
        struct frame frame;
        enum xdp_verdict found = _XDP_VERDICT_MAX;
        uint32_t action;

        frame_build(text, &frame);
        program_count(program, UINT32_MAX, &before);
        action = run_frame(program, &frame, 1);
        program_count(program, UINT32_MAX, &after);

        if (after.packets != before.packets + 1 || after.bytes != before.bytes + frame.n)
                fail_msg("'%s' is counted as %lu packets, %lu bytes", text, (unsigned long) (after.packets - before.packets),
                         (unsigned long) (after.bytes - before.bytes));
        for (int v = 0; v < _XDP_VERDICT_MAX; v++) {
                if (after.verdicts[v] == before.verdicts[v])
                        continue;
                if (found != _XDP_VERDICT_MAX || after.verdicts[v] != before.verdicts[v] + 1)
                        fail_msg("'%s' has more than one verdict", text);
                found = (enum xdp_verdict) v;
        }
        if (found == _XDP_VERDICT_MAX)
                fail_msg("'%s' has no verdict", text);
        if (action != (found == XDP_VERDICT_PASS ? XDP_PASS : XDP_DROP))
                fail_msg("'%s': %s, and the program returns %u", text, names[found], action);
        return found;
}

static void expect(const char *text, unsigned verdict, const char *why)
{
        enum xdp_verdict found = verdict_of(text);

        if (found != (enum xdp_verdict) verdict)
                fail_msg("%s: '%s' is %s, not %s", why, text, names[found], names[verdict]);
}

/* --- a line for each kind --- */

struct line_of {
        const char *filters; /* NULL: those before */
        const char *packet;
        unsigned verdict;
};

static const struct line_of lines[] = {
        /* Nothing is asked for: everything that is a packet passes. */
        { "", "4 tcp port=80 syn", PASS },
        { NULL, "4 udp port=53", PASS },
        { NULL, "4 icmp kind=8", PASS },
        { NULL, "4 sctp", PASS },
        { NULL, "4 protocol=47 data=4", PASS },
        { NULL, "4", PASS },
        { NULL, "4 options=10 tcp", PASS },
        { NULL, "6 tcp port=80 syn", PASS },
        { NULL, "6 udp", PASS },
        { NULL, "6 icmpv6 kind=128", PASS },
        { NULL, "6", PASS },
        { NULL, "6 hop-by-hop destination routing fragment authentication mobility tcp", PASS },
        { NULL, "tag=8100 4 tcp", PASS },
        { NULL, "tag=88a8 tag=8100 6 udp", PASS },
        { NULL, "tag=9100 tag=8100 4 udp", PASS },
        { NULL, "type=0806 data=28", PASS },
        { NULL, "tag=8100 type=0806 data=28", PASS },
        { NULL, "type=0026 data=38", PASS }, /* 802.3: a length */
        { NULL, "type=88cc data=40", PASS },

        /* By address, of either family. */
        { "drop source=192.0.2.0/24", "4 tcp", FILTER },
        { NULL, "4 from=192.0.2.255 udp", FILTER },
        { NULL, "4 from=192.0.3.0 udp", PASS },
        { NULL, "4 from=192.0.1.255 udp", PASS },
        { NULL, "4 from=203.0.113.1 to=192.0.2.1 tcp", PASS },
        { NULL, "tag=8100 4 tcp", FILTER },
        { NULL, "tag=88a8 tag=8100 4 tcp", FILTER },
        { NULL, "tag=8100 tag=8100 4 options=3 icmp", FILTER },
        { NULL, "4 later=100 data=64", FILTER },
        { NULL, "4 first data=64 protocol=17", FILTER },
        { NULL, "6 tcp", PASS },
        { NULL, "6 from=::192.0.2.1 tcp", PASS },
        { "drop source=192.0.2.77", "4 from=192.0.2.77", FILTER },
        { NULL, "4 from=192.0.2.76", PASS },
        { "drop source=0.0.0.0/0", "4 from=255.255.255.255 icmp", FILTER },
        { NULL, "6 icmpv6", PASS },
        { "drop source=10.0.0.0/8,10.1.0.0/16,10.1.2.0/25,10.1.2.3", "4 from=10.1.2.3", FILTER },
        { NULL, "4 from=10.255.255.255", FILTER },
        { NULL, "4 from=11.0.0.0", PASS },
        { "drop destination=198.51.100.0/31", "4 tcp", FILTER },
        { NULL, "4 to=198.51.100.2 tcp", PASS },
        { NULL, "4 from=198.51.100.1 to=10.0.0.1 tcp", PASS },
        { "drop source=2001:db8::/48", "6 tcp", FILTER },
        { NULL, "6 from=2001:db8:1::1 tcp", PASS },
        { NULL, "6 hop-by-hop fragment later=9 tcp", FILTER },
        { NULL, "4 tcp", PASS },
        { "drop source=2001:db8::1", "6 tcp", FILTER },
        { NULL, "6 from=2001:db8::2 tcp", PASS },
        { "drop destination=2001:db8:1::/127", "6 icmpv6 kind=128", FILTER },
        { NULL, "6 to=2001:db8:1::2 icmpv6 kind=128", PASS },

        /* By protocol, that of the end of the chain. */
        { "drop protocol=udp,47", "4 udp", FILTER },
        { NULL, "4 protocol=47", FILTER },
        { NULL, "4 later=9 protocol=17 data=8", FILTER },
        { NULL, "4 tcp", PASS },
        { NULL, "6 udp", FILTER },
        { NULL, "6 destination routing hop-by-hop udp", FILTER },
        { NULL, "6 authentication udp", FILTER },
        { NULL, "6 authentication=1 udp", FILTER },
        { NULL, "6 mobility fragment udp", FILTER },
        { NULL, "6 routing=0 destination=3 udp", FILTER },
        { NULL, "6 hop-by-hop tcp", PASS },
        { "drop protocol=icmpv6", "6 icmpv6 kind=128", FILTER },
        { NULL, "4 icmp kind=8", PASS },
        { NULL, "6 protocol=58", FILTER }, /* too short for a type */

        /* By port. */
        { "drop port=80,1000-2000", "4 tcp port=80", FILTER },
        { NULL, "4 udp port=80", FILTER },
        { NULL, "4 sctp port=1000", FILTER },
        { NULL, "4 dccp port=1500", FILTER },
        { NULL, "4 udplite port=2000", FILTER },
        { NULL, "4 tcp port=999", PASS },
        { NULL, "4 tcp port=2001", PASS },
        { NULL, "4 tcp sport=80", PASS },
        { NULL, "4 udp port=80 protocol=47", PASS },
        { NULL, "4 options=6 tcp port=80", FILTER },
        { NULL, "6 destination=4 udp port=80", FILTER },
        { NULL, "4 first tcp port=80", FILTER },
        { NULL, "6 fragment first tcp port=80", FILTER },
        { NULL, "6 fragment tcp port=80", FILTER }, /* atomic */
        { NULL, "4 later=185 tcp port=80", PASS },
        { NULL, "6 fragment later=185 tcp port=80", PASS },
        { NULL, "6 fragment later=185 more tcp port=80", PASS },
        { NULL, "6 fragment later=1 udp port=80", PASS },
        { "drop port=0,65535", "4 tcp port=0", FILTER },
        { NULL, "4 tcp port=65535", FILTER },
        { NULL, "4 tcp port=65534", PASS },
        { NULL, "4 later=9 protocol=6 data=20", PASS }, /* no port is not port 0 */
        { NULL, "4 icmp", PASS },
        { "drop source-port=53 protocol=udp", "4 udp sport=53", FILTER },
        { NULL, "4 udp port=53", PASS },
        { NULL, "4 tcp sport=53", PASS },
        { NULL, "6 udp sport=53", FILTER },
        { NULL, "4 first udp sport=53 data=64", FILTER },
        { NULL, "4 later=8 udp sport=53", PASS },

        /* By flags: these set, those not. */
        { "drop protocol=tcp flags=syn,!ack", "4 tcp syn", FILTER },
        { NULL, "4 tcp syn ack", PASS },
        { NULL, "4 tcp ack", PASS },
        { NULL, "4 tcp", PASS },
        { NULL, "4 tcp syn fin urg", FILTER },
        { NULL, "6 tcp syn", FILTER },
        { NULL, "6 hop-by-hop tcp syn", FILTER },
        { NULL, "4 udp", PASS },
        { NULL, "4 later=2 tcp syn", PASS },
        { "drop protocol=tcp flags=!fin,!syn,!rst,!psh,!ack,!urg,!ece,!cwr", "4 tcp", FILTER },
        { NULL, "4 tcp cwr", PASS },
        { NULL, "4 udp", PASS },
        { NULL, "4 later=2 protocol=6 data=20", PASS },

        /* Pieces. */
        { "drop fragments=yes", "4 first udp data=64", FILTER },
        { NULL, "4 later=8 protocol=17 data=64", FILTER },
        { NULL, "4 later=8 more protocol=17 data=64", FILTER },
        { NULL, "4 udp", PASS },
        { NULL, "6 fragment first udp data=64", FILTER },
        { NULL, "6 fragment later=8 udp", FILTER },
        { NULL, "6 fragment udp", PASS },
        { NULL, "6 udp", PASS },
        { "drop fragments=yes source=192.0.2.0/24", "4 later=8 protocol=17 data=8", FILTER },
        { NULL, "4 from=10.0.0.1 later=8 protocol=17 data=8", PASS },
        { "drop fragments=no port=53", "4 udp port=53", FILTER },
        { NULL, "4 udp port=54", PASS },
        { NULL, "4 first udp port=53 data=64", FILTER },

        /* All of one filter must fit; any of its items. */
        { "drop source=192.0.2.0/24,2001:db8::/32 destination=198.51.100.1,2001:db8:1::1 protocol=tcp source-port=1024-65535 port=22 "
          "flags=syn",
          "4 tcp sport=40000 port=22 syn", FILTER },
        { NULL, "6 tcp sport=1024 port=22 syn ack", FILTER },
        { NULL, "4 from=10.0.0.1 tcp sport=40000 port=22 syn", PASS },
        { NULL, "4 to=10.0.0.1 tcp sport=40000 port=22 syn", PASS },
        { NULL, "4 udp sport=40000 port=22", PASS },
        { NULL, "4 tcp sport=1023 port=22 syn", PASS },
        { NULL, "4 tcp sport=40000 port=23 syn", PASS },
        { NULL, "4 tcp sport=40000 port=22 ack", PASS },
        { "drop source=10.0.0.0/8 destination=2001:db8::/32", "4 from=10.0.0.1", PASS }, /* nobody */
        { NULL, "6 to=2001:db8::1", PASS },
        { "drop source= file=/empty", "4 tcp", PASS }, /* an empty list is nobody, not everybody */
        { NULL, "6 tcp", PASS },
        { "drop source=10.0.0.1 file=/full", "4 from=10.0.0.1", FILTER },
        { "allow source= file=/empty; drop source=0.0.0.0/0", "4 tcp", FILTER },

        /* What any filter allows is not dropped, wherever it stands. */
        { "drop source=0.0.0.0/0,::/0; allow port=443 protocol=tcp; allow source=192.0.2.99", "4 tcp port=443", PASS },
        { NULL, "6 tcp port=443", PASS },
        { NULL, "4 tcp port=80", FILTER },
        { NULL, "4 udp port=443", FILTER },
        { NULL, "4 from=192.0.2.99 udp", PASS },
        { NULL, "4 first tcp port=443 data=64", PASS },
        { NULL, "4 later=20 tcp port=443", FILTER }, /* what it carries looks like that port */
        { NULL, "4 later=20 more tcp port=443", FILTER },
        { NULL, "6 fragment later=20 tcp port=443", FILTER },
        { NULL, "6 hop-by-hop fragment later=20 more tcp port=443", FILTER },
        { NULL, "6 fragment first tcp port=443 data=64", PASS },
        { NULL, "type=0806 data=28", PASS },

        /* Other interfaces' are not ours. */
        { "drop for=iface:eth* source=0.0.0.0/0", "4 tcp", PASS },
        { "drop for=iface:eth*,iface:test? source=0.0.0.0/0", "4 tcp", FILTER },
        { "drop source=0.0.0.0/0; allow for=iface:eth0 source=0.0.0.0/0", "4 tcp", FILTER },

        /* IPv6's ARP: from this link, and whole. */
        { "drop source=::/0", "6 hop=255 icmpv6 kind=135", PASS },
        { NULL, "6 hop=255 icmpv6 kind=136 data=16", PASS },
        { NULL, "6 hop=255 icmpv6 kind=133", PASS },
        { NULL, "6 hop=255 icmpv6 kind=134", PASS },
        { NULL, "6 hop=255 icmpv6 kind=137", PASS },
        { NULL, "tag=8100 6 hop=255 icmpv6 kind=135", PASS },
        { NULL, "6 hop=254 icmpv6 kind=135", FILTER },
        { NULL, "6 hop=255 icmpv6 kind=132", FILTER },
        { NULL, "6 hop=255 icmpv6 kind=138", FILTER },
        { NULL, "6 hop=255 icmpv6 kind=128", FILTER },
        { NULL, "6 hop=255 fragment first icmpv6 kind=135", FILTER },
        { NULL, "6 hop=255 fragment later=3 icmpv6 kind=135", FILTER },
        { NULL, "6 hop=255 protocol=58 cut=57", FILTER },
        { "drop source=0.0.0.0/0", "4 hop=255 protocol=58 icmpv6 kind=135", FILTER },

        /* What does not add up. */
        { "allow source=0.0.0.0/0,::/0", "4 cut=33", MALFORMED },
        { NULL, "6 cut=53", MALFORMED },
        { NULL, "4 tcp cut=53", MALFORMED },
        { NULL, "4 tcp cut=54", PASS },
        { NULL, "4 udp cut=37", MALFORMED },
        { NULL, "4 sctp cut=36", MALFORMED },
        { NULL, "4 version=5 udp", MALFORMED },
        { NULL, "4 version=6 udp", MALFORMED },
        { NULL, "4 ihl=4 udp", MALFORMED },
        { NULL, "4 ihl=0 udp", MALFORMED },
        { NULL, "4 ihl=15 udp", MALFORMED },
        { NULL, "4 length=19 udp", MALFORMED },
        { NULL, "4 length=0 udp", MALFORMED },
        { NULL, "4 options=5 length=39 udp", MALFORMED },
        { NULL, "6 version=4 udp", MALFORMED },
        { NULL, "6 version=7 udp", MALFORMED },
        { NULL, "6 tcp cut=73", MALFORMED },
        { NULL, "6 hop-by-hop=200 udp", PASS },
        { NULL, "6 hop-by-hop=200 udp cut=1600", MALFORMED },
        { NULL, "6 hop-by-hop cut=61", MALFORMED },
        { NULL, "6 destination destination destination destination destination destination udp", PASS },
        { NULL, "6 destination destination destination destination destination destination destination udp", MALFORMED },
        { NULL, "tag=8100 cut=17", MALFORMED },
        { NULL, "tag=8100 tag=8100 cut=21", MALFORMED },
        { NULL, "tag=8100 tag=8100 tag=8100 4 udp", MALFORMED },
        { NULL, "type=0800", MALFORMED },
        { NULL, "tag=88a8 type=86dd data=39", MALFORMED },

        /* Pieces that are cut so as to deceive: not all of the header in the first, or written over by the second. */
        { NULL, "4 first protocol=6 data=8", MALFORMED },
        { NULL, "4 first protocol=6 data=16", MALFORMED },
        { NULL, "4 first tcp", PASS },
        { NULL, "4 first protocol=17", MALFORMED },
        { NULL, "4 later=1 tcp", MALFORMED },
        { NULL, "4 later=1 more protocol=6 data=8", MALFORMED },
        { NULL, "4 later=1 protocol=17 data=8", PASS },
        { NULL, "4 later=2 tcp", PASS },
        { NULL, "6 fragment first protocol=6 data=8", MALFORMED },
        { NULL, "6 fragment later=1 tcp", MALFORMED },
        { NULL, "6 fragment later=2 tcp", PASS },
        { NULL, "6 fragment first hop-by-hop cut=66", MALFORMED },
        { NULL, "6 fragment first destination=2 tcp cut=86", MALFORMED },
        { NULL, "6 fragment first fragment later=4 tcp", MALFORMED },
        { NULL, "6 fragment first fragment first tcp", MALFORMED },
        /* What pads the frame is not of the packet: every short one is padded to 60 bytes. */
        { NULL, "4 first protocol=6 data=8 pad=18", MALFORMED },
        { NULL, "4 first protocol=6 data=8 pad=100", MALFORMED },
        { NULL, "4 protocol=17 data=3 pad=23", MALFORMED },
        { NULL, "4 udp pad=18", PASS },
        { NULL, "4 tcp pad=6", PASS },
        { NULL, "6 fragment first protocol=6 data=8 pad=100", MALFORMED },
        { NULL, "6 fragment first destination protocol=6 data=8 pad=100", MALFORMED },
        { NULL, "6 destination=2 tcp length=16 pad=40", MALFORMED },
        { NULL, "6 protocol=17 data=3 pad=20", MALFORMED },
        { NULL, "6 udp pad=20", PASS },
};

static void test_lines(void **state)
{
        const char *filters = "";
        enum xdp_verdict found;
        unsigned wrong = 0;

        for (size_t i = 0; i < N(lines); i++) {
                if (lines[i].filters) {
                        filters = lines[i].filters;
                        run_filters_text(program, filters);
                }
                found = verdict_of(lines[i].packet);
                if (found == (enum xdp_verdict) lines[i].verdict)
                        continue;
                print_error("%s: '%s' is %s, not %s\n", filters, lines[i].packet, names[found], names[lines[i].verdict]);
                wrong++;
        }
        assert_int_equal(wrong, 0);
}

/* The same in flood mode, which is filter's and more, and none of it where packets are only counted. */
static void test_modes(void **state)
{
        static const char *const packets[] = { "4 tcp port=80", "4 cut=20", "4 from=10.0.0.1 udp", "6 hop=255 icmpv6 kind=135", "6 udp" };
        static const unsigned dropped[] = { FILTER, MALFORMED, BAN, PASS, FILTER };
        static const uint32_t modes[] = { XDP_MODE_FILTER, XDP_MODE_FLOOD, XDP_MODE_MONITOR | XDP_MODE_FILTER | XDP_MODE_FLOOD };

        run_filters_text(program, "drop port=80; drop source=::/0");
        assert_int_equal(program_ban(program, 0x0a000001, UINT64_MAX), 0);
        for (size_t i = 0; i < N(packets); i++) {
                struct xdp_counters before, after;
                struct frame frame;

                for (size_t m = 0; m < N(modes); m++) {
                        run_mode(program, modes[m]);
                        expect(packets[i], dropped[i], "in a mode that drops");
                }
                run_mode(program, XDP_MODE_MONITOR);
                expect(packets[i], PASS, "in monitor mode");
                run_mode(program, XDP_MODE_REDIRECT);
                expect(packets[i], PASS, "in redirect mode");

                run_mode(program, 0);
                frame_build(packets[i], &frame);
                program_count(program, UINT32_MAX, &before);
                assert_int_equal(run_frame(program, &frame, 10), XDP_PASS);
                program_count(program, UINT32_MAX, &after);
                assert_memory_equal(&before, &after, sizeof(before));
        }
        assert_int_equal(program_ban(program, 0x0a000001, 0), 0);
}

static void test_counts(void **state)
{
        struct xdp_counters before, after;
        struct frame frame;

        run_mode(program, XDP_MODE_MONITOR);
        frame_build("4 tcp syn data=100", &frame);
        program_count(program, UINT32_MAX, &before);
        (void) run_frame(program, &frame, 1000);
        frame_build("4 tcp syn ack", &frame);
        (void) run_frame(program, &frame, 10);
        frame_build("4 later=9 tcp syn", &frame);
        (void) run_frame(program, &frame, 10);
        frame_build("6 tcp syn ece", &frame);
        (void) run_frame(program, &frame, 10);
        program_count(program, UINT32_MAX, &after);

        assert_int_equal(after.packets - before.packets, 1030);
        assert_int_equal(after.syns - before.syns, 1010);
        assert_int_equal(after.bytes - before.bytes, 1000 * 154 + 20 * 54 + 10 * 74);
        assert_int_equal(after.verdicts[PASS] - before.verdicts[PASS], 1030);

        program_count(program, 0, &before);
        assert_memory_equal(&before, &after, sizeof(before));
        program_count(program, 1, &before);
        assert_int_equal(before.packets, 0);
}

/* Each packet for the first filter that decides: of those that allow, where one does. */
static void test_hits(void **state)
{
        uint64_t before[4];

        run_filters_text(program, "drop source=192.0.2.0/24; drop port=80; allow port=443; allow port=443 protocol=tcp");
        for (uint32_t i = 0; i < 4; i++)
                before[i] = program_hits(program, i);
        expect("4 tcp port=80", FILTER, "two that drop");
        expect("4 from=10.0.0.1 tcp port=80", FILTER, "the second");
        expect("4 tcp port=443", PASS, "two that allow, and one that drops");
        expect("4 from=10.0.0.1 tcp port=81", PASS, "none");
        assert_int_equal(program_hits(program, 0) - before[0], 1);
        assert_int_equal(program_hits(program, 1) - before[1], 1);
        assert_int_equal(program_hits(program, 2) - before[2], 1);
        assert_int_equal(program_hits(program, 3) - before[3], 0);
}

/* As many filters as there may be, and each of them works. */
static void test_all_filters(void **state)
{
        char text[64 * 40] = "", packet[64];
        uint64_t before;

        for (unsigned i = 0; i < XDP_FILTERS_MAX; i++)
                (void) snprintf(text + strlen(text), sizeof(text) - strlen(text), "drop port=%u; ", 1000 + i);
        run_mode(program, XDP_MODE_FILTER);
        run_filters_text(program, text);
        for (unsigned i = 0; i < XDP_FILTERS_MAX; i++) {
                before = program_hits(program, i);
                (void) snprintf(packet, sizeof(packet), "4 udp port=%u", 1000 + i);
                expect(packet, FILTER, "one of many");
                assert_int_equal(program_hits(program, i), before + 1);
        }
        expect("4 udp port=1064", PASS, "one behind the last");
}

/* --- bans --- */

static uint64_t now_ns(void)
{
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}

static void test_bans(void **state)
{
        const uint64_t network = 0x20010db800000000ull, low = 0x0a000001ull | XDP_SOURCE_V6;

        run_filters_text(program, "allow port=443; drop port=80");
        assert_int_equal(program_ban(program, 0x0a000001, UINT64_MAX), 0);
        expect("4 from=10.0.0.1 udp", BAN, "a banned source");
        expect("4 from=10.0.0.1 later=9 data=8", BAN, "its pieces");
        expect("4 from=10.0.0.1 udp port=443", PASS, "what is allowed, past a ban");
        expect("4 from=10.0.0.1 udp port=80", FILTER, "filters come first");
        expect("4 from=10.0.0.2 udp", PASS, "its neighbour");
        expect("4 to=10.0.0.1 udp", PASS, "what goes there");
        expect("6 from=0:0:a00:1::1 udp", PASS, "an IPv6 source of that number");

        assert_int_equal(program_ban(program, network, UINT64_MAX), 0);
        expect("6 udp", BAN, "a banned /64");
        expect("6 from=2001:db8::ffff:ffff:ffff:ffff udp", BAN, "all of it");
        expect("6 from=2001:db8:0:1::1 udp", PASS, "the next one");
        expect("6 hop=255 icmpv6 kind=135", PASS, "its neighbour discovery");
        assert_int_equal(program_ban(program, low, UINT64_MAX), 0);
        expect("6 from=0:0:a00:1::1 udp", BAN, "an IPv6 source of an IPv4 one's number");
        assert_int_equal(program_control(program)->n_bans, 3);

        assert_int_equal(program_ban(program, 0x0a000001, 0), 0);
        assert_int_equal(program_ban(program, 0x0a000001, 0), 0); /* it is not there any more */
        assert_int_equal(program_control(program)->n_bans, 2);
        expect("4 from=10.0.0.1 udp", PASS, "no longer banned");
        assert_int_equal(program_ban(program, network, 0), 0);
        assert_int_equal(program_ban(program, low, 0), 0);
        assert_int_equal(program_control(program)->n_bans, 0);
}

static void test_ban_ends(void **state)
{
        const uint64_t end_ns = now_ns() + 100000000;
        bool banned = false;

        assert_int_equal(program_ban(program, 0x0a000001, end_ns), 0);
        assert_int_equal(program_ban(program, 0x0a000002, UINT64_MAX), 0);
        while (now_ns() < end_ns) {
                enum xdp_verdict v = verdict_of("4 from=10.0.0.1 udp");

                assert_true(v == XDP_VERDICT_BAN || now_ns() >= end_ns);
                banned |= v == XDP_VERDICT_BAN;
        }
        assert_true(banned);
        (void) usleep(20000); /* two ticks of the slowest coarse clock */
        expect("4 from=10.0.0.1 udp", PASS, "a ban that is over");
        expect("4 from=10.0.0.2 udp", BAN, "one that is not");

        program_forget_bans(program, end_ns - 1);
        assert_int_equal(program_control(program)->n_bans, 2);
        program_forget_bans(program, end_ns);
        assert_int_equal(program_control(program)->n_bans, 1);
        expect("4 from=10.0.0.2 udp", BAN, "one that is not over when others are forgotten");
        program_forget_bans(program, UINT64_MAX);
        assert_int_equal(program_control(program)->n_bans, 0);
}

/* --- limits --- */

static void no_limits(void)
{
        struct xdp_control *c = program_control(program);

        c->source = c->destination = c->interface = (struct xdp_rate){};
}

/* n packets at once: so many must have passed, and the others have that verdict. */
static void expect_passed(const char *packet, uint32_t n, uint32_t passed, unsigned verdict)
{
        struct xdp_counters before, after;
        struct frame frame;

        frame_build(packet, &frame);
        program_count(program, UINT32_MAX, &before);
        (void) run_frame(program, &frame, n);
        program_count(program, UINT32_MAX, &after);
        if (after.verdicts[PASS] - before.verdicts[PASS] != passed || after.verdicts[verdict] - before.verdicts[verdict] != n - passed)
                fail_msg("of %u '%s' %lu pass and %lu are %s; %u should have passed", n, packet,
                         (unsigned long) (after.verdicts[PASS] - before.verdicts[PASS]),
                         (unsigned long) (after.verdicts[verdict] - before.verdicts[verdict]), names[verdict], passed);
}

/* One in an hour, and so many at once: what passes does not depend on how fast the test runs. */
#define HOUR_NS 3600000000000ull
static const struct xdp_rate three_an_hour = { HOUR_NS, 2 * HOUR_NS };

static void test_source_limit(void **state)
{
        run_filters_text(program, "allow port=443; drop port=80");
        program_control(program)->source = three_an_hour;
        expect_passed("4 from=10.1.0.1 udp", 10, 3, SOURCE);
        expect_passed("4 from=10.1.0.1 to=10.0.0.9 later=9 data=8", 10, 0, SOURCE); /* whatever it sends, wherever */
        expect_passed("4 from=10.1.0.2 udp", 10, 3, SOURCE);
        expect_passed("4 from=10.1.0.1 udp port=443", 10, 10, SOURCE);
        expect_passed("4 from=10.1.0.3 udp port=80", 10, 0, FILTER); /* takes no room of it */
        expect_passed("4 from=10.1.0.3 udp", 10, 3, SOURCE);
        expect_passed("6 from=2001:db8:7::1 udp", 10, 3, SOURCE);
        expect_passed("6 from=2001:db8:7::2 udp", 10, 0, SOURCE); /* the same /64 */
        expect_passed("6 from=2001:db8:7:1::1 udp", 10, 3, SOURCE);
        expect_passed("6 from=2001:db8:7::1 hop=255 icmpv6 kind=135", 10, 10, SOURCE);
        expect_passed("type=0806 data=28", 10, 10, SOURCE);
        run_mode(program, XDP_MODE_MONITOR);
        expect_passed("4 from=10.1.0.1 udp", 10, 10, SOURCE);
        run_mode(program, XDP_MODE_FILTER);
        no_limits();
        expect_passed("4 from=10.1.0.1 udp", 10, 10, SOURCE);
}

static void test_destination_limit(void **state)
{
        program_control(program)->destination = three_an_hour;
        expect_passed("4 to=10.2.0.1 udp port=7", 10, 3, DESTINATION);
        expect_passed("4 from=10.9.9.9 to=10.2.0.1 udp port=7", 10, 0, DESTINATION); /* whoever sends */
        expect_passed("4 to=10.2.0.1 udp port=8", 10, 3, DESTINATION);
        expect_passed("4 to=10.2.0.1 tcp port=7", 10, 3, DESTINATION);
        expect_passed("4 to=10.2.0.2 udp port=7", 10, 3, DESTINATION);
        expect_passed("6 to=2001:db8:2::1 udp port=7", 10, 3, DESTINATION);
        expect_passed("6 to=2001:db8:2::2 udp port=7", 10, 3, DESTINATION);
        expect_passed("6 to=2001:db8:2:0:1::1 udp port=7", 10, 3, DESTINATION);
        no_limits();
}

static void test_interface_limit(void **state)
{
        program_control(program)->interface = three_an_hour;
        expect_passed("4 udp", 2, 2, LIMIT);
        expect_passed("6 udp", 10, 1, LIMIT);
        expect_passed("4 from=10.3.0.1 to=10.3.0.2 tcp", 10, 0, LIMIT);

        /* What its source's limit stops takes no room in the interface's. */
        no_limits();
        program_control(program)->interface = (struct xdp_rate){ HOUR_NS, 20 * HOUR_NS };
        program_control(program)->source = three_an_hour;
        expect_passed("4 from=10.3.1.1 udp", 1000, 3, SOURCE);
        expect_passed("4 from=10.3.1.2 udp", 1000, 3, SOURCE);
        expect_passed("4 from=10.3.1.3 udp", 1000, 3, SOURCE);
        no_limits();
}

/* A hundred a second for a second, from a source that sends as fast as it can. */
static void test_limit_over_time(void **state)
{
        const struct xdp_rate rate = { 10000000, 100000000 };
        struct xdp_counters before, after;
        struct frame frame;
        uint64_t start_ns, passed, allowed;

        frame_build("4 from=10.4.0.1 udp", &frame);
        program_control(program)->source = rate;
        start_ns = now_ns();
        program_count(program, UINT32_MAX, &before);
        while (now_ns() < start_ns + 1000000000)
                (void) run_frame(program, &frame, 100);
        allowed = (now_ns() - start_ns) / rate.interval_ns + rate.burst_ns / rate.interval_ns + 1;
        program_count(program, UINT32_MAX, &after);
        passed = after.verdicts[PASS] - before.verdicts[PASS];
        no_limits();

        assert_true(passed <= allowed + 1);
        /* More than the first burst: it fills again. How much more depends on how often the test itself is held up. */
        assert_true(passed > rate.burst_ns / rate.interval_ns + 1);
        assert_true(after.verdicts[SOURCE] - before.verdicts[SOURCE] > 0);
}

/* --- floods --- */

static void test_flood(void **state)
{
        const struct xdp_notice *notice = program_notice(program);
        struct frame frame;
        uint64_t end_ns = now_ns() + 2000000000;

        run_filters_text(program, "drop protocol=tcp");
        (void) program_read_events(program);
        frame_build("4 udp", &frame);
        program_control(program)->flood_pps = 0;
        program_control(program)->flood_syn_pps = 1000;
        while (now_ns() < end_ns - 1800000000)
                (void) run_frame(program, &frame, 1000);
        assert_int_equal(notice->syn_flood_ns, 0);
        assert_int_equal(notice->flood_ns, 0);
        assert_false(program_read_events(program));

        frame_build("4 tcp syn", &frame);
        while (now_ns() < end_ns && (!notice->syn_flood_ns || !notice->first_drop_ns))
                (void) run_frame(program, &frame, 1000);
        assert_true(notice->syn_flood_ns > 0);
        assert_int_equal(notice->flood_ns, 0);
        assert_true(notice->first_drop_ns >= notice->noticed_ns);
        assert_true(program_read_events(program));
        assert_false(program_read_events(program)); /* once */

        program_control(program)->flood_pps = 1000;
        while (now_ns() < end_ns && !notice->flood_ns)
                (void) run_frame(program, &frame, 1000);
        assert_true(notice->flood_ns > 0);
        assert_true(program_read_events(program));
        program_control(program)->flood_pps = program_control(program)->flood_syn_pps = 0;
}

/* --- who sends most --- */

static uint64_t weight_of(uint64_t source, uint32_t family)
{
        size_t n;
        const struct xdp_talker *t = program_talkers(program, &n);
        uint64_t packets = 0;

        for (size_t i = 0; i < n; i++)
                if (t[i].source == source && t[i].family == family)
                        packets += t[i].packets;
        return packets;
}

static void test_talkers(void **state)
{
        struct frame frame;

        run_mode(program, XDP_MODE_MONITOR);
        frame_build("4 from=10.5.0.1 udp", &frame);
        (void) run_frame(program, &frame, 10000);
        assert_in_range(weight_of(0x0a050001, 4), 5000, 10000); /* less those that wear down who had the place */
        frame_build("6 from=2001:db8:5::1 udp", &frame);
        (void) run_frame(program, &frame, 10000);
        assert_in_range(weight_of(0x20010db800050000ull, 6), 5000, 10000);

        /* A thousand others do not take a place from somebody who is as busy as all of them. */
        for (unsigned i = 0; i < 1000; i++) {
                char text[64];

                (void) snprintf(text, sizeof(text), "4 from=10.6.%u.%u udp", i / 250, i % 250);
                frame_build(text, &frame);
                (void) run_frame(program, &frame, 1);
        }
        assert_in_range(weight_of(0x0a050001, 4), 5000, 10000);
}

static int load(void **state)
{
        program = run_load();
        return 0;
}

/* What a test that failed has left behind is not the next one's. */
static int begin(void **state)
{
        no_limits();
        program_control(program)->flood_pps = program_control(program)->flood_syn_pps = 0;
        program_forget_bans(program, UINT64_MAX);
        run_mode(program, XDP_MODE_FILTER);
        run_filters_text(program, "");
        return 0;
}

static int unload(void **state)
{
        program = program_free(program);
        return 0;
}

/* An interface gets it when its mode is first set: who waits for that waits for the verifier. */
static void test_soon_loaded(void **state)
{
        uint32_t n = verified_insns(program_fd(program));

        print_message("the kernel looks through %u instructions\n", n);
        assert_true(n < VERIFIED_MAX);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_lines, begin),
                cmocka_unit_test(test_soon_loaded),
                cmocka_unit_test_setup(test_modes, begin),
                cmocka_unit_test_setup(test_counts, begin),
                cmocka_unit_test_setup(test_hits, begin),
                cmocka_unit_test_setup(test_all_filters, begin),
                cmocka_unit_test_setup(test_bans, begin),
                cmocka_unit_test_setup(test_ban_ends, begin),
                cmocka_unit_test_setup(test_source_limit, begin),
                cmocka_unit_test_setup(test_destination_limit, begin),
                cmocka_unit_test_setup(test_interface_limit, begin),
                cmocka_unit_test_setup(test_limit_over_time, begin),
                cmocka_unit_test_setup(test_flood, begin),
                cmocka_unit_test_setup(test_talkers, begin),
        };

        return cmocka_run_group_tests(tests, load, unload);
}
