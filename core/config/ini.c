/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ini.h"

#include <errno.h>
#include <ini.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/ini-scan.h"
#include "util/array.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* Rules are written by hand, long lists have files of their own: more than this is a mistake. */
#define INI_FILE_MAX ((size_t) 4 << 20)

#define NO_SECTION SIZE_MAX

/*
 * One file on its way through inih. The scanner cuts it into pieces; each is fed to inih as a line of its
 * own, between quotes, so that inih neither strips it nor takes anything in it for a comment; inih hands it
 * to take_pair before it asks for the next. A piece that does not come back as it was fed is an error:
 * nothing gets lost unseen.
 */
struct reading {
        struct ini *ini;
        struct diag *diag;
        size_t file_index;
        struct scan scan;
        struct piece piece; /* the one fed last */
        bool announce;      /* inih says nothing of a section without keys: a pair with an empty key does */
        bool waiting;       /* the line fed last was a pair, and has not come back yet */
        size_t section;     /* index of the one we are in, or NO_SECTION */
        size_t filled;      /* bytes of the line under way that have come back */
        int error;
};

static bool same_bytes(const char *s, const char *bytes, size_t length)
{
        return strlen(s) == length && memcmp(s, bytes, length) == 0;
}

/* The section [kind name], made when it is new. text: "kind name", any white space between. */
static int open_section(struct reading *reading, const char *text)
{
        size_t kind_length = strcspn(text, " \t"), i;
        const char *name = text + kind_length + strspn(text + kind_length, " \t");
        struct ini *ini = reading->ini;

        for (i = 0; i < ini->n_sections; i++)
                if (same_bytes(ini->sections[i].kind, text, kind_length) &&
                    streq(ini->sections[i].name, name))
                        break;

        if (i == ini->n_sections) {
                _cleanup_free_ char *kind_copy = strndup(text, kind_length), *name_copy = strdup(name);

                if (!kind_copy || !name_copy || array_reserve(&ini->sections, i, sizeof(*ini->sections)) < 0)
                        return -ENOMEM;

                ini->sections[ini->n_sections++] = (struct ini_section){
                        .kind = TAKE(kind_copy),
                        .name = TAKE(name_copy),
                        .place = reading->piece.place,
                };
        }

        ini->sections[i].file_index = reading->file_index;
        reading->section = i;
        return 0;
}

/* A new line of the entry, with its beginning; place.width is the room all of it takes. */
static int begin_line(struct ini_entry *entry, const char *text, size_t length, const struct place *place)
{
        _cleanup_free_ char *whole = malloc(place->width + 1);

        if (!whole || array_reserve(&entry->lines, entry->n_lines, sizeof(*entry->lines)) < 0)
                return -ENOMEM;

        memcpy(whole, text, length);
        whole[length] = '\0';
        entry->lines[entry->n_lines++] = (struct ini_line){ .text = TAKE(whole), .place = *place };
        return 0;
}

static void break_section(struct reading *reading)
{
        if (reading->section != NO_SECTION)
                reading->ini->sections[reading->section].broken = true;
}

static int add_entry(struct reading *reading, struct ini_section *section, const char *key)
{
        const struct ini_entry *before = ini_get(section, key);
        _cleanup_free_ char *copy = strdup(key);

        /* Before the array moves: `before` is in it. */
        if (before && before->file_index == reading->file_index)
                diag_add(reading->diag, SEVERITY_WARNING, &reading->piece.key_place,
                         "'%s' is given again in this file, after line %u", key, before->place.line);

        if (!copy || array_reserve(&section->entries, section->n_entries, sizeof(*section->entries)) < 0)
                return -ENOMEM;

        section->entries[section->n_entries++] = (struct ini_entry){
                .key = TAKE(copy),
                .place = reading->piece.key_place,
                .file_index = reading->file_index,
        };
        return 0;
}

static int take_piece(struct reading *reading, const char *section_text, const char *key, const char *text,
                      size_t length)
{
        struct ini_section *section;
        struct ini_entry *entry;
        int r;

        if (reading->piece.kind == PIECE_SECTION)
                return open_section(reading, section_text);

        section = &reading->ini->sections[reading->section];
        if (reading->piece.kind == PIECE_KEY) {
                r = add_entry(reading, section, key);
                if (r < 0 || length == 0)
                        return r;
        }

        entry = &section->entries[section->n_entries - 1];
        if (reading->piece.kind != PIECE_REST) {
                reading->filled = length;
                return begin_line(entry, text, length, &reading->piece.place);
        }

        memcpy(entry->lines[entry->n_lines - 1].text + reading->filled, text, length);
        reading->filled += length;
        entry->lines[entry->n_lines - 1].text[reading->filled] = '\0';
        return 0;
}

/* inih's handler: one pair. Returns 0 to refuse it. */
static int take_pair(void *userdata, const char *section, const char *key, const char *quoted)
{
        struct reading *reading = userdata;
        const struct piece *piece = &reading->piece;
        size_t length = piece->kind == PIECE_SECTION ? 0 : piece->length, n = strlen(quoted);

        if (piece->kind == PIECE_SECTION ? !same_bytes(section, piece->text, piece->length)
                                         : reading->section == NO_SECTION)
                return 0;
        if (piece->kind == PIECE_KEY && !same_bytes(key, piece->key, piece->key_length))
                return 0;
        if (n != length + 2 || quoted[0] != '"' || memcmp(quoted + 1, piece->text, length) != 0)
                return 0;

        reading->error = take_piece(reading, section, key, quoted + 1, length);
        reading->waiting = false;
        return reading->error >= 0;
}

