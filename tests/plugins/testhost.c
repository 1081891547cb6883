/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "testhost.h"

struct sample {
        struct sample *next;
        uint32_t metric;
        uint64_t object;
        uint64_t slots[512];
        struct testhost_sample sample;
};

struct object {
        struct object *next;
        char scope[32], name[256], path[512];
        uint64_t object;
};

struct program {
        struct program *next;
        char name[64], reason[256];
        int32_t fd;
};

struct testhost {
        struct trimtab_host host;
        void *file;
        const struct trimtab_plugin *plugin;
        void *self;
        bool is_open;
        struct sample *samples;
        struct object *objects;
        struct program *programs;
        char unavailable[64][256]; /* metric number -> reason, or "" */
        char options[32][128];     /* option number -> what the test set, or "" */
        uint32_t logged[8];
        char events[4096]; /* what the plugin had to say, a line each */
        int epoll_fd;      /* of what it wants polled; -1: nothing yet */
        int (*callbacks[256])(void *self, int32_t fd); /* fd -> its callback */
        uint32_t wakes;
        uint32_t daemon_mode;
        struct testhost_filters filters; /* of tc; NULLs: there are none to be had */
        int (*takes_writes)(uint32_t knob, uint64_t object);
};

static struct testhost *of(const struct trimtab_host *h)
{
        return h->host;
}

__attribute__((format(printf, 3, 4))) static void host_log(const struct trimtab_host *h, int32_t level,
                                                           const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void) fprintf(stderr, "%s: ", of(h)->plugin->name);
        (void) vfprintf(stderr, format, args);
        (void) fputc('\n', stderr);
        va_end(args);
        of(h)->logged[level & 7]++;
}

static int host_option_text(const struct trimtab_host *h, const char *name, const char **ret)
{
        const struct trimtab_plugin *p = of(h)->plugin;

        for (uint32_t i = 0; i < p->n_options; i++)
                if (strcmp(p->options[i].name, name) == 0) {
                        *ret = of(h)->options[i][0] ? of(h)->options[i] : p->options[i].default_value;
                        return 0;
                }
        return -ENOENT;
}

static int host_option_number(const struct trimtab_host *h, const char *name, double *ret)
{
        const char *text;
        int r = host_option_text(h, name, &text);

        if (r >= 0)
                *ret = strcmp(text, "yes") == 0 ? 1 : strtod(text, NULL);
        return r;
}

static struct sample *find_sample(const struct testhost *th, uint32_t metric, uint64_t object)
{
        for (struct sample *s = th->samples; s; s = s->next)
                if (s->metric == metric && s->object == object)
                        return s;
        return NULL;
}

static struct sample *get_sample(struct testhost *th, uint32_t metric, uint64_t object)
{
        struct sample *s = find_sample(th, metric, object);

        if (!s) {
                s = calloc(1, sizeof(*s));
                if (!s)
                        abort();
                s->metric = metric;
                s->object = object;
                s->next = th->samples;
                th->samples = s;
        }
        s->sample.n++;
        return s;
}

static int host_emit(const struct trimtab_host *h, uint32_t metric, uint64_t object, double value)
{
        get_sample(of(h), metric, object)->sample.value = value;
        return 0;
}

static int host_emit_histogram(const struct trimtab_host *h, uint32_t metric, uint64_t object,
                               const uint64_t *slots, uint32_t n_slots, double sum)
{
        struct sample *s = get_sample(of(h), metric, object);

        if (n_slots > sizeof(s->slots) / sizeof(s->slots[0]))
                return -E2BIG;
        memcpy(s->slots, slots, n_slots * sizeof(*slots));
        s->sample.slots = s->slots;
        s->sample.n_slots = n_slots;
        s->sample.sum = sum;
        return 0;
}

static void host_unavailable(const struct trimtab_host *h, uint32_t metric, const char *reason)
{
        (void) snprintf(of(h)->unavailable[metric], sizeof(of(h)->unavailable[metric]), "%s",
                        reason ? reason : "");
}

static struct program *find_program(const struct testhost *th, const char *name)
{
        for (struct program *p = th->programs; p; p = p->next)
                if (strcmp(p->name, name) == 0)
                        return p;
        return NULL;
}

static void host_program(const struct trimtab_host *h, const char *name, int32_t fd, const char *reason)
{
        struct program *p = find_program(of(h), name);

        if (!p) {
                p = calloc(1, sizeof(*p));
                if (!p)
                        abort();
                (void) snprintf(p->name, sizeof(p->name), "%s", name);
                p->next = of(h)->programs;
                of(h)->programs = p;
        }
        p->fd = fd;
        (void) snprintf(p->reason, sizeof(p->reason), "%s", reason ? reason : "");
}

static void host_event(const struct trimtab_host *h, const char *text)
{
        size_t n = strlen(of(h)->events);

        (void) fprintf(stderr, "%s: event: %s\n", of(h)->plugin->name, text);
        (void) snprintf(of(h)->events + n, sizeof(of(h)->events) - n, "%s\n", text);
}

