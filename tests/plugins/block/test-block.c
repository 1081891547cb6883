/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The block plugin on the running kernel: its programs load, and its numbers are those that others find.
 *
 *     test-block PLUGIN.so [DISK]    (DISK: "vda", whose contents are lost; else a loop over a file)
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <trimtab/bpf/histogram.h>

#include "../sched/load.h"
#include "biolatency.h"
#include "disk.h"
#include "near.h"
#include "reference.h"
#include "reference.bpf.skel.h"
#include "testhost.h"
#include "verified.h"

/* Twice what it is at most: 6,000 on 6.18, 14,000 on 6.1. */
#define VERIFIED_MAX 30000

static const char *plugin_file, *disk_name;
static struct disk disk;
static char cgroup_root[64];

static const char *const names[] = { "block_complete", "block_back", "block_front", "block_merge", "block_issue",
                                     "block_insert" };
#define N_TYPED 4 /* of these the first */
#define N_NAMES (sizeof(names) / sizeof(names[0]))

/* libbpf makes its system calls through this one, ours, so that a test can be the kernel that refuses a program. */
static bool refuse_typed;

static bool is_typed(const char *name)
{
        for (uint32_t i = 0; i < N_TYPED; i++)
                if (strcmp(name, names[i]) == 0)
                        return true;
        return false;
}

long syscall(long number, ...)
{
        static long (*real)(long number, ...);
        long a[6];
        va_list args;

        if (!real)
                real = (long (*)(long, ...)) dlsym(RTLD_NEXT, "syscall");

        va_start(args, number);
        for (int i = 0; i < 6; i++)
                a[i] = va_arg(args, long);
        va_end(args);

        if (number == SYS_bpf && a[0] == BPF_PROG_LOAD && refuse_typed &&
            is_typed(((union bpf_attr *) a[1])->prog_name)) {
                errno = EACCES;
                return -1;
        }
        return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/*
 * Since 6.9 the kernel asks the clock once for all requests of one plug: one of them may be said to be issued when the first of them was made.
 * So the time since then is the most that may be found.
 */
static bool kernel_dates_back(void)
{
        struct btf *btf = btf__load_vmlinux_btf();
        const struct btf_type *type;
        bool found = false;
        int32_t id;

        assert_non_null(btf);
        id = btf__find_by_name_kind(btf, "blk_plug", BTF_KIND_STRUCT);
        type = id > 0 ? btf__type_by_id(btf, (uint32_t) id) : NULL;
        for (uint32_t i = 0; type && i < btf_vlen(type); i++)
                found |= strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), "cur_ktime") == 0;
        btf__free(btf);
        return found;
}

/* `longest`: the most that it may be by the reference; `ref`, where that is the only one. */
static void assert_same(const char *what, const struct testhost_sample *ours, const struct reference_latency *ref,
                        const struct reference_latency *longest)
{
        static const double ps[] = { 0.5, 0.9, 0.99 };
        uint64_t slots[TRIMTAB_HIST_SLOTS];
        double n, ref_n, mean, low, high;

        assert_non_null(ours);
        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                slots[i] = ref->slots[i];
        n = (double) total(ours->slots);
        ref_n = (double) total(slots);
        mean = ours->sum / n;
        low = (double) ref->sum / ref_n;
        high = (double) longest->sum / ref_n;
        print_message("  %s: count %.0f (reference %.0f), mean %.0f ns (%.0f to %.0f ns)\n", what, n, ref_n, mean, low, high);
        assert_true(ref_n > 100);
        assert_near(n, ref_n, 0.1);
        if (mean < low || mean > high)
                assert_near(mean, mean < low ? low : high, 0.1);
        for (uint32_t i = 0; i < sizeof(ps) / sizeof(ps[0]); i++) {
                int slot = percentile(ours->slots, ps[i]), expected = percentile(slots, ps[i]);

                print_message("    p%.0f in slot 2^%d (reference 2^%d)\n", ps[i] * 100, slot, expected);
                assert_true(abs(slot - expected) <= 1);
        }
}

