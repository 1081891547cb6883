/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "oracle.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what rules mean --- */

static bool bit(const uint8_t *bytes, unsigned i)
{
        return bytes[i / 8] >> (7 - i % 8) & 1;
}

static bool contains(const struct prefix *outer, const struct prefix *inner)
{
        if (outer->family != inner->family || outer->length > inner->length)
                return false;
        for (unsigned i = 0; i < outer->length; i++)
                if (bit(outer->bytes, i) != bit(inner->bytes, i))
                        return false;
        return true;
}

/* The length of the item's prefix around the address, -1: it is not in it. */
static int length_around(const struct item *item, const struct prefix *address)
{
        if (item->any)
                return 0;
        return contains(&item->prefix, address) ? item->prefix.length : -1;
}

static bool speaks_of(const struct item *item, const struct destination *to)
{
        if (item->protocol != GUARD_PROTOCOL_ANY && item->protocol != to->protocol)
                return false;
        if (to->exact && !item->deny && item->protocol != to->protocol)
                return false;
        return to->port >= item->ports.first && to->port <= item->ports.last;
}

struct said {
        int verdict, length;
};

/* The longest prefix wins, and of one length what denies. */
static void hear(struct said *s, const struct item *item, const struct destination *to)
{
        int length = length_around(item, &to->address);

        if (length < 0 || !speaks_of(item, to))
                return;
        if (s->verdict == GUARD_NONE || length > s->length || (length == s->length && item->deny))
                *s = (struct said){ item->deny ? GUARD_DENY : GUARD_ALLOW, length };
}

static bool matches(const struct rule *r, const struct task *task)
{
        return paths_match(r->unit, r->cgroup, task->cgroup) && (!r->exe || strcmp(r->exe, task->exe) == 0) &&
               (r->uid < 0 || r->uid == task->uid);
}

static bool has_subject(const struct rule *r)
{
        return r->unit || r->cgroup || r->exe || r->uid >= 0;
}

static bool is_said(const struct item *item, const struct item *lifeline, size_t n)
{
        for (size_t i = 0; item->deny && !item->any && i < n; i++)
                if (contains(&lifeline[i].prefix, &item->prefix))
                        return true;
        return false;
}

/* Is a more specific than b? Of equals the first. */
static bool comes_before(const struct rules *rules, size_t a, size_t b)
{
        const struct rule *x = &rules->all[a], *y = &rules->all[b];
        unsigned rx = paths_rank(x->unit, x->cgroup), ry = paths_rank(y->unit, y->cgroup);

        if (!x->exe != !y->exe)
                return x->exe;
        if (rx != ry)
                return rx > ry;
        if ((x->uid >= 0) != (y->uid >= 0))
                return x->uid >= 0;
        return a < b;
}

/* The next matching rule with a subject behind `last` (-1: the first), or -1. */
static int next_rule(const struct rules *rules, const struct task *task, int last)
{
        int best = -1;

        for (size_t i = 0; i < rules->n; i++) {
                if (!has_subject(&rules->all[i]) || !matches(&rules->all[i], task))
                        continue;
                if (last >= 0 && ((int) i == last || !comes_before(rules, (size_t) last, i)))
                        continue;
                if (best < 0 || comes_before(rules, i, (size_t) best))
                        best = (int) i;
        }
        return best;
}

static int around(const struct destination *to, bool denies_any, int verdict)
{
        return verdict == GUARD_NONE && to->exact && denies_any ? GUARD_DENY : verdict;
}

static int ask_said(const struct rules *rules, const struct item *lifeline, size_t n, const struct rule *r, const struct destination *to)
{
        struct said s = {};
        bool any = false;

        for (size_t i = 0; i < r->n_items; i++)
                if (is_said(&r->items[i], lifeline, n)) {
                        hear(&s, &r->items[i], to);
                        any = true;
                }
        return around(to, any, s.verdict);
}

static int ask_everybody(const struct rules *rules, const struct item *lifeline, size_t n, bool deny, const struct destination *to)
{
        struct said s = {};
        bool denies = false;

        for (size_t i = 0; deny && i < n; i++)
                hear(&s, &lifeline[i], to);
        for (size_t i = 0; i < rules->n; i++)
                for (size_t j = 0; !has_subject(&rules->all[i]) && j < rules->all[i].n_items; j++)
                        if (rules->all[i].items[j].deny == deny) {
                                hear(&s, &rules->all[i].items[j], to);
                                denies |= deny;
                        }
        return around(to, denies, s.verdict);
}

static int ask_rule(const struct rule *r, const struct destination *to)
{
        struct said s = {};
        bool denies = false;

        for (size_t i = 0; i < r->n_items; i++) {
                hear(&s, &r->items[i], to);
                denies |= r->items[i].deny;
        }
        return around(to, denies, s.verdict);
}

