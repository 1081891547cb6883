/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

struct builder {
        struct frame *f;
        const char *text; /* all of it, for complaints */
        size_t next;      /* where the type of what follows stands: two bytes of Ethernet's, then one */
        size_t header;    /* the last one */
        size_t ip, fragment; /* what from= and first are about */
        unsigned family;  /* 0: no IP yet */
        bool said;        /* length= */
        bool finished;    /* the lengths stand */
};

static void give_up(const struct builder *b, const char *word)
{
        (void) fprintf(stderr, "no frame: '%s' in '%s'\n", word, b->text);
        abort();
}

static uint8_t *append(struct builder *b, size_t n)
{
        uint8_t *at = b->f->at + b->f->n;

        if (b->f->n + n > FRAME_MAX)
                give_up(b, "too long");
        b->f->n += n;
        return memset(at, 0, n);
}

static void put16(struct builder *b, size_t at, unsigned value)
{
        b->f->at[at] = (uint8_t) (value >> 8);
        b->f->at[at + 1] = (uint8_t) value;
}

static void finish(struct builder *b)
{
        if (b->family != 0 && !b->said && !b->finished)
                put16(b, b->family == 4 ? b->ip + 2 : b->ip + 4, (unsigned) (b->f->n - b->ip - (b->family == 4 ? 0 : 40)));
        b->finished = true;
}

/* --- headers --- */

static void add_tag(struct builder *b, unsigned type)
{
        put16(b, b->next, type);
        (void) append(b, 4);
        b->next = b->f->n - 2;
        put16(b, b->next - 2, 5);
}

static void put_address(struct builder *b, bool to, const char *text)
{
        size_t at = b->ip + (b->family == 4 ? (to ? 16 : 12) : (to ? 24 : 8));

        if (inet_pton(b->family == 4 ? AF_INET : AF_INET6, text, b->f->at + at) != 1)
                give_up(b, text);
}

static void add_ipv4(struct builder *b)
{
        uint8_t *at;

        put16(b, b->next, 0x0800);
        b->ip = b->header = b->fragment = b->f->n;
        at = append(b, 20);
        at[0] = 0x45;
        at[8] = 64;
        b->next = b->ip + 9;
        b->family = 4;
        put_address(b, false, "192.0.2.1");
        put_address(b, true, "198.51.100.1");
}

static void add_ipv6(struct builder *b)
{
        uint8_t *at;

        put16(b, b->next, 0x86dd);
        b->ip = b->header = b->f->n;
        at = append(b, 40);
        at[0] = 0x60;
        at[6] = 59; /* nothing follows */
        at[7] = 64;
        b->next = b->ip + 6;
        b->family = 6;
        put_address(b, false, "2001:db8::1");
        put_address(b, true, "2001:db8:1::1");
}

static void add_inner(struct builder *b, unsigned protocol, size_t n)
{
        b->f->at[b->next] = (uint8_t) protocol;
        b->header = b->f->n;
        (void) append(b, n);
}

static void add_extension(struct builder *b, unsigned protocol, size_t n, unsigned length)
{
        add_inner(b, protocol, n);
        b->f->at[b->header] = 59;
        b->f->at[b->header + 1] = (uint8_t) length;
        b->next = b->header;
        if (protocol == 44)
                b->fragment = b->header;
}

static void add_options(struct builder *b, unsigned words)
{
        memset(append(b, words * 4), 1, words * 4);
        b->f->at[b->ip] = (uint8_t) (0x45 + words);
}

static const struct {
        const char *name;
        unsigned protocol;
        size_t size;
} transports[] = {
        { "tcp", 6, 20 },  { "udp", 17, 8 },      { "sctp", 132, 12 }, { "dccp", 33, 12 },
        { "udplite", 136, 8 }, { "icmp", 1, 8 }, { "icmpv6", 58, 8 },
};

static const struct {
        const char *name;
        unsigned protocol;
        unsigned length, unit, more; /* the length as it is unless said otherwise; how many bytes it stands for: (length + more) * unit */
} extensions[] = {
        { "hop-by-hop", 0, 0, 8, 1 },  { "routing", 43, 2, 8, 1 },        { "destination", 60, 0, 8, 1 },
        { "mobility", 135, 1, 8, 1 },  { "authentication", 51, 4, 4, 2 }, { "fragment", 44, 0, 0, 0 },
};

