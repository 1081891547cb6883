/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The knob guard.kill on the running kernel: whom it ends, and whom not.
 *
 *     test-guard-kill PLUGIN.so [cgroup|lsm [TEST]]
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ground.h"
#include "guard.h"
#include "sections.h"

#define PATIENCE_MS 20000

static const char *plugin_file;
static bool lsm;
static struct ground ground;
static struct testhost *th;

static const struct attempt forbidden = { .family = AF_INET, .type = SOCK_STREAM, .address = "198.51.100.1", .port = 443 };

/* --- who lives in the cgroups: a process that asks when it is told to --- */

struct child {
        pid_t pid; /* 0: it has been seen to be over */
        int to, from, fd;
};

static struct child children[4];
static unsigned n_children;

static void *ask(void *ret)
{
        *(char *) ret = (char) attempt(&forbidden);
        return NULL;
}

/* 'a': asks, 't': by a thread; anything else: is there. */
static void live(int orders, int answers)
{
        char order, answer;

        while (read(orders, &order, 1) == 1) {
                pthread_t thread;

                answer = 0;
                if (order == 'a')
                        (void) ask(&answer);
                else if (order == 't' && pthread_create(&thread, NULL, ask, &answer) == 0)
                        (void) pthread_join(thread, NULL);
                if (write(answers, &answer, 1) != 1)
                        break;
        }
        _exit(0);
}

static int path_in(char *ret, size_t size, const char *cgroup, const char *file)
{
        return snprintf(ret, size, "%s%s%s%s", ground.cgroup, cgroup[0] ? "/" : "", cgroup, file);
}

static void write_file(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        (void) close(fd);
}

/* What it is told, and what it answers; -1: it is no more. Who has been sent a SIGKILL never answers. */
static int tell(const struct child *c, char order)
{
        char answer;

        if (write(c->to, &order, 1) != 1 || read(c->from, &answer, 1) != 1)
                return -1;
        return answer;
}

static struct child *settle_in(const char *cgroup)
{
        struct child *c = &children[n_children];
        char path[512];
        int orders[2], answers[2];

        assert_true(n_children < 4 && pipe2(orders, O_CLOEXEC) == 0 && pipe2(answers, O_CLOEXEC) == 0);
        (void) path_in(path, sizeof(path), cgroup, "/cgroup.procs");
        c->pid = fork();
        if (c->pid == 0) {
                write_file(path, "0");
                if (unshare(CLONE_NEWNET) < 0) /* which leads nowhere */
                        _exit(255);
                for (unsigned i = 0; i < n_children; i++)
                        (void) close(children[i].to);
                (void) close(orders[1]);
                (void) close(answers[0]);
                live(orders[0], answers[1]);
        }
        assert_true(c->pid > 0);
        (void) close(orders[0]);
        (void) close(answers[1]);
        c->to = orders[1];
        c->from = answers[0];
        c->fd = pidfd_open(c->pid, 0);
        n_children++;
        assert_int_equal(tell(c, 'p'), 0);
        return c;
}

static void assert_alive(const struct child *c)
{
        assert_int_equal(tell(c, 'p'), 0);
}

