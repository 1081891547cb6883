/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "walk.h"

static bool find(const struct policy *p, bool v4, uint64_t upper, uint64_t lower, uint64_t tag, struct guard_term *ret)
{
        const union guard_line *l = p->table.lines + (v4 ? guard_line_of(p->set.factor, p->set.n_v4, upper, 0, tag)
                                                         : p->set.first_v6 + guard_line_of(p->set.factor, p->set.n_v6, upper, lower, tag));

        for (int i = 0; i < GUARD_LINES_MAX; i++, l++) {
                for (int j = 0; v4 && j < 4; j++)
                        if (l->v4[j].key == (upper | tag)) {
                                *ret = l->v4[j].term;
                                return true;
                        }
                for (int j = 0; !v4 && j < 2; j++)
                        if (l->v6[j].upper == upper && l->v6[j].lower == lower && l->v6[j].tag == tag) {
                                *ret = l->v6[j].term;
                                return true;
                        }
        }
        return false;
}

static uint64_t high_bits(unsigned n)
{
        return n == 0 ? 0 : n >= 64 ? ~0ull : ~(~0ull >> n);
}

static struct guard_term search(const struct policy *p, const struct guard_search *s, const struct guard_request *rq, uint32_t layer)
{
        bool v4 = rq->family == 4;
        struct guard_term term = {};
        uint8_t at = 0;

        do {
                struct guard_step step = s->step[at];
                uint64_t upper = rq->upper & high_bits(step.length), lower = step.length <= 64 ? 0 : rq->lower & high_bits(step.length - 64u);

                at = find(p, v4, upper, lower, GUARD_TAG(layer, step.length), &term) ? step.longer : step.shorter;
        } while (at);
        return term;
}

static bool term_matches(const struct guard_term *t, const struct guard_request *rq)
{
        if (t->protocol != rq->protocol && (t->protocol != GUARD_PROTOCOL_ANY || (rq->exact && t->verdict == GUARD_ALLOW)))
                return false;
        return rq->port >= t->first && rq->port <= t->last;
}

static int look(const struct policy *p, uint32_t layer, const struct guard_request *rq)
{
        const struct guard_layer *l = &p->layers[layer];
        const struct guard_search *s = rq->family == 4 ? &l->v4 : &l->v6;
        struct guard_term term = s->n_steps ? search(p, s, rq, layer) : (struct guard_term){};

        if (term.kind == GUARD_TERM_ONE && term_matches(&term, rq))
                return term.verdict;
        for (uint32_t i = 0; term.kind == GUARD_TERM_LIST && i < term.protocol; i++)
                for (uint32_t j = 0; j < GUARD_BLOCK; j++) {
                        const struct guard_term *t = &p->table.blocks[(term.first | (uint32_t) term.last << 16) + i].terms[j];

                        if (t->verdict != GUARD_NONE && term_matches(t, rq))
                                return t->verdict;
                }
        return rq->exact && l->has_deny ? GUARD_DENY : GUARD_NONE;
}

static bool has(const struct guard_bits *b, uint32_t layer)
{
        return b->word[layer / 64] >> layer % 64 & 1;
}

static int listen_at(const struct guard_layer *l, uint16_t port)
{
        for (uint32_t i = 0; i < l->n_listen; i++)
                if (port ? port >= l->listen[i].first && port <= l->listen[i].last : l->listen[i].first <= 1 && l->listen[i].last == 65535)
                        return GUARD_ALLOW;
        return GUARD_DENY;
}

int walk(const struct policy *p, const struct guard_class *class, const struct guard_request *rq)
{
        for (uint32_t i = 0; i < p->n_layers; i++) {
                int verdict = GUARD_NONE;

                if (!has(&class->certain, i))
                        continue;
                if (rq->kind != GUARD_LISTEN)
                        verdict = look(p, i, rq);
                else if (has(&p->set.listens, i))
                        verdict = listen_at(&p->layers[i], rq->port);
                if (verdict != GUARD_NONE)
                        return verdict;
        }
        if (rq->kind == GUARD_LISTEN)
                return GUARD_ALLOW;
        for (uint32_t i = 0; i < p->n_layers; i++)
                if (has(&class->certain, i) && (has(&p->set.allows, i) || has(&p->set.denies, i)))
                        return has(&p->set.denies, i) ? GUARD_DENY : GUARD_ALLOW;
        return (int) p->set.verdict;
}
