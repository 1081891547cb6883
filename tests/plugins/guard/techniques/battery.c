/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 *     techniques [--reference cgroup|lsm|both] [--guard NAME=COMMAND] [--hole PATTERN]... [--only PATTERN] [--json FILE] SPEAK
 *
 * Tries every way out there is, with nobody guarding and under guards, and has a receiver tell what arrived. Fails if something does not
 * get through that nobody guards, or if a guard does not block what it is good for.
 *
 * --only: of techniques, by name; @(one|another) is a pattern, too.
 * --reference: guards of the test's own, which refuse everything by one hook after the other; what to expect of each is in the tables.
 * --guard: `COMMAND on` puts it on (what is inherited is there before), `COMMAND off` takes it away; it has to block everything but what is named by --hole. In the
 * command's environment are
 *
 *     GUARD_CGROUP   what to refuse everything to, with all below it; from the root of the tree of cgroups
 *     GUARD_FREE     of whom not to refuse anything, likewise
 *     GUARD_PROGRAM  the program that phones home
 *     GUARD_ALLOWED  another one that may; nothing of that name is ever started, but what hides behind it is
 *     GUARD_PORTS    FIRST-LAST of all ports there are
 */

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempts.h"
#include "reference.h"
#include "report.h"

struct options {
        char *guard;
        const char *reference, *only, *json, *program;
};

static struct ground ground;
static pid_t owner;
static struct matrix matrix = { .ground = &ground, .control = { .name = "control" } };

static int usage(void)
{
        (void) fprintf(stderr, "usage: techniques [--reference cgroup|lsm|both] [--guard NAME=COMMAND] [--hole PATTERN]... "
                               "[--only PATTERN] [--json FILE] SPEAK\n");
        return 2;
}

static int parse(int argc, char **argv, struct options *o)
{
        static const struct option words[] = {
                { "reference", required_argument, NULL, 'r' }, { "guard", required_argument, NULL, 'g' },
                { "hole", required_argument, NULL, 'h' },      { "only", required_argument, NULL, 'o' },
                { "json", required_argument, NULL, 'j' },      {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "", words, NULL)) >= 0) {
                if (c == 'r')
                        o->reference = optarg;
                else if (c == 'g')
                        o->guard = optarg;
                else if (c == 'o')
                        o->only = optarg;
                else if (c == 'j')
                        o->json = optarg;
                else if (c == 'h' && matrix.n_holes < sizeof(matrix.holes) / sizeof(*matrix.holes))
                        matrix.holes[matrix.n_holes++] = optarg;
                else
                        return -EINVAL;
        }
        o->program = argv[optind];
        return argc - optind == 1 && (!o->guard || strchr(o->guard, '=')) ? 0 : -EINVAL;
}

/* A column of a run that came to its end: of any other one nothing is told. */
static int run_column(const char *name, int way, const struct attempts_guard *guard)
{
        struct column *c = &matrix.columns[matrix.n];
        int r;

        *c = (struct column){ .name = name, .way = way };
        r = attempts_run(&ground, (way < 0 ? REFERENCE_WAYS : (uint32_t) way) + 1, guard, c->results);
        if (r == 0)
                matrix.n++;
        return r;
}

/* One of the reference guard's ways. */
struct use {
        struct reference *reference;
        int way;
};

static int use_on(const void *of)
{
        const struct use *u = of;
        int r = reference_attach(u->reference, &reference_ways[u->way]);

        if (r < 0)
                (void) fprintf(stderr, "%s: %s\n", reference_ways[u->way].name, strerror(-r));
        return r;
}

/* Those for which there is a letter. */
static bool use_tries(const void *of, const struct technique *t)
{
        return strlen(t->expected) > (size_t) ((const struct use *) of)->way;
}

static int run_reference(bool lsm)
{
        struct use u = {};
        const struct attempts_guard guard = { .of = &u, .on = use_on, .tries = use_tries };
        int r = reference_open(&ground.groups, lsm, &u.reference);

        if (r < 0) {
                (void) fprintf(stderr, "%s programs cannot be loaded: %s\n", lsm ? "LSM" : "cgroup", strerror(-r));
                return r;
        }
        for (; r == 0 && u.way < REFERENCE_WAYS; u.way++) {
                if (reference_ways[u.way].lsm != lsm)
                        continue;
                r = run_column(reference_ways[u.way].name, u.way, &guard);
                reference_detach(u.reference);
        }
        reference_close(u.reference);
        return r;
}

static int run_command(const void *command, const char *word)
{
        char line[1024];
        int status;

        (void) snprintf(line, sizeof(line), "%s %s", (const char *) command, word);
        status = system(line);
        if (status != 0)
                (void) fprintf(stderr, "%s: status %d\n", line, status);
        return status == 0 ? 0 : -EIO;
}

static int command_on(const void *command)
{
        return run_command(command, "on");
}

static void tell(const char *name, const char *path)
{
        (void) setenv(name, path, 1);
}

static int run_guard(char *text)
{
        size_t root = strlen(ground.groups.root);
        char *command = strchr(text, '='), allowed[192], ports[32];
        int r;

        *command++ = '\0';
        (void) snprintf(allowed, sizeof(allowed), "%s-allowed", ground.program);
        (void) snprintf(ports, sizeof(ports), "%u-%u", attempts_port(0), attempts_port(REFERENCE_WAYS + 2) - 1);
        tell("GUARD_CGROUP", ground.groups.guarded + root);
        tell("GUARD_FREE", ground.groups.free + root);
        tell("GUARD_PROGRAM", ground.program);
        tell("GUARD_ALLOWED", allowed);
        tell("GUARD_PORTS", ports);
        /* What it is put on with is taken away again also where it has not come to that. */
        r = run_column(text, -1, &(struct attempts_guard){ .of = command, .on = command_on });
        return run_command(command, "off") < 0 ? -EIO : r;
}

static int run_all(const struct options *o)
{
        const char *reference = o->reference ?: "";
        bool both = strcmp(reference, "both") == 0;

        if (ground_make(&ground, o->program, o->only) < 0 || attempts_run(&ground, 0, NULL, matrix.control.results) < 0)
                return -EIO;
        if ((both || strcmp(reference, "lsm") == 0) && run_reference(true) < 0)
                return -EIO;
        if ((both || strcmp(reference, "cgroup") == 0) && run_reference(false) < 0)
                return -EIO;
        return o->guard ? run_guard(o->guard) : 0;
}

/* Ended from outside, for taking too long: nothing is left behind all the same. Whoever has inherited this just ends. */
static void leave(int number)
{
        if (getpid() == owner)
                ground_remove(&ground);
        _exit(128 + number);
}

int main(int argc, char **argv)
{
        struct column columns[REFERENCE_WAYS + 1];
        struct options o = {};
        uint32_t wrong;
        int r;

        if (parse(argc, argv, &o) < 0)
                return usage();
        if (geteuid() != 0) {
                (void) printf("skipped: networks and cgroups of one's own take root\n");
                return 77;
        }
        matrix.columns = columns;
        owner = getpid();
        (void) signal(SIGTERM, leave);
        (void) signal(SIGINT, leave);
        r = run_all(&o);
        ground_remove(&ground);
        wrong = report_print(&matrix);
        if (r == 0 && o.json)
                r = report_write(&matrix, o.json);
        if (wrong)
                (void) printf("%u are not as expected\n", wrong);
        return r < 0 || wrong;
}
