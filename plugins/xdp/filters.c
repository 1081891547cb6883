/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filters.h"

#include <errno.h>
#include <fnmatch.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "items.h"
#include "xdp.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static int check_flag(const char *item, char *why, uint32_t size)
{
        uint8_t flag;
        bool set;

        return parse_flag(item, &flag, &set, why, size);
}

static const char *const actions[] = { "allow", "drop", NULL };
static const char *const answers[] = { "no", "yes", NULL };

const struct trimtab_key filter_keys[_FILTER_KEY_MAX] = {
        [FILTER_ACTION] = { .name = "action",
                         .help = "allow lets it pass, past bans and limits too; drop does not. What any filter allows is not dropped",
                         .type = TRIMTAB_KEY_CHOICE,
                         .flags = TRIMTAB_KEY_REQUIRED,
                         .choices = actions },
        [FILTER_FOR] = { .name = "for",
                      .help = "interfaces, as iface:GLOB; without it all that are attached",
                      .type = TRIMTAB_KEY_TEXT,
                      .flags = TRIMTAB_KEY_LIST,
                      .check = item_check_interface },
        [FILTER_SOURCE] = { .name = "source",
                         .help = "addresses and prefixes that it comes from",
                         .type = TRIMTAB_KEY_TEXT,
                         .flags = TRIMTAB_KEY_LIST,
                         .check = item_check_prefix },
        [FILTER_FILE] = { .name = "file",
                       .help = "a file with more of `source`, one a line",
                       .type = TRIMTAB_KEY_TEXT,
                       .flags = TRIMTAB_KEY_FILE,
                       .of = "source" },
        [FILTER_DESTINATION] = { .name = "destination",
                              .help = "addresses and prefixes that it goes to",
                              .type = TRIMTAB_KEY_TEXT,
                              .flags = TRIMTAB_KEY_LIST,
                              .check = item_check_prefix },
        [FILTER_PROTOCOL] = { .name = "protocol",
                           .help = "tcp, udp, icmp, icmpv6, … or a number",
                           .type = TRIMTAB_KEY_TEXT,
                           .flags = TRIMTAB_KEY_LIST,
                           .check = item_check_protocol },
        [FILTER_SOURCE_PORT] = { .name = "source-port",
                              .help = "ports and ranges that it comes from",
                              .type = TRIMTAB_KEY_TEXT,
                              .flags = TRIMTAB_KEY_LIST,
                              .check = item_check_range },
        [FILTER_PORT] = { .name = "port",
                                   .help = "ports and ranges that it goes to",
                                   .type = TRIMTAB_KEY_TEXT,
                                   .flags = TRIMTAB_KEY_LIST,
                                   .check = item_check_range },
        [FILTER_FLAGS] = { .name = "flags",
                        .help = "flags of TCP that must be set, or behind a ! must not be",
                        .type = TRIMTAB_KEY_TEXT,
                        .flags = TRIMTAB_KEY_LIST,
                        .check = check_flag },
        [FILTER_FRAGMENTS] = { .name = "fragments",
                            .help = "yes: only pieces of datagrams, the first one and the later ones",
                            .type = TRIMTAB_KEY_CHOICE,
                            .choices = answers },
        [FILTER_DESCRIPTION] = { .name = "description", .help = "what it is for", .type = TRIMTAB_KEY_TEXT },
};

/* --- do the keys go together? --- */

static uint8_t protocol_of(const char *text)
{
        uint8_t protocol = 0;

        (void) parse_protocol(text, &protocol, NULL, 0);
        return protocol;
}

static int check_ports(const struct trimtab_entry *e, char *why, uint32_t size)
{
        const struct trimtab_items *protocols = &e->items[FILTER_PROTOCOL];

        if (e->items[FILTER_SOURCE_PORT].n + e->items[FILTER_PORT].n == 0)
                return 0;
        for (uint32_t i = 0; i < protocols->n; i++)
                if (!protocol_has_ports(protocol_of(protocols->texts[i])))
                        return refuse(why, size, "'%s' has no ports", protocols->texts[i]);
        return 0;
}

static int check_flags(const struct trimtab_entry *e, char *why, uint32_t size)
{
        const struct trimtab_items *flags = &e->items[FILTER_FLAGS], *protocols = &e->items[FILTER_PROTOCOL];
        uint8_t seen = 0;

        if (flags->n == 0)
                return 0;
        if (protocols->n != 1 || protocol_of(protocols->texts[0]) != IPPROTO_TCP)
                return refuse(why, size, "flags are those of TCP: it needs protocol = tcp");
        for (uint32_t i = 0; i < flags->n; i++) {
                uint8_t flag;
                bool set;

                if (parse_flag(flags->texts[i], &flag, &set, why, size) < 0)
                        return -EINVAL;
                if (seen & flag)
                        return refuse(why, size, "the flag of '%s' is there twice", flags->texts[i]);
                seen |= flag;
        }
        return 0;
}

