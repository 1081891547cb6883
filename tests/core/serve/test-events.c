/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proves: the ring keeps the last events and no more, as copies; a journal entry has the promised fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "serve/events.h"
#include "serve/strings.h"
#include "util/cleanup.h"
#include "util/str.h"

DEFINE_CLEANUP(struct events *, events_free);

static void test_ring_keeps_the_last(void **state)
{
        _cleanup_(events_freep) struct events *events = NULL;
        char message[16];

        assert_int_equal(events_new(3, &events), 0);
        assert_int_equal(events_n(events), 0);
        assert_null(events_at(events, 0));

        for (unsigned i = 0; i < 8; i++) {
                snprintf(message, sizeof(message), "number %u", i);
                assert_int_equal(events_add(events, &(struct event){ .when_usec = i, .message = message }),
                                 0);
                assert_int_equal(events_n(events), i < 3 ? i + 1 : 3);
        }

        assert_string_equal(events_at(events, 0)->message, "number 5");
        assert_string_equal(events_at(events, 2)->message, "number 7");
        assert_int_equal(events_at(events, 2)->when_usec, 7);
        assert_null(events_at(events, 3));
}

static void test_strings_are_copied(void **state)
{
        char message[] = "m", rule[] = "r", object[] = "o", knob[] = "k", unit[] = "u", before[] = "b",
             after[] = "a", reason[] = "y";
        _cleanup_(events_freep) struct events *events = NULL;
        struct event event = {
                .kind = EVENT_CHANGED,
                .decision = 7,
                .message = message,
                .rule = rule,
                .object = object,
                .knob = knob,
                .unit = unit,
                .before = before,
                .after = after,
                .reason = reason,
        };
        const struct event *kept;

        assert_int_equal(events_new(1, &events), 0);
        assert_int_equal(events_add(events, &event), 0);
        message[0] = rule[0] = object[0] = knob[0] = unit[0] = before[0] = after[0] = reason[0] = '!';

        kept = events_at(events, 0);
        assert_int_equal(kept->kind, EVENT_CHANGED);
        assert_int_equal(kept->decision, 7);
        assert_string_equal(kept->message, "m");
        assert_string_equal(kept->rule, "r");
        assert_string_equal(kept->object, "o");
        assert_string_equal(kept->knob, "k");
        assert_string_equal(kept->unit, "u");
        assert_string_equal(kept->before, "b");
        assert_string_equal(kept->after, "a");
        assert_string_equal(kept->reason, "y");
}

static void test_no_capacity_is_refused(void **state)
{
        struct events *events;

        assert_int_equal(events_new(0, &events), -EINVAL);
}

static bool has_field(char *const *fields, const char *field)
{
        for (; *fields; fields++)
                if (streq(*fields, field))
                        return true;
        return false;
}

static void test_journal_fields(void **state)
{
        struct event event = {
                .kind = EVENT_CHANGED,
                .decision = 12,
                .message = (char *) "cpu.weight 100 -> 150",
                .rule = (char *) "web",
                .object = (char *) "cgroup:/a",
                .knob = (char *) "cpu.weight",
                .unit = (char *) "a.service",
                .before = (char *) "100",
                .after = (char *) "150",
                .reason = (char *) "p99 high",
                .measure = (char *) "p99(sched.runq_latency)",
                .value = (char *) "7.2ms",
                .threshold = (char *) "5ms",
                .outcome = (char *) "done",
                .via = (char *) "unit a.service CPUWeight",
        };
        static const char *const expected[] = {
                "MESSAGE=cpu.weight 100 -> 150",
                ("MESSAGE_ID=" TRIMTAB_MESSAGE_CHANGED),
                "PRIORITY=5",
                "TRIMTAB_DECISION=12",
                "TRIMTAB_RULE=web",
                "TRIMTAB_OBJECT=cgroup:/a",
                "TRIMTAB_KNOB=cpu.weight",
                "TRIMTAB_UNIT=a.service",
                "TRIMTAB_OLD=100",
                "TRIMTAB_NEW=150",
                "TRIMTAB_REASON=p99 high",
                "TRIMTAB_METRIC=p99(sched.runq_latency)",
                "TRIMTAB_VALUE=7.2ms",
                "TRIMTAB_THRESHOLD=5ms",
                "TRIMTAB_OUTCOME=done",
                "TRIMTAB_VIA=unit a.service CPUWeight",
        };
        _cleanup_(strings_freep) char **fields = NULL;
        size_t n;

        assert_int_equal(event_journal_fields(&event, 5, &fields, &n), 0);
        assert_int_equal(n, ELEMENTSOF(expected));
        for (size_t i = 0; i < ELEMENTSOF(expected); i++)
                assert_true(has_field(fields, expected[i]));
}

