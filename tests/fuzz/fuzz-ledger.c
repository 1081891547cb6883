/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The ledger as it is found after a crash. A line of the input that begins with "!" gets the checksum that
 * makes the rest of it a whole record, or no input would ever come past it. Whatever is accepted must be of
 * use for undo, and must be found again, the same, by the next one who opens the file.
 */

#include "fuzz.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "act/ledger.h"
#include "act/record.h"
#include "util/cleanup.h"
#include "util/str.h"

#define BOOT "01234567-89ab-cdef-0123-456789abcdef"

static char dir[] = "/dev/shm/trimtab-fuzz-XXXXXX";
static char file[sizeof(dir) + 16], lock[sizeof(dir) + 16];

static void clean_up(void)
{
        (void) unlink(file);
        (void) unlink(lock);
        (void) rmdir(dir);
}

static void make_dir(void)
{
        if (file[0])
                return;

        CHECK(mkdtemp(dir));
        (void) snprintf(file, sizeof(file), "%s/ledger", dir);
        (void) snprintf(lock, sizeof(lock), "%s/ledger.lock", dir);
        CHECK(atexit(clean_up) == 0);
}

static void write_file(const char *data, size_t size)
{
        const char *end = data + size;
        FILE *f = fopen(file, "we");

        CHECK(f);
        for (const char *line = data, *next; line < end; line = next) {
                const char *newline = memchr(line, '\n', (size_t) (end - line));
                size_t length;

                next = newline ? newline + 1 : end;
                length = (size_t) (next - line);
                if (*line != '!') {
                        CHECK(fwrite(line, 1, length, f) == length);
                        continue;
                }

                length--;
                (void) fprintf(f, "%08lx ",
                               crc32(0, (const unsigned char *) line + 1, (unsigned) (length - !!newline)));
                CHECK(fwrite(line + 1, 1, length, f) == length);
        }
        CHECK(fclose(f) == 0);
}

static void check_entry(const struct ledger *l, const struct ledger_entry *e)
{
        const struct target *t = &e->target;

        CHECK(e->number > 0 && t->path);
        CHECK(e->original || e->original_absent);
        CHECK(t->kind != TARGET_UNIT || (t->unit && t->property && e->dropin_path));
        CHECK(ledger_find(l, t) == e);
        if (e->confirmed)
                CHECK(ledger_is_ours(e, e->confirmed));
        for (size_t i = 0; i < e->n_intended; i++)
                CHECK(ledger_is_ours(e, e->intended[i]));
}

/* All entries as the text of their records; checks them on the way. */
static char *take_down(unsigned *ret_skipped)
{
        const struct ledger_entry *const *entries;
        struct ledger *l = NULL;
        char *text = NULL;
        size_t n, size;
        FILE *f;

        CHECK(ledger_open(dir, BOOT, &l, ret_skipped) == 0);
        entries = ledger_entries(l, &n);
        f = open_memstream(&text, &size);
        CHECK(f);
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *line = NULL;
                size_t length;

                CHECK(i == 0 || entries[i]->number >= entries[i - 1]->number);
                check_entry(l, entries[i]);
                CHECK(record_encode(RECORD_ENTRY, BOOT, entries[i], &line, &length) == 0);
                CHECK(fwrite(line, 1, length, f) == length);
        }
        CHECK(fclose(f) == 0);
        ledger_free(l);
        return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *first = NULL, *second = NULL;
        unsigned skipped;

        make_dir();
        write_file((const char *) data, size);
        first = take_down(&skipped);

        /* What could not be read is gone; what could is there. */
        second = take_down(&skipped);
        CHECK(skipped == 0);
        CHECK(streq(first, second));
        return 0;
}
