/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "details.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "state.h"

void audit_escape(const char *text, size_t length, char *ret, size_t size)
{
        size_t at = 0;

        for (size_t i = 0; i < length && text[i] && at + 5 <= size; i++) {
                unsigned char c = (unsigned char) text[i];

                if (c > ' ' - 1 && c < 0x7f && c != '"' && c != '\\')
                        ret[at++] = (char) c;
                else
                        at += (size_t) snprintf(ret + at, size - at, "\\x%02x", c);
        }
        ret[at] = '\0';
}

static int tell(void *userdata, void *data, size_t size)
{
        static const char *const verbs[] = { [AUDIT_DETAIL_OPEN] = "opened", [AUDIT_DETAIL_EXEC] = "started" };
        const struct audit_detail *d = data;
        struct audit *a = userdata;
        const struct audit_watch *w = size >= sizeof(*d) && d->watch < AUDIT_WATCHES_MAX ? a->watches.all[d->watch] : NULL;
        char comm[sizeof(d->comm) * 4 + 1], name[sizeof(d->name) * 4 + 1], text[1024];
        const struct audit_cgroup *cgroup;

        if (!w || d->kind >= sizeof(verbs) / sizeof(verbs[0]))
                return 0; /* the section has gone meanwhile */
        HASH_FIND(hh, a->cgroups, &d->cgroup, sizeof(d->cgroup), cgroup);
        audit_escape(d->comm, sizeof(d->comm), comm, sizeof(comm));
        audit_escape(d->name, sizeof(d->name), name, sizeof(name));
        (void) snprintf(text, sizeof(text), "watch %s: \"%s\" (%u) in %s %s \"%s\"", w->name, comm, d->pid,
                        cgroup ? cgroup->name : "a cgroup that is gone", verbs[d->kind], name);
        a->host->event(a->host, text);
        return 0;
}

int audit_details_open(struct audit *a)
{
        a->details.ring = ring_buffer__new(programs_map(&a->programs, "details"), tell, a, NULL);
        return a->details.ring ? 0 : -errno;
}

void audit_details_tell(struct audit *a)
{
        if (a->details.ring)
                (void) ring_buffer__consume(a->details.ring);
}

void audit_details_close(struct audit_details *d)
{
        ring_buffer__free(d->ring);
        d->ring = NULL;
}
