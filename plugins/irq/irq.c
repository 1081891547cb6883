/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The irq plugin: what interrupts take and from whom, and where they are to go.
 *
 * open() loads the programs and attaches none; watch() attaches what the wanted metrics need; collect() reads and emits. What the words of
 * irq.affinity mean is found out while somebody asks: affinity.c. Nothing is written here: knobs are files, and the core's.
 */

#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "affinity.h"
#include "softnet.h"
#include "watch.h"

/* Kernel memory for interrupts' totals, at most: 1600 of them on 256 CPUs. */
#define IRQS_BYTES_MAX (16u << 20)
/* Drivers that come later get numbers above those that are there. */
#define IRQS_MORE 128

#define COUNTER(number, name, unit, help, scope) [number] = { "irq." name, unit, help, scope, TRIMTAB_COUNTER }

static const struct trimtab_metric metrics[_METRIC_MAX] = {
        COUNTER(METRIC_TIME, "time", "ns", "time in the interrupt's handlers", "irq"),
        COUNTER(METRIC_COUNT, "count", "", "how often the interrupt came", "irq"),
        COUNTER(METRIC_SOFTIRQ_TIME, "softirq_time", "ns", "time in softirqs that do the rest of its work, such as the polling of its queue", "irq"),
        COUNTER(METRIC_HURT, "hurt", "ns", "what tasks lost by it: both times, times the tasks that could have run", "irq"),
        COUNTER(METRIC_CPU_TIME, "cpu_time", "ns", "time in interrupts' handlers", "cpu"),
        COUNTER(METRIC_CPU_COUNT, "cpu_count", "", "devices' interrupts", "cpu"),
        COUNTER(METRIC_CPU_HURT, "cpu_hurt", "ns", "what tasks lost by interrupts and softirqs: time, times the tasks that could have run", "cpu"),
        COUNTER(METRIC_CPU_SOFTIRQ_TIME, "cpu_softirq_time", "ns", "time in softirqs of all kinds", "cpu"),
        COUNTER(METRIC_CPU_NET_RX_TIME, "cpu_net_rx_time", "ns", "time in softirqs that receive packets", "cpu"),
        COUNTER(METRIC_CPU_NET_TX_TIME, "cpu_net_tx_time", "ns", "time in softirqs that are done with sent packets", "cpu"),
        COUNTER(METRIC_CPU_BLOCK_TIME, "cpu_block_time", "ns", "time in softirqs that complete requests of disks", "cpu"),
        COUNTER(METRIC_CPU_TIMER_TIME, "cpu_timer_time", "ns", "time in softirqs of timers", "cpu"),
        COUNTER(METRIC_CPU_SCHED_TIME, "cpu_sched_time", "ns", "time in softirqs that balance run queues", "cpu"),
        COUNTER(METRIC_CPU_RCU_TIME, "cpu_rcu_time", "ns", "time in softirqs that free what was read", "cpu"),
        COUNTER(METRIC_CPU_DROPPED, "softnet_dropped", "", "packets dropped as the CPU's backlog was full", "cpu"),
        COUNTER(METRIC_CPU_SQUEEZED, "softnet_squeezed", "", "times that the CPU had more packets than its turn allows", "cpu"),
        COUNTER(METRIC_NAPI_POLLS, "napi_polls", "", "times that a queue was polled", "iface"),
        COUNTER(METRIC_NAPI_PACKETS, "napi_packets", "", "packets that polls found", "iface"),
        COUNTER(METRIC_NAPI_EXHAUSTED, "napi_exhausted", "", "polls that left packets behind, as they had found all they may", "iface"),
};

static const char *const off_on[] = { "off", "on", NULL };

/* As ethtool -C has it. No hardware takes nearly as much: the driver says what is too much for it. Some make their queues anew meanwhile. */
#define COALESCE(name_, setting, unit_, most, about)                                                         \
        {                                                                                                    \
                .name = "net.coalesce." name_, .unit = (unit_), .help = (about), .scope = "iface", .type = TRIMTAB_NUMBER, .max = (most), \
                .flags = TRIMTAB_KNOB_SLOW, .file = "ethtool:{key}/coalesce", .form = TRIMTAB_FORM_ETHTOOL, .key = (setting),             \
        }
#define COALESCE_SWITCH(name_, setting, about)                                                               \
        {                                                                                                    \
                .name = "net.coalesce." name_, .unit = "", .help = (about), .scope = "iface", .type = TRIMTAB_CHOICE, .choices = off_on, \
                .flags = TRIMTAB_KNOB_SLOW, .file = "ethtool:{key}/coalesce", .form = TRIMTAB_FORM_ETHTOOL, .key = (setting),             \
        }

