/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queues.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define NET "/sys/class/net"

enum {
        SCAN_TICKS = 10,
        QUEUES_MAX = 16384, /* of 128 cards with 64 each way; containers' are not worth more */
};

static struct queue *find(struct queues *q, uint64_t key)
{
        for (size_t i = 0; i < q->n; i++)
                if (q->list[i].key == key)
                        return &q->list[i];
        return NULL;
}

static struct queue *append(struct queues *q)
{
        if (q->n == q->max) {
                size_t max = q->max ? 2 * q->max : 64;
                struct queue *list = max <= QUEUES_MAX ? realloc(q->list, max * sizeof(*list)) : NULL;

                if (!list)
                        return NULL;
                q->list = list;
                q->max = max;
        }
        return &q->list[q->n++];
}

static void drop(struct queues *q, const struct trimtab_host *h, struct queue *queue)
{
        (void) h->object_remove(h, "queue", queue->key);
        *queue = q->list[--q->n];
}

static void present(struct queues *q, const struct trimtab_host *h, const char *root, const char *iface, uint64_t ifindex, const char *queue)
{
        char name[sizeof(q->list->name)], path[PATH_MAX];
        unsigned number;
        bool sends = strncmp(queue, "tx-", 3) == 0;
        uint64_t key;
        struct queue *known;

        if (sscanf(queue, sends ? "tx-%u" : "rx-%u", &number) != 1)
                return;
        key = ifindex << 32 | (uint64_t) sends << 31 | number;
        (void) snprintf(name, sizeof(name), "%.15s/%s-%u", iface, sends ? "tx" : "rx", number);
        known = find(q, key);
        if (known && strcmp(known->name, name) != 0) {
                drop(q, h, known);
                known = NULL;
        }
        if (!known) {
                (void) snprintf(path, sizeof(path), "%s" NET "/%s/queues/%s", root, iface, queue);
                known = append(q);
                if (!known)
                        return;
                known->key = key;
                memcpy(known->name, name, sizeof(name));
                if (h->object_add(h, "queue", key, name, path) < 0) {
                        q->n--; /* the name is still another one's: the next scan has it */
                        q->are_old = true;
                        return;
                }
        }
        known->is_here = true;
}

static void scan_iface(struct queues *q, const struct trimtab_host *h, const char *root, const char *iface)
{
        char path[PATH_MAX];
        struct dirent *e;
        long ifindex;
        DIR *d;

        if (text_read_number(&ifindex, "%s" NET "/%s/ifindex", root, iface) < 0 || ifindex <= 0)
                return;
        (void) snprintf(path, sizeof(path), "%s" NET "/%s/queues", root, iface);
        d = opendir(path);
        while (d && (e = readdir(d)))
                present(q, h, root, iface, (uint64_t) ifindex, e->d_name);
        if (d)
                (void) closedir(d);
}

static void scan(struct queues *q, const struct trimtab_host *h, const char *root)
{
        char path[PATH_MAX];
        struct dirent *e;
        DIR *d;

        (void) snprintf(path, sizeof(path), "%s" NET, root);
        d = opendir(path);
        if (!d)
                return;
        for (size_t i = 0; i < q->n; i++)
                q->list[i].is_here = false;
        while ((e = readdir(d)))
                if (e->d_name[0] != '.')
                        scan_iface(q, h, root, e->d_name);
        (void) closedir(d);
        for (size_t i = q->n; i-- > 0;)
                if (!q->list[i].is_here)
                        drop(q, h, &q->list[i]);
}

void queues_tick(struct queues *q, const struct trimtab_host *h, const char *root)
{
        if (!q->are_old && ++q->ticks < SCAN_TICKS)
                return;
        q->ticks = 0;
        q->are_old = false;
        scan(q, h, root);
}

void queues_done(struct queues *q)
{
        free(q->list);
        *q = (struct queues){};
}
