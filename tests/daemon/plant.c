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
        .open = plant_open,
        .collect = plant_collect,
        .close = plant_close,
};
