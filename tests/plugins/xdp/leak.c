/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "leak.h"

#include <stdlib.h>
#include <time.h>

#include "chance.h"
#include "entries.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

const char *const leak_probes[2] = {
        "4 from=192.0.2.1 to=198.51.100.1 tcp sport=1234 port=80 syn",
        "6 from=2001:db8::1 to=2001:db8:1::1 udp sport=1234 port=53",
};

/*
 * What allows in one has the number of what drops in the next: whoever takes half from each lets a probe through. Some have no table of
 * an address or of ports at all.
 */
static const char *const lists[] = {
        "drop source=192.0.2.0/24,2001:db8::/64",
        "allow source=10.0.0.0/8,2001:db8:ffff::/48; drop destination=198.51.100.1,2001:db8:1::/48",
        "allow destination=10.0.0.1,2001:db8:ffff::1; allow port=443; drop port=80,53",
        "allow port=1; allow port=2; allow protocol=icmp; drop source-port=1000-2000",
        "allow source-port=1-10; drop protocol=tcp,udp",
        "allow port=80 source=10.0.0.0/8; allow port=53 source=fd00::/8; drop source=0.0.0.0/0,::/0",
        "allow source=203.0.113.0/24,2001:db8:9::/48; drop port=0-65535 source=192.0.2.1,2001:db8::1",
        "allow fragments=yes; drop destination=0.0.0.0/0,::/0",
};

void leak_await_packets(const struct xdp_program *p)
{
        struct xdp_counters before, now;

        program_count(p, UINT32_MAX, &before);
        for (int i = 0; i < 100000; i++) {
                (void) nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
                program_count(p, UINT32_MAX, &now);
                if (now.packets > before.packets)
                        return;
        }
        abort();
}

void leak_change_modes(struct xdp_program *p, unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                run_mode(p, i % 2 ? XDP_MODE_FILTER : XDP_MODE_FLOOD);
                leak_await_packets(p);
        }
}

void leak_change_lists(struct xdp_program *p, unsigned n)
{
        struct tables tables[N(lists)];
        struct chance c = { 1 };

        for (size_t i = 0; i < N(lists); i++) {
                struct filters *filters = filters_of(lists[i]);

                if (tables_make(filters, "test0", &tables[i]) < 0)
                        abort();
                filters_free(filters);
        }
        for (unsigned i = 0; i < n; i++)
                if (program_filter(p, &tables[chance_below(&c, N(lists))]) < 0)
                        abort();
        for (size_t i = 0; i < N(lists); i++)
                tables_clear(&tables[i]);
}
