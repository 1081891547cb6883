/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY (-1)

/* While it is made. */
struct draft {
        const struct policy_input *in;
        struct policy *policy;
        struct entry *entries;
        size_t n_entries, room;
        size_t *order; /* rules with a subject, the most specific first */
        size_t n_order;
        char *why;
        uint32_t why_size;
};

static void set_bit(struct guard_bits *bits, uint32_t layer)
{
        bits->word[layer / 64] |= 1ull << layer % 64;
}

static bool has_subject(const struct rule *r)
{
        return r->unit || r->cgroup || r->exe || r->uid >= 0;
}

static bool covers(const struct prefix *outer, const struct prefix *inner)
{
        unsigned whole = outer->length / 8, rest = outer->length % 8;
        uint8_t mask = (uint8_t) (0xff << (8 - rest));

        if (outer->family != inner->family || outer->length > inner->length || memcmp(outer->bytes, inner->bytes, whole) != 0)
                return false;
        return rest == 0 || ((outer->bytes[whole] ^ inner->bytes[whole]) & mask) == 0;
}

/* Does it deny nothing but what the lifeline keeps open? Then that is meant. */
static bool is_said(const struct draft *d, const struct item *item)
{
        for (size_t i = 0; item->deny && !item->any && i < d->in->n_lifeline; i++)
                if (covers(&d->in->lifeline[i].prefix, &item->prefix))
                        return true;
        return false;
}

/* --- layers --- */

static int new_layer(struct draft *d, int rule, uint32_t *ret)
{
        struct policy *p = d->policy;

        if (p->n_layers == GUARD_LAYERS_MAX)
                return refuse(d->why, d->why_size, "more than %d rules: put those that say the same of other addresses into one",
                              GUARD_LAYERS_MAX - 8), -E2BIG;
        *ret = p->n_layers++;
        p->rule_of[*ret] = rule;
        p->layers[*ret].rule = GUARD_NO_RULE;
        if (rule == NOBODY)
                return 0;
        p->layers[*ret].rule = (uint16_t) rule;
        p->layers[*ret].log = d->in->rules->all[rule].log;
        p->layers[*ret].audits = d->in->rules->all[rule].audits;
        if (p->layers[*ret].audits)
                set_bit(&p->set.audits, *ret);
        return 0;
}

/* Which tasks it is for. */
static int set_subject(struct draft *d, uint32_t layer)
{
        struct policy *p = d->policy;
        const struct rule *r = p->rule_of[layer] == NOBODY ? NULL : &d->in->rules->all[p->rule_of[layer]];

        if (!r || !r->exe)
                set_bit(&p->set.any_exe, layer);
        if (!r || r->uid < 0)
                set_bit(&p->set.any_uid, layer);
        p->set.has_exes |= r && r->exe;
        p->set.has_uids |= r && r->uid >= 0;
        if (!r || (!r->unit && !r->cgroup)) {
                set_bit(&p->set.any_cgroup, layer);
                return 0;
        }
        p->set.has_cgroups = 1;
        if (r->cgroup && strcmp(r->cgroup, "/") == 0)
                set_bit(&p->set.any_cgroup, layer);
        else if (paths_is_glob(r->unit, r->cgroup))
                set_bit(&p->set.globs, layer);
        else
                return paths_add(&p->paths, r->unit, r->cgroup, layer);
        return 0;
}

static int add_entry(struct draft *d, uint32_t layer, const struct item *item, const struct prefix *prefix)
{
        if (d->n_entries == d->room) {
                size_t room = d->room ? d->room * 2 : 256;
                struct entry *at = reallocarray(d->entries, room, sizeof(*at));

                if (!at)
                        return -ENOMEM;
                d->entries = at;
                d->room = room;
        }
        d->entries[d->n_entries++] = (struct entry){
                .prefix = *prefix,
                .layer = layer,
                .term = { .first = item->ports.first,
                          .last = item->ports.last,
                          .protocol = item->protocol,
                          .verdict = item->deny ? GUARD_DENY : GUARD_ALLOW,
                          .kind = GUARD_TERM_ONE },
        };
        d->policy->layers[layer].has_deny |= item->deny;
        set_bit(&d->policy->set.speaks, layer);
        return 0;
}

/* An address of IPv4 is one in IPv6's clothes, too. */
static bool is_mapped(const struct prefix *p)
{
        static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

        return p->family == 6 && p->length >= 96 && memcmp(p->bytes, mapped, sizeof(mapped)) == 0;
}

