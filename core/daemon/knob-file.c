/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "act/locate.h"
#include "daemon/state.h"
#include "util/cleanup.h"

int daemon_knob_takes_writes(void *userdata, const struct knob *knob, struct oid object)
{
        _cleanup_(target_clear) struct target t = {};
        struct daemon *d = userdata;
        const struct object *o = objects_get(d->objects, object);
        int r;

        if (!o)
                return -ENOENT;
        r = target_of(knob, o, &t);
        return r < 0 ? r : sysfile_takes_writes(t.path);
}