static void test_journal_leaves_out_what_is_not_known(void **state)
{
        struct event event = { .kind = EVENT_PROBLEM, .message = (char *) "m" };
        _cleanup_(strings_freep) char **fields = NULL;
        size_t n;

        assert_int_equal(event_journal_fields(&event, 3, &fields, &n), 0);
        assert_int_equal(n, 3);
        assert_true(has_field(fields, "MESSAGE_ID=" TRIMTAB_MESSAGE_PROBLEM));
        assert_true(has_field(fields, "PRIORITY=3"));
}

static void test_every_kind_has_a_name_and_an_id_of_its_own(void **state)
{
        static const enum event_kind kinds[] = {
                EVENT_CHANGED, EVENT_RESTORED, EVENT_ADVISED, EVENT_GIVEN_UP, EVENT_DAEMON, EVENT_PROBLEM,
        };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                assert_int_equal(strlen(event_kind_message_id(kinds[i])), 32);
                for (size_t j = 0; j < i; j++) {
                        assert_string_not_equal(event_kind_name(kinds[i]), event_kind_name(kinds[j]));
                        assert_string_not_equal(event_kind_message_id(kinds[i]),
                                                event_kind_message_id(kinds[j]));
                }
        }
}

static struct event about(const char *knob, uint64_t decision)
{
        return (struct event){ .kind = EVENT_CHANGED, .decision = decision, .object = (char *) "cgroup:/a", .knob = (char *) knob };
}

/* What happened last to a knob is known after the ring has forgotten it. */
static void test_the_latest_of_a_knob_outlives_the_ring(void **state)
{
        struct event weight = about("cpu.weight", 7), max = about("cpu.max", 9), noise = { .kind = EVENT_DAEMON };
        struct events *e;

        assert_int_equal(events_new(4, &e), 0);
        assert_int_equal(events_add(e, &weight), 0);
        assert_int_equal(events_add(e, &max), 0);
        weight.decision = 12;
        assert_int_equal(events_add(e, &weight), 0);
        for (unsigned i = 0; i < 20; i++)
                assert_int_equal(events_add(e, &noise), 0);

        assert_int_equal(events_latest(e, "cgroup:/a", "cpu.weight")->decision, 12);
        assert_int_equal(events_latest(e, "cgroup:/a", "cpu.max")->decision, 9);
        assert_null(events_latest(e, "cgroup:/b", "cpu.max"));
        assert_string_equal(events_of_decision(e, 9)->knob, "cpu.max");
        assert_null(events_of_decision(e, 7));
        assert_int_equal(events_at(e, 3)->serial, 23);
        events_free(e);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ring_keeps_the_last),
                cmocka_unit_test(test_strings_are_copied),
                cmocka_unit_test(test_no_capacity_is_refused),
                cmocka_unit_test(test_journal_fields),
                cmocka_unit_test(test_journal_leaves_out_what_is_not_known),
                cmocka_unit_test(test_the_latest_of_a_knob_outlives_the_ring),
                cmocka_unit_test(test_every_kind_has_a_name_and_an_id_of_its_own),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
