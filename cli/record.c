/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `trimtab record`: what the daemon measures and decides, tick by tick, into a file. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "command.h"
#include "config/units.h"
#include "connection.h"
#include "record/recording.h"
#include "record/wire.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/str.h"

/* As much as the daemon's pipe holds. */
enum { READ_SIZE = 1 << 20 };

/* Why a recording is over. */
enum end { END_NOT, END_TIME, END_SIGNAL, END_DAEMON, END_SIZE, END_DISK, END_STREAM };

static const struct {
        const char *text; /* NULL: as it was wished for */
        int exit_code;
} ends[] = {
        [END_NOT] = { NULL, EXIT_OK },
        [END_TIME] = { NULL, EXIT_OK },
        [END_SIGNAL] = { NULL, EXIT_OK },
        [END_DAEMON] = { "the daemon went away, or gave the recording up because it was not read", EXIT_FAILED },
        [END_SIZE] = { "the file has its --max-size", EXIT_OK },
        [END_DISK] = { "the file cannot be written any more", EXIT_FAILED },
        [END_STREAM] = { "the daemon's stream cannot be read: is it of another version?", EXIT_FAILED },
};

struct recorder_run {
        const char *path;
        int from, to;
        struct bytes in; /* read, not yet taken */
        struct header *header;
        struct recording_writer *writer; /* NULL: the first frame has not come */
        uint64_t end_ns;                 /* 0: not by time */
        uint64_t max_size;
        int error; /* END_DISK: what the write said */
};

static void run_clear(struct recorder_run *run)
{
        recording_writer_free(run->writer);
        header_free(run->header);
        bytes_clear(&run->in);
        if (run->from >= 0)
                (void) close(run->from);
        if (run->to >= 0)
                (void) close(run->to);
}

/* The daemon's end of the pipe; -errno after saying why. */
static int ask_daemon(const struct invocation *in)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int fd, r;

        r = connection_open(in, &bus);
        if (r < 0)
                return r;
        /* Objects alone mean all that can be measured of them. */
        r = connection_call(bus, &reply, "Record", "ss", in->metrics ?: in->objects ? "*" : "", in->objects ?: "");
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "h", &fd);
        if (r >= 0) {
                fd = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* the message's own goes with it */
                r = fd < 0 ? -errno : fd;
        }
        if (r < 0)
                complain("the daemon's answer cannot be read: %s", strerror(-r));
        return r;
}

static int take_start(struct recorder_run *run, const struct wire_message *m)
{
        struct recording_facts facts = m->facts;
        _cleanup_free_ char *boot_id = NULL;
        struct utsname host = { 0 };

        if (run->header)
                return -EBADMSG;
        (void) uname(&host);
        (void) file_read("/proc/sys/kernel/random/boot_id", 64, &boot_id, NULL);
        facts.kernel = host.release;
        facts.boot_id = boot_id ? str_strip(boot_id) : "";
        return header_new(&facts, &run->header);
}

static bool is_definition(const struct item *item)
{
        return item->kind == ITEM_SCOPE || item->kind == ITEM_METRIC || item->kind == ITEM_KNOB;
}