static bool add_header(struct builder *b, const char *word, const char *value)
{
        for (size_t i = 0; i < N(transports); i++)
                if (strcmp(word, transports[i].name) == 0) {
                        add_inner(b, transports[i].protocol, transports[i].size);
                        if (transports[i].protocol == 6)
                                b->f->at[b->header + 12] = 0x50;
                        return true;
                }
        for (size_t i = 0; i < N(extensions); i++)
                if (strcmp(word, extensions[i].name) == 0) {
                        unsigned length = value ? (unsigned) atoi(value) : extensions[i].length;
                        size_t size = (length + extensions[i].more) * extensions[i].unit;

                        add_extension(b, extensions[i].protocol, size > 8 ? size : 8, length);
                        return true;
                }
        return false;
}

/* --- what is in them --- */

static bool add_flag(struct builder *b, const char *word)
{
        static const char *const names[] = { "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr" };

        for (size_t i = 0; i < N(names); i++)
                if (strcmp(word, names[i]) == 0) {
                        b->f->at[b->header + 13] |= (uint8_t) (1u << i);
                        return true;
                }
        return false;
}

static void put_piece(struct builder *b, const char *word, unsigned number)
{
        size_t at = b->family == 4 ? b->ip + 6 : b->fragment + 2;
        unsigned now = (unsigned) b->f->at[at] << 8 | b->f->at[at + 1];

        if (strcmp(word, "later") == 0)
                now |= b->family == 4 ? number : number << 3;
        else
                now |= b->family == 4 ? 0x2000 : 1;
        put16(b, at, now);
}

static bool put(struct builder *b, const char *word, const char *value)
{
        unsigned number = value ? (unsigned) strtoul(value, NULL, 0) : 0;
        uint8_t *ip = b->f->at + b->ip, *header = b->f->at + b->header;

        if (strcmp(word, "first") == 0 || strcmp(word, "more") == 0 || (strcmp(word, "later") == 0 && value))
                put_piece(b, word, number);
        else if (!value)
                return false;
        else if (strcmp(word, "from") == 0 || strcmp(word, "to") == 0)
                put_address(b, word[0] == 't', value);
        else if (strcmp(word, "hop") == 0)
                ip[b->family == 4 ? 8 : 7] = (uint8_t) number;
        else if (strcmp(word, "version") == 0)
                ip[0] = (uint8_t) ((ip[0] & 0xf) | number << 4);
        else if (strcmp(word, "ihl") == 0)
                ip[0] = (uint8_t) ((ip[0] & 0xf0) | number);
        else if (strcmp(word, "length") == 0) {
                put16(b, b->family == 4 ? b->ip + 2 : b->ip + 4, number);
                b->said = true;
        } else if (strcmp(word, "options") == 0)
                add_options(b, number);
        else if (strcmp(word, "sport") == 0)
                put16(b, b->header, number);
        else if (strcmp(word, "port") == 0)
                put16(b, b->header + 2, number);
        else if (strcmp(word, "kind") == 0)
                header[0] = (uint8_t) number;
        else
                return false;
        return true;
}

static void take(struct builder *b, const char *word, const char *value)
{
        unsigned number = value ? (unsigned) strtoul(value, NULL, 0) : 0;

        if (strcmp(word, "tag") == 0 && value)
                add_tag(b, (unsigned) strtoul(value, NULL, 16));
        else if (strcmp(word, "type") == 0 && value)
                put16(b, b->next, (unsigned) strtoul(value, NULL, 16));
        else if (strcmp(word, "4") == 0)
                add_ipv4(b);
        else if (strcmp(word, "6") == 0)
                add_ipv6(b);
        else if (strcmp(word, "protocol") == 0 && value)
                b->f->at[b->next] = (uint8_t) number;
        else if (strcmp(word, "data") == 0)
                (void) append(b, number);
        else if (strcmp(word, "pad") == 0) {
                finish(b);
                (void) append(b, number);
        } else if (strcmp(word, "cut") == 0) {
                finish(b);
                b->f->n = number < b->f->n ? number : b->f->n;
        } else if (!add_header(b, word, value) && !add_flag(b, word) && !put(b, word, value))
                give_up(b, word);
}

void frame_build(const char *text, struct frame *ret)
{
        struct builder b = { .f = ret, .text = text, .next = 12 };
        char *copy = strdup(text), *save = NULL;

        ret->n = 0;
        if (!copy)
                give_up(&b, "no memory");
        memcpy(append(&b, 14), "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01", 12);
        for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
                char *equals = strchr(word, '=');

                if (equals)
                        *equals = '\0';
                take(&b, word, equals ? equals + 1 : NULL);
        }
        finish(&b);
        free(copy);
}