static int ask_listen(const struct rules *rules, const struct task *task, uint16_t port)
{
        for (int i = next_rule(rules, task, -1); i >= 0; i = next_rule(rules, task, i)) {
                const struct rule *r = &rules->all[i];

                if (!r->has_listen)
                        continue;
                for (size_t j = 0; j < r->n_listen; j++)
                        if (port ? port >= r->listen[j].first && port <= r->listen[j].last
                                 : r->listen[j].first <= 1 && r->listen[j].last == 65535)
                                return GUARD_ALLOW;
                return GUARD_DENY;
        }
        return GUARD_ALLOW;
}

int oracle(const struct rules *rules, const struct item *lifeline, size_t n, const struct task *task, const struct destination *to)
{
        int verdict = GUARD_NONE;

        if (to->listen)
                return ask_listen(rules, task, to->port);
        for (int i = next_rule(rules, task, -1); i >= 0 && verdict == GUARD_NONE; i = next_rule(rules, task, i))
                verdict = ask_said(rules, lifeline, n, &rules->all[i], to);
        if (verdict == GUARD_NONE)
                verdict = ask_everybody(rules, lifeline, n, true, to);
        for (int i = next_rule(rules, task, -1); i >= 0 && verdict == GUARD_NONE; i = next_rule(rules, task, i))
                verdict = ask_rule(&rules->all[i], to);
        if (verdict == GUARD_NONE)
                verdict = ask_everybody(rules, lifeline, n, false, to);
        for (int i = next_rule(rules, task, -1); i >= 0 && verdict == GUARD_NONE; i = next_rule(rules, task, i))
                verdict = rules->all[i].verdict;
        return verdict == GUARD_NONE ? rules->verdict : verdict;
}

/* --- by chance --- */

static unsigned below(unsigned n)
{
        return n ? (unsigned) rand() % n : 0;
}

#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

static const char *const units[] = { "a.service", "b.service", "web@*.service", "w*.service", "app.slice" };
static const char *const cgroups[] = { "/", "/system.slice", "/system.slice/a.service", "/system.slice/a.service/sub", "/app.slice/*", "/x/*" };
static const char *const exes[] = { "/bin/a", "/bin/b" };
static const char *const paths[] = {
        "/system.slice/a.service", "/system.slice/a.service/sub/deep", "/system.slice/b.service", "/app.slice/a.service", "/x/y/z",
        "/app.slice/web@1.service", "/user.slice/u.service/a.service", "/", "/system.slice",
};

/* Few bits differ, so that prefixes lie in each other. */
static void random_address(struct prefix *p)
{
        *p = (struct prefix){ .family = below(2) ? 4 : 6 };
        p->length = p->family == 4 ? 32 : 128;
        for (unsigned i = 0; i < p->length / 8u; i++)
                p->bytes[i] = (uint8_t) (below(3) ? 0 : 1u << below(8));
        if (p->family == 4 && below(8) == 0) {
                p->bytes[0] = 127;
                p->bytes[1] = (uint8_t) below(2);
        }
}

static void random_prefix(struct prefix *p)
{
        random_address(p);
        p->length = (uint8_t) below(p->length + 1u);
        for (unsigned i = 0; i < 128; i++)
                if (i >= p->length)
                        p->bytes[i / 8] &= (uint8_t) ~(1u << (7 - i % 8));
}

static uint16_t random_port(void)
{
        return (uint16_t) (below(4) * 10);
}

static void random_item(struct item *item)
{
        static const uint8_t protocols[] = { 0, 0, 6, 17, 1, GUARD_PROTOCOL_RAW, GUARD_PROTOCOL_PACKET };

        *item = (struct item){ .deny = below(2), .any = below(6) == 0, .ports = { 0, 65535 }, .protocol = PICK(protocols) };
        if (!item->any)
                random_prefix(&item->prefix);
        if (below(2) && (item->protocol == 0 || item->protocol == 6 || item->protocol == 17)) {
                item->ports.first = random_port();
                item->ports.last = (uint16_t) (item->ports.first + random_port());
        }
}

static void random_rule(struct rule *r, unsigned number)
{
        char name[16];

        (void) snprintf(name, sizeof(name), "rule-%u", number);
        *r = (struct rule){ .name = strdup(name), .uid = below(4) ? -1 : (int64_t) below(2) };
        if (below(3) == 0)
                r->unit = strdup(PICK(units));
        else if (below(2))
                r->cgroup = strdup(PICK(cgroups));
        if (below(4) == 0)
                r->exe = strdup(PICK(exes));
        r->n_items = below(6);
        r->items = calloc(r->n_items + 1, sizeof(*r->items));
        for (size_t i = 0; i < r->n_items; i++)
                random_item(&r->items[i]);
        if (r->unit || r->cgroup || r->exe || r->uid >= 0) {
                r->verdict = (uint8_t) below(3);
                r->has_listen = below(3) == 0;
        }
        r->listen = calloc(2, sizeof(*r->listen));
        r->n_listen = r->has_listen;
        r->listen[0] = (struct range){ random_port(), 30 };
}

