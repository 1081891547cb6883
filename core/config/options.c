/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/protect.h"
#include "config/units.h"
#include "util/cleanup.h"
#include "util/str.h"

static const char *const mode_names[] = {
        [MODE_OFF] = "off",
        [MODE_OBSERVE] = "observe",
        [MODE_ADVISE] = "advise",
        [MODE_ENFORCE] = "enforce",
};

static const char *const on_exit_names[] = {
        [ON_EXIT_RESTORE] = "restore",
        [ON_EXIT_KEEP] = "keep",
};

struct setting {
        const char *key, *initial, *expected;
        size_t offset; /* of the field in struct options */
        /* Reads text into the field. -EINVAL: not what is expected. */
        int (*parse)(const struct setting *setting, const char *text, void *field);
        double min, max;            /* of a quantity, in its base unit */
        const char *const *choices; /* of a word, by value */
        int first, last;            /* of the choices, those allowed here */
};

static int name_find(const char *const *names, int first, int last, const char *s)
{
        for (int i = first; i <= last; i++)
                if (streq(names[i], s))
                        return i;
        return -EINVAL;
}

static int parse_mode(const struct setting *setting, const char *text, void *field)
{
        int i = name_find(setting->choices, setting->first, setting->last, text);

        if (i < 0)
                return i;
        *(enum mode *) field = (enum mode) i;
        return 0;
}

static int parse_on_exit(const struct setting *setting, const char *text, void *field)
{
        int i = name_find(setting->choices, setting->first, setting->last, text);

        if (i < 0)
                return i;
        *(enum on_exit *) field = (enum on_exit) i;
        return 0;
}

static int parse_time(const struct setting *setting, const char *text, void *field)
{
        unsigned long long ns;
        int r;

        r = duration_parse(text, &ns);
        if (r < 0)
                return r;
        if ((double) ns < setting->min || (double) ns > setting->max)
                return -EINVAL;
        *(uint64_t *) field = ns;
        return 0;
}

static int parse_count(const struct setting *setting, const char *text, void *field)
{
        enum dimension dimension;
        double n;
        int r;

        r = quantity_parse(text, &n, &dimension, NULL);
        if (r < 0 || text[r] != '\0' || dimension != DIMENSION_NONE || n != trunc(n))
                return -EINVAL;
        if (n < setting->min || n > setting->max)
                return -EINVAL;
        *(unsigned *) field = (unsigned) n;
        return 0;
}

static int parse_share(const struct setting *setting, const char *text, void *field)
{
        enum dimension dimension;
        double share;
        int r;

        r = quantity_parse(text, &share, &dimension, NULL);
        if (r < 0 || text[r] != '\0' || dimension != DIMENSION_RATIO)
                return -EINVAL;
        if (share < setting->min || share > setting->max)
                return -EINVAL;
        *(double *) field = share;
        return 0;
}

/* All but `protect`, which is a list, and adds to what is built in. */
static const struct setting settings[] = {
        {
                .key = "mode",
                .initial = "advise", /* a fresh package changes nothing until somebody says so */
                .expected = "observe, advise or enforce",
                .offset = offsetof(struct options, mode),
                .parse = parse_mode,
                .choices = mode_names,
                .first = MODE_OBSERVE,
                .last = MODE_ENFORCE,
        },
        {
                .key = "tick",
                .initial = "1s",
                .expected = "a time from 100ms to 1min",
                .offset = offsetof(struct options, tick_ns),
                .parse = parse_time,
                .min = 100e6,
                .max = 60e9,
        },
        {
                .key = "on-exit",
                .initial = "restore",
                .expected = "restore or keep",
                .offset = offsetof(struct options, on_exit),
                .parse = parse_on_exit,
                .choices = on_exit_names,
                .first = ON_EXIT_RESTORE,
                .last = ON_EXIT_KEEP,
        },
        {
                .key = "foreign-backoff",
                .initial = "1h",
                .expected = "a time from 0s to 720h",
                .offset = offsetof(struct options, foreign_backoff_ns),
                .parse = parse_time,
                .min = 0,
                .max = 720 * 3600e9,
        },
        {
                .key = "writes-per-minute",
                .initial = "30",
                .expected = "a whole number from 0 (no limit) to 10k",
                .offset = offsetof(struct options, writes_per_minute),
                .parse = parse_count,
                .min = 0,
                .max = 10e3,
        },
        {
                .key = "plugin-budget",
                .initial = "5%",
                .expected = "a share of a CPU from 0% (no limit) to 100%",
                .offset = offsetof(struct options, plugin_budget),
                .parse = parse_share,
                .min = 0,
                .max = 1,
        },
};

static const char PROTECT_KEY[] = "protect";

int options_init(struct options *o)
{
        *o = (struct options){};

        for (size_t i = 0; i < ELEMENTSOF(settings); i++) {
                int r = settings[i].parse(&settings[i], settings[i].initial, (char *) o + settings[i].offset);

                if (r < 0)
                        return r;
        }
        return protect_reset(o);
}

