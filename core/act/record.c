/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/record.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "util/array.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/str.h"

#define CRC_DIGITS 8

static const char *const verb_names[] = {
        [RECORD_ENTRY] = "entry",
        [RECORD_FORGET] = "forget",
};

static const char *const kinds[] = {
        [TARGET_FILE] = "file",
        [TARGET_UNIT] = "unit",
        [TARGET_CALL] = "call",
        [TARGET_FILTER] = "filter",
};

enum field_type { FIELD_TEXT, FIELD_NUMBER, FIELD_FLAG, FIELD_UINT, FIELD_KIND, FIELD_KEY, FIELD_LIST };

struct field {
        const char *name;
        enum field_type type;
        size_t offset; /* in struct ledger_entry */
};

#define AT(member) offsetof(struct ledger_entry, member)
_Static_assert(sizeof((struct sysfile_form) {}.absent) == sizeof((struct sysfile_form) {}.key), "one field type for both");

static const struct field fields[] = {
        { "number", FIELD_NUMBER, AT(number) },
        { "when", FIELD_NUMBER, AT(when_usec) },
        { "kind", FIELD_KIND, AT(target.kind) },
        { "path", FIELD_TEXT, AT(target.path) },
        { "form", FIELD_UINT, AT(target.form.form) },
        { "type", FIELD_UINT, AT(target.form.type) },
        { "key", FIELD_KEY, AT(target.form.key) },
        { "line-absent", FIELD_KEY, AT(target.form.absent) },
        { "slow", FIELD_FLAG, AT(target.slow) },
        { "unit", FIELD_TEXT, AT(target.unit) },
        { "property", FIELD_TEXT, AT(target.property) },
        { "knob", FIELD_TEXT, AT(knob) },
        { "object", FIELD_TEXT, AT(object) },
        { "rule", FIELD_TEXT, AT(rule) },
        { "absent", FIELD_FLAG, AT(original_absent) },
        { "original", FIELD_TEXT, AT(original) },
        { "original-property", FIELD_TEXT, AT(original_property) },
        { "dropin-path", FIELD_TEXT, AT(dropin_path) },
        { "dropin-absent", FIELD_FLAG, AT(dropin_absent) },
        { "dropin", FIELD_TEXT, AT(dropin) },
        { "confirmed", FIELD_TEXT, AT(confirmed) },
        { "intended", FIELD_LIST, AT(intended) },
        { "keep", FIELD_FLAG, AT(keep) },
        { "contest", FIELD_FLAG, AT(contest) },
        { "moved-for", FIELD_TEXT, AT(moved_for) },
};

void record_clear(struct record *r)
{
        free(r->boot);
        r->boot = NULL;
        r->entry = ledger_entry_free(r->entry);
}

/* --- writing --- */

static void put_text(struct buffer *t, const char *name, const char *value)
{
        if (!value)
                return;

        buffer_printf(t, " %s=", name);
        for (const unsigned char *c = (const unsigned char *) value; *c; c++)
                if (*c > ' ' && *c < 0x7f && *c != '%')
                        buffer_put_char(t, (char) *c);
                else
                        buffer_printf(t, "%%%02X", *c);
}

static void put_field(struct buffer *t, const struct field *field, const struct ledger_entry *e)
{
        const void *at = (const char *) e + field->offset;

        switch (field->type) {
        case FIELD_TEXT:
                put_text(t, field->name, *(char *const *) at);
                break;
        case FIELD_KEY:
                put_text(t, field->name, at);
                break;
        case FIELD_NUMBER:
                buffer_printf(t, " %s=%" PRIu64, field->name, *(const uint64_t *) at);
                break;
        case FIELD_UINT:
                buffer_printf(t, " %s=%" PRIu32, field->name, *(const uint32_t *) at);
                break;
        case FIELD_FLAG:
                buffer_printf(t, " %s=%d", field->name, *(const bool *) at);
                break;
        case FIELD_KIND:
                buffer_printf(t, " %s=%s", field->name, kinds[e->target.kind]);
                break;
        case FIELD_LIST:
                for (size_t i = 0; i < e->n_intended; i++)
                        put_text(t, field->name, e->intended[i]);
                break;
        }
}

static uint32_t checksum(const char *data, size_t size)
{
        return (uint32_t) crc32(crc32(0, NULL, 0), (const unsigned char *) data, (unsigned) size);
}

int record_encode(enum record_verb verb, const char *boot, const struct ledger_entry *entry, char **ret,
                  size_t *ret_size)
{
        _cleanup_(buffer_clear) struct buffer t = {};
        _cleanup_free_ char *text = NULL;
        char crc[CRC_DIGITS + 1];
        size_t size, n = verb == RECORD_FORGET ? 1 : ELEMENTSOF(fields);
        int r;

        buffer_printf(&t, "%0*d %s", CRC_DIGITS, 0, verb_names[verb]);
        put_text(&t, "boot", boot);
        for (size_t i = 0; i < n; i++)
                put_field(&t, &fields[i], entry);
        buffer_put_char(&t, '\n');
        r = buffer_take(&t, &text, &size);
        if (r < 0)
                return r;

        /* Over what lies between the blank behind it and the newline. */
        (void) snprintf(crc, sizeof(crc), "%08" PRIx32,
                        checksum(text + CRC_DIGITS + 1, size - CRC_DIGITS - 2));
        memcpy(text, crc, CRC_DIGITS);

        *ret = TAKE(text);
        *ret_size = size;
        return 0;
}

