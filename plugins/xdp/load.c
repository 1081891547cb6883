/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_SIZE 65536

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
        return 0;
}

int load_begin(struct load *l, struct bpf_program *program)
{
        *l = (struct load){ .log = calloc(1, LOG_SIZE) };
        if (!l->log)
                return -ENOMEM;
        l->print = libbpf_set_print(quiet);
        (void) bpf_program__set_log_buf(program, l->log, LOG_SIZE);
        return 0;
}

/* The verifier's last word: the last line but its statistics. */
static void keep_reason(char *why, size_t size, int error, char *log)
{
        char *save = NULL, *last = NULL;

        for (char *line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
                if (strncmp(line, "processed ", 10) != 0 && strncmp(line, "verification time ", 18) != 0)
                        last = line;
        (void) snprintf(why, size, "%s%s%s", strerror(-error), last ? ": " : "", last ? last : "");
}

void load_end(struct load *l, int error, char *why, size_t size)
{
        libbpf_set_print(l->print);
        if (error < 0)
                keep_reason(why, size, error, l->log);
        free(l->log);
        *l = (struct load){};
}

int load_share(struct bpf_map *routes, struct bpf_map *control, struct bpf_map *packets, const struct table *table)
{
        int r = bpf_map__reuse_fd(routes, table->entries);

        if (r >= 0)
                r = bpf_map__reuse_fd(control, table->control);
        return r >= 0 ? bpf_map__reuse_fd(packets, table->packets) : r;
}
