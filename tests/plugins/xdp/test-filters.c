/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* [filter NAME] sections: what they mean, and what is said of keys that do not go together. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "entries.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void test_keys_together(void **state)
{
        static const char nothing[] = "it says nothing of what to match; everything is: source = 0.0.0.0/0, ::/0";
        static const char not_tcp[] = "flags are those of TCP: it needs protocol = tcp";
        static const struct {
                const char *text, *why; /* NULL: they do */
        } cases[] = {
                { "drop source=10.0.0.0/8", NULL },
                { "drop destination=10.0.0.0/8", NULL },
                { "drop file=/a", NULL },
                { "drop protocol=udp", NULL },
                { "drop source-port=53", NULL },
                { "allow port=53", NULL },
                { "drop fragments=yes", NULL },
                { "drop protocol=tcp flags=syn", NULL },
                { "drop protocol=6 flags=syn,!ack", NULL },
                { "drop protocol=tcp,udp,sctp,dccp,udplite,17 port=53", NULL },
                { "drop source=0.0.0.0/0,::/0", NULL },
                { "drop", nothing },
                { "allow", nothing },
                { "drop for=iface:eth0", nothing },
                { "drop description=everything", nothing },
                { "drop for=iface:eth0 description=everything", nothing },
                { "drop fragments=no", nothing },
                { "drop fragments=no port=53", NULL },
                { "drop protocol=icmp port=53", "'icmp' has no ports" },
                { "drop protocol=tcp,47 port=53", "'47' has no ports" },
                { "drop protocol=esp source-port=53", "'esp' has no ports" },
                { "drop flags=syn", not_tcp },
                { "drop protocol=udp flags=syn", not_tcp },
                { "drop protocol=tcp,udp flags=syn", not_tcp },
                { "drop protocol=tcp flags=syn,ack,syn", "the flag of 'syn' is there twice" },
                { "drop protocol=tcp flags=syn,!syn", "the flag of '!syn' is there twice" },
        };

        for (size_t i = 0; i < N(cases); i++) {
                char why[256] = "";
                struct line line;

                line_read(cases[i].text, "a", &line);
                assert_int_equal(filter_check(&line.entry, why, sizeof(why)), cases[i].why ? -EINVAL : 0);
                assert_string_equal(why, cases[i].why ? cases[i].why : "");
                line_clear(&line);
        }
}

/* What the host needs to read them: each key has its type, and each list something that checks its items. */
static void test_keys(void **state)
{
        for (unsigned k = 0; k < _FILTER_KEY_MAX; k++) {
                assert_non_null(filter_keys[k].name);
                assert_non_null(filter_keys[k].help);
                if (filter_keys[k].flags & TRIMTAB_KEY_LIST)
                        assert_non_null(filter_keys[k].check);
        }
        assert_string_equal(filter_keys[FILTER_FILE].of, filter_keys[FILTER_SOURCE].name);
}

static void test_reading(void **state)
{
        struct filters *filters = filters_of("drop source=10.0.0.0/8,2001:db8::/32 destination=192.0.2.1 protocol=tcp source-port=1-9,11 "
                                             "port=80 flags=syn,!ack fragments=yes for=iface:eth*,iface:lo; allow port=443; "
                                             "drop file=/empty; drop file=/full source=10.0.0.1; drop port=1 fragments=no");
        const struct filter *f = filters->filter;

        assert_int_equal(filters->n, 5);
        assert_string_equal(f->name, "0");
        assert_false(f->allow);
        assert_int_equal(f->n_sources, 2);
        assert_int_equal(f->sources[1].family, 6);
        assert_int_equal(f->sources[1].length, 32);
        assert_int_equal(f->n_destinations, 1);
        assert_int_equal(f->n_protocols, 1);
        assert_int_equal(f->protocols[0], 6);
        assert_int_equal(f->n_source_ports, 2);
        assert_int_equal(f->source_ports[0].last, 9);
        assert_int_equal(f->n_destination_ports, 1);
        assert_int_equal(f->destination_ports[0].first, 80);
        assert_int_equal(f->flags, 0x12);
        assert_int_equal(f->flags_set, 0x02);
        assert_true(f->fragments);
        assert_false(f->nobody);
        assert_true(filter_applies(f, "eth7"));
        assert_true(filter_applies(f, "lo"));
        assert_false(filter_applies(f, "wlan0"));
        assert_false(filter_applies(f, "veth0"));

        assert_true(f[1].allow);
        assert_true(filter_applies(&f[1], "anything"));
        assert_true(f[2].nobody);
        assert_false(f[3].nobody);
        assert_false(f[4].fragments);
        assert_null(filters_free(filters));
        assert_null(filters_free(NULL));
}

/* Other sections are passed over; the management's ports come first. */
static void test_sections_and_management(void **state)
{
        const struct range management[] = { { 22, 22 }, { 8000, 8010 } };
        const struct trimtab_entry *entries[3];
        struct filters *filters;
        struct line lines[3];

        for (uint32_t i = 0; i < 3; i++) {
                line_read("drop port=80", "x", &lines[i]);
                lines[i].entry.section = i % 2;
                entries[i] = &lines[i].entry;
        }
        assert_int_equal(filters_read(entries, 3, 1, management, 2, &filters), 0);
        assert_int_equal(filters->n, 2);
        assert_string_equal(filters->filter[0].name, "management");
        assert_true(filters->filter[0].allow);
        assert_int_equal(filters->filter[0].n_protocols, 1);
        assert_int_equal(filters->filter[0].protocols[0], 6);
        assert_int_equal(filters->filter[0].n_destination_ports, 2);
        assert_int_equal(filters->filter[0].destination_ports[1].last, 8010);
        assert_string_equal(filters->filter[1].name, "x");
        filters_free(filters);

        assert_int_equal(filters_read(entries, 3, 7, NULL, 0, &filters), 0);
        assert_int_equal(filters->n, 0);
        filters_free(filters);
        for (uint32_t i = 0; i < 3; i++)
                line_clear(&lines[i]);
}

static void test_too_many(void **state)
{
        const struct range management = { 22, 22 };
        const struct trimtab_entry *entries[65];
        struct filters *filters = NULL;
        struct line line;

        line_read("drop port=80", "x", &line);
        for (uint32_t i = 0; i < N(entries); i++)
                entries[i] = &line.entry;
        assert_int_equal(filters_read(entries, 64, 0, NULL, 0, &filters), 0);
        assert_int_equal(filters->n, 64);
        filters_free(filters);
        filters = NULL;
        assert_int_equal(filters_read(entries, 65, 0, NULL, 0, &filters), -E2BIG);
        assert_int_equal(filters_read(entries, 64, 0, &management, 1, &filters), -E2BIG);
        assert_null(filters);
        assert_int_equal(filters_read(entries, 63, 0, &management, 1, &filters), 0);
        filters_free(filters);
        line_clear(&line);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_keys_together),           cmocka_unit_test(test_keys),     cmocka_unit_test(test_reading),
                cmocka_unit_test(test_sections_and_management), cmocka_unit_test(test_too_many),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
