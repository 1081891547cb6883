/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/imagined.h"

#include <errno.h>
#include <stdlib.h>
#include <uthash.h>

#include "decide/value.h"
#include "util/ownership.h"

struct key {
        uint64_t knob, scope, object;
};

/* There are many, and struct trimtab_value is a kilobyte. */
struct small_value {
        uint32_t type;
        double number;
        char *text;
};

struct setting {
        struct key key;
        int error; /* why there is no base */
        bool held;
        struct small_value base, now; /* now: while it is held */
        UT_hash_handle hh;
};

struct imagined {
        struct setting *settings; /* (knob, object) -> setting */
};

int imagined_new(struct imagined **ret)
{
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

static void drop(struct imagined *i, struct setting *s)
{
        HASH_DEL(i->settings, s);
        free(s->base.text);
        free(s->now.text);
        free(s);
}

struct imagined *imagined_free(struct imagined *i)
{
        struct setting *s, *next;

        if (!i)
                return NULL;
        HASH_ITER(hh, i->settings, s, next)
                drop(i, s);
        free(i);
        return NULL;
}

static struct setting *find(const struct imagined *i, uint32_t knob, struct oid object)
{
        struct key key = { knob, object.scope, object.key };
        struct setting *s = NULL;

        HASH_FIND(hh, i->settings, &key, sizeof(key), s);
        return s;
}

static int keep_value(struct small_value *to, const struct trimtab_value *v)
{
        char *text = NULL;

        if (v->type != TRIMTAB_NUMBER) {
                text = strdup(v->text);
                if (!text)
                        return -ENOMEM;
        }
        free(to->text);
        *to = (struct small_value) { v->type, v->number, text };
        return 0;
}

static int give_value(const struct small_value *v, struct trimtab_value *ret)
{
        if (v->type != TRIMTAB_NUMBER)
                return value_text(v->type, v->text, ret);
        *ret = value_number(v->number);
        return 0;
}

static struct setting *find_or_add(struct imagined *i, uint32_t knob, struct oid object)
{
        struct setting *s = find(i, knob, object);

        if (s)
                return s;
        s = calloc(1, sizeof(*s));
        if (!s)
                return NULL;
        s->key = (struct key) { knob, object.scope, object.key };
        s->error = -EAGAIN;
        HASH_ADD(hh, i->settings, key, sizeof(s->key), s);
        return s;
}

int imagined_base(struct imagined *i, uint32_t knob, struct oid object, int error, const struct trimtab_value *value)
{
        struct setting *s = find_or_add(i, knob, object);

        if (!s)
                return -ENOMEM;
        s->error = error;
        return error < 0 ? 0 : keep_value(&s->base, value);
}

int imagined_hold(struct imagined *i, uint32_t knob, struct oid object, const struct trimtab_value *value)
{
        struct setting *s = find_or_add(i, knob, object);
        int r;

        if (!s)
                return -ENOMEM;
        if (s->error < 0 && s->error != -EAGAIN)
                return s->error;
        r = value ? keep_value(&s->now, value) : 0;
        s->held = value && r >= 0;
        return r;
}

void imagined_forget(struct imagined *i, uint32_t n_knobs, struct oid object)
{
        for (uint32_t knob = 0; knob < n_knobs; knob++) {
                struct setting *s = find(i, knob, object);

                if (s)
                        drop(i, s);
        }
}

int imagined_current(const struct imagined *i, uint32_t knob, struct oid object, struct trimtab_value *ret)
{
        const struct setting *s = find(i, knob, object);

        if (s && s->held)
                return give_value(&s->now, ret);
        return imagined_original(i, knob, object, ret);
}

int imagined_original(const struct imagined *i, uint32_t knob, struct oid object, struct trimtab_value *ret)
{
        const struct setting *s = find(i, knob, object);

        if (!s)
                return -EAGAIN;
        return s->error < 0 ? s->error : give_value(&s->base, ret);
}
