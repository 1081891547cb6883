/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "law.h"

struct law law_of(size_t n_levers)
{
        return (struct law){
                .config = { .settle_ns = 6 * SEC, .ease_after_ns = 30 * SEC, .n_levers = n_levers },
                .now_ns = 1000 * SEC
        };
}

static void move(struct law *l, const struct controller_order *o)
{
        switch (o->verb) {
        case CONTROLLER_STEP:
                l->levers[o->lever].held |= !l->stiff;
                break;
        case CONTROLLER_EASE:
                l->levers[o->lever].held |= !l->stiff && l->levers[o->lever].takes;
                break;
        case CONTROLLER_RELEASE:
                for (size_t i = 0; i < LEVERS; i++)
                        l->levers[i].held = false;
                break;
        case CONTROLLER_NOTHING:
        case CONTROLLER_MARK:
        case CONTROLLER_BACK:
                break;
        }
}

struct controller_order look(struct law *l, double load)
{
        struct controller_order o = controller_look(&l->c, &l->config, l->levers, l->now_ns, load);

        if (o.verb == CONTROLLER_NOTHING)
                return o;
        move(l, &o);
        controller_done(&l->c, &l->config, l->levers, &o, l->now_ns, load,
                        !l->stiff && o.verb != CONTROLLER_MARK);
        return o;
}

void expect(struct law *l, double load, enum controller_verb verb)
{
        assert_int_equal(look(l, load).verb, verb);
}

void after(struct law *l, unsigned seconds, double load, enum controller_verb verb)
{
        quiet(l, seconds - 1, load);
        l->now_ns += SEC;
        expect(l, load, verb);
}

void quiet(struct law *l, unsigned seconds, double load)
{
        while (seconds-- > 0) {
                l->now_ns += SEC;
                expect(l, load, CONTROLLER_NOTHING);
        }
}

unsigned until(struct law *l, unsigned most, double load, struct controller_order *ret)
{
        for (unsigned s = 1; s <= most; s++) {
                l->now_ns += SEC;
                *ret = look(l, load);
                if (ret->verb != CONTROLLER_NOTHING)
                        return s;
        }
        fail_msg("nothing is done in %u s", most);
        return 0;
}

struct law stepped(size_t n_levers, double load)
{
        struct law l = law_of(n_levers);

        expect(&l, load, CONTROLLER_NOTHING);
        after(&l, 6, load, CONTROLLER_STEP);
        return l;
}

struct law holding(void)
{
        struct law l = stepped(1, 1.2);

        quiet(&l, 5, 1.2);
        l.now_ns += SEC;
        expect(&l, 0.9, CONTROLLER_MARK);
        expect(&l, 0.9, CONTROLLER_NOTHING);
        assert_int_equal(l.c.phase, CONTROLLER_HOLDING);
        return l;
}

struct law stuck(void)
{
        struct law l = stepped(1, 2);

        after(&l, 6, 2, CONTROLLER_STEP);
        after(&l, 6, 2, CONTROLLER_BACK);
        after(&l, 6, 2, CONTROLLER_RELEASE);
        assert_int_equal(l.c.phase, CONTROLLER_STUCK);
        return l;
}
