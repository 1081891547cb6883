/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/sysfile.h"
#include "decide/value.h"
#include "util/cleanup.h"
#include "util/file.h"

static const struct sysfile_form plain = { TRIMTAB_FORM_PLAIN, TRIMTAB_NUMBER, "" };
static const struct sysfile_form mask = { TRIMTAB_FORM_MASK, TRIMTAB_CPULIST, "" };
static const struct sysfile_form quota = { TRIMTAB_FORM_QUOTA, TRIMTAB_NUMBER, "" };
static const struct sysfile_form keyed = { TRIMTAB_FORM_KEYED, TRIMTAB_NUMBER, "default" };
static const struct sysfile_form cpus = { TRIMTAB_FORM_PLAIN, TRIMTAB_CPULIST, "" };
static const struct sysfile_form choice = { TRIMTAB_FORM_PLAIN, TRIMTAB_CHOICE, "" };
static const struct sysfile_form text = { TRIMTAB_FORM_PLAIN, TRIMTAB_TEXT, "" };

static const struct sysfile_form nested = { TRIMTAB_FORM_NESTED, TRIMTAB_NUMBER, "8:0 wbps", "max" };
static const struct sysfile_form must = { TRIMTAB_FORM_NESTED, TRIMTAB_NUMBER, "8:0 wbps", "" };

static char path[] = "/tmp/trimtab-sysfile-XXXXXX";