static void assert_ended(struct child *c)
{
        struct pollfd over = { .fd = c->fd, .events = POLLIN };
        int status;

        assert_int_equal(poll(&over, 1, PATIENCE_MS), 1);
        assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
        c->pid = 0;
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* --- the plugin --- */

static const char policy[] = "[egress]\nmode = %s\ndefault = allow\n[egress-rule all]\ncgroup = %s\nallow = 192.0.2.0/24\ndefault = deny\nlog = none\n";

static void configure(const char *mode)
{
        char text[768];

        (void) snprintf(text, sizeof(text), policy, mode, ground.cgroup + strlen(ground.root));
        assert_int_equal(sections_configure(th, text), 0);
}

static uint64_t id_of(const char *cgroup)
{
        char path[512];
        struct stat st;

        (void) path_in(path, sizeof(path), cgroup, "");
        assert_int_equal(stat(path, &st), 0);
        return st.st_ino;
}

static int end_in(uint64_t object, const char *whom)
{
        const struct trimtab_plugin *p = testhost_plugin(th);
        struct trimtab_value v = { .size = sizeof(v), .type = TRIMTAB_CHOICE };

        (void) snprintf(v.text, sizeof(v.text), "%s", whom);
        for (uint32_t i = 0; i < p->n_knobs; i++)
                if (strcmp(p->knobs[i].name, "guard.kill") == 0)
                        return p->knobs[i].apply(testhost_self(th), object, &v);
        fail_msg("no such knob");
        return -1;
}

static void know(const char *cgroup)
{
        char path[512], name[512];

        (void) path_in(path, sizeof(path), cgroup, "");
        (void) snprintf(name, sizeof(name), "%s", path + strlen(ground.root));
        testhost_add_object(th, "cgroup", id_of(cgroup), name, path);
}

static int set_up(void **state)
{
        (void) ground_add(&ground, "a.service");
        (void) ground_add(&ground, "a.service/sub");
        (void) ground_add(&ground, "b.service");
        n_children = 0;
        th = ground_open(&ground, plugin_file, lsm);
        if (testhost_open(th) < 0)
                return -1;
        know("");
        know("a.service");
        know("a.service/sub");
        know("b.service");
        configure("enforce");
        return 0;
}

static int tear_down(void **state)
{
        testhost_free(th);
        for (unsigned i = 0; i < n_children; i++) {
                if (children[i].pid > 0) {
                        (void) kill(children[i].pid, SIGKILL);
                        (void) waitpid(children[i].pid, NULL, 0);
                }
                (void) close(children[i].to);
                (void) close(children[i].from);
                (void) close(children[i].fd);
        }
        ground_drop(&ground, "a.service/sub");
        ground_drop(&ground, "a.service");
        ground_drop(&ground, "b.service");
        return 0;
}

/* --- those that were refused --- */

static void test_only_who_was_refused(void **state)
{
        struct child *one = settle_in("a.service"), *other = settle_in("a.service"), *below = settle_in("a.service/sub"), *beside = settle_in("b.service");
        uint32_t told;

        assert_int_equal(end_in(id_of("a.service"), "refused"), 0); /* nobody yet */
        assert_alive(one);
        assert_int_equal(tell(one, 'a'), EPERM);
        assert_int_equal(tell(beside, 'a'), EPERM);
        told = testhost_logged(th, TRIMTAB_LOG_NOTICE);
        assert_int_equal(end_in(id_of("a.service"), "refused"), 0);
        assert_ended(one);
        assert_int_equal(testhost_logged(th, TRIMTAB_LOG_NOTICE), told + 1);
        assert_alive(other);
        assert_alive(below);
        assert_alive(beside);

        assert_int_equal(tell(below, 't'), EPERM); /* by a thread of it */
        assert_int_equal(end_in(id_of(""), "refused"), 0);
        assert_ended(below);
        assert_ended(beside);
        assert_alive(other);
        assert_int_equal(end_in(id_of(""), "refused"), 0); /* and nobody is left */
        assert_int_equal(testhost_logged(th, TRIMTAB_LOG_NOTICE), told + 3);
}

static void test_who_would_have_been(void **state)
{
        struct child *one = settle_in("a.service"), *other = settle_in("a.service");

        configure("audit");
        assert_true(tell(one, 'a') != EPERM);
        assert_int_equal(end_in(id_of("a.service"), "refused"), 0);
        assert_ended(one);
        assert_alive(other);
}

/* Another policy might not have refused it, and without one nobody was. */
static void test_by_the_policy_in_force(void **state)
{
        struct child *one = settle_in("a.service");

        assert_int_equal(tell(one, 'a'), EPERM);
        configure("enforce");
        assert_int_equal(end_in(id_of("a.service"), "refused"), 0);
        assert_alive(one);
        assert_int_equal(tell(one, 'a'), EPERM);
        configure("off");
        assert_int_equal(end_in(id_of("a.service"), "refused"), 0);
        assert_alive(one);
        configure("enforce");
        assert_int_equal(end_in(id_of("a.service"), "refused"), 0);
        assert_alive(one);
        assert_int_equal(tell(one, 'a'), EPERM);
        assert_int_equal(end_in(id_of("a.service"), "refused"), 0);
        assert_ended(one);
}

/* --- an entry by hand --- */

static int find_map(void)
{
        struct bpf_map_info info;

        for (int fd = 3; fd < 1024; fd++) {
                __u32 size = sizeof(info);

                info = (struct bpf_map_info){};
                if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && size == sizeof(info) && strcmp(info.name, "offenders") == 0)
                        return fd;
        }
        fail_msg("the plugin has no map of that name");
        return -1;
}

