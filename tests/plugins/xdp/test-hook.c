/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Attaching by a filter of clsact, as kernels without tcx need it, on the loopback interface of a namespace of the test's own. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../plugins/xdp/hook.h"

#define LOOPBACK 1

static int load(const char *name)
{
        /* return TC_ACT_UNSPEC */
        const struct bpf_insn code[] = {
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1 },
                { .code = BPF_JMP | BPF_EXIT },
        };

        return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name, "GPL", code, sizeof(code) / sizeof(code[0]), NULL);
}

static uint32_t number_of(int fd)
{
        struct bpf_prog_info info = {};
        uint32_t size = sizeof(info);

        assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
        return info.id;
}

/* The program at our place, 0: none. */
static uint32_t there(void)
{
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = LOOPBACK, .attach_point = BPF_TC_INGRESS);
        LIBBPF_OPTS(bpf_tc_opts, options, .handle = HOOK_HANDLE, .priority = HOOK_PRIORITY);

        return bpf_tc_query(&hook, &options) < 0 ? 0 : options.prog_id;
}

static void test_comes_and_goes(void **state)
{
        int fd = load(HOOK_PROGRAM);
        struct hook h;

        assert_true(fd >= 0);
        assert_int_equal(hook_attach(fd, LOOPBACK, false, &h), 0);
        assert_int_equal(there(), number_of(fd));
        hook_detach(&h);
        assert_int_equal(there(), 0);
        assert_int_equal(hook_sweep(LOOPBACK), 0);
        (void) close(fd);
}

/* A process that is killed leaves its filter; the next one takes it off, or takes its place. */
static void leave_one(void)
{
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                struct hook h;
                int fd = load(HOOK_PROGRAM);

                if (fd < 0 || hook_attach(fd, LOOPBACK, false, &h) < 0)
                        _exit(1);
                (void) kill(getpid(), SIGKILL);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_int_not_equal(there(), 0);
}

static void test_what_was_left_is_swept(void **state)
{
        leave_one();
        assert_int_equal(hook_sweep(LOOPBACK), 1);
        assert_int_equal(there(), 0);
}

static void test_what_was_left_gives_way(void **state)
{
        int fd = load(HOOK_PROGRAM);
        struct hook h;

        leave_one();
        assert_int_equal(hook_attach(fd, LOOPBACK, false, &h), 0);
        assert_int_equal(there(), number_of(fd));
        hook_detach(&h);
        (void) close(fd);
}

static void test_somebody_elses_stays(void **state)
{
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = LOOPBACK, .attach_point = BPF_TC_INGRESS);
        LIBBPF_OPTS(bpf_tc_opts, options, .handle = HOOK_HANDLE, .priority = HOOK_PRIORITY);
        int theirs = load("somebody_elses"), fd = load(HOOK_PROGRAM);
        struct hook h;

        (void) bpf_tc_hook_create(&hook);
        options.prog_fd = theirs;
        assert_int_equal(bpf_tc_attach(&hook, &options), 0);
        assert_int_equal(hook_sweep(LOOPBACK), 0);
        assert_int_equal(hook_attach(fd, LOOPBACK, false, &h), -EEXIST);
        assert_int_equal(there(), number_of(theirs));

        options.prog_fd = options.prog_id = options.flags = 0;
        assert_int_equal(bpf_tc_detach(&hook, &options), 0);
        (void) close(fd);
        (void) close(theirs);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_comes_and_goes),
                cmocka_unit_test(test_what_was_left_is_swept),
                cmocka_unit_test(test_what_was_left_gives_way),
                cmocka_unit_test(test_somebody_elses_stays),
        };

        if (unshare(CLONE_NEWNET) < 0) {
                (void) printf("skipped: no network namespace of its own: it takes root\n");
                return 77;
        }
        (void) libbpf_set_print(quiet);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
