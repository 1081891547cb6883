/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where interrupts go, on machines that are not at hand. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine.h"

enum { MANY = 512 };

/* Makes the moves on the machine, too; each is one that lowers the cost by what it says. */
static size_t balance(struct machine *m, uint32_t per_device)
{
        struct place *p = place_new(m->cpus, m->n_cpus, m->irqs, m->n_irqs);
        struct place_move moves[MANY];
        double before = place_cost(p), gain = 0;
        size_t n = place_balance(p, per_device, moves, MANY);

        for (size_t i = 0; i < n; i++) {
                struct place_irq *irq = &m->irqs[moves[i].irq];

                assert_int_equal(irq->cpu, moves[i].from);
                assert_true(moves[i].gain > 0);
                assert_true(m->cpus[moves[i].to].usable);
                assert_false(irq->fixed);
                irq->cpu = moves[i].to;
                gain += moves[i].gain;
        }
        assert_true(fabs(before - place_cost(p) - gain) <= 1e-9 * before);
        place_free(p);
        return n;
}

static uint32_t calmest(const struct machine *m, uint32_t irq, bool local)
{
        struct place *p = place_new(m->cpus, m->n_cpus, m->irqs, m->n_irqs);
        uint32_t cpu = place_calmest(p, irq, local);

        place_free(p);
        return cpu;
}

/* An interrupt and a task on one CPU, the other idle: the interrupt goes, once. */
static void test_away_from_a_task(void **state)
{
        struct machine m;

        machine_make(&m, 1, 2, 1, 1);
        machine_gather(&m);
        m.irqs[0].load = 0.3;
        m.cpus[0].busy = 0.8;
        assert_int_equal(calmest(&m, 0, false), 1);
        assert_int_equal(balance(&m, 0), 1);
        assert_int_equal(m.irqs[0].cpu, 1);
        assert_int_equal(balance(&m, 0), 0);
        machine_free(&m);
}

/* CPUs as busy as each other, but on one of them tasks wait: they are hurt more. */
static void test_away_from_who_waits(void **state)
{
        struct machine m;

        machine_make(&m, 1, 2, 1, 1);
        m.irqs[0] = (struct place_irq){ .load = 0.2, .node = -1, .cpu = 0 };
        m.cpus[0].busy = m.cpus[1].busy = 1;
        m.cpus[0].waiting = 0.5;
        assert_int_equal(balance(&m, 0), 1);
        assert_int_equal(m.irqs[0].cpu, 1);
        machine_free(&m);
}

/* Nothing that hardly costs anything is moved, and nothing for a gain that a move eats up. */
static void test_lets_be(void **state)
{
        struct machine m;

        machine_make(&m, 1, 4, 1, 4);
        machine_gather(&m);
        for (uint32_t i = 0; i < 4; i++)
                m.irqs[i].load = 0.004;
        assert_int_equal(balance(&m, 0), 0);
        for (uint32_t i = 0; i < 4; i++) {
                m.irqs[i].cpu = i;
                m.irqs[i].load = 0.2 + 0.02 * i;
        }
        assert_int_equal(balance(&m, 0), 0);
        machine_free(&m);
}

/* Fixed ones are counted where they are, isolated CPUs and those outside of what is allowed are not taken. */
static void test_bounds(void **state)
{
        const uint64_t allowed[] = { 0x3 };
        struct machine m;

        machine_make(&m, 1, 4, 1, 2);
        machine_gather(&m);
        m.irqs[0].load = m.irqs[1].load = 0.4;
        m.irqs[0].fixed = true;
        m.irqs[1].allowed = allowed;
        m.cpus[1].usable = false;
        assert_int_equal(balance(&m, 0), 0);
        m.cpus[1].usable = true;
        assert_int_equal(balance(&m, 0), 1);
        assert_int_equal(m.irqs[0].cpu, 0);
        assert_int_equal(m.irqs[1].cpu, 1);

        for (uint32_t i = 0; i < 4; i++)
                m.cpus[i].usable = false;
        assert_int_equal(calmest(&m, 1, false), PLACE_NOWHERE);
        machine_free(&m);
}

/* A core whose other thread is idle is better than one whose threads both work; an idle core is best. */
static void test_siblings(void **state)
{
        struct machine m;

        machine_make(&m, 1, 3, 2, 1); /* CPUs 0 and 3, 1 and 4, 2 and 5 share a core */
        m.irqs[0] = (struct place_irq){ .load = 0.3, .node = -1, .cpu = 0 };
        m.cpus[0].busy = m.cpus[1].busy = 1;
        assert_int_equal(calmest(&m, 0, false), 2);
        m.cpus[2].busy = m.cpus[5].busy = 1;
        assert_int_equal(calmest(&m, 0, false), 3);
        m.cpus[3].busy = 1;
        assert_int_equal(calmest(&m, 0, false), 4);
        machine_free(&m);
}

