/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/journal.h"
#include "act/ledger-list.h"
#include "act/record.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/str.h"

struct ledger {
        struct journal journal;
        char *boot_id;
        uint64_t next;                 /* number for the next entry */
        struct ledger_list list;
};

DEFINE_CLEANUP(struct ledger *, ledger_free);

struct ledger *ledger_free(struct ledger *l)
{
        if (!l)
                return NULL;

        ledger_list_clear(&l->list);
        free(l->boot_id);
        journal_close(&l->journal);
        free(l);
        return NULL;
}

/* --- the file --- */

static int append_record(struct ledger *l, enum record_verb verb, const struct ledger_entry *e)
{
        _cleanup_free_ char *line = NULL;
        size_t size;
        int r;

        r = record_encode(verb, l->boot_id, e, &line, &size);
        if (r < 0)
                return r;

        return journal_append(&l->journal, line, size);
}

static int write_entries(const struct ledger *l, struct buffer *t)
{
        for (size_t i = 0; i < l->list.n; i++) {
                _cleanup_free_ char *line = NULL;
                size_t size;
                int r;

                r = record_encode(RECORD_ENTRY, l->boot_id, l->list.items[i], &line, &size);
                if (r < 0)
                        return r;

                buffer_put(t, line, size);
        }

        return 0;
}

/* Only what lives. Failing is no harm: the file is whole, only longer than it need be. */
static int compact(struct ledger *l)
{
        _cleanup_(buffer_clear) struct buffer t = {};
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = write_entries(l, &t);
        if (r >= 0)
                r = buffer_take(&t, &text, &size);
        if (r < 0)
                return r;

        return journal_replace(&l->journal, text, size);
}

static void compact_if_stale(struct ledger *l)
{
        if (journal_is_stale(&l->journal))
                (void) compact(l);
}

/* --- reading it --- */

static int replay_entry(struct ledger *l, struct ledger_entry *e)
{
        struct ledger_entry *known = ledger_list_find(&l->list, &e->target);
        int r;

        if (known)
                ledger_list_drop(&l->list, known);

        r = ledger_list_reserve(&l->list);
        if (r < 0) {
                ledger_entry_free(e);
                return r;
        }

        ledger_list_add(&l->list, e);
        return 0;
}

static int replay(struct ledger *l, struct record *record)
{
        uint64_t number = record->entry->number;
        struct ledger_entry *done;

        if (!streq(record->boot, l->boot_id))
                return 0;

        if (number >= l->next)
                l->next = number + 1;

        switch (record->verb) {
        case RECORD_ENTRY:
                return replay_entry(l, TAKE(record->entry));
        case RECORD_FORGET:
                done = ledger_list_find_number(&l->list, number);
                if (done)
                        ledger_list_drop(&l->list, done);
                return 0;
        }

        return -EBADMSG;
}

static int replay_all(struct ledger *l, const char *text, size_t size, unsigned *ret_skipped)
{
        const char *end = text + size, *next;
        unsigned skipped = 0;

        for (const char *line = text; line < end; line = next) {
                const char *newline = memchr(line, '\n', (size_t) (end - line));
                struct record record = {};
                int r = -EBADMSG;

                next = newline ? newline + 1 : end;
                if (newline == line)
                        continue;

                /* Without its newline a record is torn, even if by chance all else of it arrived. */
                if (newline)
                        r = record_decode(line, (size_t) (newline - line), &record);
                if (r >= 0)
                        r = replay(l, &record);
                record_clear(&record);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        skipped++;
        }

        ledger_list_sort(&l->list);
        *ret_skipped = skipped;
        return 0;
}

int ledger_open(const char *dir, const char *boot_id, struct ledger **ret, unsigned *ret_skipped)
{
        _cleanup_(ledger_freep) struct ledger *l = NULL;
        _cleanup_free_ char *text = NULL;
        unsigned skipped = 0;
        size_t size;
        int r;

        l = calloc(1, sizeof(*l));
        if (!l)
                return -ENOMEM;
        l->journal = (struct journal) JOURNAL_NULL;
        l->next = 1;

        l->boot_id = strdup(boot_id);
        if (!l->boot_id)
                return -ENOMEM;

        r = journal_open(&l->journal, dir, "ledger");
        if (r < 0)
                return r;

        r = journal_read(&l->journal, &text, &size);
        if (r < 0)
                return r;

        r = replay_all(l, text, size, &skipped);
        if (r < 0)
                return r;

        /* What could not be read, and what another boot left, goes; on a full disk it stays and does no harm.
         */
        if (size > 0)
                (void) compact(l);

        if (ret_skipped)
                *ret_skipped = skipped;
        *ret = TAKE(l);
        return 0;
}

