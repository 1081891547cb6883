/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* From 6.5 on, sendfile() and splice() into a socket send as everybody does. */
static bool before_6_5(void)
{
        struct utsname u;
        int major = 0, minor = 0;

        (void) uname(&u);
        (void) sscanf(u.release, "%d.%d", &major, &minor);
        return major < 6 || (major == 6 && minor < 5);
}

static bool got_through(const struct technique *t, const struct attempted *a)
{
        return (a->seen & t->shows) == t->shows;
}

static bool leaked(const struct technique *t, const struct attempted *a)
{
        return a->seen & (t->leaks ? t->leaks : ~0u);
}

static bool is_hole(const struct matrix *m, const struct technique *t)
{
        for (uint32_t i = 0; i < m->n_holes; i++)
                if (fnmatch(m->holes[i], t->name, 0) == 0)
                        return true;
        return false;
}

static char expected(const struct matrix *m, const struct column *c, const struct technique *t)
{
        const char *letters = t->older && before_6_5() ? t->older : t->expected;

        if (c->way < 0)
                return is_hole(m, t) ? 'L' : 'B';
        return (size_t) c->way < strlen(letters) ? letters[c->way] : '.';
}

static const char *outcome(const struct attempted *a)
{
        return a->error ? strerrorname_np(a->error) ?: "?" : "done";
}

static void print_control(const struct technique *t, const struct attempted *a)
{
        if (got_through(t, a))
                (void) printf("%-28s arrived ", t->name);
        else
                (void) printf("%-28s %s: %s, seen %#x\n", t->name, t->optional ? "cannot be had here" : "DOES NOT GET THROUGH",
                              outcome(a), a->seen);
}

/* Whether it is as it should be. */
static bool print_cell(const struct matrix *m, const struct column *c, uint32_t i)
{
        const struct technique *t = m->ground->techniques[i];
        const struct attempted *a = &c->results[i];
        char is = leaked(t, a) ? 'L' : 'B', should = expected(m, c, t), text[24];

        (void) snprintf(text, sizeof(text), "%c%c %s", is, is == should || should == '.' ? ' ' : '!', outcome(a));
        (void) printf(" %-16s", a->tried ? text : "");
        return !a->tried || is == should || should == '.';
}

static uint32_t print_row(const struct matrix *m, uint32_t i)
{
        const struct technique *t = m->ground->techniques[i];
        const struct attempted *control = &m->control.results[i];
        uint32_t wrong = 0;

        print_control(t, control);
        if (!got_through(t, control))
                return !t->optional;
        for (uint32_t c = 0; c < m->n; c++)
                wrong += !print_cell(m, &m->columns[c], i);
        (void) printf("\n");
        return wrong;
}

uint32_t report_print(const struct matrix *m)
{
        uint32_t wrong = 0;

        (void) printf("%-28s %-8s", "", "control");
        for (uint32_t c = 0; c < m->n; c++)
                (void) printf(" %-16.16s", m->columns[c].name);
        (void) printf("\n");
        for (uint32_t i = 0; i < m->ground->n; i++)
                wrong += print_row(m, i);
        (void) printf("B blocked, L leaks, ! is not what was expected; then what the attempt itself was told\n");
        return wrong;
}

static json_t *cell(const struct technique *t, const struct attempted *a)
{
        return json_pack("{s:b, s:b, s:s, s:i}", "tried", a->tried, "arrived", leaked(t, a), "told", outcome(a), "seen", (int) a->seen);
}

int report_write(const struct matrix *m, const char *path)
{
        json_t *rows = json_array();
        int r;

        for (uint32_t i = 0; i < m->ground->n; i++) {
                const struct technique *t = m->ground->techniques[i];
                json_t *row = json_pack("{s:s, s:s, s:b, s:o}", "technique", t->name, "what", t->what, "had",
                                        got_through(t, &m->control.results[i]), "control", cell(t, &m->control.results[i]));

                for (uint32_t c = 0; c < m->n; c++)
                        (void) json_object_set_new(row, m->columns[c].name, cell(t, &m->columns[c].results[i]));
                (void) json_array_append_new(rows, row);
        }
        r = json_dump_file(rows, path, JSON_INDENT(1)) < 0 ? -EIO : 0;
        json_decref(rows);
        return r;
}
