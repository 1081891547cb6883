/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <trimtab/plugin.h>

/*
 * One plugin with many ways of being bad. Built once for each kind in meson.build, with the kind's macro defined: those
 * are wrong before they run. The others are one .so, which misbehaves as the environment variable HOSTILE says.
 */

#ifndef NAME
#define NAME "hostile"
#endif

#if defined(CONSTRUCTOR_CRASHES) || defined(BAD_ABI) || defined(NOT_EXPORTED) || defined(IS_A_FUNCTION) ||   \
        defined(TOO_SMALL) || defined(NO_NOTE)
/* What must not run when the file is refused: it leaves a trace. */
__attribute__((constructor)) static void trace(void)
{
        const char *path = getenv("HOSTILE_TRACE");
        static const char text[] = "constructor ran\n";

        if (path && symlink(text, path) < 0)
                abort();
#ifdef CONSTRUCTOR_CRASHES
        (void) raise(SIGSEGV);
#endif
}
#endif

static int is(const char *what)
{
        const char *how = getenv("HOSTILE");

        return how && strcmp(how, what) == 0;
}

static const struct trimtab_host *host;
static int self_marker;

static int hostile_probe(const struct trimtab_host *h)
{
        host = h;
        if (is("unfit"))
                h->log(h, TRIMTAB_LOG_NOTICE, "no such hardware\x1b[2J");
        if (is("crash-in-probe"))
                (void) raise(SIGSEGV);
        return is("unfit") ? 0 : is("probe-fails") ? -EIO : 1;
}

static int hostile_open(const struct trimtab_host *h, void **ret_self)
{
        *ret_self = &self_marker;
        if (is("emit-too-early") && h->emit(h, 0, TRIMTAB_HOST_OBJECT, 1) != -EINVAL)
                return -EPROTO;
        if (is("crash-in-open"))
                (void) raise(SIGSEGV);
        return is("open-fails") ? -ENODEV : 0;
}

static int hostile_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        return is("watch-fails") ? -ENOMEM : 0;
}

static int emit_nonsense(void)
{
        const uint64_t slots[1] = { 1 };

        return host->emit(host, 77, TRIMTAB_HOST_OBJECT, 1) == -EINVAL &&
                               host->emit(host, 0, TRIMTAB_HOST_OBJECT, NAN) == -EINVAL &&
                               host->emit(host, 0, TRIMTAB_HOST_OBJECT, INFINITY) == -EINVAL &&
                               host->emit_histogram(host, 0, TRIMTAB_HOST_OBJECT, slots, 1, 1) == -EINVAL &&
                               host->emit(host, 1, TRIMTAB_HOST_OBJECT, 1) == -EINVAL &&
                               host->emit_histogram(host, 1, TRIMTAB_HOST_OBJECT, slots, 100000, 1) == -EINVAL &&
                               host->emit_histogram(host, 1, TRIMTAB_HOST_OBJECT, NULL, 1, 1) == -EINVAL &&
                               host->emit(host, 0, 4711, 1) == 0 /* not watched: dropped */
                       ? 0
                       : -EPROTO;
}

static int touch_others(void)
{
        const char *name;
        uint64_t key;

        host->unavailable(host, 77, "no such metric");
        return host->object_add(host, "cgroup", 1, "/mine", NULL) == -EPERM &&
                               host->object_remove(host, "host", 0) == -EPERM &&
                               host->object_key(host, "cgroup", "/none", &key) == -ENOENT &&
                               host->object_name(host, "planet", 1, &name) == -ENOENT &&
                               host->option_text(host, "none", &name) == -ENOENT &&
                               host->add_io(host, -1, NULL) == -ENOENT
                       ? 0
                       : -EPROTO;
}

static int hostile_collect(void *self, uint64_t now_ns)
{
        if (is("crash-in-collect"))
                (void) raise(SIGSEGV);
        if (is("collect-fails"))
                return -EIO;
        if (is("emit-nonsense"))
                return emit_nonsense();
        if (is("touch-others"))
                return touch_others();
        return host->emit(host, 0, TRIMTAB_HOST_OBJECT, 42);
}

/* Called with what open() gave, whatever became of it; once. */
static void hostile_close(void *self)
{
        const char *path = getenv("HOSTILE_TRACE");

        if (path && symlink(self == &self_marker ? "closed" : "closed with a wrong self", path) < 0)
                abort();
}

static const struct trimtab_metric metrics[] = {
        { NAME ".level", "B", "A level", "host", TRIMTAB_GAUGE },
        { NAME ".latency", "ns", "A latency", "host", TRIMTAB_HISTOGRAM },
};

static const struct trimtab_knob knobs[] = {
        { .name = "hostile.level", .unit = "", .help = "A level", .scope = "host", .type = TRIMTAB_NUMBER,
          .min = 0, .max = 9, .file = "/run/hostile/level" },
};

#ifdef UNDEFINED_SYMBOL
void no_such_function_anywhere(void *self, const char *scope, uint64_t object, uint32_t came);
#endif

