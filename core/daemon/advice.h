/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ADVICE_H
#define TRIMTAB_ADVICE_H

#include <systemd/sd-bus.h>

#include "daemon/tell.h"

/*
 * Advice: what would be done is told, with the command by which a person could do it. Whose cgroup it is only
 * systemd can say, so telling may wait for its answer; nothing is written anywhere.
 */
struct advice {
        const struct teller *teller;
        sd_bus *bus; /* systemd's; NULL: it cannot be asked */
        struct asked *asked;
        unsigned n_asked;
};

/* before: the value now, or NULL when it cannot be read. What is told is copied. */
void advise(struct advice *a, const struct decision *d, const struct trimtab_value *before);

/* The bus came, or went (NULL): what was asked on the old one is told without the answer. */
void advice_set_bus(struct advice *a, sd_bus *bus);
void advice_clear(struct advice *a);

/*
 * "systemctl set-property --runtime nginx.service CPUWeight=150", or "echo 150 > FILE" where no unit is given
 * or systemd has no property for it. New string; NULL: there is no such command, or no memory.
 */
char *advice_command(const struct knob *knob, const struct object *object, const struct trimtab_value *value,
                     const char *unit);

#endif
