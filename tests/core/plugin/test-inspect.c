/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <elf.h>
#include <errno.h>
#include <trimtab/plugin.h>

#include "plugin/inspect.h"
#include "scratch.h"
#include "util/cleanup.h"

/* The bytes of a good plugin; *ret_size. The caller's to free. */
static char *read_fixture(size_t *ret_size)
{
        char *data;

        assert_int_equal(file_read(FIXTURE, 16 << 20, &data, ret_size), 0);
        return data;
}

static int inspect_bytes(void *const *state, const void *data, size_t size, struct inspection *ret)
{
        _cleanup_free_ char *path = scratch_path(state, "plugin.so");
        _cleanup_close_ int fd = -1;

        scratch_write(path, data, size);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        return inspect_fd(fd, ret);
}

static void assert_refused(void *const *state, const void *data, size_t size, const char *reason)
{
        struct inspection found;

        assert_int_equal(inspect_bytes(state, data, size, &found), -ENOEXEC);
        if (!strstr(found.reason, reason))
                fail_msg("reason is \"%s\", expected \"%s\" in it", found.reason, reason);
}

static char *find(char *data, size_t size, const char *what, size_t length)
{
        char *p = memmem(data, size, what, length);

        assert_non_null(p);
        return p;
}

static void test_a_good_one(void **state)
{
        _cleanup_free_ char *data = NULL;
        struct inspection found;
        size_t size;

        data = read_fixture(&size);
        assert_int_equal(inspect_bytes(state, data, size, &found), 0);
        assert_string_equal(found.name, "fixture");
        assert_int_equal(found.abi, 1);
        assert_int_equal(found.symbol_size, sizeof(struct trimtab_plugin));
        assert_string_equal(found.reason, "");
}

static void test_not_elf(void **state)
{
        assert_refused(state, "", 0, "not an ELF file");
        assert_refused(state, "hello, world\n", 13, "not an ELF file");
        assert_refused(state, ELFMAG, SELFMAG, "not an ELF file");
        assert_refused(state, "!<arch>\n", 8, "not an ELF file");
}

static void test_another_machine(void **state)
{
        _cleanup_free_ char *data = NULL;
        Elf64_Ehdr *header;
        size_t size;

        data = read_fixture(&size);
        header = (Elf64_Ehdr *) data;
        header->e_machine = header->e_machine == EM_S390 ? EM_RISCV : EM_S390;
        assert_refused(state, data, size, "built for s390x (64 bit), this machine is");
}

static void test_not_a_shared_object(void **state)
{
        _cleanup_free_ char *data = NULL;
        size_t size;

        data = read_fixture(&size);
        ((Elf64_Ehdr *) data)->e_type = ET_REL;
        assert_refused(state, data, size, "not a shared object");
}

static void test_no_plugin(void **state)
{
        _cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        struct inspection found;

        assert_int_equal(inspect_fd(fd, &found), -ENOEXEC);
        assert_non_null(strstr(found.reason, "no ELF note .note.trimtab"));
}

static void test_another_abi(void **state)
{
        static const char head[] = "\x08\0\0\0\x24\0\0\0\x01\0\0\0trimtab";
        _cleanup_free_ char *data = NULL;
        size_t size;
        char *note;

        data = read_fixture(&size);
        note = find(data, size, head, sizeof(head));
        note[20] = 2;
        assert_refused(state, data, size, "made for plugin ABI 2, this trimtab offers ABI 1");
        note[20] = 1;
        note[12] = 'T';
        assert_refused(state, data, size, "the note's owner");
        note[12] = 't';
        note[24] = 'F';
        assert_refused(state, data, size, "the note's plugin name");
        memset(note + 24, 'x', 32);
        assert_refused(state, data, size, "the note's plugin name");
}

static void test_no_symbol(void **state)
{
        _cleanup_free_ char *data = NULL;
        size_t size;
        char *p;

        /* In .dynstr it stands first; other tables may say it again. */
        data = read_fixture(&size);
        while ((p = memmem(data, size, "trimtab_plugin_v1", 17)))
                p[16] = '2';
        assert_refused(state, data, size, "it does not export trimtab_plugin_v1");
}

/* A download that stopped anywhere is refused, never mapped. */
static void test_truncated_anywhere(void **state)
{
        _cleanup_free_ char *data = NULL;
        struct inspection found;
        size_t size;

        data = read_fixture(&size);
        for (size_t cut = 0; cut < size; cut += 61) {
                assert_int_equal(inspect_bytes(state, data, cut, &found), -ENOEXEC);
                assert_string_not_equal(found.reason, "");
        }
}

/* Tables whole, but a segment that the loader would map beyond the end: touching it there is SIGBUS. */
static void test_segments_beyond_the_end(void **state)
{
        _cleanup_free_ char *data = NULL;
        Elf64_Phdr *segment;
        size_t size;

        data = read_fixture(&size);
        segment = (Elf64_Phdr *) (data + ((Elf64_Ehdr *) data)->e_phoff);
        assert_int_equal(segment->p_type, PT_LOAD);
        segment->p_filesz += size;
        assert_refused(state, data, size, "truncated: segment 0 ends behind the file");
        segment->p_filesz -= size;
        segment->p_offset = UINT64_MAX - 4096;
        assert_refused(state, data, size, "truncated: segment 0 ends behind the file");
}

/* Whatever single byte is wrong: an answer, and a reason whenever it is no. */
static void test_any_byte_wrong(void **state)
{
        _cleanup_free_ char *path = scratch_path(state, "plugin.so"), *data = NULL;
        _cleanup_close_ int fd = -1;
        size_t size, n_refused = 0;

        data = read_fixture(&size);
        scratch_write(path, data, size);
        fd = open(path, O_RDWR | O_CLOEXEC);
        assert_true(fd >= 0);

        for (size_t i = 0; i < size; i += i < 1024 ? 1 : 7) {
                char wrong = (char) (data[i] ^ 0xff);
                struct inspection found;

                assert_int_equal(pwrite(fd, &wrong, 1, (off_t) i), 1);
                if (inspect_fd(fd, &found) < 0) {
                        assert_string_not_equal(found.reason, "");
                        n_refused++;
                }
                assert_int_equal(pwrite(fd, &data[i], 1, (off_t) i), 1);
        }
        assert_true(n_refused > 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_a_good_one),
                TEST(test_not_elf),
                TEST(test_another_machine),
                TEST(test_not_a_shared_object),
                TEST(test_no_plugin),
                TEST(test_another_abi),
                TEST(test_no_symbol),
                TEST(test_truncated_anywhere),
                TEST(test_segments_beyond_the_end),
                TEST(test_any_byte_wrong),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
