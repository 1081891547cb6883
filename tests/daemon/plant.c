/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plugin for tests: every folder DIR/NAME is an object of scope "plant"; its file `value` is a gauge, its files
 * `level` and `slow` are knobs. DIR is the option `dir`.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <trimtab/plugin.h>

enum { PLANTS_MAX = 64 };

struct plant {
        const struct trimtab_host *host;
        char paths[PLANTS_MAX][256];
        uint64_t n;
};

static const struct trimtab_scope scopes[] = { { "plant", "a folder that stands for something" } };
static const struct trimtab_option options[] = { { "dir", "", "where the plants are", "", 0, 0 } };
static const struct trimtab_metric metrics[] = {
        { .name = "plant.value", .unit = "", .help = "what the file says", .scope = "plant", .kind = TRIMTAB_GAUGE },
};
static const struct trimtab_knob knobs[] = {
        { .name = "plant.level", .unit = "", .help = "what the file holds", .scope = "plant",
          .type = TRIMTAB_NUMBER, .min = 0, .max = 1000, .file = "{path}/level" },
        { .name = "plant.slow", .unit = "", .help = "the same in another file, whose write may block", .scope = "plant",
          .type = TRIMTAB_NUMBER, .min = 0, .max = 1000, .flags = TRIMTAB_KNOB_SLOW, .file = "{path}/slow" },
};

static int plant_open(const struct trimtab_host *h, void **ret_self)
{
        struct plant *p = calloc(1, sizeof(*p));
        const char *root;
        struct dirent *e;
        DIR *dir;

        if (!p)
                return -ENOMEM;
        *ret_self = p;
        p->host = h;

        if (h->option_text(h, "dir", &root) < 0 || !(dir = opendir(root)))
                return -ENOENT;
        while ((e = readdir(dir)) && p->n < PLANTS_MAX) {
                if (e->d_name[0] == '.')
                        continue;
                if (snprintf(p->paths[p->n], sizeof(p->paths[0]), "%s/%s", root, e->d_name) >=
                    (int) sizeof(p->paths[0]))
                        continue;
                if (h->object_add(h, "plant", p->n, e->d_name, p->paths[p->n]) >= 0)
                        p->n++;
        }
        closedir(dir);
        return 0;
}

static int plant_collect(void *self, uint64_t now_ns)
{
        struct plant *p = self;

        for (uint64_t i = 0; i < p->n; i++) {
                char path[300];
                double value;
                FILE *f;

                snprintf(path, sizeof(path), "%s/value", p->paths[i]);
                f = fopen(path, "re");
                if (!f)
                        continue;
                if (fscanf(f, "%lf", &value) == 1)
                        (void) p->host->emit(p->host, 0, i, value);
                fclose(f);
        }
        return 0;
}

static const char *const columns[] = { "name", "path", "since_s", NULL };
static const struct trimtab_report reports[] = {
        { "plants", "all plants, each a row", columns },
        { "garden", "them all as one", NULL },
        { "weeds", "what no plugin should report", NULL },
};
static const struct trimtab_deed deeds[] = { { "water", "writes what comes behind it to the file `watered` of a plant" } };

static int plant_report(void *self, uint32_t report, const struct trimtab_rows *to)
{
        struct plant *p = self;

        if (report == 2)
                to->text(to, "Weed", "a value outside of a row");
        if (report == 1) {
                to->row(to);
                to->count(to, "plants", p->n);
                to->flag(to, "fenced", 0);
                to->text(to, "gardener", "\x1b[1mno one");
        }
        for (uint64_t i = 0; report == 0 && i < p->n; i++) {
                to->row(to);
                to->text(to, "name", strrchr(p->paths[i], '/') + 1);
                to->text(to, "path", p->paths[i]);
                to->number(to, "since_s", 90);
                to->count(to, "number", i);
        }
        return 0;
}

static int plant_deed(void *self, uint32_t deed, const char *argument, const struct trimtab_rows *answer)
{
        struct plant *p = self;
        char path[300];
        FILE *f;

        if (p->n == 0 || !*argument) {
                p->host->log(p->host, TRIMTAB_LOG_ERROR, "water takes how much");
                return -EINVAL;
        }
        snprintf(path, sizeof(path), "%s/watered", p->paths[0]);
        f = fopen(path, "we");
        if (!f)
                return -errno;
        fprintf(f, "%s\n", argument);
        fclose(f);
        answer->row(answer);
        answer->text(answer, "message", "one plant has had water");
        answer->count(answer, "watered", 1);
        return 0;
}

static void plant_close(void *self)
{
        free(self);
}

TRIMTAB_PLUGIN("plant") = {
        TRIMTAB_PLUGIN_HEAD,
        .name = "plant",
        .version = "1",
        .license = "LGPL-2.1-or-later",
        .help = "folders as objects, for tests",
        TRIMTAB_METRICS(metrics),
        TRIMTAB_KNOBS(knobs),
        TRIMTAB_SCOPES(scopes),
        TRIMTAB_OPTIONS(options),
        TRIMTAB_REPORTS(reports),
        TRIMTAB_DEEDS(deeds),
        .report = plant_report,
        .deed = plant_deed,
        .open = plant_open,
        .collect = plant_collect,
        .close = plant_close,
};
