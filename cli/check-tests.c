/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `trimtab check --test`: do rules decide what their tests say? See trimtab-rule-tests(5). */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "diag-rows.h"
#include "json.h"
#include "offline.h"
#include "rule-files.h"
#include "ruletest/trial.h"
#include "show.h"
#include "terminal.h"
#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

/* A day and more at one a second: what a rule does shows in minutes. */
enum { TICKS_MAX = 100000 };

DEFINE_CLEANUP(struct trial *, trial_free);

struct testing {
        struct trial_world world;
        char **files;
        size_t n_files;
        struct diag all;  /* what was wrong, each thing once: tests share rules and defaults */
        struct rows rows; /* for --json */
        size_t n_passed, n_failed;
};

static void testing_clear(struct testing *t)
{
        for (size_t i = 0; i < t->n_files; i++)
                free(t->files[i]);
        free(t->files);
        diag_clear(&t->all);
        rows_clear(&t->rows);
}

/* --- which files --- */

/* Takes over path. */
static int add_file(struct testing *t, char *path)
{
        _cleanup_free_ char *owned = path;

        if (!owned || array_reserve(&t->files, t->n_files, sizeof(*t->files)) < 0)
                return -ENOMEM;
        t->files[t->n_files++] = TAKE(owned);
        return 0;
}

static int is_test(const struct dirent *d)
{
        return d->d_name[0] != '.' && endswith(d->d_name, ".test");
}

static int add_folder(struct testing *t, const char *path)
{
        struct dirent **entries;
        int n = scandir(path, &entries, is_test, alphasort), r = 0;

        if (n < 0) {
                r = -errno;
                complain("%s: %s", path, strerror(-r));
                return r;
        }
        for (int i = 0; i < n; i++) {
                if (r >= 0)
                        r = add_file(t, str_printf("%s/%s", path, entries[i]->d_name));
                free(entries[i]);
        }
        free(entries);
        /* Nothing tested must not look like everything passed. */
        if (r >= 0 && n == 0) {
                complain("%s: there is no *.test in this folder", path);
                return -ENOENT;
        }
        return r;
}

static int add_path(struct testing *t, const char *path)
{
        struct stat st;

        if (stat(path, &st) >= 0 && S_ISDIR(st.st_mode))
                return add_folder(t, path);
        return add_file(t, strdup(path));
}

/* --test A B and --test A --test B are the same: a shell makes many names of one pattern. */
static int find_files(struct testing *t, const struct invocation *in)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < in->n_tests; i++)
                r = add_path(t, in->tests[i]);
        for (int i = 0; r >= 0 && i < in->n_arguments; i++)
                r = add_path(t, in->arguments[i]);
        if (r == -ENOMEM)
                complain("%s", strerror(ENOMEM));
        return r;
}

/* --- one test --- */

/* What `rules` names, seen from the file of tests. */
static int load_rules(const char *file, const struct ini_entry *entry, struct ini *rules, struct diag *diag)
{
        _cleanup_free_ char **paths = calloc(entry->n_lines + 1, sizeof(*paths));
        const char *slash = strrchr(file, '/');
        int r = paths ? 0 : -ENOMEM;
        struct stat st;

        for (size_t i = 0; r >= 0 && i < entry->n_lines; i++) {
                const struct ini_line *line = &entry->lines[i];
                struct place place = line->place;

                paths[i] = slash && line->text[0] != '/'
                                   ? str_printf("%.*s/%s", (int) (slash - file), file, line->text)
                                   : strdup(line->text);
                place.width = (unsigned) strlen(line->text);
                if (!paths[i])
                        r = -ENOMEM;
                else if (stat(paths[i], &st) < 0)
                        diag_add(diag, SEVERITY_ERROR, &place, "%s: %s", paths[i], strerror(errno));
        }
        if (r >= 0 && diag->n_errors == 0)
                r = rule_files_load((const char *const *) paths, entry->n_lines, rules, diag);
        for (size_t i = 0; paths && i < entry->n_lines; i++)
                free(paths[i]);
        return r;
}

