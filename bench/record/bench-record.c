/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a day of a server takes as a recording, and how long it takes to run rules over it.
 *
 *     bench-record RESULTS.json [SECONDS]
 *
 * Besides, what recording 2,000 series costs the daemon in a tick. Ticks of a second of the load in load.h,
 * a day of them unless told otherwise, are written to a file and replayed: decoding, store and engine, as
 * fast as they go, with five rules on each of the 200 cgroups.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cost.h"
#include "load.h"
#include "record/replay.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define DAY 86400u
#define TARGET_MB 200.0
#define TARGET_S 60.0

static const char rules_text[] =
        "[rule latency]\nfor = cgroup:/system.slice/*\nwhen = p99(sched.runq_latency) > 300us\n"
        "then = cpu.weight = 200\n"
        "[rule pressure]\nfor = cgroup:/system.slice/*\nwhen = avg(cgroup.cpu_some, 30s) > 5.5% and rate(cgroup.cpu_usage) > 10%\n"
        "hold = 5s\nthen = cpu.weight *= 1.5\nwithin = cpu.weight 100..2000\npriority = 60\n"
        "[rule memory]\nfor = cgroup:/system.slice/*\nwhen = max(cgroup.memory_some) > 3% and rate(cgroup.refaults) > 10\n"
        "then = cpu.weight = 50\npriority = 70\n"
        "[rule reader]\nfor = cgroup:/system.slice/*\nwhen = rate(cgroup.io_read_bytes, 1min) > 1Mi and avg(cgroup.io_some) > 1%\n"
        "then = cpu.weight = 80\npriority = 40\n"
        "[rule big]\nfor = cgroup:/system.slice/*\nwhen = last(cgroup.memory_current) > 1Gi and last(cgroup.memory_anon) > 512Mi\n"
        "then = cpu.weight = 90\npriority = 30\n";

static void must(int r, const char *what)
{
        if (r >= 0)
                return;
        (void) fprintf(stderr, "bench-record: %s: %s\n", what, strerror(-r));
        exit(1);
}

struct figures {
        double mb, write_s, replay_s, cost_usec;
        uint64_t readings, frames, decisions;
};

/* CPU time of the load itself is in it: it is not what is measured. */
static void write_recording(int fd, unsigned seconds, struct figures *f)
{
        uint64_t begin_ns = clock_now_ns(CLOCK_PROCESS_CPUTIME_ID);
        struct recording_writer *w;
        struct header *header;
        struct load *load;

        must(load_new(&load), "load");
        must(load_header(&header), "header");
        must(recording_writer_new(fd, header, 0, &w), "writer");
        for (unsigned i = 0; i < seconds; i++)
                must(load_tick(load, w), "write");
        must(recording_writer_flush(w), "flush");
        f->mb = (double) recording_writer_totals(w).size / 1e6;
        f->frames = recording_writer_totals(w).n_frames;
        recording_writer_free(w);
        header_free(header);
        load_free(load);
        f->write_s = (double) (clock_now_ns(CLOCK_PROCESS_CPUTIME_ID) - begin_ns) / 1e9;
}

static void decided(void *userdata, uint64_t time_ns, const struct decision *d, const struct trimtab_value *from,
                    const struct trimtab_value *to)
{
        ++*(uint64_t *) userdata;
}

static void recorded(void *userdata, uint64_t time_ns, const struct item *item)
{
}

static void replay_recording(int fd, struct figures *f)
{
        const struct replay_events events = { decided, recorded, &f->decisions };
        _cleanup_(diag_clear) struct diag diag = {};
        _cleanup_(ini_clear) struct ini ini = {};
        uint64_t begin_ns = clock_now_ns(CLOCK_PROCESS_CPUTIME_ID);
        struct recording_reader *reader;
        struct replay *replay;
        struct frame frame;
        int r;

        must(ini_load_text(&ini, "bench.conf", rules_text, strlen(rules_text), &diag), "rules");
        must(recording_reader_new(fd, &reader), "reader");
        must(replay_new(reader, &ini, &events, &diag, &replay), "replay");
        diag_print(&diag, stderr, false);
        must(diag.n_errors > 0 ? -EINVAL : 0, "rules");
        while ((r = replay_next(replay, &frame)) > 0)
                must(replay_tick(replay), "tick");
        must(r, "read");
        f->replay_s = (double) (clock_now_ns(CLOCK_PROCESS_CPUTIME_ID) - begin_ns) / 1e9;
        f->readings = replay_n_readings(replay);
        must(replay_unused(replay) > 0 || f->readings != f->frames * LOAD_GROUPS * LOAD_METRICS ? -EBADMSG : 0,
             "not all came back");
        replay_free(replay);
        recording_reader_free(reader);
}

