/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/recording.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "record/envelope.h"
#include "samples.h"
#include "util/cleanup.h"

DEFINE_CLEANUP(struct header *, header_free);
DEFINE_CLEANUP(struct recording_writer *, recording_writer_free);
DEFINE_CLEANUP(struct recording_reader *, recording_reader_free);

#define SEC 1000000000ull

/* A value for each second and object that a test can know. */
static double value_at(uint64_t second, uint64_t object)
{
        return (double) (second * second % 97) * (double) object + 0.5 * (double) (object % 2);
}

static struct header *make_header(void)
{
        const struct recording_facts facts = { .version = "1", .mode = "enforce", .kernel = "6.1", .boot_id = "b",
                                               .monotonic_ns = 100 * SEC, .tick_ns = SEC };
        struct header *h;

        assert_int_equal(header_new(&facts, &h), 0);
        assert_int_equal(header_define(h, &(struct item){ .kind = ITEM_SCOPE, .scope = { 2, "cgroup" } }), 0);
        assert_int_equal(header_define(h, &samples[1]), 0);
        assert_int_equal(header_define(h, &samples[2]), 0);
        return h;
}

static int put_second(struct recording_writer *w, uint64_t second)
{
        int r = recording_writer_frame(w, (100 + second) * SEC, 0);

        for (uint64_t object = 1; r >= 0 && object <= 3; object++)
                r = recording_writer_reading(w, &(struct reading){ .metric = 4, .object = object,
                                                                   .value = value_at(second, object) });
        if (r >= 0)
                r = recording_writer_item(w, &(struct item){ .kind = ITEM_GONE, .gone = { 2, second } });
        return r;
}

static int write_seconds(int fd, uint64_t seconds)
{
        _cleanup_(header_freep) struct header *h = make_header();
        _cleanup_(recording_writer_freep) struct recording_writer *w = NULL;

        assert_int_equal(recording_writer_new(fd, h, 0, &w), 0);
        for (uint64_t i = 0; i < seconds; i++)
                assert_int_equal(put_second(w, i), 0);
        assert_int_equal(recording_writer_flush(w), 0);
        assert_int_equal(recording_writer_totals(w).n_frames, seconds);
        return fd;
}

static int memory(void)
{
        int fd = memfd_create("recording", MFD_CLOEXEC);

        assert_true(fd >= 0);
        return fd;
}

/* All that can be read is as it was written. How many frames. */
static uint64_t read_seconds(int fd, struct recording_damage *ret_damage)
{
        _cleanup_(recording_reader_freep) struct recording_reader *r = NULL;
        struct frame frame;
        uint64_t n = 0;

        if (recording_reader_new(fd, &r) < 0)
                return 0;
        while (recording_next_frame(r, &frame) > 0) {
                uint64_t second = frame.time_ns / SEC - 100;
                struct reading reading;
                struct item item;

                assert_int_equal(recording_next_item(r, &item), 1);
                assert_true(item.kind == ITEM_GONE && item.gone.key == second);
                assert_int_equal(recording_next_item(r, &item), 0);
                for (uint64_t object = 1; object <= 3; object++) {
                        assert_int_equal(recording_next_reading(r, &reading), 1);
                        assert_true(reading.metric == 4 && reading.object == object);
                        assert_true(reading.value == value_at(second, object));
                }
                assert_int_equal(recording_next_reading(r, &reading), 0);
                n++;
        }
        *ret_damage = recording_damage(r);
        return n;
}

static size_t content(int fd, uint8_t **ret)
{
        struct stat st;

        assert_int_equal(fstat(fd, &st), 0);
        *ret = malloc((size_t) st.st_size);
        assert_true(pread(fd, *ret, (size_t) st.st_size, 0) == st.st_size);
        return (size_t) st.st_size;
}

static void test_it_comes_back(void **state)
{
        _cleanup_close_ int fd = write_seconds(memory(), 300);
        _cleanup_(recording_reader_freep) struct recording_reader *r = NULL;
        struct recording_damage damage;
        struct recording_facts facts;

        assert_int_equal(read_seconds(fd, &damage), 300);
        assert_true(damage.n_blocks == 0 && damage.n_parts == 0 && damage.torn == 0);
        assert_int_equal(recording_reader_new(fd, &r), 0);
        header_facts(recording_header(r), &facts);
        assert_string_equal(facts.kernel, "6.1");
        assert_int_equal(header_n_definitions(recording_header(r)), 3);
}

/* However it ends, all blocks that are whole read, and what is left of the last is told. */
static void test_torn_at_every_byte(void **state)
{
        _cleanup_close_ int fd = write_seconds(memory(), 40);
        _cleanup_free_ uint8_t *whole = NULL;
        struct recording_damage damage;
        size_t size = content(fd, &whole);
        uint64_t before = 0;

        for (size_t n = 0; n < size; n++) {
                _cleanup_close_ int torn = memory();
                uint64_t frames;

                assert_true(write(torn, whole, n) == (ssize_t) n);
                frames = read_seconds(torn, &damage);
                assert_true(frames >= before && frames < 40);
                if (frames > before)
                        assert_true(damage.torn == 0 && damage.n_blocks == 0);
                before = frames;
        }
        /* The last block began where half was behind it, not at the beginning. */
        assert_true(before >= 16);
}

