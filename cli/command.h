/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_COMMAND_H
#define TRIMTAB_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RULES_MAX = 16, TESTS_MAX = 64 };

/* What came in by argv. Strings are argv's. */
struct invocation {
        const char *runtime_dir; /* NULL: the system bus, else the usual place */
        const char *plugin_dir;  /* NULL: the usual place */
        bool json, all, follow, permanent;
        uint32_t lines;
        const char *rule, *object; /* globs; NULL: any */
        uint64_t since_usec;       /* CLOCK_REALTIME */
        uint64_t for_usec;         /* 0: without end */
        const char *output;            /* a file to write; NULL: none given */
        const char *metrics, *objects; /* globs of what is recorded besides; NULL: nothing */
        uint64_t max_size;             /* bytes; 0: no limit */
        const char *unit;              /* a glob; NULL: any */
        const char *config;            /* trimtab.conf of a daemon that does not run; NULL: the usual one */
        const char *recording;         /* a file to read; NULL: none given */
        const char *rules[RULES_MAX];  /* folders and files */
        size_t n_rules;
        const char *tests[TESTS_MAX]; /* likewise, by --test */
        size_t n_tests;
        unsigned speed; /* so many times as fast as it was; 0: as fast as it goes */
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
int run_check_tests(const struct invocation *in); /* with --test */
int run_reload(const struct invocation *in);
int run_confirm(const struct invocation *in);
int run_revert(const struct invocation *in);
int run_explain(const struct invocation *in);
int run_pause(const struct invocation *in);
int run_resume(const struct invocation *in);
int run_mode(const struct invocation *in);
int run_advise(const struct invocation *in);
int run_record(const struct invocation *in);
int run_simulate(const struct invocation *in);
int run_report(const struct invocation *in);
int run_do(const struct invocation *in);
int run_guard(const struct invocation *in);

/* `trimtab plugins inspect FILE` */
int run_inspect(const struct invocation *in, const char *path);

#endif