static void print_json(FILE *json, const struct figures *f, unsigned seconds)
{
        (void) fprintf(json,
                       "[\n  {\"bench\": \"record\", \"subject\": \"size of %u s of 2,000 series\", \"baseline\": null, "
                       "\"value\": %.2f, \"unit\": \"MB\", \"ratio\": null, \"spread\": null, \"runs\": 1, "
                       "\"note\": \"target %g MB a day; %.3f bytes a sample; 200 cgroups: 10 %% busy, 30 %% light, 60 %% idle\"},\n"
                       "  {\"bench\": \"record\", \"subject\": \"replay of %u s of 2,000 series\", \"baseline\": null, "
                       "\"value\": %.2f, \"unit\": \"s\", \"ratio\": null, \"spread\": null, \"runs\": 1, "
                       "\"note\": \"target %g s a day; CPU; decode, store and engine with 1,000 rule instances; %.0f ns a sample\"},\n"
                       "  {\"bench\": \"record\", \"subject\": \"a tick of the daemon with 2,000 series recorded\", "
                       "\"baseline\": null, \"value\": %.1f, \"unit\": \"us\", \"ratio\": null, \"spread\": null, "
                       "\"runs\": 101, \"note\": \"CPU, on top of the tick itself; 200 of them histograms\"}\n]\n",
                       seconds, f->mb, TARGET_MB, f->mb * 1e6 / (double) f->readings, seconds, f->replay_s, TARGET_S,
                       f->replay_s * 1e9 / (double) f->readings, f->cost_usec);
}

int main(int argc, char **argv)
{
        unsigned seconds = argc > 2 ? (unsigned) atoi(argv[2]) : DAY;
        char path[] = "/var/tmp/bench-record-XXXXXX";
        _cleanup_fclose_ FILE *json = NULL;
        _cleanup_close_ int fd = -1;
        struct figures f = {};

        if (argc < 2 || seconds == 0) {
                (void) fprintf(stderr, "usage: bench-record RESULTS.json [SECONDS]\n");
                return 2;
        }
        json = fopen(argv[1], "we");
        must(json ? 0 : -errno, argv[1]);
        fd = mkostemp(path, O_CLOEXEC);
        must(fd < 0 ? -errno : 0, path);
        (void) unlink(path);

        must(recorder_cost(LOAD_GROUPS, LOAD_METRICS, &f.cost_usec), "recorder");
        write_recording(fd, seconds, &f);
        replay_recording(fd, &f);

        (void) printf("record: %u s of 200 cgroups (%d busy, %d light, %d idle) with 10 metrics each\n", seconds, LOAD_BUSY,
                      LOAD_LIGHT, LOAD_GROUPS - LOAD_BUSY - LOAD_LIGHT);
        (void) printf("  %-38s %12s %12s %14s\n", "", "all", "a day", "target a day");
        (void) printf("  %-38s %9.1f MB %9.1f MB %11.0f MB\n", "size", f.mb, f.mb * DAY / seconds, TARGET_MB);
        (void) printf("  %-38s %10.1f s %10.1f s %12.0f s\n", "replay (CPU), 1,000 rule instances", f.replay_s,
                      f.replay_s * DAY / seconds, TARGET_S);
        (void) printf("  %-38s %10.1f s %10.1f s\n", "writing (CPU, the made-up load included)", f.write_s,
                      f.write_s * DAY / seconds);
        (void) printf("  %-38s %9.1f us\n", "a tick of the daemon while it records", f.cost_usec);
        (void) printf("  %.3f bytes and %.0f ns a sample, %llu decisions\n", f.mb * 1e6 / (double) f.readings,
                      f.replay_s * 1e9 / (double) f.readings, (unsigned long long) f.decisions);
        print_json(json, &f, seconds);
        return 0;
}
