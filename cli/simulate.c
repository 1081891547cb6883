/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `trimtab simulate`: what rules would have done over a recording, and why. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "decide/rule.h"
#include "format.h"
#include "history.h"
#include "prose.h"
#include "json.h"
#include "record/replay.h"
#include "rule-files.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* A decision of the daemon is the same as ours when it came within so many ticks: a tick that something
 * woke is another time. */
enum { SAME_WITHIN_TICKS = 2 };

struct simulation {
        const struct invocation *in;
        struct recording_reader *reader;
        struct replay *replay;
        struct recording_facts facts;
        struct history history;
        uint64_t first_ns, last_ns, n_frames, n_lost;
        size_t n_told; /* of the history's moves, printed as they came */
};

static void simulation_clear(struct simulation *s)
{
        replay_free(s->replay);
        recording_reader_free(s->reader);
        history_clear(&s->history);
}

/* The time of day at which it was, on the recorded machine. */
static uint64_t realtime_of(const struct simulation *s, uint64_t time_ns)
{
        return s->facts.realtime_usec + (uint64_t) ((int64_t) (time_ns - s->facts.monotonic_ns) / (int64_t) NSEC_PER_USEC);
}

static void on_decided(void *userdata, uint64_t time_ns, const struct decision *d, const struct trimtab_value *from,
                       const struct trimtab_value *to)
{
        struct simulation *s = userdata;

        history_add_simulated(&s->history, s->replay, time_ns, d, from, to);
}

static void on_recorded(void *userdata, uint64_t time_ns, const struct item *item)
{
        struct simulation *s = userdata;

        history_add_recorded(&s->history, s->replay, time_ns, item);
}

