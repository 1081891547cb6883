/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/filter.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/order.h"
#include "util/clock.h"
#include "util/str.h"

static void at(const struct actor *a, const char *point)
{
        if (a->config.at)
                a->config.at(a->config.userdata, point);
}

/* --- whose it is --- */

static int describe(int program_fd, char **ret, char name[BPF_OBJ_NAME_LEN])
{
        struct bpf_prog_info info = {};
        uint32_t size = sizeof(info);

        if (bpf_obj_get_info_by_fd(program_fd, &info, &size) < 0)
                return -errno;
        (void) snprintf(name, BPF_OBJ_NAME_LEN, "%s", info.name);
        *ret = str_printf("%s id %" PRIu32, info.name, info.id);
        return *ret ? 0 : -ENOMEM;
}

/* The same in words. The kernel gives no number twice, be it that two thousand million programs came between. */
static int describe_id(uint32_t id, char **ret, char name[BPF_OBJ_NAME_LEN])
{
        _cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);

        name[0] = '\0';
        if (fd >= 0)
                return describe(fd, ret, name);
        *ret = str_printf("? id %" PRIu32, id);
        return *ret ? 0 : -ENOMEM;
}

/* " id 93": what two descriptions of the same program have in common. */
static const char *number_in(const char *description)
{
        const char *last = NULL;

        for (const char *s = description; (s = strstr(s, " id ")); s++)
                last = s;
        return last ?: "";
}

static bool is_ours(const struct ledger_entry *e, uint32_t id)
{
        char number[24];

        (void) snprintf(number, sizeof(number), " id %" PRIu32, id);
        for (size_t i = 0; i < e->n_intended; i++)
                if (streq(number_in(e->intended[i]), number))
                        return true;
        return e->confirmed && streq(number_in(e->confirmed), number);
}

char *filter_there(const struct tc_place *p)
{
        char name[BPF_OBJ_NAME_LEN], *text = NULL;
        uint32_t id;
        int r = tc_filter_program(p, &id);

        if (r >= 0)
                return describe_id(id, &text, name) < 0 ? NULL : text;
        if (r == -EEXIST)
                return strdup("a filter that is no program");
        return strdup(tc_has_clsact(p->ifindex) > 0 ? FILTER_CLSACT : FILTER_NO_CLSACT);
}

/* --- taking off --- */

/* 0: nothing of ours is left; -EBUSY: nor that is, but somebody else's filter is there. Else some is. */
static int take_off(const struct ledger_entry *e)
{
        struct tc_place p;
        uint32_t id;
        int r, k = 0;

        r = tc_place_parse(e->target.path, &p);
        if (r < 0)
                return r;

        r = tc_filter_program(&p, &id);
        if (r >= 0 && is_ours(e, id))
                r = tc_filter_remove(&p);
        else if (r >= 0 || r == -EEXIST)
                r = -EBUSY;
        if (r < 0 && r != -EBUSY && r != -ENOENT)
                return r;

        if (streq(e->original ?: "", FILTER_NO_CLSACT))
                k = tc_remove_empty_clsact(p.ifindex);
        return k < 0 ? k : (r == -EBUSY ? r : 0);
}

static int take_off_and_forget(struct actor *a, const struct ledger_entry *e)
{
        int r;

        at(a, "before-filter-off");
        r = take_off(e);
        at(a, "after-filter-off");
        if (r < 0 && r != -EBUSY)
                return r;

        (void) ledger_forget(a->config.ledger, &e->target);
        at(a, "after-filter-forget");
        return r;
}

static int target_at(const struct tc_place *p, struct target *ret)
{
        *ret = (struct target){ .kind = TARGET_FILTER, .path = tc_place_text(p), .form.type = TRIMTAB_TEXT };
        return ret->path ? 0 : -ENOMEM;
}

int filter_remove(struct actor *a, const char *knob, const struct tc_place *p)
{
        _cleanup_(target_clear) struct target t = {};
        const struct ledger_entry *e;
        int r;

        r = target_at(p, &t);
        if (r < 0)
                return r;
        e = ledger_find(a->config.ledger, &t);
        return e && streq(e->knob ?: "", knob) ? take_off_and_forget(a, e) : -ENOENT;
}

static void say_before(struct order *o)
{
        struct tc_place p;

        if (tc_place_parse(o->target.path, &p) >= 0)
                o->before = filter_there(&p);
}

