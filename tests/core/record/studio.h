/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_STUDIO_H
#define TRIMTAB_TEST_STUDIO_H

/*
 * A daemon in miniature with made-up time: a catalogue, objects, a store and an engine, and a recorder that
 * listens, its stream written into a recording in memory as `trimtab record` does.
 *
 *   cgroups  /web (11), /db (12)
 *   metrics  test.wait (histogram ns), test.run (counter ns), test.load (gauge %)
 *   knobs    cpu.weight (1..10000), cpu.burn (an action)
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record/recorder.h"
#include "record/recording.h"
#include "samples.h"
#include "util/cleanup.h"
#include "util/str.h"

#define SEC UINT64_C(1000000000)

enum { WAIT, RUN, LOAD, N_METRICS };
enum { WEIGHT, BURN };
enum { WEB = 11, DB = 12 };

struct studio {
        struct catalogue *catalogue;
        struct objects *objects;
        struct store *store;
        struct engine *engine;
        struct ini ini;
        struct recorder *recorder;
        struct bytes stream;
        struct header *header;
        struct recording_writer *writer;
        struct view view;
        double weights[2], originals[2]; /* of web and db */
        int fd;
        char log[65536]; /* what was decided, a line each */
};

static inline int studio_index(struct oid object)
{
        return object.key == DB;
}

static inline int studio_current(void *userdata, const struct knob *k, struct oid object, struct trimtab_value *ret)
{
        const struct studio *s = userdata;

        assert_int_equal(k->number, WEIGHT); /* an action is never read */
        if (object.scope != SCOPE_CGROUP)
                return -ENOENT;
        *ret = value_number(s->weights[studio_index(object)]);
        return 0;
}

static inline int studio_original(void *userdata, const struct knob *k, struct oid object, struct trimtab_value *ret)
{
        const struct studio *s = userdata;
        int r = studio_current(userdata, k, object, ret);

        if (r >= 0)
                *ret = value_number(s->originals[studio_index(object)]);
        return r;
}

static inline bool studio_busy(void *userdata, const struct knob *k, struct oid object)
{
        return false;
}

static inline void studio_on_value(void *userdata, uint32_t metric, uint64_t object, double value)
{
        recorder_value(((struct studio *) userdata)->recorder, metric, object, value);
}

static inline void studio_on_histogram(void *userdata, uint32_t metric, uint64_t object, const uint64_t *slots,
                                       uint32_t n_slots, double sum)
{
        recorder_histogram(((struct studio *) userdata)->recorder, metric, object, slots, n_slots, sum);
}

static inline void studio_init(struct studio *s, const char *rules)
{
        static const struct trimtab_metric metrics[] = {
                [WAIT] = { "test.wait", "ns", "", "cgroup", TRIMTAB_HISTOGRAM, 0 },
                [RUN] = { "test.run", "ns", "", "cgroup", TRIMTAB_COUNTER, 0 },
                [LOAD] = { "test.load", "%", "", "cgroup", TRIMTAB_GAUGE, 0 },
        };
        static const struct trimtab_knob knobs[] = {
                [WEIGHT] = { .name = "cpu.weight", .unit = "", .scope = "cgroup", .type = TRIMTAB_NUMBER,
                             .flags = TRIMTAB_KNOB_WEIGHT, .min = 1, .max = 10000, .file = "{path}/w" },
                [BURN] = { .name = "cpu.burn", .unit = "", .scope = "cgroup", .type = TRIMTAB_NUMBER,
                           .flags = TRIMTAB_KNOB_ACTION, .min = 1, .max = 10000, .file = "{path}/b" },
        };
        const struct recording_facts facts = { .version = "1", .mode = "enforce", .monotonic_ns = 1000 * SEC, .tick_ns = SEC,
                                               .protect = { "/init.scope" } };
        _cleanup_(diag_clear) struct diag diag = {};
        struct ruleset *set;

        *s = (struct studio){ .weights = { 100, 100 }, .originals = { 100, 100 } };
        assert_int_equal(catalogue_new(&s->catalogue), 0);
        assert_int_equal(objects_new(&s->objects), 0);
        for (size_t i = 0; i < N_METRICS; i++)
                assert_int_equal(catalogue_add_metric(s->catalogue, "test", &metrics[i], SCOPE_CGROUP, NULL), 0);
        for (size_t i = 0; i < 2; i++)
                assert_int_equal(catalogue_add_knob(s->catalogue, "test", &knobs[i], SCOPE_CGROUP, NULL), 0);
        assert_int_equal(objects_add(s->objects, (struct oid){ SCOPE_CGROUP, WEB }, "/web", "/x"), 0);
        assert_int_equal(objects_add(s->objects, (struct oid){ SCOPE_CGROUP, DB }, "/db", "/x"), 0);
        assert_int_equal(store_new(s->catalogue, &s->store), 0);
        assert_int_equal(engine_new(&s->engine), 0);

        assert_int_equal(ini_load_text(&s->ini, "test.conf", rules, strlen(rules), &diag), 0);
        assert_int_equal(ruleset_parse(&s->ini, s->catalogue, s->objects, &diag, &set), 0);
        diag_print(&diag, stderr, false);
        assert_int_equal(diag.n_errors, 0);
        assert_int_equal(engine_set_rules(s->engine, set), 0);

        s->view = (struct view){ .catalogue = s->catalogue, .objects = s->objects, .store = s->store, .now_ns = 1000 * SEC,
                                 .mode = MODE_ENFORCE, .current = studio_current, .original = studio_original,
                                 .busy = studio_busy, .userdata = s };
        s->fd = memfd_create("recording", MFD_CLOEXEC);
        assert_true(s->fd >= 0);
        assert_int_equal(recorder_new(&facts, &s->stream, &s->recorder), 0);
        store_set_tap(s->store, &(struct store_tap){ studio_on_value, studio_on_histogram, s });
}

