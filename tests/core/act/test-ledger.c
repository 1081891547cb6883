/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act/ledger.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

DEFINE_CLEANUP(struct ledger *, ledger_free);

static char dir[] = "/tmp/trimtab-ledger-XXXXXX";
static char file[64];

static struct ledger *reopen(unsigned expect_skipped)
{
        struct ledger *l = NULL;
        unsigned skipped = 99;

        assert_int_equal(ledger_open(dir, "boot-a", &l, &skipped), 0);
        assert_int_equal(skipped, expect_skipped);
        return l;
}

static void set_content(const char *data, size_t size)
{
        int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(fd_write_all(fd, data, size), 0);
        assert_int_equal(close(fd), 0);
}

static char *get_content(size_t *ret_size)
{
        char *data;

        assert_int_equal(file_read(file, 1 << 20, &data, ret_size), 0);
        return data;
}

static struct target file_target(const char *path)
{
        return (struct target){ .kind = TARGET_FILE, .path = (char *) path, .form.type = TRIMTAB_NUMBER };
}

static int intend(struct ledger *l, const char *path, const char *original, const char *value)
{
        char *values[] = { (char *) value };
        struct ledger_entry e = {
                .target = file_target(path),
                .knob = (char *) "cpu.weight",
                .object = (char *) "cgroup:/a",
                .original = (char *) original,
                .original_absent = !original,
                .rule = (char *) "web-first",
                .when_usec = 17,
                .intended = values,
                .n_intended = 1,
        };

        return ledger_intend(l, &e);
}

static const struct ledger_entry *find(struct ledger *l, const char *path)
{
        struct target t = file_target(path);

        return ledger_find(l, &t);
}

