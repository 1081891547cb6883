/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_SYSFILE_H
#define TRIMTAB_SYSFILE_H

#include <stdbool.h>

#include <trimtab/plugin.h>

/*
 * The one file that writes /sys, /proc and cgroupfs. Synchronous; one write(2) a value, as the kernel wants it. What is of
 * TRIMTAB_FORM_ETHTOOL is no file, and is read and written alike (ethtool.h): so ledger, undo and all the rest need not know.
 */

/* How a knob's file holds its value: what undo must know, with or without the plugin. */
struct sysfile_form {
        uint32_t form; /* TRIMTAB_FORM_… */
        uint32_t type; /* TRIMTAB_NUMBER, … */
        char key[32];  /* TRIMTAB_FORM_KEYED: "default"; TRIMTAB_FORM_NESTED: "8:0 wbps"; TRIMTAB_FORM_ETHTOOL: "rx-usecs" */
        char absent[32]; /* what it means that there is no such line or word; "": it must be there */
};

/*
 * Reads the raw text of the value, stripped: for KEYED what stands behind the key, for NESTED behind the word and its '='
 * (-ENODATA: not there, and form->absent does not say what that means), for a choice like "none [bfq]" the one in force.
 * -ENOENT, -ENODEV: gone.
 */
int sysfile_read(const char *path, const struct sysfile_form *form, char **ret_raw);
/* Which file it is: another one at the same path has another number. 0: none is there. */
uint64_t sysfile_id(const char *path);
/* Writes raw text as sysfile_read gave it (the key goes in front). "" empties the file. */
int sysfile_write(const char *path, const struct sysfile_form *form, const char *raw);
/*
 * Whether the kernel would take a write there, as far as it refuses before it looks at the text: 0, -EIO, -EPERM, … Changes nothing: the
 * one byte that is written cannot be read, so that no text arrives.
 */
int sysfile_takes_writes(const char *path);

/*
 * Between raw text and values. decode: -EINVAL when the text is none of that form. encode: numbers become whole ones, QUOTA
 * keeps the period of `like` (raw text, may be NULL: 100000); -EINVAL, -ERANGE: no number a file could hold.
 */
int sysfile_decode(const struct sysfile_form *form, const char *raw, struct trimtab_value *ret);
int sysfile_encode(const struct sysfile_form *form, const struct trimtab_value *value, const char *like, char **ret_raw);

/* Whether two raw texts mean the same value. */
bool sysfile_same(const struct sysfile_form *form, const char *a, const char *b);

#endif
