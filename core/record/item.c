/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/item.h"

#include <errno.h>

#include "decide/value.h"
#include "util/ownership.h"

/* How a value stands in a record: numbers by their bits, the rest as text. */
static void write_value(struct bytes *b, const struct trimtab_value *v)
{
        bytes_uint(b, v->type);
        if (v->type == TRIMTAB_NUMBER)
                bytes_double(b, v->number);
        else
                bytes_string(b, v->text);
}

static void read_value(struct scan *s, struct trimtab_value *ret)
{
        uint32_t type = scan_uint32(s);
        const char *text;

        if (type == TRIMTAB_NUMBER) {
                *ret = value_number(scan_double(s));
                return;
        }

        text = scan_string(s);
        if (strlen(text) >= sizeof(ret->text) || type < TRIMTAB_CPULIST || type > TRIMTAB_TEXT) {
                s->bad = true;
                text = "";
        }
        *ret = (struct trimtab_value) { .size = sizeof(*ret), .type = type };
        strcpy(ret->text, text);
}

static void write_oid(struct bytes *b, struct oid id)
{
        bytes_uint(b, id.scope);
        bytes_uint(b, id.key);
}

static struct oid read_oid(struct scan *s)
{
        struct oid id = { .scope = scan_uint32(s) };

        id.key = scan_uint(s);
        return id;
}

static int read_error(struct scan *s)
{
        uint64_t errno_value = scan_uint(s);

        if (errno_value > 4095)
                s->bad = true;
        return s->bad ? -EBADMSG : -(int) errno_value;
}

static void write_scope(struct bytes *b, const struct item *item)
{
        bytes_uint(b, item->scope.number);
        bytes_string(b, item->scope.name);
}

static void read_scope(struct scan *s, struct item *ret)
{
        ret->scope.number = scan_uint32(s);
        ret->scope.name = scan_string(s);
}

static void write_metric(struct bytes *b, const struct item *item)
{
        const struct trimtab_metric *m = &item->metric.is;

        bytes_uint(b, item->metric.number);
        bytes_uint(b, item->metric.scope);
        bytes_string(b, item->metric.plugin);
        bytes_string(b, m->name);
        bytes_string(b, m->unit);
        bytes_string(b, m->help);
        bytes_uint(b, m->kind);
        bytes_uint(b, m->flags);
}

static void read_metric(struct scan *s, struct item *ret)
{
        struct trimtab_metric *m = &ret->metric.is;

        ret->metric.number = scan_uint32(s);
        ret->metric.scope = scan_uint32(s);
        ret->metric.plugin = scan_string(s);
        m->name = scan_string(s);
        m->unit = scan_string(s);
        m->help = scan_string(s);
        m->kind = scan_uint32(s);
        m->flags = scan_uint32(s);
        if (!*m->name || m->kind < TRIMTAB_GAUGE || m->kind > TRIMTAB_HISTOGRAM)
                s->bad = true;
}

static void write_knob(struct bytes *b, const struct item *item)
{
        const struct trimtab_knob *k = &item->knob.is;
        size_t n = 0;

        while (k->choices && k->choices[n] && n < ITEM_CHOICES_MAX)
                n++;

        bytes_uint(b, item->knob.number);
        bytes_uint(b, item->knob.scope);
        bytes_string(b, item->knob.plugin);
        bytes_string(b, k->name);
        bytes_string(b, k->unit);
        bytes_string(b, k->help);
        bytes_uint(b, k->type);
        bytes_uint(b, k->flags);
        bytes_double(b, k->min);
        bytes_double(b, k->max);
        bytes_string(b, k->use_metric);
        bytes_uint(b, n);
        for (size_t i = 0; i < n; i++)
                bytes_string(b, k->choices[i]);
}

static void read_knob(struct scan *s, struct item *ret)
{
        struct trimtab_knob *k = &ret->knob.is;
        uint64_t n;

        ret->knob.number = scan_uint32(s);
        ret->knob.scope = scan_uint32(s);
        ret->knob.plugin = scan_string(s);
        k->name = scan_string(s);
        k->unit = scan_string(s);
        k->help = scan_string(s);
        k->type = scan_uint32(s);
        k->flags = scan_uint32(s);
        k->min = scan_double(s);
        k->max = scan_double(s);
        k->use_metric = scan_string(s);
        if (!*k->use_metric)
                k->use_metric = NULL;

        n = scan_uint(s);
        if (!*k->name || k->type < TRIMTAB_NUMBER || k->type > TRIMTAB_TEXT || n > ITEM_CHOICES_MAX) {
                s->bad = true;
                return;
        }
        for (uint64_t i = 0; i < n; i++)
                ret->knob.choices[i] = scan_string(s);
        ret->knob.choices[n] = NULL;
        k->choices = n > 0 ? ret->knob.choices : NULL;
}

static void write_object(struct bytes *b, const struct item *item)
{
        write_oid(b, item->object.id);
        bytes_string(b, item->object.name);
}

static void read_object(struct scan *s, struct item *ret)
{
        ret->object.id = read_oid(s);
        ret->object.name = scan_string(s);
}

