/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef GUARD_JUDGE_BPF_H
#define GUARD_JUDGE_BPF_H

/* What the policy says of a destination. Include who.bpf.h first. */

#define SEARCH_MAX_V4 6 /* of 33 lengths */
#define SEARCH_MAX_V6 8 /* of 129 */

static __always_inline bool find_in_line(const union guard_line *l, bool v4, __u64 upper, __u64 lower, __u64 tag, struct guard_term *t)
{
        for (int i = 0; v4 && i < 4; i++)
                if (l->v4[i].key == (upper | tag)) {
                        *t = l->v4[i].term;
                        return true;
                }
        for (int i = 0; !v4 && i < 2; i++)
                if (((l->v6[i].upper ^ upper) | (l->v6[i].lower ^ lower) | (l->v6[i].tag ^ tag)) == 0) {
                        *t = l->v6[i].term;
                        return true;
                }
        return false;
}

static __always_inline bool find_prefix(void *lines_of, __u32 at, bool v4, __u64 upper, __u64 lower, __u64 tag, struct guard_term *t)
{
        for (int i = 0; i < GUARD_LINES_MAX; i++, at++) {
                const union guard_line *l = bpf_map_lookup_elem(lines_of, &at);

                if (!l)
                        return false;
                if (find_in_line(l, v4, upper, lower, tag, t))
                        return true;
                if (!(v4 ? l->v4[3].key : l->v6[1].tag))
                        return false;
        }
        return false;
}

static __always_inline __u64 upper_bits(__u32 n)
{
        return n < 64 ? ~(~0ull >> n) : ~0ull;
}

/* What the longest prefix around the address says, and, in it, those around that one. */
static __always_inline struct guard_term search(const struct guard_set *set, const struct guard_search *s, void *lines_of,
                                                const struct guard_request *rq, __u32 layer, const bool v4)
{
        struct guard_term term = {};
        __u8 at = 0;

        for (int i = 0; i < (v4 ? SEARCH_MAX_V4 : SEARCH_MAX_V6); i++) {
                struct guard_step step = s->step[at];
                __u64 u = rq->upper & upper_bits(step.length);
                __u64 l = v4 || step.length < 64 ? 0 : rq->lower & upper_bits(step.length - 64);
                __u64 tag = GUARD_TAG(layer, step.length);

                __u32 line = v4 ? guard_line_of(set->factor, set->n_v4, u, l, tag)
                                : set->first_v6 + guard_line_of(set->factor, set->n_v6, u, l, tag);

                at = find_prefix(lines_of, line, v4, u, l, tag, &term) ? step.longer : step.shorter;
                if (at == 0)
                        break;
        }
        return term;
}

/* Does the item speak of this protocol and port? */
static __always_inline bool term_matches(const struct guard_term *t, const struct guard_request *rq)
{
        if (t->protocol != rq->protocol) {
                if (t->protocol != GUARD_PROTOCOL_ANY)
                        return false;
                /* What is allowed in general is not what goes around all that is looked at. */
                if (rq->exact && t->verdict == GUARD_ALLOW)
                        return false;
        }
        return rq->port >= t->first && rq->port <= t->last;
}

__noinline int guard_look_listen(struct guard_request *rq, __u32 layer, __u32 generation)
{
        const struct guard_layer *l = find_layer(generation, layer);

        if (!rq || !l)
                return GUARD_NONE;
        for (__u32 i = 0; i < GUARD_LISTEN_MAX; i++) {
                if (i >= l->n_listen)
                        break;
                /* Without bind() the kernel chooses the port later: it may be any. */
                if (rq->port ? rq->port >= l->listen[i].first && rq->port <= l->listen[i].last
                             : l->listen[i].first <= 1 && l->listen[i].last == 65535)
                        return GUARD_ALLOW;
        }
        return GUARD_DENY;
}

