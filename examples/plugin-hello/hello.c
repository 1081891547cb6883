/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <sys/stat.h>
#include <trimtab/plugin.h>

static const struct trimtab_option options[] = { { "queue", "", "The file whose size is measured", QUEUE_FILE, 0, 0 } };

static const struct trimtab_metric metrics[] = {
        { "hello.waiting", "B", "What waits in the queue", "host", TRIMTAB_GAUGE },
};

static const struct trimtab_knob knobs[] = {
        { .name = "hello.level", .unit = "", .help = "How hard to work", .scope = "host",
          .type = TRIMTAB_NUMBER, .min = 0, .max = 9, .file = LEVEL_FILE },
};

static int hello_open(const struct trimtab_host *h, void **ret_self)
{
        *ret_self = (void *) h;
        return 0;
}

static int hello_collect(void *self, uint64_t now_ns)
{
        const struct trimtab_host *h = self;
        const char *queue;
        struct stat st;

        if (h->option_text(h, "queue", &queue) < 0 || stat(queue, &st) < 0)
                return 0; /* no queue, no sample */
        return h->emit(h, 0, TRIMTAB_HOST_OBJECT, (double) st.st_size);
}

TRIMTAB_PLUGIN("hello") = {
        TRIMTAB_PLUGIN_HEAD, .name = "hello", .version = "1", .license = "MIT", .help = "A first plugin",
        TRIMTAB_OPTIONS(options), TRIMTAB_METRICS(metrics), TRIMTAB_KNOBS(knobs),
        .open = hello_open, .collect = hello_collect,
};
