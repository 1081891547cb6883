/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/descriptor.h"

/* Sections and their keys in a descriptor: copied whatever their size, and judged. */

static int configure(void *self, const struct trimtab_entry *const *entries, uint32_t n)
{
        return 0;
}

static int key_check(const char *item, char *why, uint32_t size)
{
        return 0;
}

static int section_check(const struct trimtab_entry *entry, char *why, uint32_t size)
{
        return 0;
}

static const char *const actions[] = { "drop", "count", NULL };

enum { SOURCE, FILE_KEY, RATE, ACTION, N_KEYS };

/* A plugin in which everything is right: each test breaks one thing. */
struct sample {
        struct trimtab_key keys[N_KEYS];
        struct trimtab_section sections[2];
        struct trimtab_plugin plugin;
        struct inspection found;
};

static void sample_init(struct sample *s)
{
        *s = (struct sample) {
                .keys = {
                        [SOURCE] = { "source", NULL, "Who", TRIMTAB_KEY_TEXT, TRIMTAB_KEY_LIST, .check = key_check },
                        [FILE_KEY] = { "source-file", NULL, "Who else", TRIMTAB_KEY_TEXT, TRIMTAB_KEY_FILE, .of = "source" },
                        [RATE] = { "rate", "pps", "How many", TRIMTAB_KEY_NUMBER, 0, 1, 9 },
                        [ACTION] = { "action", NULL, "What then", TRIMTAB_KEY_CHOICE, TRIMTAB_KEY_REQUIRED, .choices = actions },
                },
                .sections = {
                        { sizeof(struct trimtab_key), N_KEYS, "filter", "What to do with packets", .check = section_check },
                        { .name = "route", .help = "Where they go" },
                },
                .plugin = {
                        TRIMTAB_PLUGIN_HEAD,
                        .name = "net",
                        .version = "1",
                        .license = "MIT",
                        .help = "Networks",
                        .section_size = sizeof(struct trimtab_section),
                        .n_sections = 2,
                        .configure = configure,
                },
                .found = { .name = "net", .abi = 1, .symbol_size = sizeof(struct trimtab_plugin) },
        };
        s->sections[0].keys = s->keys;
        s->plugin.sections = s->sections;
}

static int judge(struct sample *s)
{
        struct descriptor d;
        struct objects *objects;
        int r;

        assert_int_equal(objects_new(&objects), 0);
        r = descriptor_read(&s->plugin, &s->found, &d);
        if (r >= 0) {
                r = descriptor_check(&d, objects, &s->found);
                descriptor_clear(&d);
        }
        objects_free(objects);
        return r;
}

static void assert_refused(struct sample *s, const char *reason)
{
        assert_int_equal(judge(s), -ENOEXEC);
        if (!strstr(s->found.reason, reason))
                fail_msg("reason is \"%s\", expected \"%s\" in it", s->found.reason, reason);
        sample_init(s);
}

static void test_a_good_one(void **state)
{
        struct sample s;

        sample_init(&s);
        assert_int_equal(judge(&s), 0);
}

/* A plugin of a later 1.x: sections and keys have members that we do not know. */
static void test_larger(void **state)
{
        struct {
                struct trimtab_key k;
                uint64_t more;
        } keys[2] = {};
        struct {
                struct trimtab_section s;
                uint64_t more[3];
        } sections[2] = {};
        struct sample s;
        struct descriptor d;

        sample_init(&s);
        keys[0].k = s.keys[SOURCE];
        keys[1].k = s.keys[FILE_KEY];
        sections[0].s = s.sections[0];
        sections[0].s.keys = &keys[0].k;
        sections[0].s.key_size = sizeof(keys[0]);
        sections[0].s.n_keys = 2;
        sections[1].s = s.sections[1];
        keys[0].more = keys[1].more = sections[0].more[0] = sections[1].more[0] = UINT64_MAX;
        s.plugin.sections = &sections[0].s;
        s.plugin.section_size = sizeof(sections[0]);

        assert_int_equal(descriptor_read(&s.plugin, &s.found, &d), 0);
        assert_ptr_equal(d.plugin.sections, d.sections);
        assert_string_equal(d.sections[1].name, "route");
        assert_null(d.sections[1].keys);
        assert_ptr_equal(d.sections[0].keys, d.keys[0]);
        assert_string_equal(d.keys[0][1].of, "source");
        assert_ptr_equal(d.keys[0][0].check, key_check);
        descriptor_clear(&d);
}

/* What was built before there were sections says nothing of them, whatever stands behind its struct. */
static void test_before_sections(void **state)
{
        struct sample s;
        struct descriptor d;

        sample_init(&s);
        s.plugin.size = PLUGIN_SIZE_1_0;
        assert_int_equal(descriptor_read(&s.plugin, &s.found, &d), 0);
        assert_int_equal(d.plugin.n_sections, 0);
        assert_null(d.plugin.configure);
        descriptor_clear(&d);
}