/* What was fed must have come back: another build of inih may have other ideas of comments and lengths. */
static void check_taken(struct reading *reading)
{
        if (!reading->waiting)
                return;

        reading->waiting = false;
        /* What follows a lost piece has nothing to hold on to: said once, and off to the next section. */
        if (reading->section == NO_SECTION && reading->piece.kind != PIECE_SECTION)
                return;
        diag_add(reading->diag, SEVERITY_ERROR, &reading->piece.place,
                 "this build of inih does not carry this line");
        break_section(reading);
        reading->section = NO_SECTION;
}

static int print_piece(char *buffer, size_t size, const struct piece *piece)
{
        switch (piece->kind) {
        case PIECE_SECTION:
                return snprintf(buffer, size, "[%.*s]\n", (int) piece->length, piece->text);
        case PIECE_KEY:
                return snprintf(buffer, size, "%.*s=\"%.*s\"\n", (int) piece->key_length, piece->key,
                                (int) piece->length, piece->text);
        case PIECE_LINE:
        case PIECE_REST:
                return snprintf(buffer, size, " \"%.*s\"\n", (int) piece->length, piece->text);
        case PIECE_REFUSED:
                break;
        }
        return 0;
}

/* inih's reader, a kind of fgets(3): the next line for it. NULL at the end. */
static char *feed_line(char *buffer, int size, void *userdata)
{
        struct reading *reading = userdata;

        if (reading->error < 0)
                return NULL;
        check_taken(reading);

        if (reading->announce) {
                reading->announce = false;
                reading->waiting = true;
                (void) snprintf(buffer, (size_t) size, "=\"\"\n");
                return buffer;
        }

        do {
                int r = scan_next(&reading->scan, &reading->piece);

                if (r <= 0) {
                        reading->error = r;
                        return NULL;
                }
                if (reading->piece.kind == PIECE_REFUSED)
                        break_section(reading);
        } while (reading->piece.kind == PIECE_REFUSED);

        (void) print_piece(buffer, (size_t) size, &reading->piece);
        reading->announce = reading->piece.kind == PIECE_SECTION;
        reading->waiting = !reading->announce;
        if (reading->announce)
                reading->section = NO_SECTION;
        return buffer;
}

/* Takes text over, also when it fails. */
static int load(struct ini *ini, const char *path, char *text, size_t size, struct diag *diag)
{
        struct ini_file *file = calloc(1, sizeof(*file));
        struct reading reading = {
                .ini = ini, .diag = diag, .file_index = ini->n_files, .section = NO_SECTION
        };
        int r;

        if (!file || !(file->path = strdup(path)) ||
            array_reserve(&ini->files, ini->n_files, sizeof(*ini->files)) < 0) {
                if (file)
                        free(file->path);
                free(file);
                free(text);
                return -ENOMEM;
        }

        file->text = text;
        ini->files[ini->n_files++] = file;
        scan_init(&reading.scan, file, size, diag);

        r = ini_parse_stream(feed_line, &reading, take_pair, &reading);
        if (reading.error < 0)
                return reading.error;
        /* Its other results are line numbers of what take_pair refused; check_taken told that by place. */
        if (r == -2)
                return -ENOMEM;
        check_taken(&reading);
        return 0;
}

static bool is_link(const char *path)
{
        struct stat st;

        return lstat(path, &st) >= 0 && S_ISLNK(st.st_mode);
}

int ini_load_file(struct ini *ini, const char *path, struct diag *diag)
{
        size_t size;
        char *text;
        int r;

        r = file_read(path, INI_FILE_MAX, &text, &size);
        if (r == -ENOENT && is_link(path))
                r = -ENOLINK;
        if (r == -ENOLINK)
                diag_add(diag, SEVERITY_ERROR, &(struct place){ .path = path },
                         "a link to a file that is not there: to switch a file off, link to /dev/null");
        else if (r < 0 && r != -ENOENT)
                diag_add(diag, SEVERITY_ERROR, &(struct place){ .path = path }, "cannot be read: %s",
                         strerror(-r));
        if (r < 0)
                return r;

        return load(ini, path, text, size, diag);
}

int ini_load_text(struct ini *ini, const char *path, const char *text, size_t size, struct diag *diag)
{
        char *copy = malloc(size + 1);

        if (!copy)
                return -ENOMEM;

        memcpy(copy, text, size);
        copy[size] = '\0';
        return load(ini, path, copy, size, diag);
}

const struct ini_entry *ini_get(const struct ini_section *section, const char *key)
{
        for (size_t i = section->n_entries; i > 0; i--)
                if (streq(section->entries[i - 1].key, key))
                        return &section->entries[i - 1];

        return NULL;
}

static void entry_clear(struct ini_entry *entry)
{
        for (size_t i = 0; i < entry->n_lines; i++)
                free(entry->lines[i].text);
        free(entry->lines);
        free(entry->key);
}

static void section_clear(struct ini_section *section)
{
        for (size_t i = 0; i < section->n_entries; i++)
                entry_clear(&section->entries[i]);
        free(section->entries);
        free(section->kind);
        free(section->name);
}

void ini_clear(struct ini *ini)
{
        for (size_t i = 0; i < ini->n_sections; i++)
                section_clear(&ini->sections[i]);
        free(ini->sections);

        for (size_t i = 0; i < ini->n_files; i++) {
                free(ini->files[i]->lines);
                free(ini->files[i]->text);
                free(ini->files[i]->path);
                free(ini->files[i]);
        }
        free(ini->files);
        *ini = (struct ini){};
}