static void know_root(struct testhost *th)
{
        struct stat st;

        assert_int_equal(stat(cgroup_root, &st), 0);
        testhost_add_object(th, "cgroup", st.st_ino, "/", cgroup_root);
}

static struct testhost *open_plugin(void)
{
        struct testhost *th = testhost_new(plugin_file);

        assert_non_null(th);
        know_root(th);
        assert_int_equal(testhost_open(th), 0);
        testhost_add_object(th, "block", disk.key, strrchr(disk.path, '/') + 1, disk.path);
        return th;
}

static void watch(struct testhost *th, const char *metric)
{
        assert_int_equal(testhost_watch(th, metric, &disk.key, 1), 0);
}

static void watch_all(struct testhost *th)
{
        const struct trimtab_plugin *p = testhost_plugin(th);

        for (uint32_t i = 0; i < p->n_metrics; i++)
                if (strcmp(p->metrics[i].scope, "block") == 0)
                        watch(th, p->metrics[i].name);
}

static const struct testhost_sample *sample(struct testhost *th, const char *metric)
{
        const struct testhost_sample *s = testhost_sample(th, metric, disk.key);

        assert_non_null(s);
        return s;
}

static double value_of(struct testhost *th, const char *metric)
{
        return sample(th, metric)->value;
}

static double count_of(struct testhost *th, const char *metric)
{
        return (double) total(sample(th, metric)->slots);
}

static uint32_t count_links(void)
{
        uint32_t id = 0, n = 0;

        while (bpf_link_get_next_id(id, &id) == 0)
                n++;
        return n;
}

/* Several at once, so that some wait. */
static void in_parallel(uint32_t n_processes, int (*work)(const char *node, uint32_t n, uint32_t size), uint32_t n, uint32_t size)
{
        int status;

        for (uint32_t i = 0; i < n_processes; i++)
                if (fork() == 0)
                        _exit(work(disk.node, n, size) < 0);
        for (uint32_t i = 0; i < n_processes; i++) {
                assert_true(wait(&status) > 0);
                assert_int_equal(status, 0);
        }
}

/* Every program loads; one is attached as long as, and only as long as, a metric needs it. */
static void test_programs(void **state)
{
        struct testhost *th = open_plugin();
        uint32_t before = count_links();
        const char *reason = "not told";

        for (uint32_t i = 0; i < N_NAMES; i++) {
                int program = testhost_program(th, names[i], &reason);

                if (program < 0)
                        fail_msg("%s: %s", names[i], reason);
                if (verified_insns(program) > VERIFIED_MAX)
                        fail_msg("%s: the kernel looks through %u instructions", names[i], verified_insns(program));
        }

        watch(th, "block.disk_read_latency");
        assert_int_equal(count_links(), before + 1);
        watch(th, "block.disk_merges");
        assert_int_equal(count_links(), before + 4);
        assert_int_equal(testhost_watch(th, "block.disk_read_latency", NULL, 0), 0);
        assert_int_equal(count_links(), before + 3);
        assert_int_equal(testhost_watch(th, "block.disk_merges", NULL, 0), 0);
        assert_int_equal(count_links(), before);
        watch(th, "block.inflight");
        assert_int_equal(count_links(), before);
        testhost_free(th);
        assert_int_equal(count_links(), before);
}

static struct reference_bpf *start_reference(void)
{
        struct reference_bpf *ref = reference_bpf__open();

        assert_non_null(ref);
        ref->rodata->target = disk.dev;
        assert_int_equal(reference_bpf__load(ref), 0);
        assert_int_equal(reference_bpf__attach(ref), 0);
        return ref;
}

/* A histogram less what was in it before; owns its slots. */
struct since {
        uint64_t slots[TRIMTAB_HIST_SLOTS];
        struct testhost_sample sample;
};

static void begin_since(struct testhost *th, const char *metric, struct since *s)
{
        s->sample = *sample(th, metric);
        memcpy(s->slots, s->sample.slots, sizeof(s->slots));
}

static void end_since(struct testhost *th, const char *metric, struct since *s)
{
        const struct testhost_sample *now = sample(th, metric);

        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                s->slots[i] = now->slots[i] - s->slots[i];
        s->sample = (struct testhost_sample){ .slots = s->slots, .n_slots = TRIMTAB_HIST_SLOTS, .sum = now->sum - s->sample.sum };
}

