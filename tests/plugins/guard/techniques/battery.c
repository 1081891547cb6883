/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 *     techniques [--reference cgroup|lsm|both] [--guard NAME=COMMAND] [--hole PATTERN]... [--only PATTERN] [--json FILE] SPEAK
 *
 * Tries every way out there is, with nobody guarding and under guards, and has a receiver tell what arrived. Fails if something does not
 * get through that nobody guards, or if a guard does not block what it is good for.
 *
 * --reference: guards of the test's own, which refuse everything by one hook after the other; what to expect of each is in the tables.
 * --guard: `COMMAND on` puts it on, `COMMAND off` takes it away; it has to block everything but what is named by --hole. In the
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempts.h"
#include "reference.h"
#include "report.h"

struct options {
        const char *reference, *guard, *only, *json, *program;
};

static struct ground ground;
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

/* Those for which there is a letter. Run 0 is the control, and after it come the ways. */
static bool has_letter(const struct technique *t, uint32_t run)
{
        return strlen(t->expected) >= run;
}

static struct column *add_column(const char *name, int way)
{
        struct column *c = &matrix.columns[matrix.n++];

        *c = (struct column){ .name = name, .way = way };
        return c;
}

static int run_reference(bool lsm)
{
        struct reference *r = NULL;
        int error = reference_open(&ground.groups, lsm, &r);

        if (error < 0) {
                (void) fprintf(stderr, "%s programs cannot be loaded: %s\n", lsm ? "LSM" : "cgroup", strerror(-error));
                return error;
        }
        for (int way = 0; error == 0 && way < REFERENCE_WAYS; way++) {
                if (reference_ways[way].lsm != lsm)
                        continue;
                error = reference_attach(r, &reference_ways[way]);
                if (error < 0)
                        (void) fprintf(stderr, "%s: %s\n", reference_ways[way].name, strerror(-error));
                else
                        error = attempts_run(&ground, (uint32_t) way + 1, has_letter, add_column(reference_ways[way].name, way)->results);
                reference_detach(r);
        }
        reference_close(r);
        return error;
}

static int run_command(const char *command, const char *word)
{
        char line[1024];
        int status;

        (void) snprintf(line, sizeof(line), "%s %s", command, word);
        status = system(line);
        if (status != 0)
                (void) fprintf(stderr, "%s: status %d\n", line, status);
        return status == 0 ? 0 : -EIO;
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
        if (run_command(command, "on") < 0)
                return -EIO;
        r = attempts_run(&ground, REFERENCE_WAYS + 1, NULL, add_column(text, -1)->results);
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
        return o->guard ? run_guard(strdupa(o->guard)) : 0;
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
        r = run_all(&o);
        ground_remove(&ground);
        wrong = report_print(&matrix);
        if (r == 0 && o.json)
                r = report_write(&matrix, o.json);
        if (wrong)
                (void) printf("%u are not as expected\n", wrong);
        return r < 0 || wrong;
}
