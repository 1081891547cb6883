/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "item.h"

#include <errno.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>

#include "guard.h"

#define ITEM_MAX 320

static bool is_number(const char *text, size_t n)
{
        return n > 0 && strspn(text, "0123456789") >= n;
}

/* Where the address, and the length behind it, end. */
static size_t address_length(const char *text)
{
        size_t n = strcspn(text, "/:"), m;

        /* IPv6 without brackets: a colon in it is part of it. */
        if (text[n] == ':' && strchr(text + n + 1, ':') && strspn(text, "0123456789abcdefABCDEF:.") > n + 1)
                n = strcspn(text, "/");
        if (text[n] != '/')
                return n;
        m = strcspn(text + n + 1, "/:");
        return is_number(text + n + 1, m) ? n + 1 + m : n;
}

/* Cuts the address out of the item, brackets taken off; what is behind it. NULL: a bracket is missing. */
static const char *take_address(const char *text, char *ret, size_t size)
{
        const char *close;
        size_t n, m = 0;

        if (text[0] != '[') {
                n = address_length(text);
                (void) snprintf(ret, size, "%.*s", (int) n, text);
                return text + n;
        }
        close = strchr(text, ']');
        if (!close)
                return NULL;
        if (close[1] == '/') {
                m = strcspn(close + 2, "/:");
                m = is_number(close + 2, m) ? m + 1 : 0;
        }
        (void) snprintf(ret, size, "%.*s%.*s", (int) (close - text - 1), text + 1, (int) m, close + 1);
        return close + 1 + m;
}

static int parse_protocol_of(const char *text, uint8_t *ret, char *why, uint32_t size)
{
        if (strcmp(text, "raw") == 0)
                *ret = GUARD_PROTOCOL_RAW;
        else if (strcmp(text, "packet") == 0)
                *ret = GUARD_PROTOCOL_PACKET;
        else if (parse_protocol(text, ret, NULL, 0) < 0 || *ret >= GUARD_PROTOCOL_PACKET || *ret == GUARD_PROTOCOL_ANY)
                return refuse(why, size, "expected a protocol behind the last /: tcp, udp, icmp, icmpv6, sctp, dccp, udplite, a number, "
                                         "or raw or packet");
        return 0;
}

/* ":443-444/tcp", or less of it. */
static int parse_rest(const char *rest, struct item *item, char *why, uint32_t size)
{
        const char *slash = strchrnul(rest, '/');
        char ports[16];
        int r = 0;

        item->ports = (struct range){ 0, 65535 };
        if (rest[0] != ':' && rest[0] != '/' && rest[0] != '\0')
                return refuse(why, size, "expected :PORT or /PROTOCOL behind the address, not '%s'", rest);
        if (*slash)
                r = parse_protocol_of(slash + 1, &item->protocol, why, size);
        if (r < 0 || rest[0] != ':')
                return r;
        (void) snprintf(ports, sizeof(ports), "%.*s", (int) (slash - rest - 1), rest + 1);
        r = parse_range(ports, &item->ports, why, size);
        if (r >= 0 && item->protocol != GUARD_PROTOCOL_ANY && !protocol_has_ports(item->protocol))
                return refuse(why, size, "'%s' has no ports", slash + 1);
        return r;
}

static int parse_name(const char *text, struct item *item, char *why, uint32_t size)
{
        size_t n = strcspn(text, ":/");

        if (n == 0 || n > UINT8_MAX)
                return refuse(why, size, "expected a host's name behind name:");
        if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") < n)
                return refuse(why, size, "'%.*s' is no name of a host", (int) n, text);
        item->host = text;
        item->host_length = (uint8_t) n;
        return parse_rest(text + n, item, why, size);
}

int parse_item(const char *text, struct item *ret, char *why, uint32_t size)
{
        struct item item = {};
        char address[ITEM_MAX];
        const char *rest;
        int r;

        if (strlen(text) >= ITEM_MAX)
                return refuse(why, size, "expected at most %d bytes", ITEM_MAX - 1);
        if (strncmp(text, "name:", 5) == 0) {
                r = parse_name(text + 5, &item, why, size);
        } else {
                rest = take_address(text, address, sizeof(address));
                if (!rest)
                        return refuse(why, size, "the [ has no ]");
                item.any = strcmp(address, "any") == 0;
                r = item.any ? 0 : parse_prefix(address, &item.prefix, why, size);
                if (r >= 0)
                        r = parse_rest(rest, &item, why, size);
        }
        if (r >= 0)
                *ret = item;
        return r;
}
