/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "devices.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PCI "/sys/bus/pci/devices"

static void read_device(struct device *ret, uint32_t n, const char *root, const char *address, uint32_t number)
{
        char path[PATH_MAX];
        struct dirent *e;
        DIR *d;

        (void) snprintf(path, sizeof(path), "%s" PCI "/%s/msi_irqs", root, address);
        d = opendir(path);
        while (d && (e = readdir(d))) {
                unsigned long irq = strtoul(e->d_name, NULL, 10);

                if (!isdigit((unsigned char) e->d_name[0]) || irq >= n)
                        continue;
                ret[irq].number = number;
                (void) snprintf(ret[irq].address, sizeof(ret[irq].address), "%.*s",
                                (int) sizeof(ret[irq].address) - 1, address);
        }
        if (d)
                (void) closedir(d);
}

void devices_read(struct device *ret, uint32_t n, const char *root)
{
        uint32_t number = n; /* those up to here are the interrupts' that have none */
        char path[PATH_MAX];
        struct dirent *e;
        DIR *d;

        for (uint32_t i = 0; i < n; i++)
                ret[i] = (struct device){ .number = i };
        (void) snprintf(path, sizeof(path), "%s" PCI, root);
        d = opendir(path);
        while (d && (e = readdir(d)))
                if (e->d_name[0] != '.')
                        read_device(ret, n, root, e->d_name, number++);
        if (d)
                (void) closedir(d);
}

bool device_has(const struct device *d, const char *root, uint32_t irq)
{
        char path[PATH_MAX];

        if (!d->address[0])
                return true;
        (void) snprintf(path, sizeof(path), "%s" PCI "/%s/msi_irqs/%u", root, d->address, irq);
        return access(path, F_OK) == 0;
}
