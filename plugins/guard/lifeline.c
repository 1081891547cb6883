/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lifeline.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DNS_PORT    53
#define DOT_PORT    853
#define ESTABLISHED 1
#define PEERS_MAX   64

static int add(struct lifeline *l, const struct prefix *prefix, uint16_t first, uint16_t last)
{
        struct item *at, item = { .prefix = *prefix, .ports = { first, last } };

        for (size_t i = 0; i < l->n; i++)
                if (memcmp(&l->items[i], &item, sizeof(item)) == 0)
                        return 0;
        at = reallocarray(l->items, l->n + 1, sizeof(*at));
        if (!at)
                return -ENOMEM;
        l->items = at;
        memset(&at[l->n], 0, sizeof(*at));
        at[l->n].prefix = *prefix;
        at[l->n++].ports = item.ports;
        return 0;
}

/* An unspecified address is this machine, too: connect() takes it for loopback. */
static int add_loopback(struct lifeline *l)
{
        static const char *const own[] = { "127.0.0.0/8", "0.0.0.0/32", "::1/128", "::/128" };
        int r = 0;

        for (size_t i = 0; i < sizeof(own) / sizeof(own[0]) && r >= 0; i++) {
                struct prefix p;

                r = parse_prefix(own[i], &p, NULL, 0);
                if (r >= 0)
                        r = add(l, &p, 0, UINT16_MAX);
        }
        return r;
}

static int add_resolvers(struct lifeline *l, const char *path)
{
        FILE *f = fopen(path, "re");
        char line[512], address[128];
        int r = 0;

        while (f && r >= 0 && fgets(line, sizeof(line), f)) {
                struct prefix p;

                if (sscanf(line, " nameserver %127[^ \t\n%%]", address) != 1 || parse_prefix(address, &p, NULL, 0) < 0)
                        continue;
                r = add(l, &p, DNS_PORT, DNS_PORT);
                if (r >= 0)
                        r = add(l, &p, DOT_PORT, DOT_PORT);
        }
        if (f)
                (void) fclose(f);
        return r;
}

/* Words of 32 bits, each in the machine's order as the kernel has it in memory. */
static bool parse_hex_address(const char *text, struct prefix *ret)
{
        size_t words = strlen(text) / 8;

        if (words != 1 && words != 4)
                return false;
        *ret = (struct prefix){ .family = words == 1 ? 4 : 6, .length = words == 1 ? 32 : 128 };
        for (size_t i = 0; i < words; i++) {
                unsigned value;

                if (sscanf(text + i * 8, "%8x", &value) != 1)
                        return false;
                memcpy(ret->bytes + i * 4, &value, 4);
        }
        return true;
}

static int add_peers(struct lifeline *l, const char *path, uint16_t port)
{
        FILE *f = fopen(path, "re");
        char line[512], remote[64];
        size_t n = 0;
        int r = 0;

        while (f && r >= 0 && n < PEERS_MAX && fgets(line, sizeof(line), f)) {
                unsigned local_port, state;
                struct prefix p;

                if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %63[0-9A-Fa-f]:%*x %x", &local_port, remote, &state) != 3)
                        continue;
                if (local_port != port || state != ESTABLISHED || !parse_hex_address(remote, &p))
                        continue;
                r = add(l, &p, 0, UINT16_MAX);
                n++;
        }
        if (f)
                (void) fclose(f);
        return r;
}

int lifeline_read(const struct lifeline_files *files, struct lifeline *ret)
{
        struct lifeline l = {};
        int r = add_loopback(&l);

        r = r < 0 ? r : add_resolvers(&l, files->resolv_conf);
        r = r < 0 ? r : add_peers(&l, files->tcp, files->ssh_port);
        r = r < 0 ? r : add_peers(&l, files->tcp6, files->ssh_port);
        if (r < 0)
                lifeline_clear(&l);
        else
                *ret = l;
        return r;
}

void lifeline_clear(struct lifeline *l)
{
        free(l->items);
        *l = (struct lifeline){};
}

int lifeline_compare(const struct lifeline *a, const struct lifeline *b)
{
        return a->n != b->n || (a->n > 0 && memcmp(a->items, b->items, a->n * sizeof(*a->items)) != 0);
}