static void fill(const char *content)
{
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_true(fputs(content, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void expect_content(const char *content)
{
        _cleanup_free_ char *got = NULL;

        assert_int_equal(file_read(path, 4096, &got, NULL), 0);
        assert_string_equal(got, content);
}

static void reads_each_form(void **state)
{
        static const struct {
                const struct sysfile_form *form;
                const char *content, *raw;
        } cases[] = {
                { &plain, "100\n", "100" },
                { &plain, "max\n", "max" },
                { &plain, "\n", "" },
                { &plain, "", "" },
                { &quota, "max 100000\n", "max 100000" },
                { &keyed, "default 100\n8:0 200\n", "100" },
                { &keyed, "8:0 200\ndefault  7\n", "7" },
                { &cpus, "0-3,8\n", "0-3,8" },
                { &choice, "none [mq-deadline] bfq\n", "mq-deadline" },
                { &choice, "powersave\n", "powersave" },
                { &nested, "8:0 rbps=max wbps=1048576 riops=max wiops=7\n", "1048576" },
                { &nested, "8:16 rbps=5 wbps=6 riops=7 wiops=8\n8:0 rbps=1 wbps=2 riops=3 wiops=4\n", "2" },
                { &nested, "8:0 wbps=9\n", "9" },
                { &must, "8:0 xwbps=8 wbps=9\n", "9" },
                /* No line for this device, or no such word on it: there is no limit. */
                { &nested, "18:0 rbps=5 wbps=6 riops=7 wiops=8\n", "max" },
                { &nested, "8:0 rbps=5 xwbps=6 wbpsx=7\n", "max" },
                { &nested, "", "max" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *raw = NULL;

                fill(cases[i].content);
                assert_int_equal(sysfile_read(path, cases[i].form, &raw), 0);
                assert_string_equal(raw, cases[i].raw);
        }
}

static void says_what_is_missing(void **state)
{
        char *raw = NULL;

        assert_int_equal(sysfile_read("/nonexistent/cpu.weight", &plain, &raw), -ENOENT);
        assert_int_equal(sysfile_write("/nonexistent/cpu.weight", &plain, "1"), -ENOENT);
        fill("8:0 200\ndefaults 3\n");
        assert_int_equal(sysfile_read(path, &keyed, &raw), -ENODATA);
        fill("8:0 rbps=5\n8:16 wbps=6\n");
        assert_int_equal(sysfile_read(path, &must, &raw), -ENODATA);
        assert_null(raw);
}

static void writes_each_form(void **state)
{
        fill("a much longer value than the new one\n");
        assert_int_equal(sysfile_write(path, &plain, "5"), 0);
        expect_content("5\n");

        assert_int_equal(sysfile_write(path, &keyed, "200"), 0);
        expect_content("default 200\n");

        assert_int_equal(sysfile_write(path, &nested, "max"), 0);
        expect_content("8:0 wbps=max\n");

        /* The empty value reaches the kernel as a newline. */
        assert_int_equal(sysfile_write(path, &cpus, ""), 0);
        expect_content("\n");
}

static void reports_what_write_says(void **state)
{
        /* A device that answers every write with an error. */
        assert_int_equal(sysfile_write("/dev/full", &plain, "1"), -ENOSPC);
}

static void decodes(void **state)
{
        static const struct {
                const struct sysfile_form *form;
                const char *raw;
                double number;
        } cases[] = {
                { &plain, "100", 100 },
                { &plain, "-1", -1 },
                { &plain, "12.50", 12.5 },
                { &plain, "max", INFINITY },
                { &quota, "20000 100000", 20 },
                { &quota, "150000 100000", 150 },
                { &quota, "max 50000", INFINITY },
                { &quota, "50000", 50 },
                { &keyed, "100", 100 },
        };
        static const char *const bad[] = { "",    " ",       "x",     "1x",  "0x10", "inf",
                                           "nan", "maximum", "1 2 3", "--1", "." };
        struct trimtab_value v;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                assert_int_equal(sysfile_decode(cases[i].form, cases[i].raw, &v), 0);
                assert_int_equal(v.type, TRIMTAB_NUMBER);
                assert_true(v.number == cases[i].number);
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                assert_int_equal(sysfile_decode(&plain, bad[i], &v), -EINVAL);
                assert_int_equal(sysfile_decode(&quota, bad[i], &v), -EINVAL);
        }
        assert_int_equal(sysfile_decode(&quota, "100 0", &v), -EINVAL);
        assert_int_equal(sysfile_decode(&cpus, "1-0", &v), -EINVAL);
}

static void expect_encoded(const struct sysfile_form *form, double number, const char *like, const char *raw)
{
        struct trimtab_value v = value_number(number);
        _cleanup_free_ char *got = NULL;

        assert_int_equal(sysfile_encode(form, &v, like, &got), 0);
        assert_string_equal(got, raw);
}

static void encodes(void **state)
{
        struct trimtab_value v;
        char *raw = NULL;

        expect_encoded(&plain, 168.75, NULL, "169");
        expect_encoded(&plain, INFINITY, NULL, "max");
        expect_encoded(&plain, 68719476736, NULL, "68719476736");
        expect_encoded(&quota, 20, NULL, "20000 100000");
        expect_encoded(&quota, 20, "max 50000", "10000 50000");
        expect_encoded(&quota, 20, "garbage", "20000 100000");
        expect_encoded(&quota, INFINITY, "1000 50000", "max 50000");
        /* Below this the kernel answers EINVAL. */
        expect_encoded(&quota, 0.1, NULL, "1000 100000");

        v = value_number(NAN);
        assert_int_equal(sysfile_encode(&plain, &v, NULL, &raw), -EINVAL);
        v = value_number(-INFINITY);
        assert_int_equal(sysfile_encode(&plain, &v, NULL, &raw), -EINVAL);
        v = value_number(1e300);
        assert_int_equal(sysfile_encode(&plain, &v, NULL, &raw), -ERANGE);
        assert_int_equal(value_text(TRIMTAB_TEXT, "two\nlines", &v), 0);
        assert_int_equal(sysfile_encode(&text, &v, NULL, &raw), -EINVAL);
}

/* rps_cpus of a machine of 40 CPUs; whatever width a mask is written with. */
static void masks_are_lists(void **state)
{
        static const struct {
                const char *raw, *list, *encoded;
        } cases[] = {
                { "0", "", "0" },
                { "00,00000000", "", "0" },
                { "f", "0-3", "f" },
                { "00,0000000f", "0-3", "f" },
                { "80,80000001", "0,31,39", "80,80000001" },
                { "1,00000000,00000000", "64", "1,00000000,00000000" },
                { "A0", "5,7", "a0" },
        };
        static const char *const bad[] = { "", ",", "f,", ",f", "x", "0x1", "123456789", "f f", "-1" };
        struct trimtab_value v;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *got = NULL;

                assert_int_equal(sysfile_decode(&mask, cases[i].raw, &v), 0);
                assert_int_equal(v.type, TRIMTAB_CPULIST);
                assert_string_equal(v.text, cases[i].list);
                assert_int_equal(sysfile_encode(&mask, &v, NULL, &got), 0);
                assert_string_equal(got, cases[i].encoded);
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(sysfile_decode(&mask, bad[i], &v), -EINVAL);
        assert_true(sysfile_same(&mask, "f", "00000000,0000000f"));
        assert_false(sysfile_same(&mask, "f", "e"));
}

static void compares_by_meaning(void **state)
{
        assert_true(sysfile_same(&plain, "100", "100"));
        assert_true(sysfile_same(&plain, "100", "100.0"));
        assert_true(sysfile_same(&cpus, "0-1", "0,1"));
        assert_true(sysfile_same(&cpus, "", ""));
        assert_true(sysfile_same(&quota, "max 100000", "max"));
        assert_true(sysfile_same(&text, "x", "x"));
        assert_false(sysfile_same(&plain, "100", "101"));
        assert_false(sysfile_same(&plain, "max", "100"));
        assert_false(sysfile_same(&plain, "", "0"));
        assert_false(sysfile_same(&cpus, "0-1", "0-2"));
        assert_false(sysfile_same(&cpus, "", "0"));
        assert_false(sysfile_same(&choice, "none", "bfq"));
}

/* A file that takes writes keeps what it has, be it one that takes anything; one that takes none says so although root may open it. */
static void asks_without_writing(void **state)
{
        int r;

        fill("0-3\n");
        assert_int_equal(sysfile_takes_writes(path), 0);
        expect_content("0-3\n");
        assert_int_equal(sysfile_takes_writes("/proc/self/comm"), 0);
        r = sysfile_takes_writes("/proc/version");
        assert_int_equal(r, geteuid() == 0 ? -EIO : -EACCES);
        assert_int_equal(sysfile_takes_writes("/tmp/trimtab-there-is-no-such/file"), -ENOENT);
}

static int setup(void **state)
{
        int fd = mkstemp(path);

        return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
        return unlink(path);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_each_form),
                cmocka_unit_test(says_what_is_missing),
                cmocka_unit_test(writes_each_form),
                cmocka_unit_test(reports_what_write_says),
                cmocka_unit_test(asks_without_writing),
                cmocka_unit_test(decodes),
                cmocka_unit_test(encodes),
                cmocka_unit_test(masks_are_lists),
                cmocka_unit_test(compares_by_meaning),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