static const struct trimtab_knob knobs[] = {
        [KNOB_AFFINITY] = {
                .name = "irq.affinity",
                .unit = "",
                .help = "The CPUs that the interrupt may come to; calmest: where it hurts least, spread: apart from its device's others, "
                        "node-local: the calmest of its device's node",
                .scope = "irq",
                .type = TRIMTAB_CPULIST,
                .choices = irq_affinity_words,
                .file = "{path}/smp_affinity_list",
                .check = irq_affinity_check,
        },
        {
                .name = "net.rps_cpus",
                .unit = "",
                .help = "The CPUs that share the work on packets that the queue receives; empty: the one that its interrupt comes to",
                .scope = "queue",
                .type = TRIMTAB_CPULIST,
                .form = TRIMTAB_FORM_MASK,
                .file = "{path}/rps_cpus",
        },
        {
                .name = "net.xps_cpus",
                .unit = "",
                .help = "The CPUs that send by this queue",
                .scope = "queue",
                .type = TRIMTAB_CPULIST,
                .form = TRIMTAB_FORM_MASK,
                .file = "{path}/xps_cpus",
        },
        {
                .name = "net.threaded_napi",
                .unit = "",
                .help = "1: a thread for each of the interface's queues polls it, which the scheduler places and weighs as any other",
                .scope = "iface",
                .type = TRIMTAB_NUMBER,
                .min = 0,
                .max = 1,
                .file = "/sys/class/net/{name}/threaded",
        },
        {
                .name = "net.busy_poll",
                .unit = "us",
                .help = "How long poll() and select() poll the queue themselves before they sleep: less latency, for a CPU",
                .scope = "host",
                .type = TRIMTAB_NUMBER,
                .min = 0,
                .max = 1000,
                .file = "/proc/sys/net/core/busy_poll",
        },
        {
                .name = "net.busy_read",
                .unit = "us",
                .help = "The same of read() and the like, for sockets that are made from then on",
                .scope = "host",
                .type = TRIMTAB_NUMBER,
                .min = 0,
                .max = 1000,
                .file = "/proc/sys/net/core/busy_read",
        },
        COALESCE_SWITCH("adaptive_rx", "adaptive-rx", "on: the driver itself chooses, by the traffic, how long received packets wait for an interrupt"),
        COALESCE_SWITCH("adaptive_tx", "adaptive-tx", "The same of packets that are sent"),
        COALESCE("rx_usecs", "rx-usecs", "us", 100000, "How long the interrupt for a received packet waits for more: fewer interrupts, for latency"),
        COALESCE("rx_frames", "rx-frames", "", 65535, "So many received packets do not wait longer; 0: the driver's to say"),
        COALESCE("tx_usecs", "tx-usecs", "us", 100000, "How long the interrupt for a packet that was sent waits for more"),
        COALESCE("tx_frames", "tx-frames", "", 65535, "So many packets that were sent do not wait longer; 0: the driver's to say"),
};

static const struct trimtab_scope scopes[] = {
        { "queue", "a queue of an interface: eth0/rx-3, eth0/tx-3" },
};

static const struct trimtab_option options[] = {
        { "beside-irqbalance", NULL, "move interrupts also while irqbalance runs, which may move them back", "no", 0, 0 },
};

/* The highest number of an interrupt, and some more. */
static uint32_t count_irqs(void)
{
        DIR *d = opendir("/sys/kernel/irq");
        unsigned long most = 0;
        struct dirent *e;

        while (d && (e = readdir(d)))
                if (isdigit((unsigned char) e->d_name[0]) && strtoul(e->d_name, NULL, 10) > most)
                        most = strtoul(e->d_name, NULL, 10);
        if (d)
                (void) closedir(d);
        return (uint32_t) most + 1 + IRQS_MORE;
}

static int read_sizes(struct irq *s, struct irq_sizes *ret)
{
        int n_cpus = libbpf_num_possible_cpus();
        uint32_t most;

        if (n_cpus < 0)
                return n_cpus;
        ret->n_cpus = (uint32_t) n_cpus;
        ret->n_irqs = count_irqs();
        most = IRQS_BYTES_MAX / (uint32_t) sizeof(struct irq_stats) / ret->n_cpus;
        if (ret->n_irqs > most) {
                s->host->log(s->host, TRIMTAB_LOG_NOTICE, "there are so many interrupts that only those below %u are counted", most);
                ret->n_irqs = most;
        }
        return 0;
}

static int irq_open(const struct trimtab_host *h, void **ret_self)
{
        struct irq *s = calloc(1, sizeof(*s));
        struct irq_sizes sizes;
        double beside;
        int r;

        if (!s)
                return -ENOMEM;
        *ret_self = s;
        s->host = h;
        s->root = "";
        s->available = (1u << _METRIC_MAX) - 1;
        s->devices_are_old = s->queues.are_old = true;

        r = h->option_number(h, "beside-irqbalance", &beside);
        if (r < 0)
                return r;
        s->beside_balancer = beside != 0;
        r = read_sizes(s, &sizes);
        if (r < 0)
                return r;

        s->cpu_metrics = calloc(sizes.n_cpus, sizeof(*s->cpu_metrics));
        s->irqs = calloc(sizes.n_irqs, sizeof(*s->irqs));
        s->devices = calloc(sizes.n_irqs, sizeof(*s->devices));
        if (!s->cpu_metrics || !s->irqs || !s->devices)
                return -ENOMEM;
        r = loads_init(&s->loads, &sizes);
        if (r < 0)
                return r;
        r = topology_read(&s->topology, s->root, sizes.n_cpus);
        if (r < 0)
                return r;
        r = irq_view_open(&s->view, &sizes);
        if (r < 0) {
                h->log(h, TRIMTAB_LOG_ERROR, "the kernel refuses our BPF maps: %s", strerror(-r));
                return r;
        }
        irq_tell_programs(s);
        return 0;
}

