/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_UNIT_STATE_H
#define TRIMTAB_UNIT_STATE_H

#include "act/unit.h"

/* Inside the client: the answer to GetAll, read into a unit_state. Its strings are the message's, but the texts. */
int unit_state_read(sd_bus_message *m, struct unit_state *s);
void unit_state_clear(struct unit_state *s);

#endif