/* Reads and direct writes, several at once: latency of all and of the device as the reference has them. */
static void compare_with_reference(struct testhost *th, bool times_of_our_own)
{
        bool dates_back = !times_of_our_own && kernel_dates_back();

        watch_all(th);
        /* Whether the kernel keeps times shows at the first requests. */
        in_parallel(1, disk_read, 10, 4096);
        assert_int_equal(testhost_collect(th), 0);

        for (uint32_t writing = 0; writing < 2; writing++) {
                const char *metric = writing ? "block.disk_sync_latency" : "block.disk_read_latency";
                struct since whole, device;
                struct reference_bpf *ref = start_reference();
                const struct reference_latency *whole_ref;

                begin_since(th, metric, &whole);
                begin_since(th, "block.disk_device_latency", &device);
                in_parallel(8, writing ? disk_write : disk_read, 400, 4096);
                assert_int_equal(testhost_collect(th), 0);
                end_since(th, metric, &whole);
                end_since(th, "block.disk_device_latency", &device);

                whole_ref = times_of_our_own ? &ref->bss->seen.queued : &ref->bss->seen.whole;
                assert_same(writing ? "writes, device" : "reads, device", &device.sample, &ref->bss->seen.device,
                            dates_back ? whole_ref : &ref->bss->seen.device);
                assert_same(writing ? "writes" : "reads", &whole.sample, whole_ref, whole_ref);
                reference_bpf__destroy(ref);
        }
}

static void test_latency(void **state)
{
        struct testhost *th = open_plugin();

        assert_int_equal(disk_set(&disk, "scheduler", "mq-deadline"), 0);
        compare_with_reference(th, false);
        assert_int_equal(disk_set(&disk, "scheduler", "none"), 0);
        testhost_free(th);
}

static int percentile_us(const uint64_t *slots, uint32_t n_slots, double p)
{
        uint64_t all = 0, n = 0;

        for (uint32_t i = 0; i < n_slots; i++)
                all += slots[i];
        for (uint32_t i = 0; i < n_slots; i++) {
                n += slots[i];
                if (n > (uint64_t) (p * (double) all))
                        return (int) i;
        }
        return -1;
}

/* In biolatency's slots, powers of two of usec. */
static void fold(const uint64_t *slots, uint64_t ret[64])
{
        memset(ret, 0, 64 * sizeof(*ret));
        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                ret[trimtab_log2((trimtab_hist_lower(i) / 1000) | 1)] += slots[i];
}

/* The same requests as biolatency, in the same slots or those beside them. It prints no mean: that is the reference's matter. */
static void test_biolatency(void **state)
{
        static const double ps[] = { 0.5, 0.9, 0.99 };
        struct testhost *th = open_plugin();
        uint64_t folded[64], n = 0, theirs = 0;
        struct biolatency peer;
        struct since device;
        int r;

        watch_all(th);
        in_parallel(1, disk_read, 10, 4096);
        assert_int_equal(testhost_collect(th), 0);
        r = biolatency_start(&peer, strrchr(disk.path, '/') + 1);
        if (r < 0) {
                print_message("  skipped: biolatency does not run here (libbpf-tools): %s\n", strerror(-r));
                testhost_free(th);
                skip();
        }
        begin_since(th, "block.disk_device_latency", &device);
        in_parallel(8, disk_read, 400, 4096);
        in_parallel(4, disk_write, 400, 4096);
        assert_int_equal(testhost_collect(th), 0);
        end_since(th, "block.disk_device_latency", &device);
        assert_int_equal(biolatency_stop(&peer), 0);

        fold(device.slots, folded);
        for (uint32_t i = 0; i < 64; i++) {
                n += folded[i];
                theirs += peer.slots[i];
        }
        print_message("  count %llu (biolatency %llu)\n", (unsigned long long) n, (unsigned long long) theirs);
        assert_true(theirs > 1000);
        assert_near((double) n, (double) theirs, 0.1);
        for (uint32_t i = 0; i < sizeof(ps) / sizeof(ps[0]); i++) {
                int slot = percentile_us(folded, 64, ps[i]), expected = percentile_us(peer.slots, 64, ps[i]);

                print_message("    p%.0f in slot 2^%d us (biolatency 2^%d us)\n", ps[i] * 100, slot, expected);
                assert_true(abs(slot - expected) <= 1);
        }
        testhost_free(th);
}

