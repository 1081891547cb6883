/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/cpulist.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cpuset {
        uint64_t words[CPULIST_MAX / 64];
};

static bool has(const struct cpuset *set, unsigned cpu)
{
        return cpu < CPULIST_MAX && (set->words[cpu / 64] >> (cpu % 64) & 1) != 0;
}

static int parse_cpu(const char **s, unsigned *ret)
{
        unsigned cpu = 0;

        if (**s < '0' || **s > '9')
                return -EINVAL;

        for (; **s >= '0' && **s <= '9'; (*s)++) {
                cpu = cpu * 10 + (unsigned) (**s - '0');
                if (cpu >= CPULIST_MAX)
                        return -EINVAL;
        }

        *ret = cpu;
        return 0;
}

static int parse_range(const char **s, struct cpuset *set)
{
        unsigned first, last;
        int r;

        r = parse_cpu(s, &first);
        if (r < 0)
                return r;

        last = first;
        if (**s == '-') {
                (*s)++;
                r = parse_cpu(s, &last);
                if (r < 0)
                        return r;
                if (last < first)
                        return -EINVAL;
        }

        for (unsigned cpu = first; cpu <= last; cpu++)
                set->words[cpu / 64] |= UINT64_C(1) << (cpu % 64);
        return 0;
}

static int print(const struct cpuset *set, char *ret, size_t size)
{
        size_t at = 0;

        ret[0] = '\0';
        for (unsigned first = 0; first < CPULIST_MAX; first++) {
                unsigned last = first;
                int n;

                if (!has(set, first))
                        continue;
                while (has(set, last + 1))
                        last++;

                n = first == last ? snprintf(ret + at, size - at, "%s%u", at ? "," : "", first)
                                  : snprintf(ret + at, size - at, "%s%u-%u", at ? "," : "", first, last);
                if (n < 0 || (size_t) n >= size - at)
                        return -ENAMETOOLONG;
                at += (size_t) n;
                first = last;
        }
        return 0;
}

static int parse(const char *text, struct cpuset *ret)
{
        for (const char *s = text; *s != '\0';) {
                int r = parse_range(&s, ret);

                if (r < 0)
                        return r;
                if (*s == ',' && s[1] != '\0')
                        s++;
                else if (*s != '\0')
                        return -EINVAL;
        }
        return 0;
}

int cpulist_normalise(const char *text, char *ret, size_t size)
{
        struct cpuset set = { 0 };
        int r = parse(text, &set);

        return r < 0 ? r : print(&set, ret, size);
}

enum { MASK_BITS = 32, MASK_DIGITS = 8 };

/* The words of a mask are each printed whole but for the first one, which may be shorter. */
int cpulist_from_mask(const char *mask, char *ret, size_t size)
{
        struct cpuset set = { 0 };
        unsigned n_words = 1;

        for (const char *s = mask; *s != '\0'; s++)
                n_words += *s == ',';
        if (n_words > CPULIST_MAX / MASK_BITS)
                return -EINVAL;

        for (const char *s = mask; n_words-- > 0; s++) {
                char *end;
                size_t digits = strspn(s, "0123456789abcdefABCDEF");
                uint64_t word = strtoul(s, &end, 16);

                if (digits == 0 || digits > MASK_DIGITS || end != s + digits || *end != (n_words > 0 ? ',' : '\0'))
                        return -EINVAL;
                set.words[n_words / 2] |= word << (n_words % 2 * MASK_BITS);
                s = end;
        }
        return print(&set, ret, size);
}

int cpulist_to_mask(const char *text, char *ret, size_t size)
{
        struct cpuset set = { 0 };
        unsigned i = CPULIST_MAX / MASK_BITS;
        size_t at = 0;
        int r = parse(text, &set);

        if (r < 0)
                return r;
        while (i-- > 0) {
                uint32_t word = (uint32_t) (set.words[i / 2] >> (i % 2 * MASK_BITS));
                int n;

                if (at == 0 && word == 0 && i > 0)
                        continue;
                n = at == 0 ? snprintf(ret, size, "%x", word) : snprintf(ret + at, size - at, ",%08x", word);
                if (n < 0 || (size_t) n >= size - at)
                        return -ENAMETOOLONG;
                at += (size_t) n;
        }
        return 0;
}
