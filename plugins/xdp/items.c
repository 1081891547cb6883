/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "items.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int item_check_prefix(const char *item, char *why, uint32_t size)
{
        struct prefix p;

        return parse_prefix(item, &p, why, size);
}

int item_check_range(const char *item, char *why, uint32_t size)
{
        struct range r;

        return parse_range(item, &r, why, size);
}

int item_check_protocol(const char *item, char *why, uint32_t size)
{
        uint8_t protocol;

        return parse_protocol(item, &protocol, why, size);
}

int item_check_interface(const char *item, char *why, uint32_t size)
{
        const char *glob;

        return parse_interface(item, &glob, why, size);
}

int items_read_prefixes(const struct trimtab_items *items, struct prefix **ret, size_t *ret_n)
{
        if (items->n == 0)
                return 0;
        *ret = calloc(items->n, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        for (uint32_t i = 0; i < items->n; i++) {
                int r = parse_prefix(items->texts[i], &(*ret)[i], NULL, 0);

                if (r < 0)
                        return r;
        }
        *ret_n = items->n;
        return 0;
}

int items_read_ranges(const struct trimtab_items *items, struct range **ret, size_t *ret_n)
{
        if (items->n == 0)
                return 0;
        *ret = calloc(items->n, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        for (uint32_t i = 0; i < items->n; i++) {
                int r = parse_range(items->texts[i], &(*ret)[i], NULL, 0);

                if (r < 0)
                        return r;
        }
        *ret_n = items->n;
        return 0;
}

int items_read_protocols(const struct trimtab_items *items, uint8_t **ret, size_t *ret_n)
{
        *ret = calloc(items->n + 1, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        for (uint32_t i = 0; i < items->n; i++) {
                int r = parse_protocol(items->texts[i], &(*ret)[i], NULL, 0);

                if (r < 0)
                        return r;
                (*ret_n)++;
        }
        return 0;
}

int items_read_interfaces(const struct trimtab_items *items, char ***ret, size_t *ret_n)
{
        *ret = calloc(items->n + 1, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        for (uint32_t i = 0; i < items->n; i++) {
                const char *glob;
                int r = parse_interface(items->texts[i], &glob, NULL, 0);

                if (r < 0)
                        return r;
                (*ret)[i] = strdup(glob);
                if (!(*ret)[i])
                        return -ENOMEM;
                (*ret_n)++;
        }
        return 0;
}