static int add_item(struct draft *d, uint32_t layer, const struct item *item)
{
        static const struct prefix all[] = { { .family = 4 }, { .family = 6 } };
        struct prefix p = item->prefix;
        int r;

        if (item->host)
                return 0; /* its addresses are added by themselves */
        if (item->any) {
                r = add_entry(d, layer, item, &all[0]);
                return r < 0 ? r : add_entry(d, layer, item, &all[1]);
        }
        if (is_mapped(&p)) {
                p = (struct prefix){ .family = 4, .length = (uint8_t) (p.length - 96) };
                memcpy(p.bytes, item->prefix.bytes + 12, 4);
        }
        return add_entry(d, layer, item, &p);
}

/* Of a rule, the items that `pick` picks, and the addresses of its names among them. */
static int add_items(struct draft *d, uint32_t layer, size_t rule, bool (*pick)(const struct draft *d, const struct item *item))
{
        const struct rule *of = &d->in->rules->all[rule];
        int r = 0;

        for (size_t i = 0; i < of->n_items && r >= 0; i++)
                if (pick(d, &of->items[i]))
                        r = add_item(d, layer, &of->items[i]);
        for (size_t i = 0; i < d->in->n_resolved && r >= 0; i++) {
                const struct resolved *found = &d->in->resolved[i];

                if (found->rule == rule && pick(d, &of->items[found->item]))
                        r = add_entry(d, layer, &of->items[found->item], &found->address);
        }
        return r;
}

static bool pick_all(const struct draft *d, const struct item *item)
{
        return true;
}

static bool pick_denied(const struct draft *d, const struct item *item)
{
        return item->deny;
}

static bool pick_allowed(const struct draft *d, const struct item *item)
{
        return !item->deny;
}

