/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learn.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "events.h"

/* What makes two flows one: a unit's cgroup may come again with another id, and ping has no port. */
struct learnt_flow {
        char *subject; /* "unit = web.service" or "cgroup = /path" */
        char *text;    /* what identifies it: subject, kind and destination */
        char *to;
        struct guard_flow_key key;
        uint64_t n;
        char comm[17];
        UT_hash_handle hh;
};

char *subject_of(const char *cgroup)
{
        const char *p = cgroup;
        char *subject = NULL;

        while (*p) {
                size_t n;

                p += *p == '/';
                n = strcspn(p, "/");
                if (n > 6 && memcmp(p + n - 6, ".slice", 6) == 0) {
                        p += n;
                        continue;
                }
                if (n > 8 && memcmp(p + n - 8, ".service", 8) == 0)
                        return asprintf(&subject, "unit = %.*s", (int) n, p) < 0 ? NULL : subject;
                break;
        }
        return asprintf(&subject, "cgroup = %s", *cgroup ? cgroup : "/") < 0 ? NULL : subject;
}

/* As an item of allow, or a port of listen. Raw and packet sockets may go anywhere. */
static char *destination_of(const struct guard_flow_key *key)
{
        char text[96], *copy = NULL;

        if (key->kind == GUARD_LISTEN)
                return asprintf(&copy, "%u", key->port) < 0 ? NULL : copy;
        if (key->kind == GUARD_CREATE) {
                const char *protocol = key->protocol == GUARD_PROTOCOL_RAW      ? "raw"
                                       : key->protocol == GUARD_PROTOCOL_PACKET ? "packet"
                                       : key->family == 4                       ? "icmp"
                                                                                : "icmpv6";

                return asprintf(&copy, "any/%s", protocol) < 0 ? NULL : copy;
        }
        destination_format(key->family, key->upper, key->lower, key->port, key->protocol, text, sizeof(text));
        return strdup(text);
}

static void free_flow(struct learnt_flow *f)
{
        free(f->subject);
        free(f->text);
        free(f->to);
        free(f);
}

int learn_add(struct learnt *l, const char *cgroup, const struct guard_flow_key *key, const struct guard_flow *flow)
{
        struct learnt_flow *f = calloc(1, sizeof(*f)), *known;

        if (!f)
                return -ENOMEM;
        f->subject = subject_of(cgroup);
        f->to = destination_of(key);
        if (!f->subject || !f->to ||
            asprintf(&f->text, "%s\n%s\n%s", f->subject, key->kind == GUARD_LISTEN ? "listen" : "allow", f->to) < 0) {
                f->text = NULL;
                free_flow(f);
                return -ENOMEM;
        }
        HASH_FIND_STR(l->all, f->text, known);
        if (known) {
                known->n += flow->n;
                free_flow(f);
                return 0;
        }
        f->key = *key;
        f->n = flow->n;
        memcpy(f->comm, flow->comm, sizeof(flow->comm));
        HASH_ADD_KEYPTR(hh, l->all, f->text, strlen(f->text), f);
        return 0;
}

static const char *path_of(const struct cgroups *c, uint64_t id)
{
        for (size_t i = 0; i < c->n; i++)
                if (c->all[i].id == id)
                        return c->all[i].path;
        return NULL;
}

int learn_read(struct learnt *l, const struct program *program, const struct cgroups *cgroups)
{
        int map = programs_map(&program->programs, "flows"), n = 0, r = 0;
        struct guard_flow_key key, next;
        struct guard_flow flow;

        for (int more = bpf_map_get_next_key(map, NULL, &next); more == 0 && r >= 0;) {
                const char *path;

                key = next;
                more = bpf_map_get_next_key(map, &key, &next);
                path = path_of(cgroups, key.cgroup);
                /* A cgroup that we have not been told of yet may be told of at the next look. */
                if (!path || bpf_map_lookup_elem(map, &key, &flow) < 0)
                        continue;
                r = learn_add(l, path, &key, &flow);
                (void) bpf_map_delete_elem(map, &key);
                n++;
        }
        return r < 0 ? r : n;
}

static int by_text(const struct learnt_flow *a, const struct learnt_flow *b)
{
        return strcmp(a->text, b->text);
}

/* Of a name what a section's name can hold. */
static void print_name(FILE *f, const char *subject, unsigned number)
{
        const char *name = strchr(subject, '=') + 2;

        (void) fprintf(f, "[egress-rule learnt-%u-", number);
        for (size_t i = 0; name[i] && i < 20; i++)
                (void) fputc(strchr("[];#/ \t", name[i]) || (unsigned char) name[i] < ' ' ? '-' : name[i], f);
        (void) fputs("]\n", f);
}

/* A list of one subject: a line each, as the lines of a value may not be long. */
static void print_list(FILE *f, const struct learnt_flow *from, const char *key, bool listen)
{
        bool first = true;

        for (const struct learnt_flow *at = from; at && strcmp(at->subject, from->subject) == 0; at = at->hh.next)
                if ((at->key.kind == GUARD_LISTEN) == listen) {
                        (void) fprintf(f, first ? "%s = %s\n" : "%.0s  %s\n", first ? key : "", at->to);
                        first = false;
                }
}

int learn_print(const struct learnt *l, FILE *f)
{
        struct learnt *sorted = (struct learnt *) l;
        const char *subject = NULL;
        unsigned number = 0;

        HASH_SORT(sorted->all, by_text);
        (void) fputs("# What was seen in mode learn: where each unit went, and nothing else. Look it over, and put it among the rules.\n", f);
        for (const struct learnt_flow *at = l->all; at; at = at->hh.next) {
                if (subject && strcmp(subject, at->subject) == 0)
                        continue;
                subject = at->subject;
                (void) fputc('\n', f);
                print_name(f, subject, ++number);
                (void) fprintf(f, "%s\n", subject);
                print_list(f, at, "allow", false);
                print_list(f, at, "listen", true);
                (void) fputs("default = deny\n", f);
        }
        return ferror(f) ? -EIO : 0;
}

int learn_write(struct learnt *l, const char *path)
{
        char temporary[4096];
        FILE *f;
        int r;

        if (l->written == HASH_COUNT(l->all))
                return 0;
        (void) snprintf(temporary, sizeof(temporary), "%s.new", path);
        (void) unlink(temporary);
        f = fopen(temporary, "wxe");
        if (!f)
                return -errno;
        r = learn_print(l, f);
        if (fclose(f) != 0 && r >= 0)
                r = -errno;
        if (r >= 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r >= 0)
                l->written = HASH_COUNT(l->all);
        return r;
}

size_t learn_n(const struct learnt *l)
{
        return HASH_COUNT(l->all);
}

void learn_clear(struct learnt *l)
{
        struct learnt_flow *f, *next;

        HASH_ITER(hh, l->all, f, next)
        {
                HASH_DEL(l->all, f);
                free_flow(f);
        }
        *l = (struct learnt){};
}
