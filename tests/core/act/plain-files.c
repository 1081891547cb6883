/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"
#include "plain-files.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "decide/value.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/str.h"

struct knob plain_knob = {
        .name = (char *) "plain.value",
        .unit = (char *) "",
        .scope = SCOPE_BUILTIN_MAX,
        .type = TRIMTAB_NUMBER,
        .flags = TRIMTAB_KNOB_MAX,
        .min = 0,
        .max = INFINITY,
        .factor = 1,
        .file = (char *) "{path}/value",
};

static void on_report(void *userdata, const struct report *r)
{
        struct plain *p = userdata;

        p->last = *r;
        (void) snprintf(p->detail, sizeof(p->detail), "%s", r->detail ?: "");
        p->n_reports++;
        p->n_of[r->outcome]++;
}

void plain_make(struct plain *p)
{
        char path[128];

        /* As in /run: a tmpfs, where there is one for everybody. */
        *p = (struct plain){ .root = "/dev/shm/trimtab-test-XXXXXX" };
        if (!mkdtemp(p->root)) {
                strcpy(p->root, "/tmp/trimtab-test-XXXXXX");
                assert_non_null(mkdtemp(p->root));
        }
        (void) snprintf(path, sizeof(path), "%s/run", p->root);
        assert_int_equal(mkdir(path, 0700), 0);

        p->config = (struct actor_config){
                .foreign_backoff_ns = 3600 * NSEC_PER_SEC,
                .deadline_ns = 3 * NSEC_PER_SEC,
                .report = on_report,
                .userdata = p,
        };
}

void plain_open(struct plain *p)
{
        char path[128], systemd[128];

        (void) snprintf(path, sizeof(path), "%s/run", p->root);
        (void) snprintf(systemd, sizeof(systemd), "%s/systemd", p->root);
        assert_int_equal(sd_event_new(&p->event), 0);
        assert_int_equal(ledger_open(path, "boot", &p->ledger, NULL), 0);

        p->config.event = p->event;
        p->config.ledger = p->ledger;
        p->config.systemd_run_dir = p->config.systemd_etc_dir = systemd;
        assert_int_equal(actor_new(&p->config, &p->actor), 0);
}

void plain_close(struct plain *p)
{
        p->actor = actor_free(p->actor);
        p->ledger = ledger_free(p->ledger);
        p->event = sd_event_unref(p->event);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
        return remove(path);
}

void plain_remove(struct plain *p)
{
        plain_close(p);
        assert_int_equal(nftw(p->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void plain_run(struct plain *p)
{
        while (!actor_idle(p->actor))
                assert_true(sd_event_run(p->event, UINT64_MAX) >= 0);
}

const struct object *plain_object(struct plain *p, unsigned i)
{
        static char name[16], path[128];
        static struct object object;

        (void) snprintf(name, sizeof(name), "o%u", i);
        (void) snprintf(path, sizeof(path), "%s/objects/%s", p->root, name);
        object =
                (struct object){ .id = { .scope = SCOPE_BUILTIN_MAX, .key = i }, .name = name, .path = path };
        return &object;
}

const struct object *plain_at(struct plain *p, const char *name)
{
        static char names[64], path[160];
        static struct object object;
        uint64_t key = 5381;

        for (const char *c = name; *c; c++)
                key = key * 33 + (unsigned char) *c;
        (void) snprintf(names, sizeof(names), "%s", name);
        (void) snprintf(path, sizeof(path), "%s/objects/%s", p->root, name);
        object = (struct object){ .id = { .scope = SCOPE_BUILTIN_MAX, .key = key }, .name = names, .path = path };
        return &object;
}

void plain_put(struct plain *p, const char *file, const char *text)
{
        char path[192];
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/objects/%s", p->root, file);
        *strrchr(path, '/') = '\0';
        assert_int_equal(dir_make(path, 0755), 0);
        path[strlen(path)] = '/';
        f = fopen(path, "we");
        assert_non_null(f);
        assert_true(fprintf(f, "%s\n", text) > 0);
        assert_int_equal(fclose(f), 0);
}

const char *plain_get(struct plain *p, const char *file)
{
        static char text[256];
        char path[192], *got;

        (void) snprintf(path, sizeof(path), "%s/objects/%s", p->root, file);
        assert_int_equal(file_read(path, sizeof(text) - 1, &got, NULL), 0);
        (void) snprintf(text, sizeof(text), "%s", str_strip(got));
        free(got);
        return text;
}

void plain_wish(struct plain *p, const struct knob *knob, const char *name, double number, const char *text)
{
        struct wish wish = { .value = value_number(number), .rule = "rule", .decision = 1 };

        if (text)
                assert_int_equal(value_text(knob->type, text, &wish.value), 0);
        assert_int_equal(actor_set(p->actor, knob, plain_at(p, name), &wish, monotonic_ns()), 0);
}

void plain_unwish(struct plain *p, const struct knob *knob, const char *name)
{
        assert_int_equal(actor_restore(p->actor, knob, plain_at(p, name)->id, "rule", 2), 0);
}

void plain_write(struct plain *p, unsigned i, const char *text)
{
        char file[32];

        (void) snprintf(file, sizeof(file), "o%u/value", i);
        plain_put(p, file, text);
}

const char *plain_read(struct plain *p, unsigned i)
{
        char file[32];

        (void) snprintf(file, sizeof(file), "o%u/value", i);
        return plain_get(p, file);
}

enum outcome plain_set(struct plain *p, unsigned i, double number)
{
        struct trimtab_value v = value_number(number);

        assert_int_equal(actor_set(p->actor, &plain_knob, plain_object(p, i),
                                   &(struct wish){ .value = v, .rule = "rule", .decision = 1 },
                                   monotonic_ns()),
                         0);
        plain_run(p);
        return p->last.outcome;
}

enum outcome plain_restore(struct plain *p, unsigned i)
{
        assert_int_equal(actor_restore(p->actor, &plain_knob, plain_object(p, i)->id, "rule", 2), 0);
        plain_run(p);
        return p->last.outcome;
}
