/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/self.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/file.h"

#define NAME "trimtab"

enum { CPU_TIME, MEMORY, COLLECT_TIME, BPF_TIME, BPF_RUNS, _SELF_MAX };

static const struct trimtab_metric metrics[_SELF_MAX] = {
        [CPU_TIME] = { "trimtab.cpu_time", "ns", "CPU time that the daemon has used", "host", TRIMTAB_COUNTER, 0 },
        [MEMORY] = { "trimtab.memory", "B", "resident memory of the daemon", "host", TRIMTAB_GAUGE, 0 },
        [COLLECT_TIME] = { "trimtab.collect_time", "ns", "CPU time that collecting from the plugin has used", "plugin",
                           TRIMTAB_COUNTER, 0 },
        [BPF_TIME] = { "trimtab.bpf_time", "ns",
                       "run time of the plugin's BPF programs; the kernel measures it while somebody asks", "plugin",
                       TRIMTAB_COUNTER, 0 },
        [BPF_RUNS] = { "trimtab.bpf_runs", "", "runs of the plugin's BPF programs, counted likewise", "plugin",
                       TRIMTAB_COUNTER, 0 },
};

struct self {
        struct plugins_config config;
        uint32_t scope; /* "plugin" */
        uint64_t last_key;
        uint32_t numbers[_SELF_MAX]; /* in the catalogue */
        struct watchset wanted[_SELF_MAX];
        int stats_fd; /* the kernel keeps BPF statistics as long as it is open; -1: it need not */
};

struct self *self_free(struct self *s)
{
        if (!s)
                return NULL;
        for (size_t i = 0; i < _SELF_MAX; i++)
                watchset_clear(&s->wanted[i]);
        if (s->stats_fd >= 0)
                (void) close(s->stats_fd);
        free(s);
        return NULL;
}

DEFINE_CLEANUP(struct self *, self_free);

int self_new(const struct plugins_config *config, struct self **ret)
{
        _cleanup_(self_freep) struct self *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->config = *config;
        s->stats_fd = -1;

        r = objects_scope_add(config->objects, "plugin");
        if (r < 0)
                return r;
        s->scope = (uint32_t) r;

        for (size_t i = 0; i < _SELF_MAX; i++) {
                struct metric *m;

                r = objects_scope_find(config->objects, metrics[i].scope, strlen(metrics[i].scope));
                if (r >= 0)
                        r = catalogue_add_metric(config->catalogue, NAME, &metrics[i], (uint32_t) r, &m);
                if (r < 0)
                        return r;
                s->numbers[i] = m->number;
        }
        *ret = TAKE(s);
        return 0;
}

int self_plugin_came(struct self *s, struct plugin *p)
{
        p->key = ++s->last_key;
        return objects_add(s->config.objects, (struct oid) { s->scope, p->key }, p->name, NULL);
}

void self_plugin_went(struct self *s, const struct plugin *p)
{
        struct oid id = { s->scope, p->key };

        if (p->key == 0)
                return;
        if (s->config.store)
                store_forget(s->config.store, id);
        (void) objects_remove(s->config.objects, id);
}

void self_want_begin(struct self *s)
{
        for (size_t i = 0; i < _SELF_MAX; i++)
                watchset_begin(&s->wanted[i]);
}

int self_want(struct self *s, uint32_t metric, uint64_t object)
{
        for (size_t i = 0; i < _SELF_MAX; i++)
                if (s->numbers[i] == metric)
                        return watchset_add(&s->wanted[i], object);
        return -ENOENT;
}

/* Statistics make every program a little slower: only while they are looked at. */
static void keep_stats(struct self *s, bool wanted)
{
        if (wanted == (s->stats_fd >= 0))
                return;
        if (wanted) {
                s->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
                return;
        }
        (void) close(s->stats_fd);
        s->stats_fd = -1;
}

void self_want_apply(struct self *s)
{
        for (size_t i = 0; i < _SELF_MAX; i++)
                if (watchset_differs(&s->wanted[i]))
                        watchset_commit(&s->wanted[i]);
        keep_stats(s, s->wanted[BPF_TIME].n > 0 || s->wanted[BPF_RUNS].n > 0);
}

static void put(struct self *s, size_t metric, uint64_t object, uint64_t now_ns, double value)
{
        if (watchset_has(&s->wanted[metric], object))
                (void) store_put(s->config.store, s->numbers[metric], object, now_ns, value);
}

/* The second number of statm is the resident pages. */
static double resident_bytes(void)
{
        _cleanup_free_ char *text = NULL;
        unsigned long long pages = 0;

        if (file_read("/proc/self/statm", 256, &text, NULL) >= 0)
                (void) sscanf(text, "%*s %llu", &pages);
        return (double) pages * (double) sysconf(_SC_PAGESIZE);
}

static void put_programs(struct self *s, const struct plugin *p, uint64_t now_ns)
{
        uint64_t time_ns = 0, runs = 0;

        for (size_t i = 0; i < p->n_programs; i++) {
                _cleanup_close_ int fd = p->programs[i].id ? bpf_prog_get_fd_by_id(p->programs[i].id) : -1;
                struct bpf_prog_info info = {};
                uint32_t size = sizeof(info);

                if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
                        continue;
                time_ns += info.run_time_ns;
                runs += info.run_cnt;
        }
        put(s, BPF_TIME, p->key, now_ns, (double) time_ns);
        put(s, BPF_RUNS, p->key, now_ns, (double) runs);
}

void self_collect(struct self *s, const struct plugin_context *c, uint64_t now_ns)
{
        if (s->wanted[CPU_TIME].n > 0)
                put(s, CPU_TIME, TRIMTAB_HOST_OBJECT, now_ns, (double) clock_now_ns(CLOCK_PROCESS_CPUTIME_ID));
        if (s->wanted[MEMORY].n > 0)
                put(s, MEMORY, TRIMTAB_HOST_OBJECT, now_ns, resident_bytes());

        for (size_t i = 0; i < c->n; i++) {
                put(s, COLLECT_TIME, c->all[i]->key, now_ns, (double) c->all[i]->spent_ns);
                if (s->stats_fd >= 0)
                        put_programs(s, c->all[i], now_ns);
        }
}
