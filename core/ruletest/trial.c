/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ruletest/trial.h"

#include <errno.h>
#include <string.h>

#include "decide/names.h"
#include "ruletest/play.h"
#include "util/ownership.h"
#include "util/str.h"

struct trial {
        struct script script;
        struct play play;
        char *name;
};

DEFINE_CLEANUP(struct trial *, trial_free);

static const struct ini_section *defaults_of(const struct ini *ini)
{
        for (size_t i = 0; i < ini->n_sections; i++)
                if (streq(ini->sections[i].kind, "defaults") && *ini->sections[i].name == '\0')
                        return &ini->sections[i];
        return NULL;
}

void trials_check(const struct ini *ini, struct diag *diag)
{
        static const char *const kinds[] = { "test", "defaults" };

        for (size_t i = 0; i < ini->n_sections; i++) {
                const struct ini_section *s = &ini->sections[i];

                if (streq(s->kind, "test") && *s->name == '\0')
                        diag_add(diag, SEVERITY_ERROR, &s->place, "a test needs a name: [test NAME]");
                else if (streq(s->kind, "defaults") && *s->name)
                        diag_add(diag, SEVERITY_ERROR, &s->place, "expected [defaults], which has no name");
                else if (streq(s->kind, "rule") || streq(s->kind, "goal"))
                        diag_add(diag, SEVERITY_ERROR, &s->place,
                                 "rules stand in files of their own, which 'rules' names: this is a file of "
                                 "tests");
                else if (!streq(s->kind, "test") && !streq(s->kind, "defaults"))
                        (void) refuse_unknown(diag, &s->place, "kind of section", s->kind, kinds,
                                              ELEMENTSOF(kinds));
        }
}

const struct ini_entry *trial_rules(const struct ini *ini, const struct ini_section *test, struct diag *diag)
{
        const struct ini_section *defaults = defaults_of(ini);
        const struct ini_entry *e = ini_get(test, "rules");

        if (!e && defaults)
                e = ini_get(defaults, "rules");
        if (e && e->n_lines > 0)
                return e;
        diag_add(diag, SEVERITY_ERROR, &test->place, "test '%s' has no 'rules': which files are tested?",
                 test->name);
        return NULL;
}

/* Knobs of the devices that only this test has. */
static void retire_devices(struct catalogue *catalogue)
{
        struct objects *none = NULL;

        if (objects_new(&none) >= 0)
                (void) catalogue_follow(catalogue, none);
        objects_free(none);
}

struct trial *trial_free(struct trial *t)
{
        if (!t)
                return NULL;
        play_clear(&t->play);
        retire_devices(t->script.world->catalogue);
        script_clear(&t->script);
        free(t->name);
        free(t);
        return NULL;
}

/* Rules that are wrong are not tested: half of them are other rules. */
static int check_rules(const struct script *s, struct diag *diag)
{
        struct ruleset *set = NULL;
        int r;

        r = ruleset_parse(s->rules, s->world->catalogue, s->objects, diag, &set);
        ruleset_free(set);
        return r;
}

int trial_new(const struct trial_world *world, const struct ini *ini, const struct ini_section *test,
              const struct ini *rules, struct diag *diag, struct trial **ret)
{
        _cleanup_(trial_freep) struct trial *t = calloc(1, sizeof(*t));
        const struct ini_section *defaults = defaults_of(ini);
        unsigned errors = diag->n_errors;
        int r;

        *ret = NULL;
        if (!t)
                return -ENOMEM;
        t->script.world = world;
        t->script.rules = rules;
        t->name = strdup(test->name);
        r = t->name ? script_read(&t->script, defaults, test, diag) : -ENOMEM;
        if (r >= 0)
                r = check_rules(&t->script, diag);
        if (r < 0)
                return r;
        /* What was refused of a section has been said. */
        if (diag->n_errors == errors && !test->broken && !(defaults && defaults->broken))
                *ret = TAKE(t);
        return 0;
}

int trial_run(struct trial *t, struct diag *diag)
{
        int r;

        t->play.script = &t->script;
        r = play_run(&t->play);
        return r < 0 ? r : verdict_tell(&t->play, t->name, diag);
}
