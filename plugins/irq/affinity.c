/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "affinity.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kind.h"
#include "may.h"
#include "text.h"
#include "watch.h"

#define SECOND_NS 1000000000ull
/* Packets come out of order when a queue moves; a device gets over one before the next. */
#define DEVICE_REST_NS (10 * SECOND_NS)
/* A CPU without a free vector, or one whose interrupt was taken back, is not tried again for a while. */
#define BARRED_NS (60 * SECOND_NS)
/* The core writes within a tick; an interrupt that fires at all has done it by then. */
#define SETTLED_NS (5 * SECOND_NS)
/* A rule asks each `every`, a goal each `settle`: after so long nobody does. */
#define ASKED_NS (120 * SECOND_NS)

/* Of the interrupt in question, and all that are not. */
enum { QUEUES_OTHER, QUEUES_ALIKE };

enum { WORD_CALMEST, WORD_SPREAD, WORD_NODE_LOCAL, _WORD_MAX };

const char *const irq_affinity_words[] = { "calmest", "spread", "node-local", NULL };

static uint64_t now_ns(void)
{
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * SECOND_NS + (uint64_t) t.tv_nsec;
}

static uint64_t device_moved_ns(const struct irq *s, uint32_t device)
{
        uint64_t last = 0;

        for (uint32_t i = 0; i < s->view.sizes.n_irqs; i++)
                if (s->irqs[i].is_here && s->devices[i].number == device && s->irqs[i].moved_ns > last)
                        last = s->irqs[i].moved_ns;
        return last;
}

/*
 * Where it comes to: the CPU that it was told, if it is one. Else where it was counted last, or what the kernel says is in effect; neither is
 * right before it has fired again, after a change.
 */
static uint32_t cpu_of(const struct irq *s, uint32_t irq)
{
        char list[4096];
        uint32_t cpu;

        if (text_read(list, sizeof(list), "%s/proc/irq/%u/smp_affinity_list", s->root, irq) < 0)
                return s->loads.cpu[irq];
        if (strpbrk(list, ",-")) {
                if (s->loads.cpu[irq] != PLACE_NOWHERE)
                        return s->loads.cpu[irq];
                (void) text_read(list, sizeof(list), "%s/proc/irq/%u/effective_affinity_list", s->root, irq);
        }
        cpu = text_first_cpu(list, s->topology.n_cpus);
        return cpu < s->topology.n_cpus ? cpu : PLACE_NOWHERE;
}

static const char *name_of(const struct irq *s, uint32_t irq)
{
        const char *name;

        return s->host->object_name(s->host, "irq", irq, &name) < 0 ? "" : name;
}

/* Whether the handlers' names, less the numbers, are the same: "eth0-rx-3:41" and "eth0-rx-4:42". */
static bool are_alike(const char *a, const char *b)
{
        while (*a || *b) {
                if (isdigit((unsigned char) *a) && isdigit((unsigned char) *b)) {
                        a += strspn(a, "0123456789");
                        b += strspn(b, "0123456789");
                } else if (*a++ != *b++)
                        return false;
        }
        return true;
}

/* The machine as place.h has it. *ret_index: which of its interrupts this one is. */
static struct place *picture(struct irq *s, uint32_t irq, uint64_t *allowed, uint32_t *ret_index)
{
        struct place_irq *irqs = calloc(s->view.sizes.n_irqs, sizeof(*irqs));
        struct place *p;
        uint32_t n = 0;

        if (!irqs)
                return NULL;
        for (uint32_t i = 0; i < s->topology.n_cpus; i++) {
                s->topology.cpus[i].busy = s->loads.busy[i];
                s->topology.cpus[i].waiting = s->loads.waiting[i];
        }
        for (uint32_t i = 0; i < s->view.sizes.n_irqs; i++) {
                bool is_queue;
                long node = -1;

                /* Those that never fire weigh nothing; their files need not be read. */
                if (!s->irqs[i].is_here || (i != irq && s->loads.load[i] <= 0 && s->devices[i].number != s->devices[irq].number))
                        continue;
                if (i == irq)
                        *ret_index = n;
                is_queue = s->devices[i].number == s->devices[irq].number && are_alike(name_of(s, i), name_of(s, irq));
                (void) text_read_number(&node, "%s/proc/irq/%u/node", s->root, i);
                irqs[n++] = (struct place_irq) {
                        .device = s->devices[i].number,
                        .queues = is_queue ? QUEUES_ALIKE : QUEUES_OTHER,
                        .node = (int32_t) node,
                        .cpu = cpu_of(s, i),
                        .load = s->loads.load[i],
                        .allowed = i == irq ? allowed : NULL,
                        /* Of its device's others those that are not known to be movable stay: config vectors are no queues. */
                        .fixed = i != irq && (s->irqs[i].refusal || kind_refusal(s->root, i, name_of(s, i))),
                };
        }
        p = place_new(s->topology.cpus, s->topology.n_cpus, irqs, n);
        free(irqs);
        return p;
}

