/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any bytes as a packet, through the source that the XDP program is made of: it reads none that is not there, and it sees what the
 * tests' oracle sees, which has a parser of its own.
 */

#include "fuzz.h"

#include <string.h>

#include <linux/types.h>

#include "../../plugins/xdp/xdp.h"
#include "../plugins/xdp/oracle.h"
#include "../plugins/xdp/parser.h"

static void check_same(const struct parsed *p, const struct seen *s)
{
        size_t n = s->family == 4 ? 4 : 16;

        CHECK(p->family == s->family);
        CHECK(memcmp(p->from, s->from, n) == 0 && memcmp(p->to, s->to, n) == 0);
        CHECK(p->protocol == s->protocol);
        CHECK(p->piece == (s->later ? XDP_LATER : (s->piece ? XDP_FIRST : XDP_WHOLE)));
        CHECK(p->has_ports == s->has_ports && p->has_flags == s->has_flags);
        CHECK(p->source_port == s->source_port && p->port == s->port);
        CHECK(p->flags == s->flags);
        CHECK(p->neighbour == s->neighbour);
        CHECK(p->source == oracle_source(s));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct parsed p;
        struct seen s = {};
        bool adds_up = oracle_read(data, size, &s);

        parser_parse(data, size, &p);
        CHECK(p.malformed == !adds_up);
        if (p.malformed)
                return 0;
        CHECK(p.ip == (s.family != 0));
        if (!p.ip)
                return 0;
        check_same(&p, &s);

        /* Where others look further: the network's header is there, and so is the transport's as far as it has ports or flags. */
        CHECK(p.network >= 14 && p.network + (p.family == 4 ? 20u : 40u) <= size);
        CHECK(p.transport > p.network);
        CHECK(!p.has_ports || p.transport + (p.has_flags ? 20u : 4u) <= size);
        return 0;
}
