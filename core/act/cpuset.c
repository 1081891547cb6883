/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/cpuset.h"

#include "act/beside.h"
#include "util/str.h"

bool cpuset_stand_in(struct order *o)
{
        _cleanup_free_ char *path = NULL, *all = NULL;

        if (!file_is(o->target.path, "cpuset.cpus") || !o->want || *o->want)
                return false;

        path = beside(o->target.path, "../cpuset.cpus.effective");
        if (!path || sysfile_read(path, &o->target.form, &all) < 0 || !*all)
                return false;

        order_say(
                o,
                "the kernel does not empty the set of a cgroup with tasks: it has all CPUs of its parent, %s",
                all);
        free(o->want);
        o->want = TAKE(all);
        return true;
}