static void write_gone(struct bytes *b, const struct item *item)
{
        write_oid(b, item->gone);
}

static void read_gone(struct scan *s, struct item *ret)
{
        ret->gone = read_oid(s);
}

static void write_setting(struct bytes *b, const struct item *item)
{
        bytes_uint(b, item->setting.knob);
        write_oid(b, item->setting.object);
        bytes_uint(b, (uint64_t) -item->setting.error);
        if (item->setting.error == 0)
                write_value(b, &item->setting.value);
}

static void read_setting(struct scan *s, struct item *ret)
{
        ret->setting.knob = scan_uint32(s);
        ret->setting.object = read_oid(s);
        ret->setting.error = read_error(s);
        if (ret->setting.error == 0)
                read_value(s, &ret->setting.value);
}

static void write_decision(struct bytes *b, const struct item *item)
{
        bytes_uint(b, item->decision.id);
        bytes_uint(b, item->decision.verb);
        bytes_uint(b, item->decision.advise);
        bytes_uint(b, item->decision.knob);
        write_oid(b, item->decision.object);
        bytes_string(b, item->decision.rule);
        bytes_string(b, item->decision.reason);
        if (item->decision.verb == VERB_SET)
                write_value(b, &item->decision.value);
}

static void read_decision(struct scan *s, struct item *ret)
{
        uint64_t verb;

        ret->decision.id = scan_uint(s);
        verb = scan_uint(s);
        ret->decision.advise = scan_uint(s) != 0;
        ret->decision.knob = scan_uint32(s);
        ret->decision.object = read_oid(s);
        ret->decision.rule = scan_string(s);
        ret->decision.reason = scan_string(s);
        if (verb > VERB_KEEP) {
                s->bad = true;
                return;
        }
        ret->decision.verb = (enum verb) verb;
        if (verb == VERB_SET)
                read_value(s, &ret->decision.value);
}

enum { OUTCOME_HAS_BEFORE = 1 << 0, OUTCOME_HAS_AFTER = 1 << 1 };

static void write_outcome(struct bytes *b, const struct item *item)
{
        bytes_uint(b, item->outcome.decision);
        bytes_uint(b, item->outcome.knob);
        write_oid(b, item->outcome.object);
        bytes_string(b, item->outcome.outcome);
        bytes_uint(b, (uint64_t) -item->outcome.error);
        bytes_uint(b, (item->outcome.have_before ? OUTCOME_HAS_BEFORE : 0) |
                              (item->outcome.have_after ? OUTCOME_HAS_AFTER : 0));
        if (item->outcome.have_before)
                write_value(b, &item->outcome.before);
        if (item->outcome.have_after)
                write_value(b, &item->outcome.after);
}

static void read_outcome(struct scan *s, struct item *ret)
{
        uint64_t has;

        ret->outcome.decision = scan_uint(s);
        ret->outcome.knob = scan_uint32(s);
        ret->outcome.object = read_oid(s);
        ret->outcome.outcome = scan_string(s);
        ret->outcome.error = read_error(s);
        has = scan_uint(s);
        ret->outcome.have_before = has & OUTCOME_HAS_BEFORE;
        ret->outcome.have_after = has & OUTCOME_HAS_AFTER;
        if (ret->outcome.have_before)
                read_value(s, &ret->outcome.before);
        if (ret->outcome.have_after)
                read_value(s, &ret->outcome.after);
}

static const struct {
        void (*write)(struct bytes *b, const struct item *item);
        void (*read)(struct scan *s, struct item *ret);
} kinds[] = {
        [ITEM_SCOPE] = { write_scope, read_scope },          [ITEM_METRIC] = { write_metric, read_metric },
        [ITEM_KNOB] = { write_knob, read_knob },             [ITEM_OBJECT] = { write_object, read_object },
        [ITEM_GONE] = { write_gone, read_gone },             [ITEM_SETTING] = { write_setting, read_setting },
        [ITEM_DECISION] = { write_decision, read_decision }, [ITEM_OUTCOME] = { write_outcome, read_outcome },
};

void item_write(struct bytes *b, const struct item *item)
{
        kinds[item->kind].write(b, item);
}

int item_read(uint64_t kind, struct scan body, struct item *ret)
{
        if (kind >= ELEMENTSOF(kinds) || !kinds[kind].read)
                return -EOPNOTSUPP;

        *ret = (struct item) { .kind = (enum item_kind) kind };
        kinds[kind].read(&body, ret);
        return body.bad ? -EBADMSG : 0;
}

void bytes_record(struct bytes *b, uint64_t kind, const struct bytes *body)
{
        bytes_uint(b, kind);
        bytes_uint(b, body->n);
        bytes_add(b, body->data, body->n);
        if (body->error < 0)
                b->error = body->error;
}

bool scan_record(struct scan *s, uint64_t *ret_kind, struct scan *ret_body)
{
        if (scan_at_end(s))
                return false;

        *ret_kind = scan_uint(s);
        *ret_body = scan_part(s, scan_uint(s));
        return !s->bad;
}
