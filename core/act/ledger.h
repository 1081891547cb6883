/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_LEDGER_H
#define TRIMTAB_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "act/index.h"
#include "act/sysfile.h"

/*
 * The crash-safe list of every value we changed and what it was before: RUNTIME-DIR/ledger. Append-only text records, one a
 * line, each with a CRC32; compacted in place by rename. The intent is on file BEFORE the write to the kernel.
 * This room knows nothing of writing values: act/actor and act/restore do that.
 */

enum target_kind {
        TARGET_FILE, /* or what is read and written like one: TRIMTAB_FORM_ETHTOOL */
        TARGET_UNIT, /* a property of a unit of systemd */
        TARGET_CALL, /* functions of a plugin: what they did ends with the process, and so does the entry */
        TARGET_FILTER, /* a program at tc's ingress of an interface (filter.h) */
};

/* What is written to: all that undo needs without any plugin. Strings are owned by whoever holds the struct. */
struct target {
        enum target_kind kind;
        char *path;             /* the file ("KNOB@KEY" for a call, tc_place_text() for a filter; for a unit: its cgroup's, to read back
                                   from; may vanish) */
        struct sysfile_form form;
        bool slow;              /* a write may block: TRIMTAB_KNOB_SLOW */
        char *unit, *property;  /* TARGET_UNIT */
};

/* Whether its value is in the file of that path, which others write to as well. */
static inline bool target_is_in_file(const struct target *t)
{
        return t->kind == TARGET_FILE || t->kind == TARGET_UNIT;
}

void target_clear(struct target *t);
int target_copy(const struct target *from, struct target *to);
/* The ledger's key: path for a file; unit and property for a unit (a drop-in outlives the unit's restart). */
bool target_same(const struct target *a, const struct target *b);
/* The same for targets that are. */
uint64_t target_hash(const struct target *t);

struct ledger_entry {
        uint64_t number;        /* order of first change: restored in reverse */
        struct target target;
        char *knob, *object;    /* names, for people and for the daemon that takes over: "cpu.weight", "cgroup:/a" */
        bool original_absent;   /* the file did not exist: restored means the kernel's default */
        char *original;         /* raw text; "" is a value */
        char *original_property; /* TARGET_UNIT: the property as text ("[not set]" for none), NULL: unknown */
        char *dropin_path;      /* TARGET_UNIT: the runtime drop-in that systemd keeps our value in */
        bool dropin_absent;     /* TARGET_UNIT: no runtime drop-in of that name before us */
        char *dropin;           /* its bytes, when there was one */
        char **intended;        /* raw texts since the last confirmation, the newest last */
        size_t n_intended;
        char *confirmed;        /* raw text last read back after a write of ours, or NULL */
        char *rule;             /* who wrote last */
        uint64_t when_usec;     /* CLOCK_REALTIME */
        bool keep;              /* on-exit = keep: not restored at a clean stop */
        bool contest;           /* contest = yes: restored over what somebody else has set since, too */
        char *moved_for;        /* path of another knob's file that this one had to make way for, and with which it goes back;
                                   NULL: changed for its own sake */
        struct index_node by_target, by_file; /* the ledger's */
};

struct ledger_entry *ledger_entry_free(struct ledger_entry *e);

struct ledger;

/*
 * Opens or creates dir/ledger and reads what is there. A torn or corrupt tail or record is skipped, counted in
 * *ret_skipped (may be NULL) and cut off by the next compaction. Records of another boot id are dropped: the kernel
 * settings they describe are gone (all: the runtime directory is a tmpfs).
 * -EBUSY: another process has this ledger open.
 */
int ledger_open(const char *dir, const char *boot_id, struct ledger **ret, unsigned *ret_skipped);
struct ledger *ledger_free(struct ledger *l);

/* An intent: the first one for a target creates the entry with its original values; later ones only take the
 * value, rule and time of `e` (e->intended's last is the value). On error nothing was recorded and nothing may be written. */
int ledger_intend(struct ledger *l, const struct ledger_entry *e);
/* The value read back. An error is not fatal: the intent still makes the value ours. */
int ledger_confirm(struct ledger *l, const struct target *t, const char *effective);
/* The write was refused by the kernel: the last intent of this target is void (the entry goes when it was the only one). */
int ledger_refuse(struct ledger *l, const struct target *t);
/* The entry is done: restored, or given up to somebody else. */
int ledger_forget(struct ledger *l, const struct target *t);

const struct ledger_entry *ledger_find(const struct ledger *l, const struct target *t);
/* The entry whose value is in this file (and behind this key, "" for none, NULL for any), by whichever way it went there; and
 * the next one, of any key, in the same file. */
const struct ledger_entry *ledger_find_file(const struct ledger *l, const char *path, const char *key);
const struct ledger_entry *ledger_next_file(const struct ledger_entry *e);
/* In the order of their numbers. Valid until the next call that changes the ledger. */
const struct ledger_entry *const *ledger_entries(const struct ledger *l, size_t *ret_n);

/* Whether raw, the value there is now, is ours by safety.md: equals (parsed) the last confirmed or one intended since. */
bool ledger_is_ours(const struct ledger_entry *e, const char *raw);

#endif
