/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/beside.h"

#include <errno.h>
#include <string.h>

#include "act/sysfile.h"
#include "util/cleanup.h"
#include "util/str.h"

static const char *name_of(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

bool file_is(const char *path, const char *name)
{
        return streq(name_of(path), name);
}

char *beside(const char *path, const char *name)
{
        return str_printf("%.*s%s", (int) (name_of(path) - path), path, name);
}

int beside_number(const char *path, const char *name, double *ret)
{
        static const struct sysfile_form form = { .form = TRIMTAB_FORM_PLAIN, .type = TRIMTAB_NUMBER };
        _cleanup_free_ char *other = beside(path, name), *raw = NULL;
        struct trimtab_value v;
        int r;

        if (!other)
                return -ENOMEM;

        r = sysfile_read(other, &form, &raw);
        if (r >= 0)
                r = sysfile_decode(&form, raw, &v);
        if (r >= 0)
                *ret = v.number;
        return r;
}