/* --- what is done to it --- */

/* The new state of an entry: on file first, then in memory. Takes e over, also when it fails. old NULL: a new
 * entry. */
static int commit(struct ledger *l, struct ledger_entry *old, struct ledger_entry *e)
{
        _cleanup_(ledger_entry_freep) struct ledger_entry *entry = e;
        int r;

        r = ledger_list_reserve(&l->list);
        if (r < 0)
                return r;

        r = append_record(l, RECORD_ENTRY, entry);
        if (r < 0)
                return r;

        if (old) {
                ledger_list_replace(&l->list, old, TAKE(entry));
        } else {
                l->next = entry->number + 1;
                ledger_list_add(&l->list, TAKE(entry));
        }

        compact_if_stale(l);
        return 0;
}

/* What the newest intent says, on top of the entry there is. */
static int renew(struct ledger_entry *e, const struct ledger_entry *news)
{
        char *rule = news->rule ? strdup(news->rule) : NULL;

        if (news->rule && !rule)
                return -ENOMEM;

        free(e->rule);
        e->rule = rule;

        /* Changed for its own sake now, it no longer goes back with another one. */
        if (!news->moved_for) {
                free(e->moved_for);
                e->moved_for = NULL;
        }
        e->when_usec = news->when_usec;
        e->keep = news->keep;
        e->contest = news->contest;
        return entry_add_intent(e, news->intended[news->n_intended - 1]);
}

int ledger_intend(struct ledger *l, const struct ledger_entry *e)
{
        _cleanup_(ledger_entry_freep) struct ledger_entry *copy = NULL;
        struct ledger_entry *known = ledger_list_find(&l->list, &e->target);
        int r;

        if (e->n_intended == 0)
                return -EINVAL;

        r = entry_copy(known ?: e, &copy);
        if (r < 0)
                return r;

        if (known) {
                r = renew(copy, e);
                if (r < 0)
                        return r;
        } else {
                copy->number = l->next;
        }

        return commit(l, known, TAKE(copy));
}

int ledger_confirm(struct ledger *l, const struct target *t, const char *effective)
{
        struct ledger_entry *e = ledger_list_find(&l->list, t);
        char *confirmed;
        int r;

        if (!e)
                return -ENOENT;

        confirmed = strdup(effective);
        if (!confirmed)
                return -ENOMEM;

        /* In memory whatever becomes of the record: the next one carries it along. */
        free(e->confirmed);
        e->confirmed = confirmed;
        while (e->n_intended > 0)
                entry_drop_intent(e);

        r = append_record(l, RECORD_ENTRY, e);
        if (r < 0)
                return r;

        compact_if_stale(l);
        return 0;
}

int ledger_forget(struct ledger *l, const struct target *t)
{
        struct ledger_entry *e = ledger_list_find(&l->list, t);
        int r;

        if (!e)
                return -ENOENT;

        /* In memory whatever becomes of the record: read again, the entry would be found done. */
        r = append_record(l, RECORD_FORGET, e);
        ledger_list_drop(&l->list, e);
        if (r < 0)
                return r;

        compact_if_stale(l);
        return 0;
}

int ledger_refuse(struct ledger *l, const struct target *t)
{
        _cleanup_(ledger_entry_freep) struct ledger_entry *copy = NULL;
        struct ledger_entry *e = ledger_list_find(&l->list, t);
        int r;

        if (!e)
                return -ENOENT;

        r = entry_copy(e, &copy);
        if (r < 0)
                return r;

        entry_drop_intent(copy);
        if (copy->n_intended == 0 && !copy->confirmed)
                return ledger_forget(l, t);

        return commit(l, e, TAKE(copy));
}

/* --- what it says --- */

const struct ledger_entry *ledger_find(const struct ledger *l, const struct target *t)
{
        return ledger_list_find(&l->list, t);
}

const struct ledger_entry *ledger_find_file(const struct ledger *l, const char *path, const char *key)
{
        return ledger_list_find_file(&l->list, path, key);
}

const struct ledger_entry *ledger_next_file(const struct ledger_entry *e)
{
        return ledger_list_next_file(e);
}

const struct ledger_entry *const *ledger_entries(const struct ledger *l, size_t *ret_n)
{
        *ret_n = l->list.n;
        return (const struct ledger_entry *const *) l->list.items;
}

bool ledger_is_ours(const struct ledger_entry *e, const char *raw)
{
        if (e->confirmed && sysfile_same(&e->target.form, e->confirmed, raw))
                return true;

        for (size_t i = 0; i < e->n_intended; i++)
                if (sysfile_same(&e->target.form, e->intended[i], raw))
                        return true;

        return false;
}