static void host_wake(const struct trimtab_host *h)
{
        of(h)->wakes++;
}

static int host_add_io(const struct trimtab_host *h, int32_t fd, int (*cb)(void *self, int32_t fd))
{
        struct testhost *th = of(h);
        struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

        if (fd < 0 || (size_t) fd >= sizeof(th->callbacks) / sizeof(th->callbacks[0]))
                return -EMFILE;
        if (th->epoll_fd < 0)
                th->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (!th->callbacks[fd] != !cb && epoll_ctl(th->epoll_fd, cb ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, &event) < 0)
                return -errno;
        th->callbacks[fd] = cb;
        return 0;
}

int testhost_poll(struct testhost *th, int timeout_ms)
{
        struct epoll_event event;
        int n = th->epoll_fd < 0 ? 0 : epoll_wait(th->epoll_fd, &event, 1, timeout_ms);

        if (n > 0)
                (void) th->callbacks[event.data.fd](th->self, event.data.fd);
        return n;
}

uint32_t testhost_wakes(const struct testhost *th)
{
        return th->wakes;
}

const char *testhost_events(const struct testhost *th)
{
        return th->events;
}

static struct object *find_object(const struct testhost *th, const char *scope, uint64_t object)
{
        for (struct object *o = th->objects; o; o = o->next)
                if (o->object == object && strcmp(o->scope, scope) == 0)
                        return o;
        return NULL;
}

static int host_object_key(const struct trimtab_host *h, const char *scope, const char *name, uint64_t *ret)
{
        for (struct object *o = of(h)->objects; o; o = o->next)
                if (strcmp(o->scope, scope) == 0 && strcmp(o->name, name) == 0) {
                        *ret = o->object;
                        return 0;
                }
        return -ENOENT;
}

static int host_object_name(const struct trimtab_host *h, const char *scope, uint64_t object,
                            const char **ret)
{
        struct object *o = find_object(of(h), scope, object);

        if (!o)
                return -ENOENT;
        *ret = o->name;
        return 0;
}

static int host_object_path(const struct trimtab_host *h, const char *scope, uint64_t object,
                            const char **ret)
{
        struct object *o = find_object(of(h), scope, object);

        if (!o || !o->path[0])
                return -ENOENT;
        *ret = o->path;
        return 0;
}

static int host_object_add(const struct trimtab_host *h, const char *scope, uint64_t object, const char *name,
                           const char *path)
{
        testhost_add_object(of(h), scope, object, name, path);
        return 0;
}

static int host_object_remove(const struct trimtab_host *h, const char *scope, uint64_t object)
{
        testhost_remove_object(of(h), scope, object);
        return 0;
}

static int host_tc_filter_add(const struct trimtab_host *h, int32_t program_fd, uint32_t ifindex, uint32_t priority, uint32_t handle)
{
        return of(h)->filters.add ? of(h)->filters.add(program_fd, ifindex, priority, handle) : -EOPNOTSUPP;
}

static int host_tc_filter_remove(const struct trimtab_host *h, uint32_t ifindex, uint32_t priority, uint32_t handle)
{
        return of(h)->filters.remove ? of(h)->filters.remove(ifindex, priority, handle) : -ENOENT;
}

/* The plugins' files here are real ones, which tests only read. */
static int host_knob_takes_writes(const struct trimtab_host *h, uint32_t knob, uint64_t object)
{
        return of(h)->takes_writes ? of(h)->takes_writes(knob, object) : 0;
}

static uint32_t host_daemon_mode(const struct trimtab_host *h)
{
        return of(h)->daemon_mode;
}

static const struct trimtab_host host_functions = {
        .size = sizeof(struct trimtab_host),
        .abi = TRIMTAB_ABI,
        .log = host_log,
        .option_number = host_option_number,
        .option_text = host_option_text,
        .emit = host_emit,
        .emit_histogram = host_emit_histogram,
        .unavailable = host_unavailable,
        .program = host_program,
        .event = host_event,
        .wake = host_wake,
        .add_io = host_add_io,
        .object_key = host_object_key,
        .object_name = host_object_name,
        .object_path = host_object_path,
        .object_add = host_object_add,
        .object_remove = host_object_remove,
        .tc_filter_add = host_tc_filter_add,
        .tc_filter_remove = host_tc_filter_remove,
        .knob_takes_writes = host_knob_takes_writes,
        .daemon_mode = host_daemon_mode,
};

void testhost_set_takes_writes(struct testhost *th, int (*takes_writes)(uint32_t knob, uint64_t object))
{
        th->takes_writes = takes_writes;
}

void testhost_set_daemon_mode(struct testhost *th, uint32_t mode)
{
        th->daemon_mode = mode;
}

void testhost_set_filters(struct testhost *th, const struct testhost_filters *filters)
{
        th->filters = *filters;
}

struct testhost *testhost_new(const char *file)
{
        struct testhost *th = calloc(1, sizeof(*th));