/* A slow core feels the same work more; a device's node is kept unless it is full. */
static void test_capacity_and_node(void **state)
{
        struct machine m;

        machine_make(&m, 2, 2, 1, 1); /* CPUs 0 and 1 on node 0, 2 and 3 on node 1 */
        m.irqs[0] = (struct place_irq){ .load = 0.3, .node = -1, .cpu = 0 };
        m.cpus[0].busy = 1;
        m.cpus[1].capacity = m.cpus[2].capacity = 0.4;
        assert_int_equal(calmest(&m, 0, false), 3);

        for (uint32_t i = 0; i < 4; i++)
                m.cpus[i].capacity = 1;
        m.irqs[0].node = 1;
        m.irqs[0].cpu = 2;
        assert_int_equal(calmest(&m, 0, false), 2);
        m.cpus[2].busy = m.cpus[3].busy = 0.2;
        assert_int_equal(calmest(&m, 0, false), 2);
        m.cpus[0].busy = 0;
        m.cpus[2].busy = m.cpus[3].busy = 1;
        m.cpus[2].waiting = m.cpus[3].waiting = 1;
        assert_int_equal(calmest(&m, 0, false), 0);
        assert_int_equal(calmest(&m, 0, true), 2);
        m.cpus[2].usable = m.cpus[3].usable = false; /* nothing local is left */
        assert_int_equal(calmest(&m, 0, true), 0);
        machine_free(&m);
}

/* At most so many of a device at a time. */
static void test_one_of_a_device(void **state)
{
        struct machine m;
        size_t n = 0;

        machine_make(&m, 1, 32, 1, 32); /* two devices of 16 queues */
        machine_gather(&m);
        for (uint32_t i = 0; i < 32; i++)
                m.irqs[i].load = 0.2;
        for (uint32_t round = 1; round < 16; round++) {
                n = balance(&m, 1);
                assert_int_equal(n, 2);
        }
        machine_free(&m);
}

/* What has no load yet is spread by number: a core each, of the device's node. */
static void test_spread(void **state)
{
        struct place_move moves[MANY];
        uint32_t on[8] = {};
        struct machine m;
        struct place *p;
        size_t n;

        machine_make(&m, 2, 4, 2, 8); /* 16 CPUs, 4 cores on each node */
        machine_gather(&m);
        for (uint32_t i = 0; i < 8; i++)
                m.irqs[i].node = 1;
        p = place_new(m.cpus, m.n_cpus, m.irqs, m.n_irqs);
        n = place_spread(p, 0, moves, MANY);
        assert_int_equal(n, 8);
        for (size_t i = 0; i < n; i++) {
                assert_int_equal(m.cpus[moves[i].to].node, 1);
                on[moves[i].to % 8]++; /* its core */
        }
        for (uint32_t i = 4; i < 8; i++)
                assert_int_equal(on[i], 2);
        assert_int_equal(place_spread(p, 0, moves, MANY), 0);
        place_free(p);
        machine_free(&m);
}

/* Rounds until none moves any more, the number of moves in all. */
static uint32_t settle_ours(struct machine *m)
{
        uint32_t all = 0;

        for (uint32_t round = 0, n = 1; round < 20 && n; round++) {
                n = (uint32_t) balance(m, 0);
                all += n;
        }
        return all;
}

static uint32_t settle_theirs(struct machine *m)
{
        uint32_t all = 0;

        for (uint32_t round = 0, n = 1; round < 20 && n; round++) {
                n = machine_irqbalance(m);
                all += n;
        }
        return all;
}

struct scene {
        const char *name;
        bool gathered;
        uint32_t saturated;
        double total;
};

static const struct scene scenes[] = {
        { "scattered", false, 0, 20 },
        { "all on one CPU after the start", true, 0, 20 },
        { "six polled without rest, hardly raised", false, 6, 12 },
};

/* Of a CPU: light interrupts that are left together as none is worth a move. */
#define LEFT 0.1

/*
 * 512 interrupts on 256 CPUs, with irqbalance's rule beside: no CPU is much worse off than with it, and fewer interrupts are moved. A saturated queue that
 * looks idle by its count is seen.
 */
static void test_many(void **state)
{
        for (size_t s = 0; s < sizeof(scenes) / sizeof(*scenes); s++)
                for (unsigned seed = 1; seed <= 20; seed++) {
                        struct machine ours, theirs;
                        uint32_t moves, their_moves;

                        for (int i = 0; i < 2; i++) {
                                struct machine *m = i == 0 ? &ours : &theirs;

                                machine_make(m, 2, 64, 2, MANY);
                                if (scenes[s].gathered)
                                        machine_gather(m);
                                machine_load(m, seed, scenes[s].saturated, scenes[s].total);
                        }
                        moves = settle_ours(&ours);
                        their_moves = settle_theirs(&theirs);
                        if (seed == 1)
                                print_message("%s: worst CPU %.2f by %u moves; irqbalance's rule %.2f by %u\n",
                                              scenes[s].name, machine_worst(&ours), moves, machine_worst(&theirs),
                                              their_moves);
                        assert_true(machine_worst(&ours) <= machine_worst(&theirs) + LEFT);
                        assert_true(moves <= their_moves);
                        machine_free(&ours);
                        machine_free(&theirs);
                }
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_away_from_a_task),
                cmocka_unit_test(test_away_from_who_waits),
                cmocka_unit_test(test_lets_be),
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_siblings),
                cmocka_unit_test(test_capacity_and_node),
                cmocka_unit_test(test_one_of_a_device),
                cmocka_unit_test(test_spread),
                cmocka_unit_test(test_many),
        };

        return cmocka_run_group_tests_name("irq placement", tests, NULL, NULL);
}
