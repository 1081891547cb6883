/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "softnet.h"

#include <stdio.h>

void softnet_emit(const struct trimtab_host *h, uint32_t dropped, uint32_t squeezed)
{
        FILE *f = fopen("/proc/net/softnet_stat", "re");
        unsigned n[13];
        char line[256];

        if (!f)
                return;
        /* Since 5.10 the thirteenth number says which CPU: those that are off have no line. */
        while (fgets(line, sizeof(line), f))
                if (sscanf(line, "%x %x %x %x %x %x %x %x %x %x %x %x %x", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6],
                           &n[7], &n[8], &n[9], &n[10], &n[11], &n[12]) == 13) {
                        (void) h->emit(h, dropped, n[12], n[1]);
                        (void) h->emit(h, squeezed, n[12], n[2]);
                }
        (void) fclose(f);
}
