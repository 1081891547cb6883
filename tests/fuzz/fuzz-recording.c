/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Recordings that anybody may have made. The first byte of the input says what the rest is: a file; the
 * content of a block (which gets the checksums that no input would have); or the daemon's stream. What a
 * file or block tells is replayed with a few rules. Whatever comes out is in order: times do not go back,
 * values are values, slots are slots.
 */

#include "fuzz.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record/envelope.h"
#include "record/replay.h"
#include "record/wire.h"
#include "util/cleanup.h"

static const char rules_text[] =
        "[rule a]\nfor = cgroup:/*\nwhen = p99(test.wait) > 100us or rate(test.run) > 60%\nhold = 0s\n"
        "then = cpu.weight *= 1.5\nwithin = cpu.weight 100..2000\n"
        "[rule b]\nfor = cgroup:/*\nwhen = avg(test.load, 4s) > 55%\nhold = 0s\nthen = cpu.weight = 300\n"
        "until = max(test.load) < 50%\nclear-hold = 0s\n";

/* What the blocks that are tried name: written once. */
static struct header *make_header(void)
{
        static const struct recording_facts facts = { .version = "1", .mode = "enforce", .tick_ns = 1000000000 };
        static const struct item items[] = {
                { .kind = ITEM_SCOPE, .scope = { 2, "cgroup" } },
                { .kind = ITEM_METRIC, .metric = { 0, 2, "test", { "test.wait", "ns", "", NULL, TRIMTAB_HISTOGRAM, 0 } } },
                { .kind = ITEM_METRIC, .metric = { 1, 2, "test", { "test.run", "ns", "", NULL, TRIMTAB_COUNTER, 0 } } },
                { .kind = ITEM_METRIC, .metric = { 2, 2, "test", { "test.load", "%", "", NULL, TRIMTAB_GAUGE, 0 } } },
                { .kind = ITEM_KNOB,
                  .knob = { .number = 0, .scope = 2, .plugin = "test",
                            .is = { .name = "cpu.weight", .unit = "", .help = "", .type = TRIMTAB_NUMBER,
                                    .flags = TRIMTAB_KNOB_WEIGHT, .min = 1, .max = 10000 } } },
        };
        struct header *h;

        CHECK(header_new(&facts, &h) == 0);
        for (size_t i = 0; i < ELEMENTSOF(items); i++)
                CHECK(header_define(h, &items[i]) == 0);
        return h;
}

static void write_block(int fd, const uint8_t *data, size_t size)
{
        struct header *h = make_header();
        struct recording_writer *w;
        uint8_t *block;
        size_t n;

        CHECK(recording_writer_new(fd, h, 0, &w) == 0);
        recording_writer_free(w);
        header_free(h);
        CHECK(envelope_pack(ENVELOPE_FRAMES, 0, 0, data, size, &block, &n) == 0);
        CHECK(write(fd, block, n) == (ssize_t) n);
        free(block);
}

static void read_all(int fd)
{
        struct recording_reader *r;
        struct recording_damage damage;
        uint64_t last_ns = 0;
        struct reading reading;
        struct frame frame;
        struct item item;

        if (recording_reader_new(fd, &r) < 0)
                return;
        while (recording_next_frame(r, &frame) > 0) {
                CHECK(frame.time_ns >= last_ns);
                last_ns = frame.time_ns;
                while (recording_next_item(r, &item) > 0)
                        CHECK(item.kind >= ITEM_SCOPE && item.kind <= ITEM_OUTCOME);
                while (recording_next_reading(r, &reading) > 0) {
                        CHECK(reading.histogram ? !isinf(reading.value) : isfinite(reading.value));
                        CHECK(reading.n_slots <= TRIMTAB_HIST_SLOTS);
                        for (size_t i = 0; reading.histogram && i < reading.n_slots; i++)
                                CHECK(reading.slots[i].slot < TRIMTAB_HIST_SLOTS);
                }
        }
        damage = recording_damage(r);
        CHECK(damage.n_bytes <= (uint64_t) lseek(fd, 0, SEEK_END));
        recording_reader_free(r);
}

static void on_decided(void *userdata, uint64_t time_ns, const struct decision *d, const struct trimtab_value *from,
                       const struct trimtab_value *to)
{
        CHECK(*d->rule);
}

static void on_recorded(void *userdata, uint64_t time_ns, const struct item *item)
{
        CHECK(item->kind == ITEM_DECISION || item->kind == ITEM_OUTCOME);
}

static void replay_all(int fd)
{
        static const struct replay_events events = { on_decided, on_recorded, NULL };
        struct recording_reader *reader;
        struct diag diag = {};
        struct ini ini = {};
        struct replay *replay;
        struct frame frame;

        if (recording_reader_new(fd, &reader) < 0)
                return;
        CHECK(ini_load_text(&ini, "fuzz.conf", rules_text, strlen(rules_text), &diag) == 0);
        CHECK(replay_new(reader, &ini, &events, &diag, &replay) == 0);
        while (replay_next(replay, &frame) > 0)
                CHECK(replay_tick(replay) == 0);
        replay_free(replay);
        recording_reader_free(reader);
        ini_clear(&ini);
        diag_clear(&diag);
}

static void read_file(const uint8_t *data, size_t size, bool is_block)
{
        _cleanup_close_ int fd = memfd_create("fuzz", MFD_CLOEXEC);

        CHECK(fd >= 0);
        if (is_block)
                write_block(fd, data, size);
        else
                CHECK(write(fd, data, size) == (ssize_t) size);
        read_all(fd);
        replay_all(fd);
}

static void read_stream(const uint8_t *data, size_t size)
{
        static struct wire_message m;
        struct reading reading;
        struct item item;
        ssize_t n;

        for (; (n = wire_message(data, size, &m)) > 0; data += n, size -= (size_t) n) {
                CHECK((size_t) n <= size);
                while (wire_next_item(&m, &item) > 0)
                        ;
                while (wire_next_reading(&m, &reading) > 0)
                        CHECK(reading.n_slots <= TRIMTAB_HIST_SLOTS);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size < 2)
                return 0;
        if (data[0] == 's')
                read_stream(data + 1, size - 1);
        else
                read_file(data + 1, size - 1, data[0] == 'b');
        return 0;
}