/* The kernel refuses typed programs: the others do the same. */
static void test_raw_tracepoints(void **state)
{
        struct testhost *th;
        const char *reason;

        refuse_typed = true;
        th = open_plugin();
        refuse_typed = false;
        assert_true(testhost_program(th, "block_complete_r", &reason) >= 0);
        assert_int_equal(testhost_program(th, "block_complete", &reason), -ENOENT);
        compare_with_reference(th, false);
        testhost_free(th);
}

/* No accounts, nothing that wants statistics: the kernel writes down no times at all. */
static void test_times_of_our_own(void **state)
{
        struct testhost *th = open_plugin();
        uint32_t before = count_links();

        assert_int_equal(disk_set(&disk, "scheduler", "none"), 0);
        assert_int_equal(disk_set(&disk, "iostats", "0"), 0);
        (void) disk_set(&disk, "wbt_lat_usec", "0");
        compare_with_reference(th, true);
        assert_int_equal(count_links(), before + 6);
        assert_int_equal(disk_set(&disk, "iostats", "1"), 0);
        (void) disk_set(&disk, "wbt_lat_usec", "-1");
        testhost_free(th);
        assert_int_equal(count_links(), before);
}

/* Requests, bytes and merges are those of the kernel's own accounts. */
static void test_counts(void **state)
{
        struct testhost *th = open_plugin();
        uint64_t before[17], after[17];

        watch_all(th);
        assert_int_equal(disk_set(&disk, "scheduler", "mq-deadline"), 0);
        disk_stat(&disk, before);
        in_parallel(4, disk_read, 100, 16384);
        in_parallel(4, disk_write, 100, 8192);
        assert_int_equal(disk_dirty(disk.node, 4 << 20), 0);
        assert_int_equal(disk_start_writeback(disk.node), 0);
        assert_int_equal(disk_sync(disk.node), 0);
        disk_stat(&disk, after);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(disk_set(&disk, "scheduler", "none"), 0);

        print_message("  reads %.0f, writes %.0f, merges %.0f, read latencies %.0f, write %.0f, sync %.0f\n",
                      value_of(th, "block.disk_reads"), value_of(th, "block.disk_writes"), value_of(th, "block.disk_merges"),
                      count_of(th, "block.disk_read_latency"), count_of(th, "block.disk_write_latency"),
                      count_of(th, "block.disk_sync_latency"));
        assert_int_equal(value_of(th, "block.disk_reads"), after[0] - before[0]);
        assert_int_equal(value_of(th, "block.disk_writes"), after[4] - before[4]);
        assert_int_equal(value_of(th, "block.disk_read_bytes"), (after[2] - before[2]) * 512);
        assert_int_equal(value_of(th, "block.disk_write_bytes"), (after[6] - before[6]) * 512);
        assert_int_equal(value_of(th, "block.disk_merges"), after[1] - before[1] + after[5] - before[5]);
        assert_true(value_of(th, "block.disk_merges") > 0);
        assert_int_equal(value_of(th, "block.disk_errors"), 0);
        assert_int_equal(value_of(th, "block.inflight"), 0);
        /* Of the page cache nobody waited for, and of the 400 direct ones somebody did. */
        assert_true(count_of(th, "block.disk_write_latency") > 0);
        assert_true(count_of(th, "block.disk_sync_latency") >= 400);
        assert_int_equal(count_of(th, "block.disk_read_latency"), 400);
        testhost_free(th);
}

static const char partition[] = "/dev/trimtab-test-partition";