#define BODY                                                                                                 \
        .name = NAME, .version = "1", .license = "LGPL-2.1-or-later", .help = "A bad plugin",                \
        TRIMTAB_METRICS(metrics), TRIMTAB_KNOBS(knobs), .probe = hostile_probe, .open = hostile_open,        \
        .watch = hostile_watch, .collect = hostile_collect, .close = hostile_close

#if defined(BAD_ABI)
__attribute__((used, aligned(4), section(".note.trimtab"))) static const struct trimtab_note note = {
        8, 36, 2, "trimtab", 2, NAME
};
__attribute__((visibility("default"))) extern const struct trimtab_plugin trimtab_plugin_v1;
const struct trimtab_plugin trimtab_plugin_v1 = { TRIMTAB_PLUGIN_HEAD, BODY };

#elif defined(NO_NOTE)
__attribute__((visibility("default"))) extern const struct trimtab_plugin trimtab_plugin_v1;
const struct trimtab_plugin trimtab_plugin_v1 = { TRIMTAB_PLUGIN_HEAD, BODY };

#elif defined(NOT_EXPORTED)
__attribute__((used, aligned(4), section(".note.trimtab"))) static const struct trimtab_note note = {
        8, 36, 1, "trimtab", 1, NAME
};
__attribute__((used)) static const struct trimtab_plugin hidden = { TRIMTAB_PLUGIN_HEAD, BODY };

#elif defined(IS_A_FUNCTION)
__attribute__((used, aligned(4), section(".note.trimtab"))) static const struct trimtab_note note = {
        8, 36, 1, "trimtab", 1, NAME
};
__attribute__((used)) static const struct trimtab_plugin hidden = { TRIMTAB_PLUGIN_HEAD, BODY };
__attribute__((visibility("default"))) extern void trimtab_plugin_v1(void);
void trimtab_plugin_v1(void)
{
}

#elif defined(TOO_SMALL)
/* As an imagined version 0.9 had it. */
__attribute__((used, aligned(4), section(".note.trimtab"))) static const struct trimtab_note note = {
        8, 36, 1, "trimtab", 1, NAME
};
__attribute__((used)) static const struct trimtab_plugin hidden = { TRIMTAB_PLUGIN_HEAD, BODY };
__attribute__((visibility("default"))) extern const uint32_t trimtab_plugin_v1[36];
const uint32_t trimtab_plugin_v1[36] = { 144, 40, 128, 16, 48 };

#elif defined(LARGER)
/* As a version 1.9 may have it: the struct and its elements have members that we do not know. */
struct metric_1_9 {
        struct trimtab_metric m;
        uint64_t more;
};
static const struct metric_1_9 more_metrics[] = { { { NAME ".level", "B", "A level", "host", TRIMTAB_GAUGE }, 7 },
                                                  { { NAME ".depth", "", "A depth", "host", TRIMTAB_GAUGE }, 7 } };
struct plugin_1_9 {
        struct trimtab_plugin p;
        int (*more)(void *);
};
__attribute__((used, aligned(4), section(".note.trimtab"))) static const struct trimtab_note note = {
        8, 36, 1, "trimtab", 1, NAME
};
__attribute__((visibility("default"))) extern const struct plugin_1_9 trimtab_plugin_v1;
const struct plugin_1_9 trimtab_plugin_v1 = {
        .p = { .size = sizeof(struct plugin_1_9), .metric_size = sizeof(struct metric_1_9),
               .name = NAME, .version = "1.9", .license = "LGPL-2.1-or-later", .help = "From the future",
               .metrics = &more_metrics[0].m, .n_metrics = 2, .probe = hostile_probe, .open = hostile_open,
               .watch = hostile_watch, .collect = hostile_collect },
};

#elif defined(LIES_ABOUT_SIZE)
TRIMTAB_PLUGIN(NAME) = { TRIMTAB_PLUGIN_HEAD, BODY, .size = 4096 };

#elif defined(LIES_ABOUT_NAME)
TRIMTAB_PLUGIN("innocent") = { TRIMTAB_PLUGIN_HEAD, BODY };

#elif defined(UNDEFINED_SYMBOL)
TRIMTAB_PLUGIN(NAME) = { TRIMTAB_PLUGIN_HEAD, BODY,
                         .on_object = no_such_function_anywhere };

#elif defined(BAD_KNOB)
static const struct trimtab_knob bad_knobs[] = {
        { .name = "hostile.shadow", .unit = "", .help = "A way out", .scope = "cgroup", .type = TRIMTAB_NUMBER,
          .min = 0, .max = 9, .file = "{path}/../../../etc/shadow" },
};
TRIMTAB_PLUGIN(NAME) = { TRIMTAB_PLUGIN_HEAD, BODY, TRIMTAB_KNOBS(bad_knobs) };

#else
TRIMTAB_PLUGIN(NAME) = { TRIMTAB_PLUGIN_HEAD, BODY };
#endif