static uint64_t start_of(pid_t pid)
{
        char path[64], text[1024] = "", *at;
        int fd;

        (void) snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
        (void) close(fd);
        at = strrchr(text, ')');
        for (int i = 2; i < 22; i++)
                at = strchr(at + 1, ' ');
        return strtoull(at + 1, NULL, 10) * (1000000000u / (uint64_t) sysconf(_SC_CLK_TCK));
}

static uint64_t now_ns(void)
{
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}

static void accuse(pid_t pid, struct guard_offender o)
{
        __u32 key = (__u32) pid;

        assert_int_equal(bpf_map_update_elem(find_map(), &key, &o, BPF_ANY), 0);
}

/* The number has been given to another process, or it has moved, or it all was long ago. */
static void test_not_another_of_that_number(void **state)
{
        struct child *c = settle_in("a.service");
        const uint64_t tick_ns = 1000000000u / (uint64_t) sysconf(_SC_CLK_TCK), a = id_of("a.service");
        const struct guard_offender right = { .cgroup = a, .start_ns = start_of(c->pid), .time_ns = now_ns() };
        struct guard_offender wrong[5] = { right, right, right, right, right };

        wrong[0].start_ns -= 2 * tick_ns;
        wrong[1].start_ns += 2 * tick_ns;
        wrong[2].start_ns = 0;
        wrong[3].cgroup = id_of("b.service");
        wrong[4].time_ns = 0;
        for (size_t i = 0; i < 5; i++) {
                accuse(c->pid, wrong[i]);
                assert_int_equal(end_in(a, "refused"), 0);
                assert_alive(c);
        }
        accuse(c->pid, right);
        assert_int_equal(end_in(id_of("b.service"), "refused"), 0);
        assert_int_equal(end_in(id_of("a.service/sub"), "refused"), 0);
        assert_alive(c);
        assert_int_equal(end_in(a, "refused"), 0);
        assert_ended(c);
}

/* It was refused something there, and is somewhere else now: that is another one's to end. */
static void test_who_has_moved(void **state)
{
        struct child *c = settle_in("a.service");
        char path[512], pid[16];

        assert_int_equal(tell(c, 'a'), EPERM);
        (void) path_in(path, sizeof(path), "b.service", "/cgroup.procs");
        (void) snprintf(pid, sizeof(pid), "%d", (int) c->pid);
        write_file(path, pid);
        assert_int_equal(end_in(id_of("a.service"), "refused"), 0);
        assert_int_equal(end_in(id_of("b.service"), "refused"), 0);
        assert_int_equal(end_in(id_of(""), "refused"), 0);
        assert_alive(c);
}

/* --- all --- */

static void test_all(void **state)
{
        struct child *one = settle_in("a.service"), *below = settle_in("a.service/sub"), *beside = settle_in("b.service");

        assert_int_equal(end_in(id_of("a.service"), "all"), 0);
        assert_ended(one);
        assert_ended(below);
        assert_alive(beside);
        assert_int_equal(end_in(id_of("a.service"), "all"), 0); /* nobody left */
        assert_int_equal(end_in(id_of("a.service"), "some"), -EINVAL);
}

/* Where there is no cgroup.kill, in a plain folder that looks like it. */
static void test_all_of_an_older_kernel(void **state)
{
        struct child *one = settle_in("a.service"), *below = settle_in("a.service/sub"), *beside = settle_in("b.service");
        char folder[] = "/tmp/trimtab-guard-XXXXXX", path[64], text[64];
        struct stat st;

        assert_non_null(mkdtemp(folder));
        (void) snprintf(text, sizeof(text), "%d\n%d\n", (int) one->pid, (int) beside->pid); /* who has just left is not there any more */
        (void) snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
        write_file(path, text);
        (void) snprintf(path, sizeof(path), "%s/sub", folder);
        assert_int_equal(mkdir(path, 0700), 0);
        (void) snprintf(text, sizeof(text), "%d\n", (int) below->pid);
        (void) snprintf(path, sizeof(path), "%s/sub/cgroup.procs", folder);
        write_file(path, text);
        assert_int_equal(stat(folder, &st), 0);
        testhost_add_object(th, "cgroup", st.st_ino, ground_name(&ground, "a.service"), folder);

        assert_int_equal(end_in(st.st_ino, "all"), 0);
        assert_ended(one);
        assert_ended(below);
        assert_alive(beside);
        (void) unlink(path);
        *strrchr(path, '/') = '\0';
        (void) rmdir(path);
        (void) snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
        (void) unlink(path);
        (void) rmdir(folder);
}