/* What goes through a partition is the disk's. */
static void test_partition(void **state)
{
        struct testhost *th = open_plugin();

        watch_all(th);
        assert_int_equal(disk_add_partition(&disk, partition), 0);
        assert_int_equal(disk_read(partition, 50, 4096), 0);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(value_of(th, "block.disk_read_bytes"), 50 * 4096);
        assert_int_equal(count_of(th, "block.disk_read_latency"), 50);
        testhost_free(th);
        (void) unlink(partition);
        assert_int_equal(disk_remove_partition(&disk), 0);
}

/* Beyond the end of its file a loop has nothing to read. */
static void test_errors(void **state)
{
        struct testhost *th;

        if (disk.backing < 0)
                skip();
        th = open_plugin();
        watch_all(th);
        assert_int_equal(ftruncate(disk.backing, 0), 0);
        (void) disk_read(disk.node, 5, 4096);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(ftruncate(disk.backing, DISK_BYTES), 0);
        print_message("  %.0f errors\n", value_of(th, "block.disk_errors"));
        assert_true(value_of(th, "block.disk_errors") >= 1);
        assert_int_equal(value_of(th, "block.disk_read_bytes"), 0);
        testhost_free(th);
}

/* Requests of a disk that is no object count nowhere; when it has come again it begins anew. */
static void test_comes_and_goes(void **state)
{
        struct testhost *th = open_plugin();
        double n;

        watch_all(th);
        in_parallel(1, disk_read, 20, 4096);
        assert_int_equal(testhost_collect(th), 0);
        n = value_of(th, "block.disk_reads");
        assert_true(n >= 20);

        testhost_remove_object(th, "block", disk.key);
        in_parallel(1, disk_read, 20, 4096);
        testhost_add_object(th, "block", disk.key, strrchr(disk.path, '/') + 1, disk.path);
        watch_all(th);
        in_parallel(1, disk_read, 7, 4096);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(value_of(th, "block.disk_reads"), 7);
        testhost_free(th);
}

/* --- cgroups, where the io controller is on v2 --- */

static bool has_io(void)
{
        struct testhost *th = testhost_new(plugin_file);
        bool has;

        assert_non_null(th);
        know_root(th);
        assert_int_equal(testhost_open(th), 0);
        has = !testhost_unavailable(th, "block.read_latency");
        if (!has)
                print_message("  skipped: %s\n", testhost_unavailable(th, "block.read_latency"));
        testhost_free(th);
        return has;
}

static void work_read(uint32_t size)
{
        _exit(disk_read(disk.node, 50, size) < 0);
}

static void work_write(uint32_t size)
{
        _exit(disk_write(disk.node, 50, size) < 0);
}

static void work_dirty(uint32_t size)
{
        _exit(disk_dirty(partition, size) < 0);
}

static double group_value(struct testhost *th, const char *metric, const struct load *l)
{
        const struct testhost_sample *s = testhost_sample(th, metric, l->id);

        assert_non_null(s);
        return s->slots ? (double) total(s->slots) : s->value;
}

static void watch_groups(struct testhost *th, const struct load *groups, uint32_t n)
{
        const struct trimtab_plugin *p = testhost_plugin(th);
        uint64_t ids[8];

        for (uint32_t i = 0; i < n; i++)
                ids[i] = groups[i].id;
        for (uint32_t i = 0; i < p->n_metrics; i++)
                if (strcmp(p->metrics[i].scope, "cgroup") == 0)
                        assert_int_equal(testhost_watch(th, p->metrics[i].name, ids, n), 0);
}

/* With memory, as the page cache is charged by that. */
static void enable_io(const char *path)
{
        char file[192];
        int fd;

        (void) snprintf(file, sizeof(file), "%s/cgroup.subtree_control", path);
        fd = open(file, O_WRONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, "+io +memory", 11), 11);
        (void) close(fd);
}

