/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULETEST_TRIAL_H
#define TRIMTAB_RULETEST_TRIAL_H

#include <stddef.h>
#include <stdint.h>

#include "config/diag.h"
#include "config/ini.h"
#include "sense/catalogue.h"
#include "sense/objects.h"

/*
 * One [test NAME] of a file of rule tests, see trimtab-rule-tests(5): given these objects, knobs and samples,
 * the rules decide that. Rules are run as in the daemon, on a stage (record/stage.h), with made-up time; no
 * file is read here.
 */

struct trial;

/* What there is to be named: of plugins, by their descriptors. */
struct trial_world {
        struct catalogue *catalogue;  /* knobs of single devices come and go in it as a test has devices */
        const struct objects *scopes; /* only its scopes are looked at */
        size_t max_ticks;             /* a longer test is refused */
};

/* Says in diag what in the file is no test, and no [defaults]. */
void trials_check(const struct ini *ini, struct diag *diag);

/* Of the section, a test's, or of the file's [defaults]: the entry that names the files of rules, one a line.
 * NULL after saying in diag that there is none. */
const struct ini_entry *trial_rules(const struct ini *ini, const struct ini_section *test, struct diag *diag);

/*
 * Reads a test of ini, for these rules; both stay the caller's and there. What is wrong with it is in diag,
 * and *ret is NULL then. -ENOMEM
 */
int trial_new(const struct trial_world *world, const struct ini *ini, const struct ini_section *test,
              const struct ini *rules, struct diag *diag, struct trial **ret);
struct trial *trial_free(struct trial *t);

/* Runs it, once. What was not as expected is an error in diag, in the place of what was expected. -ENOMEM */
int trial_run(struct trial *t, struct diag *diag);

#endif
