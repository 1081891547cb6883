/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any text as filters, a line "kITEM" for each item of key number k (a, b, …), an empty line between two: no item is taken or refused
 * without an answer, and what is found in the tables that are made of them is what a look at each filter would have found.
 */

#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include <linux/types.h>

#include "../../plugins/xdp/compile.h"
#include "../plugins/xdp/oracle.h"
#include "../plugins/xdp/parser.h"

#define FILTERS_MAX 70 /* more than may be */
#define ITEMS_MAX   16 /* of a key */
#define INTERFACE   "eth0"

struct section {
        struct trimtab_entry entry;
        struct trimtab_items items[_FILTER_KEY_MAX];
        const char *texts[_FILTER_KEY_MAX][ITEMS_MAX];
};

/* The host has every item checked, choices by their list and texts by the key's own. */
static bool is_taken(uint32_t key, const char *item)
{
        const struct trimtab_key *k = &filter_keys[key];
        char why[256] = "";
        int r;

        for (uint32_t i = 0; k->choices && k->choices[i]; i++)
                if (strcmp(k->choices[i], item) == 0)
                        return true;
        if (k->choices || !k->check)
                return !k->choices && *item;
        r = k->check(item, why, sizeof(why));
        CHECK(r == 0 || (r == -EINVAL && why[0]));
        CHECK(k->check(item, NULL, 0) == r);
        return r == 0;
}

static void add_item(struct section *s, char *line)
{
        uint32_t key = (uint8_t) (line[0] - 'a') % _FILTER_KEY_MAX;
        bool list = filter_keys[key].flags & TRIMTAB_KEY_LIST;

        if (s->items[key].n >= (list ? ITEMS_MAX : 1) || !is_taken(key, line + 1))
                return;
        s->texts[key][s->items[key].n++] = line + 1;
}

static uint32_t read_sections(char *text, struct section *sections)
{
        uint32_t n = 0;

        for (char *line = text, *next; line && n < FILTERS_MAX; line = next) {
                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';
                if (*line)
                        add_item(&sections[n], line);
                else
                        n++;
        }
        return n < FILTERS_MAX ? n + 1 : n;
}

/* Those that the host would have handed over. */
static uint32_t keep_good(struct section *sections, uint32_t n, const struct trimtab_entry **entries)
{
        uint32_t kept = 0;

        for (uint32_t i = 0; i < n; i++) {
                struct section *s = &sections[i];
                char why[256] = "";
                int r;

                for (uint32_t k = 0; k < _FILTER_KEY_MAX; k++)
                        s->items[k].texts = s->texts[k];
                s->entry = (struct trimtab_entry){ .size = sizeof(s->entry), .name = "a", .n_items = _FILTER_KEY_MAX, .items = s->items };
                if (s->items[FILTER_ACTION].n == 0)
                        continue;
                r = filter_check(&s->entry, why, sizeof(why));
                CHECK(r == 0 || (r == -EINVAL && why[0]));
                if (r == 0)
                        entries[kept++] = &s->entry;
        }
        return kept;
}

/* --- what is in the tables --- */

static void check_address(const struct filters *filters, const struct tables *t, int family, const uint8_t *a)
{
        uint64_t from = 0, to = 0;

        for (size_t i = 0; i < filters->n; i++) {
                const struct filter *f = &filters->filter[i];

                if (!filter_applies(f, INTERFACE))
                        continue;
                for (size_t k = 0; k < f->n_sources; k++)
                        from |= oracle_covers(&f->sources[k], family, a) ? 1ull << i : 0;
                for (size_t k = 0; k < f->n_destinations; k++)
                        to |= oracle_covers(&f->destinations[k], family, a) ? 1ull << i : 0;
        }
        CHECK(parser_look_up(t, false, family, a) == from);
        CHECK(parser_look_up(t, true, family, a) == to);
        CHECK(!from || parser_may_be_listed(t->hint, family, a));
}

