/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"
#include "util/array.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* No program of ours comes near it; the kernel allows 64 in older versions. */
#define MAPS_MAX 64

/* A map counts with the first program that has it, whoever's. */
static bool is_first_sight(struct plugin_context *c, uint32_t id)
{
        for (size_t i = 0; i < c->n_map_ids; i++)
                if (c->map_ids[i] == id)
                        return false;

        if (array_reserve(&c->map_ids, c->n_map_ids, sizeof(*c->map_ids)) < 0)
                return false;
        c->map_ids[c->n_map_ids++] = id;
        return true;
}

/* What the kernel charges for a map: "memlock:" in the fdinfo of its descriptor. */
static uint64_t map_bytes(uint32_t id)
{
        _cleanup_close_ int fd = bpf_map_get_fd_by_id(id);
        _cleanup_free_ char *text = NULL;
        const char *line;
        char path[64];
        uint64_t bytes = 0;

        if (fd < 0)
                return 0;

        (void) snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
        if (file_read(path, 4096, &text, NULL) < 0)
                return 0;

        line = strstr(text, "\nmemlock:");
        if (line)
                (void) sscanf(line, "\nmemlock: %" SCNu64, &bytes);
        return bytes;
}

static void account(struct plugin_context *c, int fd, struct plugin_program *ret)
{
        uint32_t map_ids[MAPS_MAX] = {};
        struct bpf_prog_info info = { .nr_map_ids = MAPS_MAX, .map_ids = (uintptr_t) map_ids };
        uint32_t size = sizeof(info);

        if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
                return;

        ret->id = info.id;
        for (uint32_t i = 0; i < info.nr_map_ids && i < MAPS_MAX; i++)
                if (is_first_sight(c, map_ids[i]))
                        ret->map_bytes += map_bytes(map_ids[i]);
}

/* The entry of that name: attaching again renews it. */
static struct plugin_program *find_or_add(struct plugin *p, const char *name)
{
        struct plugin_program *new;

        for (size_t i = 0; i < p->n_programs; i++)
                if (streq(p->programs[i].name, name))
                        return &p->programs[i];

        if (array_reserve(&p->programs, p->n_programs, sizeof(*p->programs)) < 0)
                return NULL;

        new = &p->programs[p->n_programs];
        *new = (struct plugin_program) { .name = strdup(name) };
        if (!new->name)
                return NULL;
        p->n_programs++;
        return new;
}

void host_program(const struct trimtab_host *h, const char *name, int32_t fd, const char *reason)
{
        struct plugin *p = h->host;
        struct plugin_program *program = find_or_add(p, name);

        /* Out of memory costs the line in `trimtab plugins`. */
        if (!program)
                return;

        free(program->reason);
        program->reason = NULL;
        if (fd >= 0)
                account(p->context, fd, program);
        else
                program->reason = str_escape(reason ?: "refused by the kernel");
}

void programs_clear(struct plugin *p)
{
        for (size_t i = 0; i < p->n_programs; i++) {
                free(p->programs[i].name);
                free(p->programs[i].reason);
        }
        free(p->programs);
        p->programs = NULL;
        p->n_programs = 0;
}