static int add_said(struct draft *d)
{
        for (size_t i = 0; i < d->n_order; i++) {
                const struct rule *rule = &d->in->rules->all[d->order[i]];
                bool any = false;
                uint32_t layer;
                int r;

                for (size_t j = 0; j < rule->n_items; j++)
                        any |= is_said(d, &rule->items[j]);
                if (!any)
                        continue;
                r = new_layer(d, (int) d->order[i], &layer);
                r = r < 0 ? r : set_subject(d, layer);
                r = r < 0 ? r : add_items(d, layer, d->order[i], is_said);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The lifeline, and what is denied to everybody. The former are the longer prefixes, but where the same is denied. */
static int add_hard(struct draft *d)
{
        uint32_t layer;
        int r = new_layer(d, NOBODY, &layer);

        r = r < 0 ? r : set_subject(d, layer);
        for (size_t i = 0; i < d->in->n_lifeline && r >= 0; i++)
                r = add_item(d, layer, &d->in->lifeline[i]);
        for (size_t i = 0; i < d->in->rules->n && r >= 0; i++)
                if (!has_subject(&d->in->rules->all[i]))
                        r = add_items(d, layer, i, pick_denied);
        return r;
}

static void set_listen(struct draft *d, uint32_t layer, const struct rule *rule)
{
        struct guard_layer *l = &d->policy->layers[layer];

        if (!rule->has_listen)
                return;
        set_bit(&d->policy->set.listens, layer);
        for (size_t i = 0; i < rule->n_listen && i < GUARD_LISTEN_MAX; i++, l->n_listen++) {
                l->listen[i].first = rule->listen[i].first;
                l->listen[i].last = rule->listen[i].last;
        }
}

static int add_subjects(struct draft *d)
{
        for (size_t i = 0; i < d->n_order; i++) {
                const struct rule *rule = &d->in->rules->all[d->order[i]];
                uint32_t layer;
                int r = new_layer(d, (int) d->order[i], &layer);

                r = r < 0 ? r : set_subject(d, layer);
                r = r < 0 ? r : add_items(d, layer, d->order[i], pick_all);
                if (r < 0)
                        return r;
                set_listen(d, layer, rule);
                if (rule->verdict == GUARD_ALLOW)
                        set_bit(&d->policy->set.allows, layer);
                if (rule->verdict == GUARD_DENY)
                        set_bit(&d->policy->set.denies, layer);
        }
        return 0;
}

/* Rules for everybody: what they allow is one layer, whichever rule says it; where one may listen is a layer each. */
static int add_everybody(struct draft *d)
{
        const struct rules *rules = d->in->rules;
        uint32_t layer;
        int r = new_layer(d, NOBODY, &layer);

        r = r < 0 ? r : set_subject(d, layer);
        for (size_t i = 0; i < rules->n && r >= 0; i++) {
                if (has_subject(&rules->all[i]))
                        continue;
                r = add_items(d, layer, i, pick_allowed);
                if (r < 0 || !rules->all[i].has_listen)
                        continue;
                r = new_layer(d, (int) i, &layer);
                r = r < 0 ? r : set_subject(d, layer);
                if (r >= 0)
                        set_listen(d, layer, &rules->all[i]);
        }
        return r;
}

/* --- their order --- */

static unsigned rank_of(const struct rule *r)
{
        return (r->exe ? 1000u : 0) + paths_rank(r->unit, r->cgroup) * 2 + (r->uid >= 0);
}

/* By insertion, so that those of one rank stay in their order. */
static int make_order(struct draft *d)
{
        const struct rules *rules = d->in->rules;

        d->order = calloc(rules->n + 1, sizeof(*d->order));
        if (!d->order)
                return -ENOMEM;
        for (size_t i = 0; i < rules->n; i++) {
                size_t at = d->n_order;

                if (!has_subject(&rules->all[i]))
                        continue;
                for (; at > 0 && rank_of(&rules->all[d->order[at - 1]]) < rank_of(&rules->all[i]); at--)
                        d->order[at] = d->order[at - 1];
                d->order[at] = i;
                d->n_order++;
        }
        return 0;
}

static int fill_table(struct draft *d)
{
        struct policy *p = d->policy;
        uint32_t layer = 0;
        int r, rule;

        p->table.layers = p->layers;
        p->table.n_layers = p->n_layers;
        r = table_make(&p->table, d->entries, d->n_entries, &layer);
        rule = p->n_layers ? p->rule_of[layer] : NOBODY;
        if (r == -E2BIG)
                (void) refuse(d->why, d->why_size, "%s%s: more than %d items say something of the same address",
                              rule == NOBODY ? "rules for everybody" : "egress-rule ",
                              rule == NOBODY ? "" : d->in->rules->all[rule].name, GUARD_BLOCK * GUARD_BLOCKS_MAX);
        p->set.factor = p->table.factor;
        p->set.n_v4 = p->table.n_v4;
        p->set.n_v6 = p->table.n_v6;
        p->set.first_v6 = p->table.first_v6;
        p->set.n_words = (p->n_layers + 63) / 64;
        p->set.everybody.certain = p->set.any_cgroup;
        return r;
}

int policy_make(const struct policy_input *in, struct policy *ret, char *why, uint32_t size)
{
        struct draft d = { .in = in, .policy = ret, .why = why, .why_size = size };
        int r;

        *ret = (struct policy){ .set.verdict = in->rules->verdict };
        ret->layers = calloc(GUARD_LAYERS_MAX, sizeof(*ret->layers));
        ret->rule_of = calloc(GUARD_LAYERS_MAX, sizeof(*ret->rule_of));
        r = ret->layers && ret->rule_of ? make_order(&d) : -ENOMEM;
        r = r < 0 ? r : add_said(&d);
        r = r < 0 ? r : add_hard(&d);
        r = r < 0 ? r : add_subjects(&d);
        r = r < 0 ? r : add_everybody(&d);
        r = r < 0 ? r : fill_table(&d);
        free(d.order);
        free(d.entries);
        if (r < 0)
                policy_clear(ret);
        return r;
}

void policy_clear(struct policy *p)
{
        free(p->layers);
        free(p->rule_of);
        table_clear(&p->table);
        paths_clear(&p->paths);
        *p = (struct policy){};
}

/* --- what a task matches --- */

static const struct rule *rule_of(const struct policy *p, const struct rules *rules, uint32_t layer)
{
        return p->rule_of[layer] == NOBODY ? NULL : &rules->all[p->rule_of[layer]];
}

void policy_classify(const struct policy *p, const struct rules *rules, const char *path, struct guard_class *ret)
{
        *ret = (struct guard_class){};
        for (uint32_t layer = 0; layer < p->n_layers; layer++) {
                const struct rule *r = rule_of(p, rules, layer);

                if (!r || paths_match(r->unit, r->cgroup, path))
                        set_bit(&ret->certain, layer);
        }
}

void policy_exe_bits(const struct policy *p, const struct rules *rules, const char *exe, struct guard_bits *ret)
{
        *ret = (struct guard_bits){};
        for (uint32_t layer = 0; layer < p->n_layers; layer++) {
                const struct rule *r = rule_of(p, rules, layer);

                if (!r || !r->exe || strcmp(r->exe, exe) == 0)
                        set_bit(ret, layer);
        }
}

void policy_uid_bits(const struct policy *p, const struct rules *rules, uint32_t uid, struct guard_bits *ret)
{
        *ret = (struct guard_bits){};
        for (uint32_t layer = 0; layer < p->n_layers; layer++) {
                const struct rule *r = rule_of(p, rules, layer);

                if (!r || r->uid < 0 || r->uid == uid)
                        set_bit(ret, layer);
        }
}