/* enum guard_verdict of one layer. Verified once, as all functions that are not static. */
__noinline int guard_look(struct guard_request *rq, const struct guard_set *set, __u32 layer, __u32 generation)
{
        const struct guard_layer *l = find_layer(generation, layer);
        void *lines_of = bpf_map_lookup_elem(&lines, &generation);
        struct guard_term term = {};
        __u32 block;

        if (!rq || !set || !l || !lines_of)
                return GUARD_NONE;
        if (rq->kind == GUARD_LISTEN)
                return guard_look_listen(rq, layer, generation);
        if (rq->family == 4 && l->v4.n_steps)
                term = search(set, &l->v4, lines_of, rq, layer, true);
        else if (rq->family == 6 && l->v6.n_steps)
                term = search(set, &l->v6, lines_of, rq, layer, false);

        if (term.kind == GUARD_TERM_ONE && term_matches(&term, rq))
                return term.verdict;
        if (term.kind == GUARD_TERM_LIST) {
                block = term.first | (__u32) term.last << 16;
                for (int i = 0; i < GUARD_BLOCKS_MAX && i < term.protocol; i++, block++) {
                        const struct guard_block *b = FIND_AT(terms, generation, block);

                        for (int j = 0; b && j < GUARD_BLOCK; j++)
                                if (b->terms[j].verdict != GUARD_NONE && term_matches(&b->terms[j], rq))
                                        return b->terms[j].verdict;
                }
        }
        /* Whoever is refused anything does not get a socket by which nobody sees where it goes. */
        return rq->exact && l->has_deny ? GUARD_DENY : GUARD_NONE;
}

/* Where the only bit of a product with it stands (de Bruijn): without a branch, of which the verifier would follow each. */
#define BRUIJN 0x03f79d71b4cb0a89ull
static const __u8 bruijn[64] = {
        0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,  62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
        63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11, 46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6,
};

static __always_inline __u32 lowest_bit(__u64 word)
{
        return bruijn[(word & -word) * BRUIJN >> 58] & 63;
}

/* Those of which it is not certain that they speak of this task: they may refuse, and not let through. */
static __always_inline __u64 maybe_denies(const struct guard_set *set, const struct guard_class *class, __u32 word)
{
        return class->maybe.word[word] & ~set->audits.word[word];
}

/* What the first layer says that has to say something, of the word-th 64 of them. */
__noinline int guard_ask(struct guard_request *rq, const struct guard_set *set, const struct guard_class *class, __u32 word,
                         __u32 generation)
{
        __u64 certain, left;
        int verdict;

        if (!rq || !set || !class)
                return GUARD_NONE;
        word &= GUARD_WORDS - 1;
        barrier_var(word);
        word &= GUARD_WORDS - 1;
        certain = class->certain.word[word];
        left = certain | maybe_denies(set, class, word);
        left &= rq->kind == GUARD_LISTEN ? set->listens.word[word] : set->speaks.word[word];

        for (int i = 0; i < GUARD_MATCH_MAX; i++) {
                __u32 bit;

                if (!left)
                        return GUARD_NONE;
                bit = lowest_bit(left);
                left &= left - 1;
                verdict = guard_look(rq, set, word * 64 + bit, generation);
                if (verdict == GUARD_NONE)
                        continue;
                if (verdict == GUARD_ALLOW && !(certain >> (bit & 63) & 1))
                        continue;
                rq->rule = word * 64 + bit;
                return verdict;
        }
        return left ? GUARD_DENY : GUARD_NONE;
}

static __always_inline int ask_all(struct guard_request *rq, const struct guard_set *set, const struct guard_class *class,
                                   __u32 generation)
{
        int verdict = GUARD_NONE;

        for (__u32 word = 0; word < GUARD_WORDS && word < set->n_words && verdict == GUARD_NONE; word++)
                verdict = guard_ask(rq, set, class, word, generation);
        return verdict;
}

/* What the first layer says that has a default. */
static __always_inline int ask_default(struct guard_request *rq, const struct guard_set *set, const struct guard_class *class)
{
        for (__u32 word = 0; word < GUARD_WORDS && word < set->n_words; word++) {
                __u64 denies = set->denies.word[word];
                __u64 left = (class->certain.word[word] & (denies | set->allows.word[word])) | (maybe_denies(set, class, word) & denies);
                __u32 bit;

                if (!left)
                        continue;
                bit = lowest_bit(left);
                rq->rule = word * 64 + bit;
                return denies >> bit & 1 ? GUARD_DENY : GUARD_ALLOW;
        }
        return GUARD_NONE;
}

/* enum guard_verdict; rq->rule: the layer that has spoken, GUARD_NO_RULE: none. */
static __always_inline int judge_by(struct guard_request *rq, const struct guard_set *set, const struct guard_class *class, __u32 generation)
{
        int verdict;

        rq->rule = GUARD_NO_RULE;
        verdict = ask_all(rq, set, class, generation);
        if (rq->kind == GUARD_LISTEN)
                return verdict == GUARD_NONE ? GUARD_ALLOW : verdict;
        if (verdict == GUARD_NONE)
                verdict = ask_default(rq, set, class);
        return verdict == GUARD_NONE ? set->verdict : verdict;
}

#endif