/* --- who is spared --- */

static void read_own_cgroup(char *ret, size_t size)
{
        FILE *f = fopen("/proc/self/cgroup", "re");
        char line[512];

        assert_non_null(f);
        ret[0] = '\0';
        while (fgets(line, sizeof(line), f))
                if (strncmp(line, "0::", 3) == 0)
                        (void) snprintf(ret, size, "%s%.*s/cgroup.procs", ground.root, (int) strcspn(line + 3, "\n"), line + 3);
        (void) fclose(f);
        assert_true(ret[0] != '\0');
}

/* What this daemon or init is in is not ended; in a folder of its own, so that a mistake would end nobody else. */
static void test_not_what_is_needed(void **state)
{
        struct child *c = settle_in("a.service");
        char path[512], home[800], folder[] = "/tmp/trimtab-guard-XXXXXX";
        struct stat st;
        int r;

        read_own_cgroup(home, sizeof(home));
        (void) path_in(path, sizeof(path), "a.service/sub", "/cgroup.procs");
        assert_non_null(mkdtemp(folder));
        assert_int_equal(stat(folder, &st), 0);
        testhost_add_object(th, "cgroup", st.st_ino, ground_name(&ground, "a.service"), folder);
        write_file(path, "0");
        r = end_in(st.st_ino, "all");
        write_file(home, "0");
        assert_int_equal(r, -EPERM);
        assert_int_equal(end_in(st.st_ino, "all"), 0);

        testhost_remove_object(th, "cgroup", st.st_ino);
        testhost_add_object(th, "cgroup", st.st_ino, "/", folder);
        assert_int_equal(end_in(st.st_ino, "all"), -EPERM);
        testhost_remove_object(th, "cgroup", st.st_ino);
        testhost_add_object(th, "cgroup", st.st_ino, "/init.scope", folder);
        assert_int_equal(end_in(st.st_ino, "all"), -EPERM);
        (void) rmdir(folder);
        assert_int_equal(end_in(st.st_ino, "all"), -ENODEV);
        assert_alive(c);
}

/* Also not this process itself, whatever it was refused. */
static void test_not_the_daemon(void **state)
{
        char path[512], home[800];
        int r;

        read_own_cgroup(home, sizeof(home));
        (void) path_in(path, sizeof(path), "a.service", "/cgroup.procs");
        write_file(path, "0");
        accuse(getpid(), (struct guard_offender){ .cgroup = id_of("a.service"), .start_ns = start_of(getpid()), .time_ns = now_ns() });
        r = end_in(id_of("a.service"), "refused");
        write_file(home, "0");
        assert_int_equal(r, 0);
}

static void test_a_daemon_that_only_advises(void **state)
{
        struct child *c = settle_in("a.service");

        assert_int_equal(tell(c, 'a'), EPERM);
        for (uint32_t mode = TRIMTAB_OBSERVE; mode <= TRIMTAB_ADVISE; mode++) {
                testhost_set_daemon_mode(th, mode);
                assert_int_equal(end_in(id_of("a.service"), "refused"), -EPERM);
                assert_int_equal(end_in(id_of("a.service"), "all"), -EPERM);
                assert_alive(c);
        }
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                TEST(test_only_who_was_refused), TEST(test_who_would_have_been), TEST(test_by_the_policy_in_force),
                TEST(test_not_another_of_that_number), TEST(test_who_has_moved), TEST(test_all), TEST(test_all_of_an_older_kernel),
                TEST(test_not_what_is_needed), TEST(test_not_the_daemon), TEST(test_a_daemon_that_only_advises),
        };
        int r;

        r = ground_begin(&ground, argc, argv, &plugin_file, &lsm);
        if (r != 0)
                return r;
        (void) signal(SIGPIPE, SIG_IGN);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        ground_remove(&ground);
        return r;
}
