/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The program against the oracle: filters by chance, and packets by chance, as they are, cut at every byte and with bits turned over. Both
 * must say the same of each.
 *
 *     test-xdp-oracle [SEED [SETS]]
 */

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chance.h"
#include "entries.h"
#include "oracle.h"
#include "run.h"

#define SECONDS 4       /* as many sets as go into that … */
#define SETS_MIN 60     /* … and at least so many */
#define PACKETS 60      /* of a set, and what is made of them */
#define INTERFACE "test0"

static const enum xdp_verdict verdicts[] = {
        [ANSWER_PASS] = XDP_VERDICT_PASS,
        [ANSWER_FILTER] = XDP_VERDICT_FILTER,
        [ANSWER_BAN] = XDP_VERDICT_BAN,
        [ANSWER_MALFORMED] = XDP_VERDICT_MALFORMED,
};

struct run {
        struct xdp_program *program;
        struct oracle oracle;
        struct xdp_counters counted; /* after the last packet */
        const char *filters, *packet;
        uint64_t answers[4], decided; /* how many of each, so that none is missed */
};

static void complain(const struct run *r, const struct frame *f, const char *what, unsigned one, unsigned other)
{
        (void) fprintf(stderr, "%s: the program %u, the oracle %u\nfilters: %s\npacket, or made of: %s\n", what, one, other, r->filters,
                       r->packet);
        for (size_t i = 0; i < f->n; i++)
                (void) fprintf(stderr, "%02x%s", f->at[i], i % 32 == 31 || i + 1 == f->n ? "\n" : " ");
        exit(EXIT_FAILURE);
}

static void compare(struct run *r, const struct frame *f)
{
        struct xdp_counters before = r->counted;
        int filter;
        enum answer answer = oracle_ask(&r->oracle, f->at, f->n, &filter);
        enum xdp_verdict verdict = verdicts[answer];
        uint64_t hits = filter >= 0 ? program_hits(r->program, (uint32_t) filter) : 0;
        uint32_t action = run_frame(r->program, f, 1);

        program_count(r->program, UINT32_MAX, &r->counted);
        if (action != (answer == ANSWER_PASS ? XDP_PASS : XDP_DROP))
                complain(r, f, "action", action, answer == ANSWER_PASS ? XDP_PASS : XDP_DROP);
        if (r->counted.verdicts[verdict] != before.verdicts[verdict] + 1) {
                unsigned v = 0;

                while (v < _XDP_VERDICT_MAX - 1 && r->counted.verdicts[v] == before.verdicts[v])
                        v++;
                complain(r, f, "verdict", v, verdict);
        }
        if (filter >= 0 && program_hits(r->program, (uint32_t) filter) != hits + 1)
                complain(r, f, "another filter decided than", UINT32_MAX, (unsigned) filter);
        r->answers[answer]++;
        r->decided += filter >= 0;
}

static void compare_mutants(struct run *r, struct chance *c, const struct frame *whole)
{
        struct frame f = *whole;

        /* The kernel takes no packet without Ethernet's header. */
        if (chance_once_in(c, 10))
                for (f.n = 14; f.n < whole->n; f.n++)
                        compare(r, &f);
        for (int i = 0; i < 4; i++) {
                f = *whole;
                for (uint32_t n = 1 + chance_below(c, 3); n > 0; n--)
                        f.at[12 + chance_below(c, (uint32_t) f.n - 12)] ^= (uint8_t) (1u << chance_below(c, 8));
                compare(r, &f);
        }
}

static void run_set(struct run *r, struct chance *c)
{
        static char filters_text[CHANCE_TEXT_MAX], packet_text[CHANCE_TEXT_MAX];
        struct filters *filters;
        struct frame f;

        chance_filters(c, XDP_FILTERS_MAX, filters_text);
        filters = filters_of(filters_text);
        r->oracle.filters = filters;
        r->filters = filters_text;
        r->packet = packet_text;
        run_filters(r->program, filters, INTERFACE);

        for (int i = 0; i < PACKETS; i++) {
                chance_packet(c, packet_text);
                frame_build(packet_text, &f);
                if (f.n < 14)
                        continue;
                compare(r, &f);
                compare_mutants(r, c, &f);
        }
        filters_free(filters);
}

/* Some of the networks that packets come from. */
static void ban(struct run *r, struct chance *c, uint64_t *bans, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                int family = i % 2 ? 4 : 6;
                uint8_t a[16];

                chance_address(c, family, a);
                bans[i] = 0;
                for (int k = 0; k < (family == 4 ? 4 : 8); k++)
                        bans[i] = bans[i] << 8 | a[k];
                if (family == 6 && bans[i] >> 32 == 0)
                        bans[i] |= XDP_SOURCE_V6;
                if (program_ban(r->program, bans[i], UINT64_MAX) < 0)
                        exit(EXIT_FAILURE);
        }
        r->oracle.bans = bans;
        r->oracle.n_bans = n;
}

int main(int argc, char **argv)
{
        uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1, bans[400];
        unsigned sets = argc > 2 ? (unsigned) strtoul(argv[2], NULL, 0) : 0, done = 0;
        struct run r = { .program = run_load(), .oracle.interface = INTERFACE };
        struct chance c = { seed * 0x9e3779b97f4a7c15ull | 1 };
        time_t end = time(NULL) + SECONDS;

        run_mode(r.program, XDP_MODE_FILTER);
        ban(&r, &c, bans, sizeof(bans) / sizeof(bans[0]));
        for (; sets > 0 ? done < sets : done < SETS_MIN || time(NULL) < end; done++) {
                /* Said before, too: a crash must not hide it. */
                if (done % 100 == 0)
                        (void) fprintf(stderr, "seed %lu, set %u\n", (unsigned long) seed, done);
                run_set(&r, &c);
        }
        (void) printf("%u sets: %lu pass, %lu by filter, %lu banned, %lu malformed; %lu by some filter\n", done,
                      (unsigned long) r.answers[ANSWER_PASS], (unsigned long) r.answers[ANSWER_FILTER],
                      (unsigned long) r.answers[ANSWER_BAN], (unsigned long) r.answers[ANSWER_MALFORMED], (unsigned long) r.decided);
        for (int i = 0; i < 4; i++)
                if (r.answers[i] == 0) {
                        (void) fprintf(stderr, "there was none of answer %d\n", i);
                        return EXIT_FAILURE;
                }
        program_free(r.program);
        return EXIT_SUCCESS;
}
