/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "coverage.h"

#include "probe.h"

#define BIT(i) (1u << (i))
#define CONNECT (BIT(PROBE_CONNECT4) | BIT(PROBE_CONNECT6))
#define SEND    (BIT(PROBE_SEND4) | BIT(PROBE_SEND6))
#define NEVER   UINT32_MAX

/* What each backend must be seen to refuse for the technique to be covered by it: from the table of design, tried by tests. */
static const struct technique {
        const char *name;
        uint32_t needs[_GUARD_BACKEND_MAX];
        const char *note;
} techniques[] = {
        { "TCP connect, blocking or not", { [GUARD_CGROUP] = CONNECT, [GUARD_LSM] = CONNECT }, NULL },
        { "::ffff: addresses", { [GUARD_CGROUP] = CONNECT, [GUARD_LSM] = CONNECT }, "judged as the IPv4 addresses that they are" },
        { "MPTCP", { [GUARD_CGROUP] = CONNECT, [GUARD_LSM] = CONNECT }, "as TCP" },
        { "io_uring connect", { [GUARD_CGROUP] = CONNECT, [GUARD_LSM] = CONNECT }, NULL },
        { "UDP connect", { [GUARD_CGROUP] = CONNECT, [GUARD_LSM] = CONNECT }, NULL },
        { "UDP sendto, sendmsg, sendmmsg", { [GUARD_CGROUP] = SEND, [GUARD_LSM] = SEND }, NULL },
        { "io_uring sendmsg", { [GUARD_CGROUP] = SEND, [GUARD_LSM] = SEND }, NULL },
        { "TCP fast open", { [GUARD_CGROUP] = CONNECT, [GUARD_LSM] = SEND }, NULL },
        { "raw sockets", { [GUARD_CGROUP] = BIT(PROBE_RAW), [GUARD_LSM] = BIT(PROBE_RAW) },
          "refused at socket() unless any/raw is allowed, or nothing at all is denied" },
        { "ping sockets", { [GUARD_CGROUP] = BIT(PROBE_RAW), [GUARD_LSM] = CONNECT | SEND },
          "without the LSM refused at socket() unless 0.0.0.0/0/icmp or ::/0/icmpv6 is allowed" },
        { "packet sockets", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = BIT(PROBE_PACKET) }, "as raw sockets: any/packet" },
        { "connected and raw sockets of others, inherited or passed", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = CONNECT | SEND },
          "those that were connected while the policy was in force; sendfile() and splice() to one before Linux 6.5 are not seen" },
        { "listening", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = BIT(PROBE_LISTEN) }, "TCP; not on loopback" },
        { "source and segment routes by setsockopt", { [GUARD_CGROUP] = BIT(PROBE_ROUTE_OPTION), [GUARD_LSM] = BIT(PROBE_ROUTE_OPTION) },
          "IP_OPTIONS, IPV6_RTHDR, flow labels: refused as raw sockets are" },
        { "source and segment routes by setsockopt of 32-bit programs", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = BIT(PROBE_ROUTE_OPTION) },
          "also by such a system call of any program" },
        { "source and segment routes by control message", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = BIT(PROBE_ROUTE_MESSAGE) },
          "IP_RETOPTS, IPV6_RTHDR: refused as raw sockets are" },
        { "source and segment routes by sendmmsg, from the second message on", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = NEVER },
          "behind one to the same address, which is allowed, as loopback is: the kernel asks once" },
        { "loopback addresses by another interface", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = NEVER },
          "SO_BINDTODEVICE, IP_UNICAST_IF, IP_PKTINFO: to the router, which drops it, past whoever looks at the wire" },
        { "SCTP and L2TP sockets", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = CONNECT | SEND }, NULL },
        { "SCTP, several addresses at once", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = NEVER }, "sctp_connectx() is not looked at" },
        { "UDP that comes in", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = NEVER }, "whoever binds a port receives" },
        { "connections and listeners from before the policy", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = NEVER },
          "a connection goes on, and who is reached answers" },
        { "io_uring of another process", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = NEVER }, "it is the other one that connects" },
        { "moving to another cgroup", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = NEVER }, "whoever may is judged by the rules of that one" },
        { "XDP, vsock, Bluetooth, CAN and other families", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = NEVER },
          "only IPv4, IPv6 and packet sockets are looked at" },
        { "what the kernel sends for others", { [GUARD_CGROUP] = NEVER, [GUARD_LSM] = NEVER }, "NFS, iSCSI, tunnels: on nobody's behalf" },
};

static bool covered(const uint32_t probed[_GUARD_BACKEND_MAX], const struct technique *t, enum guard_backend backend)
{
        return t->needs[backend] != NEVER && (probed[backend] & t->needs[backend]) == t->needs[backend];
}

size_t coverage_rows(const uint32_t probed[_GUARD_BACKEND_MAX], struct coverage_row ret[COVERAGE_ROWS_MAX])
{
        size_t n = sizeof(techniques) / sizeof(techniques[0]);

        _Static_assert(sizeof(techniques) / sizeof(techniques[0]) <= COVERAGE_ROWS_MAX, "there is room for all");
        for (size_t i = 0; i < n; i++) {
                bool cgroup = covered(probed, &techniques[i], GUARD_CGROUP), lsm = covered(probed, &techniques[i], GUARD_LSM);

                ret[i] = (struct coverage_row){
                        .technique = techniques[i].name,
                        .by = cgroup && lsm ? "both" : cgroup ? "cgroup" : lsm ? "lsm" : NULL,
                        .note = techniques[i].note,
                };
        }
        return n;
}

bool coverage_is_whole(const uint32_t probed[_GUARD_BACKEND_MAX], enum guard_backend backend)
{
        uint32_t needed = CONNECT | SEND | BIT(PROBE_RAW) | (backend == GUARD_LSM ? BIT(PROBE_PACKET) : 0);

        return (probed[backend] & needed) == needed;
}
