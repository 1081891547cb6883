/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The place in our source is not where the news comes from. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "serve/events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "serve/strings.h"
#include "util/cleanup.h"
#include "util/str.h"

enum {
        FIELDS_FIXED = 4, /* MESSAGE, MESSAGE_ID, PRIORITY, TRIMTAB_DECISION */
};

static const struct {
        const char *name;
        size_t offset; /* of the string in struct event */
} optional_fields[] = {
        { "TRIMTAB_RULE", offsetof(struct event, rule) },
        { "TRIMTAB_OBJECT", offsetof(struct event, object) },
        { "TRIMTAB_KNOB", offsetof(struct event, knob) },
        { "TRIMTAB_UNIT", offsetof(struct event, unit) },
        { "TRIMTAB_VIA", offsetof(struct event, via) },
        { "TRIMTAB_OLD", offsetof(struct event, before) },
        { "TRIMTAB_NEW", offsetof(struct event, after) },
        { "TRIMTAB_REASON", offsetof(struct event, reason) },
        { "TRIMTAB_METRIC", offsetof(struct event, measure) },
        { "TRIMTAB_VALUE", offsetof(struct event, value) },
        { "TRIMTAB_THRESHOLD", offsetof(struct event, threshold) },
        { "TRIMTAB_OUTCOME", offsetof(struct event, outcome) },
        { "TRIMTAB_DETAIL", offsetof(struct event, detail) },
        { "TRIMTAB_APPLY", offsetof(struct event, apply) },
};

const char *event_kind_message_id(enum event_kind k)
{
        switch (k) {
        case EVENT_CHANGED:
                return TRIMTAB_MESSAGE_CHANGED;
        case EVENT_RESTORED:
                return TRIMTAB_MESSAGE_RESTORED;
        case EVENT_ADVISED:
                return TRIMTAB_MESSAGE_ADVISED;
        case EVENT_GIVEN_UP:
                return TRIMTAB_MESSAGE_GIVEN_UP;
        case EVENT_DAEMON:
                return TRIMTAB_MESSAGE_DAEMON;
        case EVENT_PROBLEM:
                return TRIMTAB_MESSAGE_PROBLEM;
        }

        return TRIMTAB_MESSAGE_PROBLEM;
}

/* Takes over text; NULL: out of memory. */
static int fields_add(char **fields, size_t *n, char *text)
{
        if (!text)
                return -ENOMEM;

        fields[(*n)++] = text;
        return 0;
}

int event_journal_fields(const struct event *event, int priority, char ***ret, size_t *ret_n)
{
        _cleanup_(strings_freep) char **fields = NULL;
        size_t n = 0;
        int r;

        fields = calloc(FIELDS_FIXED + ELEMENTSOF(optional_fields) + 1, sizeof(*fields));
        if (!fields)
                return -ENOMEM;

        r = fields_add(fields, &n, str_printf("MESSAGE=%s", event->message ?: event_kind_name(event->kind)));
        if (r < 0)
                return r;
        r = fields_add(fields, &n, str_printf("MESSAGE_ID=%s", event_kind_message_id(event->kind)));
        if (r < 0)
                return r;
        r = fields_add(fields, &n, str_printf("PRIORITY=%d", priority));
        if (r < 0)
                return r;
        if (event->decision != 0) {
                r = fields_add(fields, &n, str_printf("TRIMTAB_DECISION=%" PRIu64, event->decision));
                if (r < 0)
                        return r;
        }

        for (size_t i = 0; i < ELEMENTSOF(optional_fields); i++) {
                const char *value = *(char *const *) ((const char *) event + optional_fields[i].offset);

                if (!value)
                        continue;
                r = fields_add(fields, &n, str_printf("%s=%s", optional_fields[i].name, value));
                if (r < 0)
                        return r;
        }

        *ret = TAKE(fields);
        *ret_n = n;
        return 0;
}

int event_to_journal(const struct event *event, int priority)
{
        struct iovec iov[FIELDS_FIXED + ELEMENTSOF(optional_fields)];
        _cleanup_(strings_freep) char **fields = NULL;
        size_t n;
        int r;

        r = event_journal_fields(event, priority, &fields, &n);
        if (r < 0)
                return r;

        for (size_t i = 0; i < n; i++)
                iov[i] = (struct iovec){ .iov_base = fields[i], .iov_len = strlen(fields[i]) };
        return sd_journal_sendv(iov, (int) n);
}