void filter_restore(struct order *o)
{
        const struct ledger_entry *e = ledger_find(o->actor->config.ledger, &o->target);
        struct tc_place p = {};
        char name[IF_NAMESIZE];
        int r;

        /* Ordered for one that has been taken off since: what is there now came later. */
        if (!e || e->number != o->number) {
                o->quiet = true;
                order_finish(o, OUTCOME_RESTORED, 0);
                return;
        }
        r = entry_copy(e, &o->entry);
        if (r < 0) {
                order_finish(o, OUTCOME_FAILED, r);
                return;
        }

        say_before(o);
        (void) tc_place_parse(o->target.path, &p);
        r = take_off_and_forget(o->actor, e);
        if (r == -EBUSY)
                order_say(o, "somebody else's filter has come in its place: %s", o->before ?: "");
        if (r >= 0 && !if_indextoname(p.ifindex, name))
                order_finish(o, OUTCOME_GONE, -ENODEV);
        else
                order_finish(o, r == -EBUSY ? OUTCOME_FOREIGN : r < 0 ? OUTCOME_REFUSED : OUTCOME_RESTORED, r);
}

/* --- putting on --- */

/* An older process's, whose ledger is lost, is known by the program's name. */
static int make_room(const struct tc_place *p, const char *name)
{
        _cleanup_free_ char *there = NULL;
        char theirs[BPF_OBJ_NAME_LEN];
        uint32_t id;
        int r;

        r = tc_filter_program(p, &id);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        r = describe_id(id, &there, theirs);
        if (r < 0)
                return r;
        return streq(theirs, name) ? tc_filter_remove(p) : -EEXIST;
}

/* Whether the interface had no clsact before the first of our filters there. */
static int read_original(const struct actor *a, uint32_t ifindex, const char **ret)
{
        size_t n;
        const struct ledger_entry *const *entries = ledger_entries(a->config.ledger, &n);
        int r = tc_has_clsact(ifindex);

        *ret = r > 0 ? FILTER_CLSACT : FILTER_NO_CLSACT;
        for (size_t i = 0; i < n && r > 0; i++) {
                struct tc_place p;

                if (entries[i]->target.kind == TARGET_FILTER && tc_place_parse(entries[i]->target.path, &p) >= 0 && p.ifindex == ifindex &&
                    streq(entries[i]->original ?: "", FILTER_NO_CLSACT))
                        *ret = FILTER_NO_CLSACT;
        }
        return r < 0 ? r : 0;
}

struct putting {
        const char *knob, *object, *original;
        struct target target;
        char *description;
};

static int intend(struct actor *a, const struct putting *w)
{
        const struct ledger_entry e = {
                .target = w->target,
                .knob = (char *) w->knob,
                .object = (char *) w->object,
                .original = (char *) w->original,
                .intended = (char **) &w->description,
                .n_intended = 1,
                .when_usec = realtime_usec(),
        };
        int r;

        at(a, "before-filter-intent");
        r = ledger_intend(a->config.ledger, &e);
        at(a, "after-filter-intent");
        return r;
}

/* One that came since we looked is not ours, and must not look so. */
static int add_clsact(struct actor *a, struct putting *w, uint32_t ifindex)
{
        int r = tc_add_clsact(ifindex);

        at(a, "after-clsact");
        if (r != -EEXIST)
                return r;
        w->original = FILTER_CLSACT;
        r = ledger_forget(a->config.ledger, &w->target);
        return r < 0 ? r : intend(a, w);
}

static int put(struct actor *a, struct putting *w, const struct tc_place *p, int program_fd)
{
        const struct ledger_entry *e;
        int r, had = tc_has_clsact(p->ifindex);

        r = had < 0 ? had : intend(a, w);
        if (r < 0)
                return r;

        if (!had)
                r = add_clsact(a, w, p->ifindex);
        if (r >= 0)
                r = tc_filter_add(p, program_fd);
        at(a, "after-filter");

        e = ledger_find(a->config.ledger, &w->target);
        if (r < 0 && e)
                (void) take_off_and_forget(a, e);
        else if (r >= 0)
                (void) ledger_confirm(a->config.ledger, &w->target, w->description);
        at(a, "after-filter-confirm");
        return r;
}

int filter_add(struct actor *a, const char *knob, const char *object, const struct tc_place *p, int program_fd)
{
        struct putting w = { .knob = knob, .object = object };
        _cleanup_(target_clear) struct target t = {};
        _cleanup_free_ char *description = NULL;
        char name[BPF_OBJ_NAME_LEN];
        int r;

        r = target_at(p, &t);
        if (r >= 0)
                r = describe(program_fd, &description, name);
        if (r < 0)
                return r;

        r = filter_remove(a, knob, p);
        if (r < 0 && r != -ENOENT && r != -EBUSY)
                return r;
        r = ledger_find(a->config.ledger, &t) ? -EEXIST : make_room(p, name);
        if (r >= 0)
                r = read_original(a, p->ifindex, &w.original);
        if (r < 0)
                return r;

        w.target = t;
        w.description = description;
        return put(a, &w, p, program_fd);
}
