/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/brakes.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

struct let_through {
        uint32_t knob;
        struct oid object;
};

static const char FUSE[] = "fuse", PERSON[] = "person";

/* "person 1700000000000000 0": by whom, since when, until when. */
static void read_pause(struct pause *p, const char *text)
{
        char by[8];

        *p = (struct pause){ .on = true };
        if (sscanf(text, "%7s %" SCNu64 " %" SCNu64, by, &p->since_usec, &p->until_usec) == 3)
                p->by_fuse = streq(by, FUSE);
        else
                p->until_usec = 0;
}

int brakes_init(struct brakes *b, const char *runtime_dir, unsigned writes_per_minute)
{
        _cleanup_free_ char *text = NULL;

        *b = (struct brakes){};
        fuse_init(&b->fuse, writes_per_minute);
        b->path = str_printf("%s/paused", runtime_dir);
        if (!b->path)
                return -ENOMEM;

        if (file_read(b->path, 256, &text, NULL) >= 0)
                read_pause(&b->pause, text);
        b->fuse.blown = b->pause.by_fuse;
        return 0;
}

void brakes_clear(struct brakes *b)
{
        free(b->path);
        free(b->through);
        *b = (struct brakes){};
}

int brakes_pause(struct brakes *b, uint64_t now_usec, uint64_t for_usec, bool by_fuse)
{
        _cleanup_free_ char *text = NULL;

        b->pause.by_fuse = b->pause.by_fuse || by_fuse;
        if (!b->pause.on)
                b->pause.since_usec = now_usec;
        b->pause.on = true;
        /* Who resumes after the fuse must be a person. */
        b->pause.until_usec = b->pause.by_fuse || for_usec == 0 || for_usec > UINT64_MAX - now_usec
                                      ? 0
                                      : now_usec + for_usec;

        text = str_printf("%s %" PRIu64 " %" PRIu64 "\n", b->pause.by_fuse ? FUSE : PERSON,
                          b->pause.since_usec, b->pause.until_usec);
        return text ? file_replace_at(AT_FDCWD, b->path, text, strlen(text), 0644) : -ENOMEM;
}

int brakes_resume(struct brakes *b)
{
        b->pause = (struct pause){};
        b->n_through = 0;
        fuse_reset(&b->fuse);
        return unlink(b->path) < 0 && errno != ENOENT ? -errno : 0;
}

bool brakes_expire(struct brakes *b, uint64_t now_usec)
{
        if (!b->pause.on || b->pause.until_usec == 0 || now_usec < b->pause.until_usec)
                return false;
        (void) brakes_resume(b);
        return true;
}

static struct let_through *find(const struct brakes *b, uint32_t knob, struct oid object)
{
        for (size_t i = 0; i < b->n_through; i++)
                if (b->through[i].knob == knob && oid_equal(b->through[i].object, object))
                        return &b->through[i];
        return NULL;
}

int brakes_let_through(struct brakes *b, uint32_t knob, struct oid object)
{
        if (!b->pause.on || find(b, knob, object))
                return 0;
        if (array_reserve(&b->through, b->n_through, sizeof(*b->through)) < 0)
                return -ENOMEM;
        b->through[b->n_through++] = (struct let_through){ knob, object };
        return 0;
}

void brakes_let_done(struct brakes *b, uint32_t knob, struct oid object)
{
        struct let_through *done = find(b, knob, object);

        if (done)
                *done = b->through[--b->n_through];
}

bool brakes_hold(const struct brakes *b, uint32_t knob, struct oid object)
{
        return b->pause.on && !find(b, knob, object);
}
