/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_RULETEST_SCRIPT_H
#define TRIMTAB_RULETEST_SCRIPT_H

#include "config/options.h"
#include "decide/engine.h"
#include "ruletest/course.h"
#include "ruletest/times.h"
#include "ruletest/trial.h"

/* What a test says, read. Inside of ruletest/. */

/* Of a setting or a feed: every object of that kind in `objects` that has none of its own. */
#define EVERY_OBJECT SIZE_MAX

struct script_object {
        uint32_t scope;
        char *name;
        bool listed;        /* in `objects`; else it is there because another one is */
        bool is_default;    /* of [defaults]: gives way */
        struct when *spans; /* [from, to): when it is there; always if there is none */
        size_t n_spans;
        bool here;     /* while the test runs: it is there … */
        struct oid id; /* … under that key */
};

/* How a knob stands by itself. */
struct script_setting {
        uint32_t knob;
        size_t object;
        struct trimtab_value value;
        bool is_default; /* of [defaults]: gives way */
};

/* What is measured. */
struct script_feed {
        uint32_t metric;
        size_t object;
        struct course course;
        bool is_default;
};

enum expectation_kind {
        EXPECT_SET,
        EXPECT_RESTORE,
        EXPECT_KEEP,
        EXPECT_ADVISE,
        EXPECT_WITHDRAW, /* of advice */
        EXPECT_VALUE,    /* the knob has that value */
        EXPECT_PHASE,    /* the rule is there */
        EXPECT_NOTHING,  /* no decision, of the rule or of any */
        EXPECT_NO_OTHER, /* none that no other line expects */
};

struct expectation {
        enum expectation_kind kind;
        struct place place; /* of all of it */
        struct when when;   /* both ends included */
        char *rule;         /* NULL: any */
        uint32_t knob;
        size_t object; /* EVERY_OBJECT: any (EXPECT_PHASE: all that the rule runs for) */
        bool has_value;
        struct trimtab_value value;
        enum phase phase;

        /* While the test runs: */
        bool met, failed;
        char *instead; /* how it was instead, when that can be told only then */
};

struct script {
        const struct trial_world *world;
        const struct ini *rules;
        struct objects *objects; /* all that ever are, to find names by */
        struct options options;  /* what a test can set of those: mode, tick_ns, protect */
        struct script_object *cast;
        size_t n_cast;
        struct script_setting *settings;
        size_t n_settings;
        struct script_feed *feeds;
        size_t n_feeds;
        struct expectation *expectations;
        size_t n_expectations;
        uint64_t end_ns; /* of the last tick, at the latest */
};

/* Reads the test over [defaults] (NULL: none). 0, with what is wrong in diag; -ENOMEM. */
int script_read(struct script *s, const struct ini_section *defaults, const struct ini_section *test,
                struct diag *diag);
void script_clear(struct script *s);

/* Keys (script-keys.c, script-cast.c, expect-parse.c): each reads one line; 0, -EINVAL after saying why in
 * diag, -ENOMEM. */
int script_read_object(struct script *s, struct reading *r, const struct ini_line *line, bool is_default);
int script_read_knob(struct script *s, struct reading *r, const struct ini_line *line, bool is_default);
int script_read_sample(struct script *s, struct reading *r, const struct ini_line *line, bool is_default);
int script_read_expectation(struct script *s, struct reading *r, const struct ini_line *line,
                            bool is_default);

/* Everything that is there because another object is: a cgroup's parents. Then all have their place in
 * s->objects, and knobs of devices are in the catalogue. -ENOMEM */
int script_complete_cast(struct script *s);

/*
 * The object that a selector names (t: its token; NULL: none was written, *ret is EVERY_OBJECT), of a knob or
 * metric of that scope. -EINVAL after saying why in diag, -ENOMEM.
 */
int script_find_object(struct script *s, struct reading *r, const struct selector *selector,
                       const struct token *t, uint32_t scope, size_t *ret);

/* "cgroup:/a", of a number in the cast. New string or NULL. */
char *script_object_name(const struct script *s, size_t object);

/* Frees nothing but what is inside. */
void expectation_clear(struct expectation *e);

#endif