int filter_check(const struct trimtab_entry *e, char *why, uint32_t size)
{
        const struct trimtab_items *fragments = &e->items[FILTER_FRAGMENTS];
        bool anything = fragments->n > 0 && strcmp(fragments->texts[0], "yes") == 0;
        int r = check_ports(e, why, size);

        if (r >= 0)
                r = check_flags(e, why, size);
        if (r < 0)
                return r;
        /* A section that only says drop would cut the machine off: who wants that says so. */
        for (uint32_t k = FILTER_SOURCE; k < FILTER_FRAGMENTS; k++)
                anything |= e->items[k].n > 0;
        return anything ? 0 : refuse(why, size, "it says nothing of what to match; everything is: source = 0.0.0.0/0, ::/0");
}

/* --- reading --- */

static int read_flags(struct filter *f, const struct trimtab_items *items)
{
        for (uint32_t i = 0; i < items->n; i++) {
                uint8_t flag;
                bool set;
                int r = parse_flag(items->texts[i], &flag, &set, NULL, 0);

                if (r < 0)
                        return r;
                f->flags |= flag;
                f->flags_set |= set ? flag : 0;
        }
        return 0;
}

static int read_filter(const struct trimtab_entry *e, struct filter *f)
{
        const struct trimtab_items *items = e->items;
        int r;

        f->name = strdup(e->name);
        if (!f->name)
                return -ENOMEM;
        f->allow = strcmp(items[FILTER_ACTION].texts[0], "allow") == 0;
        f->fragments = items[FILTER_FRAGMENTS].n > 0 && strcmp(items[FILTER_FRAGMENTS].texts[0], "yes") == 0;

        /* Not everybody, which it would be with no list at all: who empties a list does not mean that. */
        f->nobody = items[FILTER_FILE].n > 0 && items[FILTER_SOURCE].n == 0;

        r = items_read_interfaces(&items[FILTER_FOR], &f->interfaces, &f->n_interfaces);
        if (r >= 0)
                r = items_read_prefixes(&items[FILTER_SOURCE], &f->sources, &f->n_sources);
        if (r >= 0)
                r = items_read_prefixes(&items[FILTER_DESTINATION], &f->destinations, &f->n_destinations);
        if (r >= 0)
                r = items_read_ranges(&items[FILTER_SOURCE_PORT], &f->source_ports, &f->n_source_ports);
        if (r >= 0)
                r = items_read_ranges(&items[FILTER_PORT], &f->destination_ports, &f->n_destination_ports);
        if (r >= 0)
                r = items_read_protocols(&items[FILTER_PROTOCOL], &f->protocols, &f->n_protocols);
        return r >= 0 ? read_flags(f, &items[FILTER_FLAGS]) : r;
}

/* Whoever is at the console of the machine by network stays there. */
static int make_management(const struct range *ports, size_t n, struct filter *f)
{
        f->name = strdup("management");
        f->protocols = malloc(1);
        f->destination_ports = calloc(n, sizeof(*ports));
        if (!f->name || !f->protocols || !f->destination_ports)
                return -ENOMEM;
        f->allow = true;
        f->protocols[f->n_protocols++] = IPPROTO_TCP;
        memcpy(f->destination_ports, ports, n * sizeof(*ports));
        f->n_destination_ports = n;
        return 0;
}

int filters_read(const struct trimtab_entry *const *entries, uint32_t n, uint32_t section,
                 const struct range *management, size_t n_management, struct filters **ret)
{
        struct filters *f = calloc(1, sizeof(*f));
        int r = 0;

        if (!f)
                return -ENOMEM;
        f->filter = calloc(n + 1, sizeof(*f->filter));
        if (!f->filter)
                r = -ENOMEM;
        if (r >= 0 && n_management > 0)
                r = make_management(management, n_management, &f->filter[f->n++]);
        for (uint32_t i = 0; i < n && r >= 0; i++)
                if (entries[i]->section == section)
                        r = read_filter(entries[i], &f->filter[f->n++]);
        if (r >= 0 && f->n > XDP_FILTERS_MAX)
                r = -E2BIG;
        if (r < 0) {
                filters_free(f);
                return r;
        }
        *ret = f;
        return 0;
}

struct filters *filters_free(struct filters *f)
{
        if (!f)
                return NULL;
        for (size_t i = 0; f->filter && i < f->n; i++) {
                struct filter *one = &f->filter[i];

                for (size_t j = 0; j < one->n_interfaces; j++)
                        free(one->interfaces[j]);
                free(one->interfaces);
                free(one->name);
                free(one->sources);
                free(one->destinations);
                free(one->source_ports);
                free(one->destination_ports);
                free(one->protocols);
        }
        free(f->filter);
        free(f);
        return NULL;
}

bool filter_applies(const struct filter *f, const char *interface)
{
        for (size_t i = 0; i < f->n_interfaces; i++)
                if (fnmatch(f->interfaces[i], interface, 0) == 0)
                        return true;
        return f->n_interfaces == 0;
}
