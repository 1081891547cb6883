/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/call.h"

#include <errno.h>

#include "act/sysfile.h"

static struct sysfile_form form_of(const struct knob *knob)
{
        return (struct sysfile_form) { .form = TRIMTAB_FORM_PLAIN, .type = knob->type };
}

/* What a plugin has filled in ends somewhere. */
static void end_text(struct trimtab_value *v)
{
        v->text[sizeof(v->text) - 1] = '\0';
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
        end_text(&value);
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
                end_text(&exact);
                value = exact;
        }
        return knob->apply(knob->self, object.key, &value);
}