        if (!th)
                return NULL;
        th->host = host_functions;
        th->host.host = th;
        th->epoll_fd = -1;
        th->daemon_mode = TRIMTAB_ENFORCE;

        th->file = dlopen(file, RTLD_NOW | RTLD_LOCAL);
        th->plugin = th->file ? dlsym(th->file, "trimtab_plugin_v1") : NULL;
        if (!th->plugin) {
                (void) fprintf(stderr, "testhost: %s\n", dlerror());
                testhost_free(th);
                return NULL;
        }
        return th;
}

void testhost_free(struct testhost *th)
{
        if (!th)
                return;
        testhost_close(th);
        if (th->epoll_fd >= 0)
                (void) close(th->epoll_fd);
        if (th->file)
                (void) dlclose(th->file);
        for (struct sample *s = th->samples, *next; s; s = next) {
                next = s->next;
                free(s);
        }
        for (struct object *o = th->objects, *next; o; o = next) {
                next = o->next;
                free(o);
        }
        for (struct program *p = th->programs, *next; p; p = next) {
                next = p->next;
                free(p);
        }
        free(th);
}

const struct trimtab_plugin *testhost_plugin(const struct testhost *th)
{
        return th->plugin;
}

void testhost_set_option(struct testhost *th, const char *name, const char *value)
{
        for (uint32_t i = 0; i < th->plugin->n_options; i++)
                if (strcmp(th->plugin->options[i].name, name) == 0) {
                        (void) snprintf(th->options[i], sizeof(th->options[i]), "%s", value);
                        return;
                }
        abort();
}

void testhost_add_object(struct testhost *th, const char *scope, uint64_t object, const char *name,
                         const char *path)
{
        struct object *o = calloc(1, sizeof(*o));

        if (!o)
                abort();
        (void) snprintf(o->scope, sizeof(o->scope), "%s", scope);
        (void) snprintf(o->name, sizeof(o->name), "%s", name);
        (void) snprintf(o->path, sizeof(o->path), "%s", path ? path : "");
        o->object = object;
        o->next = th->objects;
        th->objects = o;

        if (th->is_open && th->plugin->on_object)
                th->plugin->on_object(th->self, scope, object, 1);
}

void testhost_remove_object(struct testhost *th, const char *scope, uint64_t object)
{
        struct object **at = &th->objects, *o = find_object(th, scope, object);

        if (!o)
                return;
        while (*at != o)
                at = &(*at)->next;
        *at = o->next;
        free(o);

        if (th->is_open && th->plugin->on_object)
                th->plugin->on_object(th->self, scope, object, 0);
}

int testhost_open(struct testhost *th)
{
        int r = th->plugin->probe ? th->plugin->probe(&th->host) : 1;

        if (r <= 0)
                return r < 0 ? r : -ENODEV;
        r = th->plugin->open ? th->plugin->open(&th->host, &th->self) : 0;
        if (r < 0) {
                testhost_close(th);
                return r;
        }
        th->is_open = true;
        return 0;
}

void testhost_close(struct testhost *th)
{
        if (th->plugin && th->plugin->close)
                th->plugin->close(th->self);
        th->self = NULL;
        th->is_open = false;
}

void *testhost_self(const struct testhost *th)
{
        return th->self;
}

const char *testhost_path(const struct testhost *th, const char *scope, uint64_t object)
{
        const struct object *o = find_object(th, scope, object);

        return o && o->path[0] ? o->path : NULL;
}

static uint32_t metric_number(const struct testhost *th, const char *name)
{
        for (uint32_t i = 0; i < th->plugin->n_metrics; i++)
                if (strcmp(th->plugin->metrics[i].name, name) == 0)
                        return i;
        (void) fprintf(stderr, "testhost: no metric %s\n", name);
        abort();
}

int testhost_watch(struct testhost *th, const char *metric, const uint64_t *objects, uint32_t n)
{
        return th->plugin->watch ? th->plugin->watch(th->self, metric_number(th, metric), objects, n) : 0;
}

int testhost_collect(struct testhost *th)
{
        struct timespec now;

        (void) clock_gettime(CLOCK_MONOTONIC, &now);
        return th->plugin->collect(th->self, (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec);
}

const struct testhost_sample *testhost_sample(const struct testhost *th, const char *metric, uint64_t object)
{
        struct sample *s = find_sample(th, metric_number(th, metric), object);

        return s ? &s->sample : NULL;
}

const char *testhost_unavailable(const struct testhost *th, const char *metric)
{
        const char *reason = th->unavailable[metric_number(th, metric)];

        return reason[0] ? reason : NULL;
}

int testhost_program(const struct testhost *th, const char *name, const char **ret_reason)
{
        struct program *p = find_program(th, name);

        if (!p)
                return -ENOENT;
        *ret_reason = p->reason;
        return p->fd;
}

uint32_t testhost_logged(const struct testhost *th, int32_t level)
{
        uint32_t n = 0;

        for (int32_t i = 0; i <= level && i < 8; i++)
                n += th->logged[i];
        return n;
}
