/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rules.h"

#include <errno.h>
#include <stdlib.h>

#include "config/conf-files.h"
#include "daemon/state.h"
#include "plugin/sections.h"
#include "util/cleanup.h"

DEFINE_CLEANUP(char **, conf_files_free);
DEFINE_CLEANUP(struct section_sets *, sections_free);
DEFINE_CLEANUP(struct ruleset *, ruleset_free);

int rules_read(const char *const *dirs, struct diag *diag, struct ini *ini)
{
        _cleanup_(conf_files_freep) char **files = NULL;
        size_t n = 0;
        int r;

        r = conf_files(dirs, &files, &n);
        if (r < 0)
                return r;

        for (size_t i = 0; i < n; i++) {
                /* One that vanished since it was listed is as good as never there; others are in diag. */
                r = ini_load_file(ini, files[i], diag);
                if (r == -ENOMEM)
                        return r;
        }
        return 0;
}

static char *diag_text(const struct diag *diag)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        diag_print(diag, f, false);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

static int read_files(struct daemon *d, struct rules_text *ret)
{
        return rules_read((const char *const *) d->arguments->rules, &ret->said, &ret->ini);
}

/* All that is wrong is in diag. What is read is aside still: *ret_set and *ret_sections, the caller's in any case. */
static int read_aside(struct daemon *d, struct rules_text *text, struct diag *diag, struct ruleset **ret_set,
                      struct section_sets **ret_sections)
{
        int r;

        diag_add_all(diag, &text->said);
        r = sections_read(d->plugins, text, SECTIONS_OF_ALL, diag, ret_sections);
        if (r >= 0)
                r = ruleset_parse(&text->ini, d->catalogue, d->objects, diag, ret_set);
        return r;
}

/* Plugins first: one that does not take its sections keeps all as it is. */
static int put_in_force(struct daemon *d, bool reload, struct section_sets *sections, struct ruleset **set, struct diag *diag)
{
        int r = 0;

        if (reload)
                r = diag->n_errors > 0 ? -EINVAL : sections_replace(sections, diag);
        else
                sections_offer(sections, diag);
        return r < 0 ? r : engine_set_rules(d->engine, TAKE(*set));
}

/* The text in the place of the one in force, which goes to *text. */
static int replace(struct daemon *d, struct rules_text *text, bool reload, char **ret_messages)
{
        _cleanup_(diag_clear) struct diag diag = {};
        _cleanup_(sections_freep) struct section_sets *sections = NULL;
        _cleanup_(ruleset_freep) struct ruleset *set = NULL;
        struct rules_text before;
        int r;

        r = read_aside(d, text, &diag, &set, &sections);
        if (r < 0)
                return r;
        r = put_in_force(d, reload, sections, &set, &diag);

        tell_diag(&d->teller, &diag);
        if (ret_messages)
                *ret_messages = diag_text(&diag);
        if (r < 0)
                return r;
        before = d->rules_text;
        d->rules_text = *text;
        *text = before;
        return 0;
}

int daemon_load_rules(struct daemon *d, struct rules_text *ret_before, char **ret_messages)
{
        _cleanup_(rules_text_clear) struct rules_text text = {};
        int r;

        r = read_files(d, &text);
        if (r >= 0)
                r = replace(d, &text, ret_before, ret_messages);
        if (r < 0)
                return r;
        if (ret_before) {
                *ret_before = text;
                text = (struct rules_text) {};
        }
        return 0;
}

int daemon_return_to_rules(struct daemon *d, struct rules_text *text)
{
        return replace(d, text, true, NULL);
}

int daemon_bind_rules(struct daemon *d)
{
        _cleanup_(diag_clear) struct diag diag = {};
        _cleanup_(sections_freep) struct section_sets *sections = NULL;
        struct ruleset *set = NULL;
        int r;

        r = sections_read(d->plugins, &d->rules_text, SECTIONS_OF_NEW, &diag, &sections);
        if (r < 0)
                return r;
        sections_offer(sections, &diag);

        r = ruleset_parse(&d->rules_text.ini, d->catalogue, d->objects, &diag, &set);
        if (r < 0)
                return r;
        tell_diag(&d->teller, &diag);
        return engine_set_rules(d->engine, set);
}
