/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_COMMAND_H
#define TRIMTAB_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/* What came in by argv. Strings are argv's. */
struct invocation {
        const char *runtime_dir; /* NULL: the system bus, else the usual place */
        const char *plugin_dir;  /* NULL: the usual place */
        bool json, all;
        uint32_t lines;
        char **arguments; /* behind the command's name, NULL-terminated */
        int n_arguments;
};

/* Exit codes, also in trimtab(1). */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Each says on standard error what is wrong, and returns the exit code. */
int run_status(const struct invocation *in);
int run_plugins(const struct invocation *in);
int run_metrics(const struct invocation *in);
int run_knobs(const struct invocation *in);
int run_rules(const struct invocation *in);
int run_log(const struct invocation *in);
int run_check(const struct invocation *in);
int run_reload(const struct invocation *in);
int run_revert(const struct invocation *in);

/* `trimtab plugins inspect FILE` */
int run_inspect(const struct invocation *in, const char *path);

#endif