/* A spoilt byte costs at most the block that it is in. */
static void test_spoilt_at_every_byte(void **state)
{
        _cleanup_close_ int fd = write_seconds(memory(), 40);
        _cleanup_free_ uint8_t *whole = NULL;
        struct recording_damage damage;
        size_t size = content(fd, &whole);
        uint64_t unreadable = 0;

        for (size_t i = 0; i < size; i++) {
                _cleanup_close_ int spoilt = memory();
                uint64_t frames;

                whole[i] ^= 0x10;
                assert_true(write(spoilt, whole, size) == (ssize_t) size);
                whole[i] ^= 0x10;
                frames = read_seconds(spoilt, &damage);
                if (frames == 0) {
                        unreadable++;
                        continue;
                }
                assert_true(frames == 40 || damage.n_blocks == 1);
                assert_true(frames >= 40 - 17); /* the longest block: 16 s and the frame that ended it */
        }
        /* Only the file's head and header are needed for all. */
        assert_true(unreadable > 0 && unreadable < size / 2);
}

static void test_garbage_between_blocks(void **state)
{
        _cleanup_close_ int fd = write_seconds(memory(), 40), mixed = memory();
        static uint8_t garbage[200000];
        _cleanup_free_ uint8_t *whole = NULL;
        size_t size = content(fd, &whole);
        const uint8_t *last = whole;
        struct recording_damage damage;

        for (const uint8_t *at = whole; (at = memmem(at, size - (size_t) (at - whole), ENVELOPE_MAGIC, MAGIC_SIZE)); at++)
                last = at;
        memset(garbage, 0x89, sizeof(garbage));
        assert_true(write(mixed, whole, (size_t) (last - whole)) == last - whole);
        assert_true(write(mixed, garbage, sizeof(garbage)) == sizeof(garbage));
        assert_true(write(mixed, last, size - (size_t) (last - whole)) > 0);
        assert_int_equal(read_seconds(mixed, &damage), 40);
        assert_true(damage.n_blocks == 1 && damage.n_bytes == sizeof(garbage));
}

static void test_strangers_are_refused(void **state)
{
        static const struct {
                const char *data;
                size_t size;
                int error;
        } bad[] = {
                { "", 0, -EBADMSG },
                { "TRIMTABR\x01\0\0\0\0\0\0\0", 16, -EBADMSG },
                { "#!/bin/sh\n# something else, long enough to have been a header of a recording\n", 78, -EBADMSG },
                { "TRIMTABR\x02\0\0\0\0\0\0\0                                                              ", 78, -EPROTONOSUPPORT },
        };
        struct recording_reader *r;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_close_ int fd = memory();

                assert_true(write(fd, bad[i].data, bad[i].size) == (ssize_t) bad[i].size);
                assert_int_equal(recording_reader_new(fd, &r), bad[i].error);
        }
        {
                _cleanup_close_ int fd = open("/", O_RDONLY | O_CLOEXEC);

                assert_int_equal(recording_reader_new(fd, &r), -EISDIR);
        }
}

/* A block that claims more than there is, or more than can be: nothing is allocated for it. */
static void test_lying_sizes(void **state)
{
        static const uint8_t zeros[1000];
        struct envelope e;
        uint8_t *block;
        size_t size;

        assert_int_equal(envelope_pack(ENVELOPE_FRAMES, 1, 2, zeros, sizeof(zeros), &block, &size), 0);
        assert_true(envelope_read(block, &e));
        assert_int_equal(e.size, sizeof(zeros));
        block[12]++; /* the size: the envelope's own checksum tells */
        assert_false(envelope_read(block, &e));
        free(block);
        assert_int_equal(envelope_pack(ENVELOPE_FRAMES, 1, 2, zeros, RECORDING_BLOCK_MAX + 1, &block, &size), -E2BIG);
}

static void test_max_size(void **state)
{
        _cleanup_(header_freep) struct header *h = make_header();
        _cleanup_(recording_writer_freep) struct recording_writer *w = NULL;
        _cleanup_close_ int fd = memory();
        struct recording_damage damage;
        struct stat st;
        uint64_t i;
        int r = 0;

        assert_int_equal(recording_writer_new(fd, h, 1500, &w), 0);
        for (i = 0; r >= 0 && i < 10000; i++)
                r = put_second(w, i);
        assert_int_equal(r, -EFBIG);
        assert_int_equal(recording_writer_flush(w), -EFBIG);
        assert_int_equal(fstat(fd, &st), 0);
        assert_true(st.st_size <= 1500 && recording_writer_totals(w).size == (uint64_t) st.st_size);
        assert_int_equal(read_seconds(fd, &damage), recording_writer_totals(w).n_frames);
        assert_true(damage.torn == 0 && recording_writer_totals(w).n_frames > 0);
}

static void test_nowhere_to_write(void **state)
{
        _cleanup_(header_freep) struct header *h = make_header();
        _cleanup_close_ int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
        struct recording_writer *w;

        if (full < 0)
                skip();
        assert_int_equal(recording_writer_new(full, h, 0, &w), -ENOSPC);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_it_comes_back),
                cmocka_unit_test(test_torn_at_every_byte),
                cmocka_unit_test(test_spoilt_at_every_byte),
                cmocka_unit_test(test_garbage_between_blocks),
                cmocka_unit_test(test_strangers_are_refused),
                cmocka_unit_test(test_lying_sizes),
                cmocka_unit_test(test_max_size),
                cmocka_unit_test(test_nowhere_to_write),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