/* --- reading --- */

/* Undoes put_text in place. */
static int unescape(char *s)
{
        char *to = s;

        for (; *s; s++) {
                char hex[3];

                if (*s != '%') {
                        *to++ = *s;
                        continue;
                }
                if (!isxdigit((unsigned char) s[1]) || !isxdigit((unsigned char) s[2]))
                        return -EBADMSG;

                hex[0] = s[1], hex[1] = s[2], hex[2] = '\0';
                *to = (char) strtoul(hex, NULL, 16);
                if (*to++ == '\0')
                        return -EBADMSG;
                s += 2;
        }
        *to = '\0';

        return 0;
}

static int get_number(const char *value, uint64_t max, uint64_t *ret)
{
        unsigned long long n;
        char *end;

        errno = 0;
        n = strtoull(value, &end, 10);
        if (!isdigit((unsigned char) *value) || *end || errno != 0 || n > max)
                return -EBADMSG;

        *ret = n;
        return 0;
}

static int get_list(struct ledger_entry *e, const char *value)
{
        int r;

        r = array_reserve(&e->intended, e->n_intended, sizeof(*e->intended));
        if (r < 0)
                return r;

        e->intended[e->n_intended] = strdup(value);
        return e->intended[e->n_intended++] ? 0 : -ENOMEM;
}

static int get_text(char **at, const char *value)
{
        free(*at);
        *at = strdup(value);
        return *at ? 0 : -ENOMEM;
}

static int get_field(const struct field *field, struct ledger_entry *e, const char *value)
{
        void *at = (char *) e + field->offset;
        uint64_t n = 0;
        int r = 0;

        switch (field->type) {
        case FIELD_TEXT:
                return get_text(at, value);
        case FIELD_LIST:
                return get_list(e, value);
        case FIELD_KEY:
                if (strlen(value) >= sizeof(e->target.form.key))
                        return -EBADMSG;
                strcpy(at, value);
                return 0;
        case FIELD_KIND:
                for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                        if (streq(value, kinds[i])) {
                                e->target.kind = (enum target_kind) i;
                                return 0;
                        }
                return -EBADMSG;
        case FIELD_NUMBER:
                return get_number(value, UINT64_MAX, at);
        case FIELD_UINT:
                r = get_number(value, UINT32_MAX, &n);
                *(uint32_t *) at = (uint32_t) n;
                return r;
        case FIELD_FLAG:
                r = get_number(value, 1, &n);
                *(bool *) at = n;
                return r;
        }

        return -EBADMSG;
}

/* A name we do not know is of a newer version: whoever upgrades restores first, so it is skipped, not
 * refused. */
static int get_pair(char *pair, struct record *record)
{
        char *value = strchr(pair, '=');
        int r;

        if (!value)
                return -EBADMSG;
        *value++ = '\0';

        r = unescape(value);
        if (r < 0)
                return r;

        if (streq(pair, "boot"))
                return get_text(&record->boot, value);

        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                if (streq(pair, fields[i].name))
                        return get_field(&fields[i], record->entry, value);

        return 0;
}

static int verb_find(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(verb_names); i++)
                if (streq(name, verb_names[i]))
                        return (int) i;

        return -EBADMSG;
}

/* What every record must say to be of use. */
static bool record_complete(const struct record *r)
{
        const struct target *t = &r->entry->target;

        if (!r->boot || r->entry->number == 0)
                return false;
        if (r->verb == RECORD_FORGET)
                return true;
        if (!t->path || (!r->entry->original && !r->entry->original_absent))
                return false;

        return t->kind != TARGET_UNIT || (t->unit && t->property && r->entry->dropin_path);
}

static int parse(char *text, struct record *record)
{
        char *word, *state = NULL;
        int r;

        word = strtok_r(text, " ", &state);
        if (!word)
                return -EBADMSG;

        r = verb_find(word);
        if (r < 0)
                return r;
        record->verb = (enum record_verb) r;

        while ((word = strtok_r(NULL, " ", &state))) {
                r = get_pair(word, record);
                if (r < 0)
                        return r;
        }

        return record_complete(record) ? 0 : -EBADMSG;
}

int record_decode(const char *line, size_t size, struct record *ret)
{
        struct record record = {};
        _cleanup_free_ char *text = NULL;
        char crc[CRC_DIGITS + 1];
        int r;

        if (size <= CRC_DIGITS + 1 || line[CRC_DIGITS] != ' ')
                return -EBADMSG;

        (void) snprintf(crc, sizeof(crc), "%08" PRIx32,
                        checksum(line + CRC_DIGITS + 1, size - CRC_DIGITS - 1));
        if (memcmp(crc, line, CRC_DIGITS) != 0 || memchr(line, '\0', size))
                return -EBADMSG;

        text = strndup(line + CRC_DIGITS + 1, size - CRC_DIGITS - 1);
        record.entry = calloc(1, sizeof(*record.entry));
        if (!text || !record.entry) {
                record_clear(&record);
                return -ENOMEM;
        }

        r = parse(text, &record);
        if (r < 0) {
                record_clear(&record);
                return r;
        }

        *ret = record;
        return 0;
}
