/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/call.h"

#include <errno.h>

#include "act/sysfile.h"

static struct sysfile_form form_of(const struct knob *knob)
{
        return (struct sysfile_form) { .form = TRIMTAB_FORM_PLAIN, .type = knob->type };
}

int call_read(const struct knob *knob, struct oid object, char **ret_raw)
{
        struct trimtab_value value = { .size = sizeof(value), .type = knob->type };
        const struct sysfile_form form = form_of(knob);
        int r;

        if (!knob->read || !knob->self)
                return -ENODEV;
        r = knob->read(knob->self, object.key, &value);
        if (r < 0)
                return r;
        return sysfile_encode(&form, &value, NULL, ret_raw);
}

int call_write(const struct knob *knob, struct oid object, const char *raw)
{
        struct trimtab_value value = { .size = sizeof(value), .type = knob->type }, exact;
        const struct sysfile_form form = form_of(knob);
        int r;

        if (!knob->apply || !knob->self)
                return -ENODEV;
        r = sysfile_decode(&form, raw, &value);
        if (r < 0)
                return r;

        if (knob->check) {
                exact = value;
                r = knob->check(knob->self, object.key, &value, &exact);
                if (r < 0)
                        return r;
                value = exact;
        }
        return knob->apply(knob->self, object.key, &value);
}
