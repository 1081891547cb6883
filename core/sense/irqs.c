/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sense/irqs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* Handlers that share an interrupt, with commas between. */
enum { ACTIONS_MAX = 4096 };

static inline void closedirp(DIR **d)
{
        if (*d)
                (void) closedir(*d);
}

/* Of /sys/kernel/irq/41. NULL: nobody handles it, it has just gone, or no memory. */
static char *read_actions(const char *sys_irq, const char *number)
{
        _cleanup_free_ char *path = str_printf("%s/%s/actions", sys_irq, number), *text = NULL;

        if (!path || file_read(path, ACTIONS_MAX, &text, NULL) < 0)
                return NULL;
        text[strcspn(text, "\n")] = '\0';
        return text[0] ? TAKE(text) : NULL;
}

/* The folder of an interrupt, by way of its first handler's where it has one: names with a / have none. */
static char *path_of(const char *proc_irq, const char *number, const char *actions)
{
        size_t first = strcspn(actions, ",");

        if (memchr(actions, '/', first))
                return str_printf("%s/%s", proc_irq, number);
        return str_printf("%s/%s/%.*s/..", proc_irq, number, (int) first, actions);
}

static int present(struct roll *roll, const char *sys_irq, const char *proc_irq, const char *number)
{
        _cleanup_free_ char *actions = NULL, *name = NULL, *path = NULL;
        char *end;
        uint64_t key = strtoull(number, &end, 10);

        if (end == number || *end != '\0')
                return 0;
        actions = read_actions(sys_irq, number);
        if (!actions)
                return 0;
        name = str_printf("%s:%s", actions, number);
        path = path_of(proc_irq, number, actions);
        return name && path ? roll_present(roll, key, name, path) : -ENOMEM;
}

int irqs_scan(struct objects *objects, const char *sys_irq, const char *proc_irq, object_changed changed,
              void *userdata)
{
        _cleanup_(closedirp) DIR *dir = opendir(sys_irq);
        _cleanup_(roll_clear) struct roll roll = {
                .objects = objects, .scope = SCOPE_IRQ, .changed = changed, .userdata = userdata
        };
        struct dirent *entry;
        int r;

        if (!dir)
                return -errno;
        while ((entry = readdir(dir))) {
                r = present(&roll, sys_irq, proc_irq, entry->d_name);
                if (r < 0)
                        return r;
        }
        return roll_end(&roll);
}