/* Emits all of `wanted` that are of these values; the first error is returned, and the others are still emitted. */
static int emit_all(struct irq *s, uint32_t wanted, uint64_t object, uint32_t first, const unsigned long long *values, uint32_t n)
{
        int r = 0;

        for (uint32_t i = 0; i < n; i++)
                if (wanted & s->available & 1u << (first + i)) {
                        int k = s->host->emit(s->host, first + i, object, (double) values[i]);

                        r = r < 0 ? r : k;
                }
        return r;
}

static int collect_irq(struct irq *s, uint32_t irq)
{
        const struct irq_stats sum = irq_view_sum(&s->view, irq);
        const unsigned long long values[] = { sum.time, sum.count, sum.softirq_time, sum.hurt };

        return emit_all(s, s->irqs[irq].metrics, irq, METRIC_TIME, values, 4);
}

static int collect_cpu(struct irq *s, uint32_t i)
{
        const struct irq_cpu *cpu = &s->view.cpus[i];
        unsigned long long all = 0;

        for (uint32_t v = 0; v < _VECTOR_MAX; v++)
                all += cpu->softirq_time[v];
        const unsigned long long values[] = {
                cpu->time,
                cpu->count,
                cpu->hurt,
                all,
                cpu->softirq_time[VECTOR_NET_RX],
                cpu->softirq_time[VECTOR_NET_TX],
                cpu->softirq_time[VECTOR_BLOCK],
                cpu->softirq_time[VECTOR_TIMER] + cpu->softirq_time[VECTOR_HRTIMER],
                cpu->softirq_time[VECTOR_SCHED],
                cpu->softirq_time[VECTOR_RCU],
        };

        return emit_all(s, s->cpu_metrics[i], i, METRIC_CPU_TIME, values, 10);
}

static int collect_iface(struct irq *s, uint32_t number)
{
        const struct irq_iface sum = irq_view_iface(&s->view, number);
        const unsigned long long values[] = { sum.polls, sum.packets, sum.exhausted };

        return emit_all(s, s->ifaces[number].metrics, s->ifaces[number].ifindex, METRIC_NAPI_POLLS, values, 3);
}

static int irq_collect(void *self, uint64_t now_ns)
{
        struct irq *s = self;
        uint32_t cpus = 0;
        int r = 0, k;

        for (uint32_t i = 0; i < s->view.sizes.n_irqs; i++)
                if (s->irqs[i].metrics) {
                        k = collect_irq(s, i);
                        r = r < 0 ? r : k;
                }
        for (uint32_t i = 0; i < s->view.sizes.n_cpus; i++)
                if (s->cpu_metrics[i]) {
                        cpus |= s->cpu_metrics[i];
                        k = collect_cpu(s, i);
                        r = r < 0 ? r : k;
                }
        for (uint32_t i = 0; i < IRQ_IFACES_MAX; i++)
                if (s->ifaces[i].metrics) {
                        k = collect_iface(s, i);
                        r = r < 0 ? r : k;
                }
        if (cpus & (1u << METRIC_CPU_DROPPED | 1u << METRIC_CPU_SQUEEZED))
                softnet_emit(s->host, METRIC_CPU_DROPPED, METRIC_CPU_SQUEEZED);
        irq_affinity_tick(s, now_ns);
        queues_tick(&s->queues, s->host, s->root);
        return r;
}

static void irq_on_object(void *self, const char *scope, uint64_t object, uint32_t came)
{
        struct irq *s = self;
        struct irq_object *o;

        if (strcmp(scope, "iface") == 0)
                s->queues.are_old = true;
        if (strcmp(scope, "irq") != 0 || object >= s->view.sizes.n_irqs)
                return;
        o = &s->irqs[object];
        *o = (struct irq_object){ .is_here = came, .metrics = o->metrics, .moved_to = PLACE_NOWHERE };
        s->devices_are_old = true;
}

static void irq_close(void *self)
{
        struct irq *s = self;

        if (!s)
                return;
        irq_view_close(&s->view);
        topology_done(&s->topology);
        loads_done(&s->loads);
        queues_done(&s->queues);
        free(s->devices);
        free(s->irqs);
        free(s->cpu_metrics);
        free(s);
}

TRIMTAB_PLUGIN("irq") = {
        TRIMTAB_PLUGIN_HEAD,
        .name = "irq",
        .version = TRIMTAB_VERSION,
        .license = "LGPL-2.1-or-later",
        .help = "what interrupts take and from whom, and where they go",
        TRIMTAB_METRICS(metrics),
        TRIMTAB_KNOBS(knobs),
        TRIMTAB_SCOPES(scopes),
        TRIMTAB_OPTIONS(options),
        .open = irq_open,
        .watch = irq_watch,
        .collect = irq_collect,
        .close = irq_close,
        .on_object = irq_on_object,
};