void random_case_make(unsigned seed, struct random_case *c)
{
        static const char *const kept[] = { "127.0.0.0/8", "0.0.0.0/32", "::1/128", "::/128", "1.0.0.0/32" };

        srand(seed);
        *c = (struct random_case){ .rules = calloc(1, sizeof(*c->rules)) };
        c->rules->verdict = below(2) ? GUARD_ALLOW : GUARD_DENY;
        c->rules->n = below(8);
        c->rules->all = calloc(c->rules->n + 1, sizeof(*c->rules->all));
        for (size_t i = 0; i < c->rules->n; i++)
                random_rule(&c->rules->all[i], (unsigned) i);
        for (; c->n_lifeline < 5; c->n_lifeline++) {
                struct item *item = &c->lifeline[c->n_lifeline];

                *item = (struct item){ .ports = { 0, 65535 } };
                if (parse_prefix(kept[c->n_lifeline], &item->prefix, NULL, 0) < 0)
                        abort();
        }
        c->lifeline[4].ports = (struct range){ 10, 10 };
}

void random_case_free(struct random_case *c)
{
        rules_free(c->rules);
}

void random_task(struct task *t)
{
        *t = (struct task){ PICK(paths), below(2) ? PICK(exes) : "/bin/other", below(3) };
}

void random_destination(const struct random_case *c, struct destination *to)
{
        static const uint8_t protocols[] = { 6, 6, 17, 1, 58 };

        *to = (struct destination){ .port = random_port(), .protocol = PICK(protocols) };
        if (to->protocol == 1 || to->protocol == 58)
                to->port = 0;
        random_address(&to->address);
        if (c->rules->n > 0 && below(2)) {
                const struct rule *r = &c->rules->all[below((unsigned) c->rules->n)];

                if (r->n_items > 0) {
                        const struct item *item = &r->items[below((unsigned) r->n_items)];
                        struct prefix p = item->prefix;

                        if (!item->any && p.length > 0) {
                                p.length = p.family == 4 ? 32 : 128;
                                to->address = p;
                        }
                }
        }
        if (below(8) == 0)
                to->listen = true;
        else if (below(6) == 0) {
                to->exact = true;
                to->protocol = below(2) ? GUARD_PROTOCOL_RAW : GUARD_PROTOCOL_PACKET;
                to->port = 0;
                memset(to->address.bytes, 0, sizeof(to->address.bytes));
        }
}

static uint64_t word(const uint8_t *bytes)
{
        uint64_t n = 0;

        for (int i = 0; i < 8; i++)
                n = n << 8 | bytes[i];
        return n;
}

void request_make(const struct destination *to, struct guard_request *rq)
{
        *rq = (struct guard_request){
                .upper = word(to->address.bytes),
                .lower = word(to->address.bytes + 8),
                .family = to->address.family,
                .port = to->port,
                .protocol = to->protocol,
                .exact = to->exact,
                .kind = to->listen ? GUARD_LISTEN : to->exact ? GUARD_CREATE : GUARD_CONNECT,
        };
}

void class_make(const struct policy *p, const struct rules *rules, const struct task *task, struct guard_class *ret)
{
        struct guard_bits exe, uid;

        policy_classify(p, rules, task->cgroup, ret);
        policy_exe_bits(p, rules, task->exe, &exe);
        policy_uid_bits(p, rules, task->uid, &uid);
        for (int i = 0; i < GUARD_WORDS; i++)
                ret->certain.word[i] &= exe.word[i] & uid.word[i];
}

static void print_item(const struct item *item)
{
        char text[INET6_ADDRSTRLEN] = "any";

        if (!item->any)
                (void) inet_ntop(item->prefix.family == 4 ? AF_INET : AF_INET6, item->prefix.bytes, text, sizeof(text));
        (void) fprintf(stderr, "    %s %s/%u:%u-%u/%u\n", item->deny ? "deny" : "allow", text, item->prefix.length, item->ports.first,
                       item->ports.last, item->protocol);
}

void describe(const struct random_case *c, const struct task *task, const struct destination *to)
{
        char text[INET6_ADDRSTRLEN];

        (void) inet_ntop(to->address.family == 4 ? AF_INET : AF_INET6, to->address.bytes, text, sizeof(text));
        (void) fprintf(stderr, "  %s %s %u to %s:%u/%u%s%s, default %u\n", task->cgroup, task->exe, task->uid, text, to->port, to->protocol,
                       to->exact ? " exact" : "", to->listen ? " listen" : "", c->rules->verdict);
        for (size_t i = 0; i < c->rules->n; i++) {
                const struct rule *r = &c->rules->all[i];

                (void) fprintf(stderr, "  rule %zu: unit %s cgroup %s exe %s uid %lld default %u\n", i, r->unit ?: "-", r->cgroup ?: "-",
                               r->exe ?: "-", (long long) r->uid, r->verdict);
                for (size_t j = 0; j < r->n_items; j++)
                        print_item(&r->items[j]);
        }
}
