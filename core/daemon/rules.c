/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rules.h"

#include <errno.h>
#include <stdlib.h>

#include "config/conf-files.h"
#include "daemon/state.h"
#include "util/cleanup.h"

DEFINE_CLEANUP(char **, conf_files_free);

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

int daemon_load_rules(struct daemon *d, bool reload, char **ret_messages)
{
        _cleanup_(diag_clear) struct diag diag = {};
        _cleanup_(ini_clear) struct ini ini = {};
        struct ruleset *set = NULL;
        int r;

        r = rules_read((const char *const *) d->arguments->rules, &diag, &ini);
        if (r >= 0)
                r = ruleset_parse(&ini, d->catalogue, d->objects, &diag, &set);
        if (r < 0)
                return r;

        tell_diag(&d->teller, &diag);
        if (ret_messages)
                *ret_messages = diag_text(&diag);
        if (reload && diag.n_errors > 0) {
                ruleset_free(set);
                return -EINVAL;
        }

        r = engine_set_rules(d->engine, set);
        if (r < 0)
                return r;
        ini_clear(&d->rules_text);
        d->rules_text = ini;
        ini = (struct ini) {};
        return 0;
}

int daemon_bind_rules(struct daemon *d)
{
        _cleanup_(diag_clear) struct diag diag = {};
        struct ruleset *set = NULL;
        int r;

        r = ruleset_parse(&d->rules_text, d->catalogue, d->objects, &diag, &set);
        if (r < 0)
                return r;
        tell_diag(&d->teller, &diag);
        return engine_set_rules(d->engine, set);
}