/* Each cgroup is charged with what its own processes do, the one above with that too, and write-back with what was written. */
static void test_cgroups(void **state)
{
        struct testhost *th;
        struct load groups[4];
        const struct load *top = &groups[0], *reader = &groups[1], *writer = &groups[2], *dirtier = &groups[3];
        struct stat st;
        uint64_t root;
        int fd;

        if (!has_io())
                skip();
        /* Whose write-back it is belongs to the inode: a partition's is a new one. */
        assert_int_equal(disk_add_partition(&disk, partition), 0);
        fd = open(partition, O_RDWR | O_CLOEXEC);
        assert_true(fd >= 0);
        th = open_plugin();
        enable_io(cgroup_root);
        assert_int_equal(load_init(&groups[0], "trimtab-test-block", NULL), 0);
        enable_io(groups[0].path);
        assert_int_equal(load_init(&groups[1], "reader", top), 0);
        assert_int_equal(load_init(&groups[2], "writer", top), 0);
        assert_int_equal(load_init(&groups[3], "dirtier", top), 0);
        for (uint32_t i = 0; i < 4; i++)
                testhost_add_object(th, "cgroup", groups[i].id, groups[i].path, groups[i].path);
        watch_groups(th, groups, 4);
        assert_int_equal(stat(cgroup_root, &st), 0);
        root = st.st_ino;
        /* Another metric, as this is another set. */
        assert_int_equal(testhost_watch(th, "block.reads", (uint64_t[]){ root, top->id, reader->id, writer->id }, 4), 0);
        watch_all(th);

        assert_true(load_start(&groups[1], work_read, 8192) > 0);
        assert_true(load_start(&groups[2], work_write, 16384) > 0);
        assert_true(load_start(&groups[3], work_dirty, 2 << 20) > 0);
        for (uint32_t i = 1; i < 4; i++)
                load_wait(&groups[i]);
        /* We write it back, and the kernel's threads; it is billed to the one who wrote it. */
        assert_int_equal(disk_start_writeback(partition), 0);
        assert_int_equal(disk_sync(partition), 0);
        in_parallel(1, disk_read, 11, 4096); /* nobody's who is watched */
        assert_int_equal(testhost_collect(th), 0);

        assert_int_equal(group_value(th, "block.read_bytes", reader), 50 * 8192);
        assert_int_equal(group_value(th, "block.read_latency", reader), 50);
        assert_int_equal(group_value(th, "block.device_latency", reader), 50);
        assert_int_equal(group_value(th, "block.writes", reader), 0);
        assert_int_equal(group_value(th, "block.write_bytes", writer), 50 * 16384);
        assert_int_equal(group_value(th, "block.sync_latency", writer), 50);
        assert_int_equal(group_value(th, "block.read_bytes", writer), 0);
        assert_int_equal(group_value(th, "block.write_bytes", dirtier), 2 << 20);
        assert_true(group_value(th, "block.write_latency", dirtier) > 0);
        assert_int_equal(group_value(th, "block.read_bytes", top), 50 * 8192);
        assert_int_equal(group_value(th, "block.write_bytes", top), 50 * 16384 + (2 << 20));
        assert_int_equal(testhost_sample(th, "block.reads", root)->value, value_of(th, "block.disk_reads"));
        assert_int_equal(testhost_sample(th, "block.reads", root)->value, 50 + 11);

        testhost_free(th);
        for (uint32_t i = 4; i-- > 0;)
                load_done(&groups[i]);
        (void) close(fd);
        (void) unlink(partition);
        assert_int_equal(disk_remove_partition(&disk), 0);
}

static int set_up(void **state)
{
        bool hybrid = access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0;

        (void) snprintf(cgroup_root, sizeof(cgroup_root), "/sys/fs/cgroup%s", hybrid ? "/unified" : "");
        return disk_open(&disk, disk_name);
}

static int tear_down(void **state)
{
        disk_close(&disk);
        return 0;
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_programs),         cmocka_unit_test(test_latency),          cmocka_unit_test(test_biolatency),
                cmocka_unit_test(test_raw_tracepoints),  cmocka_unit_test(test_times_of_our_own),
                cmocka_unit_test(test_counts),           cmocka_unit_test(test_partition),
                cmocka_unit_test(test_errors),           cmocka_unit_test(test_comes_and_goes),
                cmocka_unit_test(test_cgroups),
        };

        if (argc < 2 || argc > 3) {
                (void) fprintf(stderr, "usage: test-block PLUGIN.so [DISK]\n");
                return 2;
        }
        plugin_file = argv[1];
        disk_name = argv[2];
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