/* Where the word wants it; where it is if that is good enough. PLACE_NOWHERE: no CPU may have it. */
static uint32_t find_place(struct irq *s, uint32_t irq, uint32_t word)
{
        const struct irq_object *o = &s->irqs[irq];
        uint64_t allowed[TEXT_CPU_WORDS];
        struct place_move *moves = NULL;
        uint32_t index = 0, to = PLACE_NOWHERE, from = cpu_of(s, irq);
        struct place *p;

        memset(allowed, 0xff, sizeof(allowed));
        if (o->barred_ns)
                allowed[o->barred / 64] &= ~(1ull << o->barred % 64);
        p = picture(s, irq, allowed, &index);
        if (!p)
                return PLACE_NOWHERE;

        if (word == WORD_SPREAD) {
                moves = calloc(s->view.sizes.n_irqs, sizeof(*moves));
                for (size_t n = moves ? place_spread(p, QUEUES_ALIKE, moves, s->view.sizes.n_irqs) : 0; n > 0; n--)
                        if (moves[n - 1].irq == index)
                                to = moves[n - 1].to;
                to = to == PLACE_NOWHERE ? from : to;
        } else {
                to = place_calmest(p, index, word == WORD_NODE_LOCAL);
                if (word == WORD_CALMEST && to != PLACE_NOWHERE && from != PLACE_NOWHERE &&
                    s->topology.cpus[from].usable && place_gain(p, index, to) < PLACE_MOVE_COST)
                        to = from;
        }
        free(moves);
        place_free(p);
        return to;
}

static int word_of(const char *text)
{
        for (int i = 0; i < _WORD_MAX; i++)
                if (strcmp(text, irq_affinity_words[i]) == 0)
                        return i;
        return -EINVAL;
}

int irq_affinity_check(void *self, uint64_t object, const struct trimtab_value *want, struct trimtab_value *ret)
{
        struct irq *s = self;
        int word = word_of(want->text), r;
        uint32_t irq = (uint32_t) object, to;
        char present[sizeof(ret->text)];
        uint64_t now = now_ns();
        bool is_new = !s->asked_ns;

        if (word < 0)
                return irq_check_list(s, irq, want, now, ret);
        r = irq_may_move(s, irq, now);
        if (r < 0)
                return r;
        r = text_read(present, sizeof(present), "%s/proc/irq/%u/smp_affinity_list", s->root, irq);
        if (r < 0)
                return r;

        s->asked_ns = now;
        if (is_new) {
                irq_update_programs(s);
                loads_forget(&s->loads);
        }
        loads_look(&s->loads, &s->view, s->root, now);
        if (!loads_are_known(&s->loads))
                return -EAGAIN;
        if (now - device_moved_ns(s, s->devices[irq].number) < DEVICE_REST_NS)
                return -EBUSY;
        if (s->irqs[irq].barred_ns && now - s->irqs[irq].barred_ns > BARRED_NS)
                s->irqs[irq].barred_ns = 0;

        to = find_place(s, irq, (uint32_t) word);
        if (to == PLACE_NOWHERE)
                return -ENODEV;
        *ret = (struct trimtab_value){ .size = sizeof(*ret), .type = TRIMTAB_CPULIST };
        if (to == cpu_of(s, irq)) {
                (void) snprintf(ret->text, sizeof(ret->text), "%s", present);
                return 0;
        }
        (void) snprintf(ret->text, sizeof(ret->text), "%u", to);
        s->irqs[irq].moved_ns = now;
        s->irqs[irq].moved_to = to;
        s->irqs[irq].elsewhere_ns = 0;
        return 0;
}

/* Some time after it was said where an interrupt should go: does it fire there? */
static void verify(struct irq *s, uint32_t irq, uint64_t now)
{
        struct irq_object *o = &s->irqs[irq];
        uint32_t to = o->moved_to;
        char list[4096];

        if (text_read(list, sizeof(list), "%s/proc/irq/%u/smp_affinity_list", s->root, irq) < 0)
                return;
        if (text_first_cpu(list, s->topology.n_cpus) != to || strpbrk(list, ",-")) {
                /* Refused, as by a CPU that has no vector left, or taken back: no use in saying the same again at once. */
                o->moved_to = PLACE_NOWHERE;
                o->barred = to;
                o->barred_ns = now;
                return;
        }
        if (s->loads.fired_ns[irq] < o->moved_ns + SETTLED_NS || s->loads.fired_ns[irq] == o->elsewhere_ns)
                return; /* it has not fired since */
        if (s->loads.cpu[irq] != to && !o->elsewhere_ns) {
                o->elsewhere_ns = s->loads.fired_ns[irq]; /* the first one after a move still comes to where it was */
                return;
        }
        o->moved_to = PLACE_NOWHERE;
        if (s->loads.cpu[irq] == to)
                return;
        o->barred = to;
        o->barred_ns = now;
        s->host->log(s->host, TRIMTAB_LOG_NOTICE, "%s still fires on CPU %u, though its affinity is %s", o->name,
                     s->loads.cpu[irq], list);
}

void irq_affinity_tick(struct irq *s, uint64_t now)
{
        if (!s->asked_ns)
                return;
        if (now - s->asked_ns > ASKED_NS) {
                s->asked_ns = 0;
                irq_update_programs(s);
                return;
        }
        loads_look(&s->loads, &s->view, s->root, now);
        for (uint32_t i = 0; i < s->view.sizes.n_irqs; i++)
                if (s->irqs[i].is_here && s->irqs[i].moved_ns && s->irqs[i].moved_to != PLACE_NOWHERE &&
                    now - s->irqs[i].moved_ns > SETTLED_NS)
                        verify(s, i, now);
}
