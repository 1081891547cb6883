/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/recordings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/recorder.h"
#include "util/cleanup.h"

/* Each costs a look at every sample; more than a few at a time is a mistake. */
enum { RECORDINGS_MAX = 4 };

/* Room for some seconds of a large machine, so that a reader that compresses now and then loses nothing. */
enum { PIPE_SIZE = 1 << 20 };

struct recording {
        struct recordings *all;
        int fd; /* the end we write to */
        sd_event_source *writable; /* enabled while out waits for room */
        struct recorder *recorder;
        struct bytes out; /* from `done` on not yet in the pipe */
        size_t done;
        char *metric_glob, *object_glob;
        struct recording *next;
};

struct recordings {
        sd_event *event;
        struct store *store;
        struct recording *list;
        unsigned n;
};

static struct recording *recording_free(struct recording *one)
{
        if (!one)
                return NULL;
        sd_event_source_disable_unref(one->writable);
        if (one->fd >= 0)
                (void) close(one->fd);
        recorder_free(one->recorder);
        bytes_clear(&one->out);
        free(one->metric_glob);
        free(one->object_glob);
        free(one);
        return NULL;
}

DEFINE_CLEANUP(struct recording *, recording_free);

int recordings_new(sd_event *event, struct store *store, struct recordings **ret)
{
        *ret = calloc(1, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        (*ret)->event = event;
        (*ret)->store = store;
        return 0;
}

struct recordings *recordings_free(struct recordings *r)
{
        if (!r)
                return NULL;
        store_set_tap(r->store, NULL);
        for (struct recording *one = r->list, *next; one; one = next) {
                next = one->next;
                recording_free(one);
        }
        free(r);
        return NULL;
}

/* It is over: its reader goes on to the end of what is in the pipe. */
static void end_recording(struct recording *one)
{
        struct recordings *r = one->all;

        for (struct recording **at = &r->list; *at; at = &(*at)->next)
                if (*at == one) {
                        *at = one->next;
                        break;
                }
        recording_free(one);
        if (--r->n == 0)
                store_set_tap(r->store, NULL);
}

static void on_value(void *userdata, uint32_t metric, uint64_t object, double value)
{
        const struct recordings *r = userdata;

        for (struct recording *one = r->list; one; one = one->next)
                recorder_value(one->recorder, metric, object, value);
}

static void on_histogram(void *userdata, uint32_t metric, uint64_t object, const uint64_t *slots, uint32_t n_slots,
                         double sum)
{
        const struct recordings *r = userdata;

        for (struct recording *one = r->list; one; one = one->next)
                recorder_histogram(one->recorder, metric, object, slots, n_slots, sum);
}

/* As much as there is room for. 0, also when that is not all; -EPIPE: nobody reads any more. */
static int push(struct recording *one)
{
        while (one->done < one->out.n) {
                ssize_t n = write(one->fd, one->out.data + one->done, one->out.n - one->done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && errno == EAGAIN)
                        return sd_event_source_set_enabled(one->writable, SD_EVENT_ON);
                if (n < 0)
                        return -errno;
                one->done += (size_t) n;
        }

        bytes_reset(&one->out);
        one->done = 0;
        return sd_event_source_set_enabled(one->writable, SD_EVENT_OFF);
}

static int on_writable(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        if (push(userdata) < 0)
                end_recording(userdata);
        return 0;
}

/* Its pipe: the reader's end in *ret_fd. */
static int open_pipe(struct recording *one, int *ret_fd)
{
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        *ret_fd = ends[0];
        one->fd = ends[1];
        if (fcntl(one->fd, F_SETFL, O_NONBLOCK) < 0)
                return -errno;
        /* Above the limit of an unprivileged user it stays as it is. */
        (void) fcntl(one->fd, F_SETPIPE_SZ, PIPE_SIZE);
        return 0;
}

int recordings_add(struct recordings *r, const struct recording_facts *facts, const char *metric_glob,
                   const char *object_glob)
{
        _cleanup_(recording_freep) struct recording *one = calloc(1, sizeof(*one));
        const struct store_tap tap = { on_value, on_histogram, r };
        _cleanup_close_ int fd = -1;
        int error;

        if (!one)
                return -ENOMEM;
        one->fd = -1;
        one->all = r;
        if (r->n >= RECORDINGS_MAX)
                return -EBUSY;

        one->metric_glob = strdup(metric_glob);
        one->object_glob = strdup(object_glob);
        if (!one->metric_glob || !one->object_glob)
                return -ENOMEM;
        error = open_pipe(one, &fd);
        if (error >= 0)
                error = recorder_new(facts, &one->out, &one->recorder);
        if (error >= 0)
                error = sd_event_add_io(r->event, &one->writable, one->fd, EPOLLOUT, on_writable, one);
        if (error >= 0)
                error = push(one);
        if (error < 0)
                return error;

        store_set_tap(r->store, &tap);
        one->next = r->list;
        r->list = TAKE(one);
        r->n++;
        return take_fd(&fd);
}

void recordings_begin(struct recordings *r, struct look *look, uint64_t now_ns)
{
        for (struct recording *one = r->list; one; one = one->next) {
                /* What one tick left is still on its way: this one's readings would only pile up. */
                recorder_begin(one->recorder, one->out.n == 0);
                (void) look_add(look, one->metric_glob, one->object_glob, now_ns);
        }
}

void recordings_decision(struct recordings *r, const struct view *view, const struct decision *decision)
{
        for (struct recording *one = r->list; one; one = one->next)
                recorder_decision(one->recorder, view, decision);
}

void recordings_end(struct recordings *r, const struct view *view)
{
        for (struct recording *one = r->list, *next; one; one = next) {
                next = one->next;
                if (recorder_end(one->recorder, view, &one->out) < 0 || push(one) < 0)
                        end_recording(one);
        }
}

void recordings_report(struct recordings *r, const struct report *report)
{
        struct item item = {
                .kind = ITEM_OUTCOME,
                .outcome = { .decision = report->decision,
                             .object = report->object,
                             .outcome = outcome_name(report->outcome),
                             .error = report->error,
                             .have_before = report->have_before,
                             .have_after = report->have_after,
                             .before = report->before,
                             .after = report->after },
        };

        bool changed = report->outcome != OUTCOME_DONE && report->outcome != OUTCOME_RESTORED;

        if (!report->knob)
                return;
        item.outcome.knob = report->knob->number;
        for (struct recording *one = r->list; one; one = one->next)
                recorder_outcome(one->recorder, &item, changed);
}