/* What there is at the start stands in the header, for people to read. */
static int write_header(struct recorder_run *run, const struct wire_message *frame)
{
        struct wire_message m = *frame;
        struct item item;
        int r;

        while ((r = wire_next_item(&m, &item)) > 0) {
                if (!is_definition(&item))
                        continue;
                r = header_define(run->header, &item);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : recording_writer_new(run->to, run->header, run->max_size, &run->writer);
}

static int take_frame(struct recorder_run *run, struct wire_message *m)
{
        bool first = !run->writer;
        struct reading reading;
        struct item item;
        int r;

        if (!run->header)
                return -EBADMSG;
        r = first ? write_header(run, m) : 0;
        if (r >= 0)
                r = recording_writer_frame(run->writer, m->time_ns, m->lost);
        if (r < 0)
                return r;

        while ((r = wire_next_item(m, &item)) > 0) {
                if (first && is_definition(&item))
                        continue;
                r = recording_writer_item(run->writer, &item);
                if (r < 0)
                        return r;
        }
        while (r >= 0 && (r = wire_next_reading(m, &reading)) > 0)
                r = recording_writer_reading(run->writer, &reading);
        return r;
}

/* All messages that are whole. */
static int take_messages(struct recorder_run *run)
{
        _cleanup_free_ struct wire_message *m = malloc(sizeof(*m));
        size_t done = 0;
        int r = 0;

        if (!m)
                return -ENOMEM;
        while (r >= 0) {
                ssize_t n = wire_message(run->in.data + done, run->in.n - done, m);

                if (n <= 0) {
                        r = (int) n;
                        break;
                }
                r = m->start ? take_start(run, m) : take_frame(run, m);
                done += (size_t) n;
        }

        memmove(run->in.data, run->in.data + done, run->in.n - done);
        run->in.n -= done;
        return r;
}

static enum end end_of(struct recorder_run *run, int error)
{
        if (error == -EBADMSG || error == -EINVAL)
                return END_STREAM;
        if (error == -EFBIG)
                return END_SIZE;
        run->error = error;
        return END_DISK;
}

static enum end read_stream(struct recorder_run *run)
{
        uint8_t *room = bytes_room(&run->in, READ_SIZE);
        ssize_t n;
        int r;

        if (!room)
                return end_of(run, -ENOMEM);
        n = read(run->from, room, READ_SIZE);
        if (n < 0 && errno == EINTR)
                return END_NOT;
        if (n <= 0)
                return END_DAEMON;
        run->in.n += (size_t) n;
        r = take_messages(run);
        return r < 0 ? end_of(run, r) : END_NOT;
}

static int timeout_ms(const struct recorder_run *run)
{
        uint64_t now_ns = monotonic_ns();

        if (run->end_ns == 0)
                return -1;
        if (now_ns >= run->end_ns)
                return 0;
        /* Rounded up, or the last millisecond would be spent going round. */
        now_ns = (run->end_ns - now_ns) / NSEC_PER_MSEC + 1;
        return now_ns < INT32_MAX ? (int) now_ns : INT32_MAX;
}

static enum end record(struct recorder_run *run, int signals)
{
        struct pollfd fds[] = { { .fd = run->from, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
        enum end end = END_NOT;

        while (end == END_NOT) {
                int n = poll(fds, ELEMENTSOF(fds), timeout_ms(run));

                if (n < 0 && errno != EINTR)
                        return end_of(run, -errno);
                if (n > 0 && fds[1].revents)
                        return END_SIGNAL;
                if (n == 0 && run->end_ns > 0 && monotonic_ns() >= run->end_ns)
                        return END_TIME;
                if (n > 0 && fds[0].revents)
                        end = read_stream(run);
        }
        return end;
}

/* What was recorded since the last block is worth having, whatever the reason of the end. */
static enum end finish(struct recorder_run *run, enum end end)
{
        int r = run->writer ? recording_writer_flush(run->writer) : 0;

        return r < 0 && end != END_SIZE && end != END_DISK ? end_of(run, r) : end;
}

static int tell(const struct recorder_run *run, enum end end)
{
        struct recording_totals totals = { 0 };
        _cleanup_free_ char *size = NULL;

        if (run->writer)
                totals = recording_writer_totals(run->writer);
        if (run->error < 0)
                complain("%s: %s: %s", run->path, ends[end].text, strerror(-run->error));
        else if (ends[end].text)
                complain("%s: %s", run->path, ends[end].text);

        size = quantity_format((double) totals.size, DIMENSION_BYTES);
        printf("%s: %llu ticks in %s", run->path, (unsigned long long) totals.n_frames, size ?: "?");
        if (totals.n_lost > 0)
                printf(", %llu ticks lost", (unsigned long long) totals.n_lost);
        printf("\n");
        return fflush(stdout) == 0 ? ends[end].exit_code : EXIT_FAILED;
}

/* Ctrl-C ends the recording, not the command: what was recorded is still to be written. */
static int take_signals(void)
{
        sigset_t mask;

        (void) sigemptyset(&mask);
        (void) sigaddset(&mask, SIGINT);
        (void) sigaddset(&mask, SIGTERM);
        (void) sigaddset(&mask, SIGHUP);
        if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
                return -errno;
        return signalfd(-1, &mask, SFD_CLOEXEC);
}

int run_record(const struct invocation *in)
{
        _cleanup_(run_clear) struct recorder_run run = {
                .path = in->output, .from = -1, .to = -1, .max_size = in->max_size,
        };
        _cleanup_close_ int signals = -1;

        if (!in->output) {
                complain("record needs a file: -o FILE");
                return EXIT_USAGE;
        }

        /* First the daemon: what is in the file now is not lost for one that does not answer. */
        run.from = ask_daemon(in);
        if (run.from < 0)
                return EXIT_FAILED;
        run.to = open(in->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (run.to < 0) {
                complain("%s: %s", in->output, strerror(errno));
                return EXIT_FAILED;
        }
        signals = take_signals();
        if (signals < 0) {
                complain("cannot take signals: %s", strerror(errno));
                return EXIT_FAILED;
        }

        if (in->for_usec > 0)
                run.end_ns = monotonic_ns() + in->for_usec * NSEC_PER_USEC;
        return tell(&run, finish(&run, record(&run, signals)));
}