static void keeps_what_it_is_told(void **state)
{
        _cleanup_(ledger_freep) struct ledger *l = reopen(0);
        struct target t = file_target("/a");
        const struct ledger_entry *e;
        struct stat st;

        assert_int_equal(intend(l, "/a", "100", "150"), 0);
        assert_int_equal(ledger_confirm(l, &t, "151"), 0);
        assert_int_equal(intend(l, "/a", "nobody takes this for the original", "200"), 0);
        assert_int_equal(intend(l, "/b", NULL, "1"), 0);
        assert_int_equal(stat(file, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);

        /* The process dies here. */
        l = ledger_free(l);
        l = reopen(0);

        e = find(l, "/a");
        assert_non_null(e);
        assert_string_equal(e->original, "100");
        assert_string_equal(e->confirmed, "151");
        assert_int_equal(e->n_intended, 1);
        assert_string_equal(e->intended[0], "200");
        assert_string_equal(e->rule, "web-first");
        assert_string_equal(e->knob, "cpu.weight");
        assert_int_equal(e->when_usec, 17);
        assert_true(find(l, "/b")->original_absent);
        assert_null(find(l, "/b")->original);
        assert_true(find(l, "/b")->number > e->number);

        assert_int_equal(ledger_forget(l, &t), 0);
        assert_int_equal(ledger_forget(l, &t), -ENOENT);
        l = ledger_free(l);
        l = reopen(0);
        assert_null(find(l, "/a"));
        assert_non_null(find(l, "/b"));
}

static void keeps_every_byte_of_a_unit_entry(void **state)
{
        static const char nasty[] = "[Service]\nCPUWeight=7\n% =%25 \t\x01\x7f\xff\xc3\xa4\n";
        char *values[] = { (char *) "", (char *) " a b=c\n" };
        struct ledger_entry e = {
                .target = {
                        .kind = TARGET_UNIT,
                        .path = (char *) "/sys/fs/cgroup/a b/cpu.weight",
                        .form = { TRIMTAB_FORM_KEYED, TRIMTAB_NUMBER, "default" },
                        .slow = true,
                        .unit = (char *) "a\\x2db@%i.service",
                        .property = (char *) "CPUWeight",
                },
                .knob = (char *) "cpu.weight",
                .object = (char *) "cgroup:/a b",
                .original = (char *) "",
                .original_property = (char *) "[not set]",
                .dropin_path = (char *) "/run/x",
                .dropin = (char *) nasty,
                .intended = values,
                .n_intended = 2,
                .keep = true,
        };
        _cleanup_(ledger_freep) struct ledger *l = reopen(0);
        const struct ledger_entry *got;

        assert_int_equal(ledger_intend(l, &e), 0);
        l = ledger_free(l);
        l = reopen(0);

        got = ledger_find(l, &e.target);
        assert_non_null(got);
        assert_string_equal(got->target.path, e.target.path);
        assert_string_equal(got->target.unit, e.target.unit);
        assert_string_equal(got->target.form.key, "default");
        assert_int_equal(got->target.form.form, TRIMTAB_FORM_KEYED);
        assert_true(got->target.slow);
        assert_string_equal(got->original, "");
        assert_string_equal(got->original_property, "[not set]");
        assert_string_equal(got->dropin, nasty);
        assert_false(got->dropin_absent);
        assert_null(got->confirmed);
        assert_int_equal(got->n_intended, 2);
        assert_string_equal(got->intended[0], "");
        assert_string_equal(got->intended[1], " a b=c\n");
        assert_true(got->keep);
}

static void refused_intents_are_void(void **state)
{
        _cleanup_(ledger_freep) struct ledger *l = reopen(0);
        struct target t = file_target("/a");

        assert_int_equal(intend(l, "/a", "100", "150"), 0);
        assert_int_equal(ledger_refuse(l, &t), 0);
        assert_null(find(l, "/a"));

        assert_int_equal(intend(l, "/a", "100", "150"), 0);
        assert_int_equal(ledger_confirm(l, &t, "150"), 0);
        assert_int_equal(intend(l, "/a", "100", "200"), 0);
        assert_int_equal(ledger_refuse(l, &t), 0);
        l = ledger_free(l);
        l = reopen(0);
        assert_true(ledger_is_ours(find(l, "/a"), "150"));
        assert_false(ledger_is_ours(find(l, "/a"), "200"));
}

static void tells_ours_from_theirs(void **state)
{
        _cleanup_(ledger_freep) struct ledger *l = reopen(0);
        struct target t = file_target("/a");
        const struct ledger_entry *e;

        assert_int_equal(intend(l, "/a", "100", "150"), 0);
        assert_int_equal(ledger_confirm(l, &t, "151"), 0);
        assert_int_equal(intend(l, "/a", "100", "200"), 0);
        assert_int_equal(intend(l, "/a", "100", "250"), 0);
        e = find(l, "/a");
        assert_true(ledger_is_ours(e, "151"));
        assert_true(ledger_is_ours(e, "200.0"));
        assert_true(ledger_is_ours(e, "250"));
        assert_false(ledger_is_ours(e, "150"));
        assert_false(ledger_is_ours(e, "100"));
        assert_false(ledger_is_ours(e, ""));

        assert_int_equal(ledger_confirm(l, &t, "250"), 0);
        e = find(l, "/a");
        assert_false(ledger_is_ours(e, "200"));
        assert_false(ledger_is_ours(e, "151"));
}

static void another_boot_is_another_world(void **state)
{
        _cleanup_(ledger_freep) struct ledger *l = reopen(0);
        unsigned skipped;

        assert_int_equal(intend(l, "/a", "100", "150"), 0);
        l = ledger_free(l);
        assert_int_equal(ledger_open(dir, "boot-b", &l, &skipped), 0);
        assert_int_equal(skipped, 0);
        assert_null(find(l, "/a"));
}

static void only_one_process_at_a_time(void **state)
{
        _cleanup_(ledger_freep) struct ledger *l = reopen(0);
        struct ledger *other = NULL;

        assert_int_equal(ledger_open(dir, "boot-a", &other, NULL), -EBUSY);
        assert_null(other);
        assert_non_null(l);
}

/* Some history, and how many entries there are after each whole record of it. */
static char *make_history(size_t *ret_size)
{
        _cleanup_(ledger_freep) struct ledger *l = reopen(0);
        struct target a = file_target("/a"), b = file_target("/b");

        assert_int_equal(intend(l, "/a", "100", "150"), 0);
        assert_int_equal(ledger_confirm(l, &a, "150"), 0);
        assert_int_equal(intend(l, "/b", "7", "8"), 0);
        assert_int_equal(intend(l, "/a", "100", "200"), 0);
        assert_int_equal(ledger_forget(l, &b), 0);
        assert_int_equal(intend(l, "/c", "1", "2"), 0);
        return get_content(ret_size);
}

static void torn_at_every_byte(void **state)
{
        static const size_t entries_after[] = { 0, 1, 1, 2, 2, 1, 2 };
        _cleanup_free_ char *history = NULL;
        size_t size, lines = 0;

        history = make_history(&size);
        for (size_t cut = 0; cut <= size; cut++) {
                _cleanup_(ledger_freep) struct ledger *l = NULL;
                bool whole = cut == 0 || history[cut - 1] == '\n';
                size_t n;

                lines += cut > 0 && history[cut - 1] == '\n';
                set_content(history, cut);
                l = reopen(whole ? 0 : 1);
                (void) ledger_entries(l, &n);
                assert_int_equal(n, entries_after[lines]);
                if (lines > 0)
                        assert_string_equal(find(l, "/a")->original, "100");
                if (lines >= 4)
                        assert_true(ledger_is_ours(find(l, "/a"), "200"));

                /* And it goes on from there. */
                assert_int_equal(intend(l, "/new", "5", "6"), 0);
                l = ledger_free(l);
                l = reopen(0);
                assert_non_null(find(l, "/new"));
        }
        assert_int_equal(lines, ELEMENTSOF(entries_after) - 1);
}

static void survives_random_corruption(void **state)
{
        _cleanup_free_ char *history = NULL, *bad = NULL;
        unsigned seed = 1;
        size_t size;

        history = make_history(&size);
        bad = malloc(size);
        assert_non_null(bad);

        for (unsigned i = 0; i < 2000; i++) {
                _cleanup_(ledger_freep) struct ledger *l = NULL;
                const struct ledger_entry *const *entries;
                unsigned skipped;
                size_t n;

                memcpy(bad, history, size);
                for (int k = rand_r(&seed) % 3; k >= 0; k--)
                        bad[(unsigned) rand_r(&seed) % size] ^= (char) (1 << rand_r(&seed) % 8);
                set_content(bad, size);

                assert_int_equal(ledger_open(dir, "boot-a", &l, &skipped), 0);
                entries = ledger_entries(l, &n);
                for (size_t e = 0; e < n; e++) {
                        const char *path = entries[e]->target.path;

                        /* Whatever is believed is what was once written. */
                        assert_string_equal(entries[e]->original, streq(path, "/a")   ? "100"
                                                                  : streq(path, "/b") ? "7"
                                                                                      : "1");
                        assert_true(e == 0 || entries[e]->number > entries[e - 1]->number);
                }
                assert_true(skipped > 0 || n > 0);
        }
}

static void garbage_is_compacted_away(void **state)
{
        _cleanup_(ledger_freep) struct ledger *l = reopen(0);
        struct target t = file_target("/a");
        char value[16];
        struct stat st;

        assert_int_equal(intend(l, "/keep", "1", "2"), 0);
        for (int i = 0; i < 2000; i++) {
                (void) snprintf(value, sizeof(value), "%d", i);
                assert_int_equal(intend(l, "/a", "100", value), 0);
                assert_int_equal(ledger_confirm(l, &t, value), 0);
        }
        assert_int_equal(stat(file, &st), 0);
        assert_true(st.st_size < 32768);

        l = ledger_free(l);
        l = reopen(0);
        assert_true(ledger_is_ours(find(l, "/a"), "1999"));
        assert_string_equal(find(l, "/keep")->original, "1");
}

/* In a process of its own: the limit cannot be taken back. */
static void in_full_disk(rlim_t room)
{
        struct rlimit limit = { room, room };
        struct ledger *l = NULL;
        struct target t = file_target("/a");
        int r;

        (void) signal(SIGXFSZ, SIG_IGN);
        if (ledger_open(dir, "boot-a", &l, NULL) < 0 || setrlimit(RLIMIT_FSIZE, &limit) < 0)
                _exit(10);

        r = intend(l, "/b", "7", "8");
        if (r >= 0 || find(l, "/b"))
                _exit(11);
        /* What is already known is not lost with it. */
        if (ledger_confirm(l, &t, "160") >= 0 || !ledger_is_ours(find(l, "/a"), "160"))
                _exit(12);
        _exit(0);
}

static void a_full_disk_leaves_no_trace(void **state)
{
        _cleanup_(ledger_freep) struct ledger *l = reopen(0);
        _cleanup_free_ char *before = NULL, *after = NULL;
        size_t size;

        assert_int_equal(intend(l, "/a", "100", "150"), 0);
        l = ledger_free(l);
        l = reopen(0);
        l = ledger_free(l);
        before = get_content(&size);

        /* Room for no byte more, for one, for most of a record. */
        for (rlim_t room = 0; room < 150; room += 7) {
                pid_t pid = fork();
                int status;

                assert_true(pid >= 0);
                if (pid == 0)
                        in_full_disk(size + room);
                assert_int_equal(waitpid(pid, &status, 0), pid);
                assert_true(WIFEXITED(status));
                assert_int_equal(WEXITSTATUS(status), 0);

                free(after);
                after = get_content(NULL);
                assert_string_equal(after, before);
        }

        l = reopen(0);
        assert_int_equal(intend(l, "/b", "7", "8"), 0);
        l = ledger_free(l);
        l = reopen(0);
        assert_non_null(find(l, "/a"));
        assert_non_null(find(l, "/b"));
}

static void refuses_a_place_that_is_none(void **state)
{
        struct ledger *l = NULL;

        assert_int_equal(ledger_open("/nonexistent", "boot-a", &l, NULL), -ENOENT);
        assert_null(l);
}

/* --- short of memory --- */

enum { MANY = 400 };

/* Nothing as large as the ledger's text is to be had any more; what a record takes is. */
static void use_memory_up(void)
{
        const struct rlimit none = { 1, 1 };

        if (setrlimit(RLIMIT_AS, &none) < 0)
                _exit(10);
        for (size_t size = 1 << 24; size >= 32768; size /= 2)
                while (malloc(size))
                        ;
}

static void compacted_without_memory(void)
{
        struct target t = file_target("/0");
        struct ledger *l = NULL;
        char path[16];

        if (ledger_open(dir, "boot-a", &l, NULL) < 0)
                _exit(1);
        for (int i = 0; i < MANY; i++) {
                (void) snprintf(path, sizeof(path), "/%d", i);
                if (intend(l, path, "100", "150") < 0)
                        _exit(2);
        }

        use_memory_up();
        for (int i = 0; i < 3 * MANY; i++)
                if (intend(l, "/0", "100", "160") < 0 || ledger_confirm(l, &t, "160") < 0)
                        _exit(3);
        _exit(0);
}

static void no_memory_costs_no_entry(void **state)
{
        _cleanup_(ledger_freep) struct ledger *l = NULL;
        int status;
        size_t n;
        pid_t pid;

#ifdef __SANITIZE_ADDRESS__
        skip(); /* it needs all the address space there is */
#endif
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
                compacted_without_memory();
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);

        l = reopen(0);
        (void) ledger_entries(l, &n);
        assert_int_equal(n, MANY);
}

static int setup(void **state)
{
        strcpy(dir + strlen(dir) - 6, "XXXXXX");
        if (!mkdtemp(dir))
                return -1;
        (void) snprintf(file, sizeof(file), "%s/ledger", dir);
        return 0;
}

static int teardown(void **state)
{
        char lock[80];

        (void) snprintf(lock, sizeof(lock), "%s.lock", file);
        (void) unlink(lock);
        (void) unlink(file);
        /* Fails the test where anything else was left behind. */
        return rmdir(dir);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(keeps_what_it_is_told),
                TEST(keeps_every_byte_of_a_unit_entry),
                TEST(refused_intents_are_void),
                TEST(tells_ours_from_theirs),
                TEST(another_boot_is_another_world),
                TEST(only_one_process_at_a_time),
                TEST(torn_at_every_byte),
                TEST(survives_random_corruption),
                TEST(garbage_is_compacted_away),
                TEST(no_memory_costs_no_entry),
                TEST(a_full_disk_leaves_no_trace),
                TEST(refuses_a_place_that_is_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