static inline void studio_clear(struct studio *s)
{
        recording_writer_free(s->writer);
        header_free(s->header);
        bytes_clear(&s->stream);
        recorder_free(s->recorder);
        engine_free(s->engine);
        store_free(s->store);
        objects_free(s->objects);
        catalogue_free(s->catalogue);
        ini_clear(&s->ini);
        (void) close(s->fd);
}

/* The messages in the stream, into the recording. */
static inline void studio_write(struct studio *s)
{
        static struct wire_message m, first;
        struct reading reading;
        struct item item;
        size_t done = 0;
        ssize_t n;

        for (; (n = wire_message(s->stream.data + done, s->stream.n - done, &m)) > 0; done += (size_t) n) {
                if (m.start) {
                        assert_int_equal(header_new(&m.facts, &s->header), 0);
                        continue;
                }
                if (!s->writer) {
                        first = m;
                        while (wire_next_item(&first, &item) > 0)
                                (void) header_define(s->header, &item);
                        assert_int_equal(recording_writer_new(s->fd, s->header, 0, &s->writer), 0);
                }
                assert_int_equal(recording_writer_frame(s->writer, m.time_ns, m.lost), 0);
                while (wire_next_item(&m, &item) > 0)
                        assert_int_equal(recording_writer_item(s->writer, &item), 0);
                while (wire_next_reading(&m, &reading) > 0)
                        assert_int_equal(recording_writer_reading(s->writer, &reading), 0);
        }
        assert_int_equal(n, 0);
        assert_int_equal(done, s->stream.n);
        bytes_reset(&s->stream);
}

static inline void studio_note(char *log, size_t size, uint64_t time_ns, const struct decision *d)
{
        size_t n = strlen(log);

        (void) snprintf(log + n, size - n, "%" PRIu64 " %s %d %" PRIu64 " %.17g %s\n", time_ns / SEC, d->rule, (int) d->verb,
                        d->object.key, d->verb == VERB_SET ? d->value.number : 0, d->reason);
}

static inline int studio_keep(void *userdata, uint32_t metric, uint64_t object, uint64_t window_ns)
{
        store_keep(((struct studio *) userdata)->store, metric, window_ns);
        return 0;
}

/* Around what a test puts into the store. */
static inline void studio_begin(struct studio *s, bool take)
{
        recorder_begin(s->recorder, take);
        assert_int_equal(engine_wants(s->engine, &s->view, studio_keep, s), 0);
}

static inline void studio_end(struct studio *s)
{
        struct decisions decisions;

        assert_int_equal(engine_tick(s->engine, &s->view, &decisions), 0);
        for (size_t i = 0; i < decisions.n; i++) {
                const struct decision *d = &decisions.items[i];
                double *weight = &s->weights[studio_index(d->object)];

                recorder_decision(s->recorder, &s->view, d);
                studio_note(s->log, sizeof(s->log), s->view.now_ns, d);
                *weight = d->verb == VERB_SET ? d->value.number : s->originals[studio_index(d->object)];
                engine_outcome(s->engine, d->knob, d->object, 0, &(struct trimtab_value)NUMBER(*weight));
        }
        assert_int_equal(recorder_end(s->recorder, &s->view, &s->stream), 0);
        studio_write(s);
        s->view.now_ns += SEC;
}

#endif