/* "…, did you mean 'x'?" for what the nearest choice is, and the unit for a time that has an unknown one. */
static char *explain(const struct setting *setting, const char *text)
{
        const char *near = NULL;
        size_t unit_at = 0;

        if (setting->choices)
                near = str_nearest(text, setting->choices + setting->first,
                                   (size_t) (setting->last - setting->first) + 1);
        else if (quantity_parse(text, NULL, NULL, &unit_at) == -ENOENT)
                return unit_unknown(text + unit_at, unit_span(text + unit_at));

        if (near)
                return str_printf("expected %s, did you mean '%s'?", setting->expected, near);
        return str_printf("expected %s", setting->expected);
}

static int load_setting(struct options *o, const struct setting *setting, const struct ini_entry *entry,
                        struct diag *diag)
{
        const char *text = entry->n_lines > 0 ? entry->lines[0].text : setting->initial;
        _cleanup_free_ char *why = NULL;

        if (entry->n_lines > 1) {
                diag_add(diag, SEVERITY_ERROR, &entry->lines[1].place, "'%s' takes one value", setting->key);
                return 0;
        }
        if (setting->parse(setting, text, (char *) o + setting->offset) >= 0)
                return 0;

        why = explain(setting, text);
        if (!why)
                return -ENOMEM;
        diag_add(diag, SEVERITY_ERROR, &entry->lines[0].place, "%s", why);
        return 0;
}

static const struct setting *setting_find(const char *key)
{
        for (size_t i = 0; i < ELEMENTSOF(settings); i++)
                if (streq(settings[i].key, key))
                        return &settings[i];
        return NULL;
}

static void unknown_key(struct diag *diag, const struct ini_entry *entry)
{
        const char *keys[ELEMENTSOF(settings) + 1] = { PROTECT_KEY };

        for (size_t i = 0; i < ELEMENTSOF(settings); i++)
                keys[i + 1] = settings[i].key;
        diag_add_unknown(diag, &entry->place, "key", entry->key, keys, ELEMENTSOF(keys));
}

int options_load_entry(struct options *o, const struct ini_entry *entry, struct diag *diag)
{
        const struct setting *setting = setting_find(entry->key);
        int r;

        if (!setting && !streq(entry->key, PROTECT_KEY))
                return 0;
        r = setting ? load_setting(o, setting, entry, diag) : protect_load(o, entry, diag);
        return r < 0 ? r : 1;
}

/* The entries of one file: those of files before it have been told already. */
static int load_daemon(struct options *o, const struct ini_section *section, size_t file_index,
                       struct diag *diag)
{
        for (size_t i = 0; i < section->n_entries; i++) {
                const struct ini_entry *entry = &section->entries[i];
                int r;

                if (entry->file_index != file_index)
                        continue;
                r = options_load_entry(o, entry, diag);
                if (r < 0)
                        return r;
                if (r == 0)
                        unknown_key(diag, entry);
        }
        return 0;
}

static int load_section(struct options *o, const struct ini_section *section, size_t file_index,
                        struct diag *diag)
{
        static const char *const kinds[] = { "daemon", "plugin" };

        if (streq(section->kind, "daemon") && *section->name == '\0')
                return load_daemon(o, section, file_index, diag);

        if (streq(section->kind, "daemon"))
                diag_add(diag, SEVERITY_ERROR, &section->place, "expected [daemon], which has no name");
        else if (!streq(section->kind, "plugin"))
                diag_add_unknown(diag, &section->place, "section", section->kind, kinds, ELEMENTSOF(kinds));
        else if (*section->name == '\0')
                diag_add(diag, SEVERITY_ERROR, &section->place, "expected [plugin NAME]");
        return 0;
}

int options_load(struct options *o, const char *path, bool required, struct diag *diag)
{
        size_t file_index = o->ini.n_files;
        int r;

        r = ini_load_file(&o->ini, path, diag);
        if (r == -ENOENT && !required)
                return 0;
        if (r == -ENOENT)
                diag_add(diag, SEVERITY_ERROR, &(struct place){ .path = path }, "%s", strerror(ENOENT));
        if (r < 0)
                return r;

        for (size_t i = 0; i < o->ini.n_sections; i++) {
                if (o->ini.sections[i].file_index != file_index)
                        continue;
                r = load_section(o, &o->ini.sections[i], file_index, diag);
                if (r < 0)
                        return r;
        }
        return 0;
}

void options_clear(struct options *o)
{
        protect_clear(o);
        ini_clear(&o->ini);
        *o = (struct options){};
}

const char *mode_to_string(enum mode mode)
{
        return mode_names[mode];
}

int mode_from_string(const char *s, enum mode *ret)
{
        int i = name_find(mode_names, MODE_OFF, MODE_ENFORCE, s);

        if (i < 0)
                return i;
        *ret = (enum mode) i;
        return 0;
}
