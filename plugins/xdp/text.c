/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <string.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

int parse_flag(const char *text, uint8_t *ret, bool *ret_set, char *why, uint32_t size)
{
        /* In the order of their bits. */
        static const char *const names[] = { "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr" };

        *ret_set = *text != '!';
        text += !*ret_set;
        for (unsigned i = 0; i < N(names); i++)
                if (strcmp(text, names[i]) == 0) {
                        *ret = (uint8_t) (1u << i);
                        return 0;
                }
        return refuse(why, size, "expected fin, syn, rst, psh, ack, urg, ece or cwr, or one of them behind a ! for not set");
}

int parse_interface(const char *text, const char **ret_glob, char *why, uint32_t size)
{
        static const char scope[] = "iface:";

        if (strncmp(text, scope, strlen(scope)) != 0 || !text[strlen(scope)])
                return refuse(why, size, "expected interfaces, such as iface:eth0 or iface:en*");
        *ret_glob = text + strlen(scope);
        return 0;
}

/* FNV-1a. */
uint64_t name_key(const char *name)
{
        uint64_t h = 0xcbf29ce484222325ull;

        for (; *name; name++)
                h = (h ^ (uint8_t) *name) * 0x100000001b3ull;
        return h;
}
