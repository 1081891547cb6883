/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "config/kernel-switch.h"
#include "daemon.h"
#include "util/log.h"
#include "util/cleanup.h"

DEFINE_CLEANUP(struct daemon *, daemon_free);

enum { EXIT_USAGE = 2 };

static void say_off(void)
{
        struct log log;

        log_init(&log, LOG_INFO);
        log_write(&log, LOG_NOTICE, "not started: the kernel's command line says trimtab=off");
}

static int run(const struct arguments *a)
{
        _cleanup_(daemon_freep) struct daemon *d = NULL;
        int r;

        if (a->restore)
                return daemon_restore(a);

        if (kernel_says_off()) {
                say_off();
                return 0;
        }

        r = daemon_new(a, &d);
        if (r < 0)
                return r;
        return daemon_run(d);
}

int main(int argc, char **argv)
{
        _cleanup_(arguments_clear) struct arguments a = {};
        int r;

        r = arguments_parse(argc, argv, &a);
        if (r < 0)
                return r == -EINVAL ? EXIT_USAGE : EXIT_FAILURE;
        if (r > 0)
                return EXIT_SUCCESS;

        return run(&a) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