/* Its ends, and what is just outside of them. */
static void check_around(const struct filters *filters, const struct tables *t, const struct prefix *p)
{
        uint8_t first[16], last[16];

        memcpy(first, p->bytes, sizeof(first));
        memcpy(last, p->bytes, sizeof(last));
        for (unsigned bit = p->length; bit < (p->family == 4 ? 32u : 128u); bit++)
                last[bit / 8] |= (uint8_t) (0x80u >> bit % 8);
        check_address(filters, t, p->family, first);
        check_address(filters, t, p->family, last);
        if (p->length == 0)
                return;
        first[(p->length - 1u) / 8] ^= (uint8_t) (0x80u >> (p->length - 1u) % 8);
        last[0] ^= 0x80;
        check_address(filters, t, p->family, first);
        check_address(filters, t, p->family, last);
}

static bool has_port(const struct range *at, size_t n, unsigned port)
{
        for (size_t i = 0; i < n; i++)
                if (at[i].first <= port && port <= at[i].last)
                        return true;
        return false;
}

static void check_port(const struct filters *filters, const struct tables *t, unsigned port)
{
        for (size_t i = 0; i < filters->n; i++) {
                const struct filter *f = &filters->filter[i];
                bool applies = filter_applies(f, INTERFACE);
                uint64_t bit = 1ull << i;

                CHECK((t->source_ports && (t->source_ports[port] & bit)) ==
                      (applies && has_port(f->source_ports, f->n_source_ports, port)));
                CHECK((t->destination_ports && (t->destination_ports[port] & bit)) ==
                      (applies && has_port(f->destination_ports, f->n_destination_ports, port)));
        }
}

static void check_tables(const struct filters *filters, const struct tables *t)
{
        for (size_t i = 0; i < filters->n; i++) {
                const struct filter *f = &filters->filter[i];
                uint64_t bit = filter_applies(f, INTERFACE) ? 1ull << i : 0;

                for (size_t k = 0; k < f->n_sources; k++)
                        check_around(filters, t, &f->sources[k]);
                for (size_t k = 0; k < f->n_destinations; k++)
                        check_around(filters, t, &f->destinations[k]);
                for (size_t k = 0; k < f->n_source_ports; k++)
                        check_port(filters, t, f->source_ports[k].last);
                for (size_t k = 0; k < f->n_destination_ports; k++)
                        check_port(filters, t, f->destination_ports[k].first);

                CHECK((t->set.by_source & 1ull << i) == (f->n_sources > 0 ? bit : 0));
                CHECK((t->set.by_destination & 1ull << i) == (f->n_destinations > 0 ? bit : 0));
                CHECK((t->set.by_source_port & 1ull << i) == (f->n_source_ports > 0 ? bit : 0));
                CHECK((t->set.by_destination_port & 1ull << i) == (f->n_destination_ports > 0 ? bit : 0));
                CHECK((t->set.allow & 1ull << i) == (f->allow ? bit : 0));
        }
        CHECK(t->set.by_any == (t->set.by_source | t->set.by_destination | t->set.by_source_port | t->set.by_destination_port));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct section *sections = calloc(FILTERS_MAX, sizeof(*sections));
        const struct trimtab_entry *entries[FILTERS_MAX];
        char *text = strndup((const char *) data, size);
        const struct range management = { 22, 22 };
        struct filters *filters;
        struct tables tables;
        uint32_t n;
        int r;

        CHECK(sections && text);
        n = keep_good(sections, read_sections(text, sections), entries);
        r = filters_read(entries, n, 0, &management, size % 2, &filters);
        CHECK(r == 0 || (r == -E2BIG && n + size % 2 > XDP_FILTERS_MAX));
        if (r == 0) {
                CHECK(filters->n == n + size % 2);
                CHECK(tables_make(filters, INTERFACE, &tables) == 0);
                check_tables(filters, &tables);
                tables_clear(&tables);
                filters_free(filters);
        }
        free(text);
        free(sections);
        return 0;
}
