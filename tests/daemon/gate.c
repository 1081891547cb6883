/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plugin for tests, made under two names: it owns the sections [NAME …], and what it was given last stands in DIR/NAME, an entry a
 * line; DIR is the option `dir`. Every call adds a line to DIR/NAME.calls. While DIR/NAME.refuses is there it takes no new set.
 * An item "crash" crashes its check(), a first entry "crash" its configure(). Its knob NAME.ring is an action, and each adds a line to DIR/NAME.rung.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <trimtab/plugin.h>

#ifndef KIND
#define KIND NAME
#endif

struct gate {
        const struct trimtab_host *host;
        char path[256];
};

static const char *const actions[] = { "drop", "pass", NULL };

static int check_who(const char *item, char *why, uint32_t size)
{
        if (strcmp(item, "crash") == 0)
                raise(SIGSEGV);
        if (item[0] >= 'a' && item[0] <= 'z')
                return 0;
        snprintf(why, size, "expected a name in lower case");
        return -EINVAL;
}

static int check_gate(const struct trimtab_entry *entry, char *why, uint32_t size)
{
        if (strcmp(entry->name, "nowhere") != 0)
                return 0;
        snprintf(why, size, "it leads to nothing");
        return -EINVAL;
}

enum { WHO, WHO_FILE, RATE, ACTION };

static const struct trimtab_key keys[] = {
        [WHO] = { .name = "who", .help = "Who comes", .type = TRIMTAB_KEY_TEXT,
                  .flags = TRIMTAB_KEY_LIST | TRIMTAB_KEY_REQUIRED, .check = check_who },
        [WHO_FILE] = { .name = "who-file", .help = "Who else", .type = TRIMTAB_KEY_TEXT, .flags = TRIMTAB_KEY_FILE,
                       .of = "who" },
        [RATE] = { .name = "rate", .unit = "s", .help = "How often", .type = TRIMTAB_KEY_NUMBER, .min = 1, .max = 3600 },
        [ACTION] = { .name = "action", .help = "What then", .type = TRIMTAB_KEY_CHOICE, .choices = actions },
};

static const struct trimtab_section sections[] = {
        { TRIMTAB_KEYS(keys), .name = KIND, .help = "A way through", .check = check_gate },
};

static const struct trimtab_option options[] = { { "dir", "", "where to say it", "", 0, 0 } };

static int gate_open(const struct trimtab_host *h, void **ret_self)
{
        struct gate *g = calloc(1, sizeof(*g));
        const char *dir;

        if (!g)
                return -ENOMEM;
        *ret_self = g;
        g->host = h;
        if (h->option_text(h, "dir", &dir) < 0)
                return -EPROTO;
        snprintf(g->path, sizeof(g->path), "%s/" NAME, dir);
        return 0;
}

static void print_entry(FILE *f, const struct trimtab_entry *e)
{
        const struct trimtab_items *who = &e->items[WHO];

        fprintf(f, "%s:", e->name);
        for (uint32_t i = 0; i < who->n; i++)
                fprintf(f, " %s", who->texts[i]);
        if (e->items[RATE].n > 0)
                fprintf(f, " rate=%g", e->items[RATE].numbers[0]);
        if (e->items[ACTION].n > 0)
                fprintf(f, " action=%s", e->items[ACTION].texts[0]);
        fprintf(f, "\n");
}

static FILE *open_beside(const struct gate *g, const char *suffix, const char *mode)
{
        char path[300];

        snprintf(path, sizeof(path), "%s%s", g->path, suffix);
        return fopen(path, mode);
}

static int gate_configure(void *self, const struct trimtab_entry *const *entries, uint32_t n)
{
        struct gate *g = self;
        char refuses[300];
        FILE *f;

        if (n > 0 && strcmp(entries[0]->name, "crash") == 0)
                raise(SIGSEGV);
        f = open_beside(g, ".calls", "ae");
        if (!f)
                return -errno;
        fprintf(f, "%u\n", n);
        fclose(f);

        snprintf(refuses, sizeof(refuses), "%s.refuses", g->path);
        if (access(refuses, F_OK) == 0) {
                g->host->log(g->host, TRIMTAB_LOG_ERROR, "not today");
                return -EBUSY;
        }

        f = open_beside(g, "", "we");
        if (!f)
                return -errno;
        for (uint32_t i = 0; i < n; i++)
                print_entry(f, entries[i]);
        fclose(f);
        return 0;
}

static int ring(void *self, uint64_t object, const struct trimtab_value *want)
{
        FILE *f = open_beside(self, ".rung", "ae");

        if (!f)
                return -errno;
        fprintf(f, "%g\n", want->number);
        fclose(f);
        return 0;
}

static const struct trimtab_knob knobs[] = {
        { .name = NAME ".ring", .unit = "", .help = "A bell", .scope = "host", .type = TRIMTAB_NUMBER, .min = 1, .max = 9,
          .flags = TRIMTAB_KNOB_ACTION, .apply = ring },
};

static void gate_close(void *self)
{
        free(self);
}

TRIMTAB_PLUGIN(NAME) = {
        TRIMTAB_PLUGIN_HEAD,
        .name = NAME,
        .version = "1",
        .license = "LGPL-2.1-or-later",
        .help = "Sections of its own, for tests",
        TRIMTAB_OPTIONS(options),
        TRIMTAB_KNOBS(knobs),
        TRIMTAB_SECTIONS(sections),
        .open = gate_open,
        .configure = gate_configure,
        .close = gate_close,
};