static int open_recording(struct simulation *s)
{
        _cleanup_close_ int fd = -1;
        int r;

        fd = open(s->in->recording, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                r = -errno;
        else
                r = recording_reader_new(fd, &s->reader);
        if (r == -EBADMSG)
                complain("%s: this is no recording, or its beginning is damaged", s->in->recording);
        else if (r == -EPROTONOSUPPORT)
                complain("%s: made by a later trimtab, in a form that this one does not know", s->in->recording);
        else if (r < 0)
                complain("%s: %s", s->in->recording, strerror(-r));
        if (r < 0)
                return r;

        (void) take_fd(&fd); /* read to the end of the command */
        header_facts(recording_header(s->reader), &s->facts);
        return 0;
}

static int bind_rules(struct simulation *s, struct ini *ini)
{
        const struct replay_events events = { on_decided, on_recorded, s };
        _cleanup_(diag_clear) struct diag diag = { 0 };
        int r;

        r = rule_files_load(s->in->rules, s->in->n_rules, ini, &diag);
        if (r >= 0)
                r = replay_new(s->reader, ini, &events, &diag, &s->replay);
        diag_print(&diag, stderr, terminal_coloured(stderr));
        if (r < 0) {
                complain("cannot read the rules: %s", strerror(-r));
                return r;
        }
        /* What half of the rules would have done is not the answer to the question. */
        return diag.n_errors > 0 ? -EINVAL : 0;
}

static void add_move(const struct simulation *s, const struct move *m, struct rows *rows)
{
        static const char *const verbs[] = { [VERB_SET] = "set", [VERB_RESTORE] = "restore", [VERB_KEEP] = "keep" };
        static const char *const who[] = {
                [SIMULATED] = "simulated", [RECORDED] = "recorded", [SIMULATED | RECORDED] = "both",
        };

        rows_begin(rows);
        rows_uint(rows, "time_usec", realtime_of(s, m->time_ns));
        rows_string(rows, "by", who[m->by]);
        rows_string(rows, "verb", verbs[m->verb]);
        rows_bool(rows, "advise", m->advise);
        rows_string(rows, "rule", m->rule);
        rows_string(rows, "object", m->object);
        rows_string(rows, "knob", m->knob);
        rows_string(rows, "from", m->from);
        rows_string(rows, "to", m->to);
        rows_string(rows, "reason", m->reason);
        if (m->by & RECORDED)
                rows_uint(rows, "decision", m->id);
        rows_string(rows, "outcome", m->outcome);
}

/* Someone watches: each as it comes. */
static void tell_new(struct simulation *s)
{
        for (; s->n_told < s->history.n; s->n_told++) {
                const struct move *m = &s->history.moves[s->n_told];
                _cleanup_(rows_clear) struct rows rows = { 0 };
                _cleanup_free_ char *time = NULL;

                if (!(m->by & SIMULATED))
                        continue;
                add_move(s, m, &rows);
                if (rows.error < 0)
                        continue;
                time = format_time(&rows.items[0], row_find(&rows.items[0], "time_usec"));
                printf("%s %s: %s %s %s -> %s, %s\n", time ?: "?", row_text(&rows.items[0], "rule"),
                       row_text(&rows.items[0], "object"), m->knob, m->from ?: "?", m->to ?: "?",
                       row_text(&rows.items[0], "reason"));
        }
        (void) fflush(stdout);
}

static void wait_until(const struct simulation *s, uint64_t time_ns, uint64_t started_ns)
{
        uint64_t at_ns = started_ns + (time_ns - s->first_ns) / s->in->speed;
        struct timespec ts = { .tv_sec = (time_t) (at_ns / NSEC_PER_SEC), .tv_nsec = (long) (at_ns % NSEC_PER_SEC) };

        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
                ;
}

static int run(struct simulation *s)
{
        uint64_t started_ns = monotonic_ns();
        struct frame frame;
        int r;

        while ((r = replay_next(s->replay, &frame)) > 0) {
                if (s->n_frames++ == 0)
                        s->first_ns = frame.time_ns;
                s->last_ns = frame.time_ns;
                s->n_lost += frame.lost;
                if (s->in->speed > 0)
                        wait_until(s, frame.time_ns, started_ns);
                r = replay_tick(s->replay);
                if (r < 0)
                        return r;
                if (s->in->speed > 0 && !s->in->json)
                        tell_new(s);
        }
        return r < 0 ? r : s->history.error;
}

/* --- what there is to say at the end --- */

/* Whether something about the rule could never be known. */
struct unknown {
        const char *rule;
        size_t n, n_unknown;
        const char *obstacle; /* why one of its objects cannot be acted on */
};

static int look_at(void *userdata, const struct instance_info *info)
{
        struct unknown *u = userdata;

        if (!streq(info->rule->name, u->rule) || info->object.key == UINT64_MAX)
                return 0;
        u->n++;
        u->n_unknown += info->when == TRUTH_UNKNOWN;
        u->obstacle = info->waits_for ?: u->obstacle;
        return 0;
}

/* Why a rule did nothing, where it can be told. New string or NULL. */
static char *remark_on(const struct simulation *s, const char *name)
{
        const struct rule *rule = ruleset_find(engine_rules(replay_engine(s->replay)), name);
        struct unknown u = { .rule = name };

        if (!rule)
                return strdup("not among these rules");
        (void) engine_foreach_instance(replay_engine(s->replay), look_at, &u);
        if (rule->waits_for)
                return str_printf("waits for %s", rule->waits_for);
        if (u.obstacle)
                return strdup(u.obstacle);
        if (rule->mode == MODE_OFF)
                return strdup("off");
        if (u.n == 0)
                return strdup("no such object at the end");
        return u.n_unknown == u.n ? strdup("no data at the end") : NULL;
}

static void add_tally(const struct simulation *s, const struct tally *t, struct rows *rows)
{
        _cleanup_free_ char *remark = remark_on(s, t->rule);
        struct rows held = { 0 };

        for (size_t i = 0; i < t->n_held; i++) {
                rows_begin(&held);
                rows_string(&held, "object", t->held[i]->object);
                rows_string(&held, "knob", t->held[i]->knob);
                rows_string(&held, "value", t->held[i]->to);
        }
        rows_begin(rows);
        rows_string(rows, "rule", t->rule);
        rows_uint(rows, "fired", t->n_fired);
        rows_uint(rows, "recorded", t->n_recorded);
        rows_number(rows, "active_s", (double) t->active_ns / 1e9);
        rows_uint(rows, "n_held", t->n_held);
        rows_rows(rows, "held", &held);
        rows_string(rows, "remark", remark);
}

static void add_about(const struct simulation *s, struct rows *rows)
{
        struct recording_damage damage = recording_damage(s->reader);

        rows_begin(rows);
        rows_string(rows, "recording", s->in->recording);
        rows_string(rows, "kernel", s->facts.kernel);
        rows_string(rows, "mode", s->facts.mode);
        rows_uint(rows, "start_usec", realtime_of(s, s->first_ns));
        rows_number(rows, "duration_s", (double) (s->last_ns - s->first_ns) / 1e9);
        rows_uint(rows, "ticks", s->n_frames);
        rows_uint(rows, "lost_ticks", s->n_lost);
        rows_uint(rows, "readings", replay_n_readings(s->replay));
        rows_uint(rows, "unused", replay_unused(s->replay));
        rows_uint(rows, "damaged_blocks", damage.n_blocks);
        rows_uint(rows, "damaged_parts", damage.n_parts);
        rows_uint(rows, "torn_bytes", damage.torn);
        rows_bool(rows, "open_loop", true);
}

static void tell_damage(const struct simulation *s)
{
        struct recording_damage d = recording_damage(s->reader);

        if (d.n_blocks > 0 || d.n_parts > 0)
                complain("%s: %llu damaged blocks (%llu bytes) and %llu damaged parts of others were passed over",
                         s->in->recording, (unsigned long long) d.n_blocks, (unsigned long long) d.n_bytes,
                         (unsigned long long) d.n_parts);
        if (d.torn > 0)
                complain("%s: the last %llu bytes were not written to their end: the recorder was killed?",
                         s->in->recording, (unsigned long long) d.torn);
        if (s->n_lost > 0)
                complain("%s: the readings of %llu ticks are missing: the recorder could not keep up", s->in->recording,
                         (unsigned long long) s->n_lost);
        if (replay_unused(s->replay) > 0)
                complain("%s: %llu readings and other parts name what was told in a block that is lost",
                         s->in->recording, (unsigned long long) replay_unused(s->replay));
}

static char *format_held(const struct row *row, const struct field *f)
{
        char *text = NULL;

        for (size_t i = 0; f && i < f->rows->n; i++) {
                const struct row *held = &f->rows->items[i];
                char *longer = str_printf("%s%s%s %s = %s", text ?: "", text ? ", " : "", row_text(held, "object"),
                                          row_text(held, "knob"), row_text(held, "value") ?: "?");

                free(text);
                text = longer;
        }
        return text;
}

static const struct column move_columns[] = {
        { "TIME", "time_usec", format_time }, { "BY", "by" },     { "RULE", "rule" },
        { "OBJECT", "object", NULL, COLUMN_CUT }, { "KNOB", "knob" }, { "FROM", "from", NULL, COLUMN_RIGHT },
        { "TO", "to", NULL, COLUMN_RIGHT },   { "REASON", "reason" }, { "OUTCOME", "outcome" },
};

static const char *move_colour(const struct row *row)
{
        const char *by = row_text(row, "by");

        if (!by || streq(by, "both"))
                return NULL;
        return streq(by, "recorded") ? "yellow" : "green";
}

static const struct column tally_columns[] = {
        { "RULE", "rule" },
        { "FIRED", "fired", NULL, COLUMN_RIGHT },
        { "RECORDED", "recorded", NULL, COLUMN_RIGHT },
        { "ACTIVE", "active_s", format_seconds, COLUMN_RIGHT },
        { "HELD AT THE END", "held", format_held, COLUMN_CUT },
        { "REMARK", "remark" },
};

static int print_tables(const struct simulation *s, const struct rows *moves, const struct rows *tallies)
{
        int r = 0;

        if (s->in->speed == 0 && moves->n > 0)
                r = table_print(moves, move_columns, ELEMENTSOF(move_columns), move_colour);
        if (s->in->speed == 0 ? moves->n > 0 : s->n_told > 0)
                printf("\n");
        if (r >= 0)
                r = table_print(tallies, tally_columns, ELEMENTSOF(tally_columns), NULL);
        printf("\n%llu ticks over %.0f s, recorded on Linux %s in mode %s. An open loop: what was measured would have reacted, and does "
               "not here.\n",
               (unsigned long long) s->n_frames, (double) (s->last_ns - s->first_ns) / 1e9, s->facts.kernel, s->facts.mode);
        return r;
}

static int report(struct simulation *s)
{
        _cleanup_(rows_clear) struct rows about = { 0 }, moves = { 0 }, rules = { 0 };
        _cleanup_(tallies_clear) struct tallies tallies = { 0 };
        int r;

        history_match(&s->history, SAME_WITHIN_TICKS * s->facts.tick_ns);
        r = tallies_make(&s->history, engine_rules(replay_engine(s->replay)), s->last_ns, &tallies);
        if (r < 0)
                return r;
        for (size_t i = 0; i < s->history.n; i++)
                add_move(s, &s->history.moves[i], &moves);
        for (size_t i = 0; i < tallies.n; i++)
                add_tally(s, &tallies.items[i], &rules);

        tell_damage(s);
        if (!s->in->json)
                return moves.error < 0 || rules.error < 0 ? -ENOMEM : print_tables(s, &moves, &rules);
        add_about(s, &about);
        rows_rows(&about, "decisions", &moves);
        rows_rows(&about, "rules", &rules);
        return about.error < 0 ? about.error : json_print(&about, true);
}

int run_simulate(const struct invocation *in)
{
        _cleanup_(simulation_clear) struct simulation s = { .in = in };
        _cleanup_(ini_clear) struct ini ini = { 0 };
        int r;

        if (!in->recording) {
                complain("simulate needs a recording: --recording FILE");
                return EXIT_USAGE;
        }
        if (open_recording(&s) < 0 || bind_rules(&s, &ini) < 0)
                return EXIT_FAILED;

        r = run(&s);
        if (r < 0) {
                complain("%s: %s", in->recording, strerror(-r));
                return EXIT_FAILED;
        }
        if (s.n_frames == 0) {
                complain("%s: there is no whole block in it, nothing to simulate", in->recording);
                return EXIT_FAILED;
        }
        return show_done(report(&s));
}