/* What is wrong, in diag: then it failed. */
static int run_test(struct testing *t, const char *file, const struct ini *ini,
                    const struct ini_section *section, struct diag *diag)
{
        const struct ini_entry *entry = trial_rules(ini, section, diag);
        _cleanup_(ini_clear) struct ini rules = { 0 };
        _cleanup_(trial_freep) struct trial *trial = NULL;
        int r;

        if (!entry)
                return 0;
        r = load_rules(file, entry, &rules, diag);
        if (r < 0 || diag->n_errors > 0)
                return r;
        r = trial_new(&t->world, ini, section, &rules, diag, &trial);
        if (r < 0 || !trial)
                return r;
        return trial_run(trial, diag);
}

static int add_row(struct testing *t, const char *file, const struct ini_section *section, bool passed,
                   const struct diag *diag)
{
        struct rows messages = { 0 };
        int r = diag_rows(diag, true, &messages);

        diag_add_new(&t->all, diag);
        rows_begin(&t->rows);
        rows_string(&t->rows, "file", file);
        rows_string(&t->rows, "test", section ? section->name : NULL);
        if (section)
                rows_uint(&t->rows, "line", section->place.line);
        rows_bool(&t->rows, "passed", passed);
        rows_rows(&t->rows, "messages", &messages);
        return r < 0 ? r : t->rows.error;
}

static int test_section(struct testing *t, const char *file, const struct ini *ini,
                        const struct ini_section *section)
{
        _cleanup_(diag_clear) struct diag diag = { 0 };
        bool whole = !section->broken;
        int r;

        r = run_test(t, file, ini, section, &diag);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ini->n_sections; i++)
                whole = whole && !(streq(ini->sections[i].kind, "defaults") && ini->sections[i].broken);
        whole = whole && diag.n_errors == 0;
        t->n_passed += whole;
        t->n_failed += !whole;
        return add_row(t, file, section, whole, &diag);
}

static int test_file(struct testing *t, const char *file)
{
        _cleanup_(diag_clear) struct diag diag = { 0 };
        _cleanup_(ini_clear) struct ini ini = { 0 };
        size_t n = 0, failed = t->n_failed;
        int r;

        r = ini_load_file(&ini, file, &diag);
        if (r == -ENOMEM)
                return r;
        if (r == -ENOENT)
                diag_add(&diag, SEVERITY_ERROR, &(struct place){ .path = file }, "%s", strerror(ENOENT));
        trials_check(&ini, &diag);
        for (size_t i = 0; i < ini.n_sections; i++)
                n += streq(ini.sections[i].kind, "test") && *ini.sections[i].name;
        if (n == 0 && diag.n_errors == 0)
                diag_add(&diag, SEVERITY_ERROR, &(struct place){ .path = file },
                         "there is no [test NAME] in this file");

        r = 0;
        for (size_t i = 0; r >= 0 && i < ini.n_sections; i++)
                if (streq(ini.sections[i].kind, "test") && *ini.sections[i].name)
                        r = test_section(t, file, &ini, &ini.sections[i]);
        if (r < 0 || diag.n == 0)
                return r;
        /* What is wrong with the file as a whole is no test's, but one that it broke is counted already. */
        t->n_failed += diag.n_errors > 0 && t->n_failed == failed;
        return add_row(t, file, NULL, diag.n_errors == 0, &diag);
}

int run_check_tests(const struct invocation *in)
{
        _cleanup_(offline_clear) struct offline offline = { 0 };
        _cleanup_(testing_clear) struct testing t = { 0 };
        int r;

        if (offline_load(&offline, in->plugin_dir) < 0 || find_files(&t, in) < 0)
                return EXIT_FAILED;

        t.world = (struct trial_world){ offline.catalogue, offline.objects, TICKS_MAX };
        r = 0;
        for (size_t i = 0; r >= 0 && i < t.n_files; i++)
                r = test_file(&t, t.files[i]);
        if (r < 0) {
                complain("cannot run the tests: %s", strerror(-r));
                return EXIT_FAILED;
        }

        if (in->json) {
                r = json_print(&t.rows, false);
        } else {
                diag_print(&t.all, stderr, terminal_coloured(stderr));
                printf("%zu passed, %zu failed\n", t.n_passed, t.n_failed);
        }
        if (show_done(r) != EXIT_OK)
                return EXIT_FAILED;
        return t.n_failed > 0 ? EXIT_FAILED : EXIT_OK;
}