static void test_sizes(void **state)
{
        struct sample s;

        sample_init(&s);
        s.plugin.section_size = 0;
        assert_refused(&s, "section_size is 0, expected at least 40 (use TRIMTAB_SECTIONS)");
        s.plugin.sections = NULL;
        assert_refused(&s, "n_sections is 2, but there is no array of them");
        s.plugin.n_sections = 5000;
        assert_refused(&s, "n_sections is 5000, expected at most 4096");
        s.sections[0].key_size = 64;
        assert_refused(&s, "key_size is 64, expected at least 72 (use TRIMTAB_KEYS)");
        s.sections[0].keys = NULL;
        assert_refused(&s, "n_keys is 4, but there is no array of them");
        s.sections[1].n_keys = UINT32_MAX;
        assert_refused(&s, "n_keys is 4294967295");
}

static void test_sections(void **state)
{
        struct sample s;

        sample_init(&s);
        s.plugin.configure = NULL;
        assert_refused(&s, "the descriptor has sections and no configure()");
        s.sections[0].name = "Filter";
        assert_refused(&s, "section 'Filter': not a name");
        s.sections[0].name = "fil ter";
        assert_refused(&s, "not a name");
        s.sections[0].name = NULL;
        assert_refused(&s, "section '': not a name");
        s.sections[0].name = "a-name-of-twenty-five-byt";
        assert_refused(&s, "a name of 25 bytes, expected at most 24");
        s.sections[1].name = "filter";
        assert_refused(&s, "section filter: declared twice");
        s.sections[0].help = "";
        assert_refused(&s, "section filter: it has no help");
        for (size_t i = 0; i < 4; i++) {
                s.sections[1].name = ((const char *const[]) { "rule", "goal", "plugin", "daemon" })[i];
                assert_refused(&s, "the core has a kind of section of that name");
        }
}

static void test_keys(void **state)
{
        static const char *const twice[] = { "a", "a", NULL };
        struct sample s;

        sample_init(&s);
        s.keys[SOURCE].name = "Source";
        assert_refused(&s, "section filter: key 'Source': not a name");
        s.keys[SOURCE].name = "a-name-of-fifty-bytes-0123456789-0123456789-012345";
        assert_refused(&s, "a name of 50 bytes, expected at most 49");
        s.keys[RATE].name = "action";
        assert_refused(&s, "section filter: key action: declared twice");
        s.keys[RATE].help = NULL;
        assert_refused(&s, "section filter: key rate: it has no help");
        s.keys[RATE].type = 0;
        assert_refused(&s, "type 0 is not known");
        s.keys[RATE].type = 4;
        assert_refused(&s, "type 4 is not known");
        s.keys[RATE].unit = NULL;
        assert_refused(&s, "a number without a unit");
        s.keys[RATE].min = 10;
        assert_refused(&s, "its range is 10 to 9; expected min <= max");
        s.keys[RATE].max = INFINITY;
        assert_refused(&s, "both finite");
        s.keys[RATE].check = key_check;
        assert_refused(&s, "check(), but its type is not text");
        s.keys[SOURCE].unit = "s";
        assert_refused(&s, "a unit, but its type is not number");
        s.keys[SOURCE].max = 1;
        assert_refused(&s, "a range, but its type is not number");
        s.keys[SOURCE].choices = actions;
        assert_refused(&s, "choices, but its type is not choice");
        s.keys[ACTION].choices = NULL;
        assert_refused(&s, "a choice without choices");
        s.keys[ACTION].choices = twice;
        assert_refused(&s, "choice 'a' is there twice");
}

static void test_files(void **state)
{
        struct sample s;

        sample_init(&s);
        s.keys[FILE_KEY].of = NULL;
        assert_refused(&s, "section filter: key source-file: a file, but it does not say of which key");
        s.keys[FILE_KEY].of = "sauce";
        assert_refused(&s, "a file of 'sauce', which is no key of this section");
        s.keys[FILE_KEY].of = "action";
        assert_refused(&s, "a file of 'action', which is no list");
        s.keys[FILE_KEY].flags |= TRIMTAB_KEY_LIST;
        s.keys[FILE_KEY].of = "source-file";
        assert_refused(&s, "which is no list");
        s.keys[FILE_KEY].flags = 0;
        assert_refused(&s, "of 'source', but it is no file");
        s.keys[FILE_KEY].type = TRIMTAB_KEY_NUMBER;
        s.keys[FILE_KEY].unit = "";
        assert_refused(&s, "a file, but its type is not text");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_good_one), cmocka_unit_test(test_larger),
                cmocka_unit_test(test_before_sections), cmocka_unit_test(test_sizes),
                cmocka_unit_test(test_sections), cmocka_unit_test(test_keys),
                cmocka_unit_test(test_files),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
