/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/owed.h"

#include <stdlib.h>
#include <utlist.h>

#include "act/order.h"
#include "util/clock.h"

#define FIRST_PAUSE_NS (30 * NSEC_PER_SEC)
#define LAST_PAUSE_NS  (600 * NSEC_PER_SEC)

struct owed {
        struct owed *next;
        struct target target;
        uint64_t due_ns, pause_ns;
};

static struct owed *find(const struct actor *a, const struct target *t)
{
        struct owed *owed;

        LL_FOREACH(a->owed, owed)
        if (target_same(&owed->target, t))
                break;
        return owed;
}

static void forget(struct actor *a, struct owed *owed)
{
        LL_DELETE(a->owed, owed);
        target_clear(&owed->target);
        free(owed);
}

/* Out of memory it is put back when the daemon stops. */
static void begin(struct actor *a, const struct target *t)
{
        struct owed *owed = calloc(1, sizeof(*owed));

        if (!owed || target_copy(t, &owed->target) < 0) {
                free(owed);
                return;
        }
        owed->pause_ns = FIRST_PAUSE_NS;
        owed->due_ns = monotonic_ns() + owed->pause_ns;
        LL_PREPEND(a->owed, owed);
}

void owed_note(const struct order *o, bool failed)
{
        struct actor *a = o->actor;
        struct owed *owed = find(a, &o->target);

        if (o->verb != ORDER_SET && o->verb != ORDER_RESTORE)
                return;
        /* What was owed still is, if anything was. */
        if (o->verb == ORDER_SET && failed && !o->undoing)
                return;

        if (!failed) {
                if (owed)
                        forget(a, owed);
        } else if (!owed) {
                begin(a, &o->target);
        } else {
                owed->pause_ns = owed->pause_ns * 2 < LAST_PAUSE_NS ? owed->pause_ns * 2 : LAST_PAUSE_NS;
                owed->due_ns = monotonic_ns() + owed->pause_ns;
        }
}

void owed_look(struct actor *a, uint64_t now_ns)
{
        struct owed *owed, *next;

        LL_FOREACH_SAFE(a->owed, owed, next)
        {
                const struct ledger_entry *e = ledger_find(a->config.ledger, &owed->target);
                const struct handle *h = handles_find_target(&a->handles, &owed->target);

                if (!e) {
                        forget(a, owed);
                        continue;
                }
                if (owed->due_ns > now_ns || (h && h->orders > 0))
                        continue;
                owed->due_ns = now_ns + owed->pause_ns;
                (void) order_restore_again(a, e);
        }
}

void owed_clear(struct actor *a)
{
        while (a->owed)
                forget(a, a->owed);
}
