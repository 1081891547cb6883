/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `trimtab plugins inspect FILE`: what the daemon would say of a file, before any of its code runs. */
#include "plugin/inspect.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"

static const struct column columns[] = {
        { "file", "file" },         { "plugin", "name" },
        { "ABI", "abi" },           { "descriptor size", "symbol_size" },
        { "loadable", "loadable" }, { "reason", "reason" },
};
static const struct look look = { columns, ELEMENTSOF(columns), NULL, NULL };

/* 0: loadable. */
static int inspect(const char *path, struct inspection *ret)
{
        _cleanup_close_ int fd = -1;

        fd = inspect_open(path, geteuid(), ret);
        if (fd < 0)
                return fd;
        return inspect_fd(fd, ret);
}

int run_inspect(const struct invocation *in, const char *path)
{
        _cleanup_(rows_clear) struct rows rows = { 0 };
        struct inspection found = { 0 };
        int r, shown;

        r = inspect(path, &found);
        if (r < 0 && !found.reason[0]) {
                complain("%s: %s", path, strerror(-r));
                return EXIT_FAILED;
        }

        rows_begin(&rows);
        rows_string(&rows, "file", path);
        rows_bool(&rows, "loadable", r >= 0);
        if (found.name[0])
                rows_string(&rows, "name", found.name);
        if (found.abi > 0)
                rows_uint(&rows, "abi", found.abi);
        if (found.symbol_size > 0)
                rows_uint(&rows, "symbol_size", found.symbol_size);
        if (r < 0)
                rows_string(&rows, "reason", found.reason);

        shown = show_row(in, &rows, &look);
        return r < 0 ? EXIT_FAILED : shown;
}
