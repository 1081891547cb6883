/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Filters of tc that outlive their process, on the loopback interface of a namespace of the test's own: in the ledger before they are
 * there, and gone with all that came with them wherever the process was killed; what is somebody else's stays.
 */
#include "cmocka-all.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act/filter.h"
#include "plain-files.h"
#include "util/ownership.h"
#include "util/str.h"

#define KNOB "test.tc_filter"

static const struct tc_place ours = { 1, 7471, 1 }, next_to_it = { 1, 7000, 1 };

static unsigned countdown;
static char died_at[32];
static int pipe_of_points[2]; /* what the one that dies had come to */

/* BPF_MOV r0 = -1; exit: on to whoever is next. */
static int load(const char *name)
{
        const struct bpf_insn code[] = {
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1 },
                { .code = BPF_JMP | BPF_EXIT },
        };
        int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name, "GPL", code, ELEMENTSOF(code), NULL);

        assert_true(fd >= 0);
        return fd;
}

static void at(void *userdata, const char *point)
{
        if (countdown == 0 || --countdown > 0)
                return;
        (void) !write(pipe_of_points[1], point, strlen(point) + 1);
        (void) raise(SIGKILL);
}

static void make(struct plain *p)
{
        plain_make(p);
        p->config.at = at;
        countdown = 0;
        assert_int_equal(tc_has_clsact(1), 0);
}

static int add(struct plain *p, const char *name)
{
        int fd = load(name), r = filter_add(p->actor, KNOB, "iface:lo", &ours, fd);

        (void) close(fd);
        return r;
}

static void assert_there(const struct tc_place *place, const char *want)
{
        char *is = filter_there(place);

        if (!startswith(is, want))
                fail_msg("there is '%s', not '%s'", is, want);
        free(is);
}

/* As the next process does, with no plugin. */
static void restore(struct plain *p)
{
        plain_close(p);
        plain_open(p);
        assert_int_equal(actor_restore_all(p->actor, true), 0);
        plain_run(p);
        assert_int_equal(actor_left(p->actor, true), 0);
}

static void put_somebodys(const struct tc_place *place)
{
        int theirs = load("somebodys");

        assert_int_equal(tc_filter_add(place, theirs), 0);
        (void) close(theirs);
}

static void clear_away(const struct tc_place *place)
{
        (void) tc_filter_remove(place);
        assert_int_equal(tc_remove_empty_clsact(1), 1);
}

static void test_comes_and_goes(void **state)
{
        const struct ledger_entry *const *entries;
        struct plain p;
        size_t n;

        make(&p);
        plain_open(&p);
        assert_int_equal(add(&p, "mine"), 0);
        assert_there(&ours, "mine id ");

        entries = ledger_entries(p.ledger, &n);
        assert_int_equal(n, 1);
        assert_string_equal(entries[0]->knob, KNOB);
        assert_string_equal(entries[0]->object, "iface:lo");
        assert_string_equal(entries[0]->original, FILTER_NO_CLSACT);
        assert_string_equal(entries[0]->target.path, "tc ifindex 1 ingress pref 7471 handle 1");
        assert_true(startswith(entries[0]->confirmed, "mine id "));
        /* No look at files may take it for something to give up. */
        for (unsigned i = 1; i < 4; i++)
                actor_look(p.actor, i * 20000000000ull);
        plain_run(&p);
        assert_int_equal(p.n_reports, 0);

        assert_int_equal(filter_remove(p.actor, "another.tc_filter", &ours), -ENOENT);
        assert_there(&ours, "mine id ");
        assert_int_equal(filter_remove(p.actor, KNOB, &ours), 0);
        assert_there(&ours, FILTER_NO_CLSACT);
        (void) ledger_entries(p.ledger, &n);
        assert_int_equal(n, 0);
        assert_int_equal(filter_remove(p.actor, KNOB, &ours), -ENOENT);
        plain_remove(&p);
}

static void test_goes_with_no_plugin(void **state)
{
        struct plain p;

        make(&p);
        plain_open(&p);
        assert_int_equal(add(&p, "mine"), 0);
        restore(&p);
        assert_int_equal(p.n_of[OUTCOME_RESTORED], 1);
        assert_there(&ours, FILTER_NO_CLSACT);
        plain_remove(&p);
}

/* The daemon restores what an earlier one left when its loop runs, and by then a plugin may have put a new one there. */
static void test_a_new_one_is_not_taken_for_the_old(void **state)
{
        struct plain p;

        make(&p);
        plain_open(&p);
        assert_int_equal(add(&p, "mine"), 0);
        plain_close(&p);

        plain_open(&p);
        assert_int_equal(actor_restore_all(p.actor, true), 0);
        assert_int_equal(add(&p, "mine"), 0);
        plain_run(&p);
        assert_there(&ours, "mine id ");
        assert_int_equal(actor_left(p.actor, true), 1);
        restore(&p);
        assert_there(&ours, FILTER_NO_CLSACT);
        plain_remove(&p);
}

static void test_one_whose_ledger_is_lost_gives_way(void **state)
{
        struct plain p;

        make(&p);
        plain_open(&p);
        assert_int_equal(add(&p, "mine"), 0);
        plain_remove(&p);

        plain_make(&p);
        plain_open(&p);
        assert_int_equal(add(&p, "mine"), 0);
        restore(&p);
        /* Whose the clsact was nobody knows any more. */
        assert_there(&ours, FILTER_CLSACT);
        clear_away(&ours);
        plain_remove(&p);
}

/* --- what is somebody else's --- */

static void test_a_place_that_is_taken_stays_so(void **state)
{
        struct plain p;
        size_t n;

        make(&p);
        plain_open(&p);
        assert_int_equal(tc_add_clsact(1), 0);
        put_somebodys(&ours);
        assert_int_equal(add(&p, "mine"), -EEXIST);
        assert_there(&ours, "somebodys id ");
        (void) ledger_entries(p.ledger, &n);
        assert_int_equal(n, 0);
        clear_away(&ours);
        plain_remove(&p);
}

static void test_a_filter_that_is_no_program_stays(void **state)
{
        struct plain p;

        make(&p);
        plain_open(&p);
        if (system("tc qdisc add dev lo clsact && tc filter add dev lo ingress pref 7471 protocol ip u32 match u32 0 0") != 0)
                skip();
        assert_int_equal(add(&p, "mine"), -EEXIST);
        assert_int_equal(system("tc filter show dev lo ingress | grep -q u32"), 0);
        assert_int_equal(system("tc qdisc del dev lo clsact"), 0);
        plain_remove(&p);
}

static void test_what_came_in_its_place_stays(void **state)
{
        struct plain p;

        make(&p);
        plain_open(&p);
        assert_int_equal(add(&p, "mine"), 0);
        assert_int_equal(tc_filter_remove(&ours), 0);
        put_somebodys(&ours);
        restore(&p);
        assert_int_equal(p.n_of[OUTCOME_FOREIGN], 1);
        assert_there(&ours, "somebodys id ");
        clear_away(&ours);
        plain_remove(&p);
}

/* The same name, and yet another program. */
static void test_a_name_is_not_enough(void **state)
{
        struct plain p;
        int theirs;

        make(&p);
        plain_open(&p);
        assert_int_equal(add(&p, "mine"), 0);
        assert_int_equal(tc_filter_remove(&ours), 0);
        theirs = load("mine");
        assert_int_equal(tc_filter_add(&ours, theirs), 0);
        (void) close(theirs);
        restore(&p);
        assert_there(&ours, "mine id ");
        clear_away(&ours);
        plain_remove(&p);
}

static void test_a_clsact_in_use_stays(void **state)
{
        struct plain p;

        make(&p);
        plain_open(&p);
        assert_int_equal(add(&p, "mine"), 0);
        put_somebodys(&next_to_it);
        restore(&p);
        assert_there(&ours, FILTER_CLSACT);
        assert_there(&next_to_it, "somebodys id ");
        clear_away(&next_to_it);
        plain_remove(&p);
}

static void test_a_clsact_that_was_there_stays(void **state)
{
        struct plain p;

        make(&p);
        plain_open(&p);
        assert_int_equal(tc_add_clsact(1), 0);
        assert_int_equal(add(&p, "mine"), 0);
        restore(&p);
        assert_there(&ours, FILTER_CLSACT);
        clear_away(&ours);
        plain_remove(&p);
}

static void test_an_interface_that_is_gone(void **state)
{
        struct tc_place there = { .priority = 7471, .handle = 1 };
        int fd = load("mine");
        struct plain p;

        make(&p);
        plain_open(&p);
        there.ifindex = 1000;
        if (system("ip link add name dummy7 index 1000 type veth") != 0)
                skip();
        assert_int_equal(filter_add(p.actor, KNOB, "iface:dummy7", &there, fd), 0);
        assert_int_equal(system("ip link del dummy7"), 0);
        restore(&p);
        assert_int_equal(p.n_of[OUTCOME_GONE], 1);
        (void) close(fd);
        plain_remove(&p);
}

/* --- killed --- */

static void work(struct plain *p)
{
        (void) add(p, "mine");
        /* Its own from a moment ago gives way. */
        (void) add(p, "mine");
        (void) filter_remove(p->actor, KNOB, &ours);
        (void) add(p, "mine");
}

static void clean_up(struct plain *p)
{
        (void) actor_restore_all(p->actor, true);
        plain_run(p);
}

/* In a process of its own that dies at the n-th point. false: it did not come that far. */
static bool dies(struct plain *p, void (*run)(struct plain *p), unsigned n)
{
        int status;
        pid_t pid;

        assert_int_equal(pipe(pipe_of_points), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                countdown = n;
                plain_open(p);
                run(p);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        (void) close(pipe_of_points[1]);
        died_at[0] = '\0';
        (void) !read(pipe_of_points[0], died_at, sizeof(died_at) - 1);
        (void) close(pipe_of_points[0]);
        assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
        return WIFSIGNALED(status);
}

static void test_killed_anywhere(void **state)
{
        unsigned points = 0;

        for (unsigned theirs = 0; theirs < 2; theirs++)
                for (unsigned n = 1, alive = 0; !alive; n++)
                        for (unsigned m = 1; m <= 4; m++) {
                                struct plain p;

                                make(&p);
                                if (theirs)
                                        assert_int_equal(tc_add_clsact(1), 0);
                                alive = !dies(&p, work, n);
                                (void) dies(&p, clean_up, m);
                                points += !alive;
                                restore(&p);
                                assert_there(&ours, theirs ? FILTER_CLSACT : FILTER_NO_CLSACT);
                                if (theirs)
                                        clear_away(&ours);
                                plain_remove(&p);
                        }
        print_message("killed %u times\n", points);
        assert_true(points > 100);
}

/* Where the filter itself is in the kernel and the process is not. */
static void test_what_is_left_is_there(void **state)
{
        bool left = false, bare = false;

        for (unsigned n = 1; n < 8; n++) {
                struct plain p;

                make(&p);
                assert_true(dies(&p, work, n));
                if (streq(died_at, "after-filter")) {
                        assert_there(&ours, "mine id ");
                        left = true;
                } else if (streq(died_at, "after-clsact")) {
                        assert_there(&ours, FILTER_CLSACT);
                        bare = true;
                }
                restore(&p);
                assert_there(&ours, FILTER_NO_CLSACT);
                plain_remove(&p);
        }
        assert_true(left && bare);
}

/* A record that is torn is as good as none, and only the last one can be. */
static void test_a_torn_tail(void **state)
{
        struct plain p;
        char path[128];
        FILE *f;

        make(&p);
        plain_open(&p);
        assert_int_equal(add(&p, "mine"), 0);
        plain_close(&p);
        (void) snprintf(path, sizeof(path), "%s/run/ledger", p.root);
        f = fopen(path, "ae");
        assert_non_null(f);
        assert_true(fprintf(f, "12345678 forget boot=boot num") > 0);
        assert_int_equal(fclose(f), 0);
        plain_open(&p);
        restore(&p);
        assert_there(&ours, FILTER_NO_CLSACT);
        plain_remove(&p);
}

/* --- words --- */

static void test_places_as_text(void **state)
{
        static const char *const bad[] = { "", "tc ifindex 1", "tc ifindex 1 ingress pref 2 handle 3 and more", "/sys/x",
                                           "tc ifindex 1 ingress pref 2 handle" };
        struct tc_place p;
        char *text = tc_place_text(&ours);

        assert_int_equal(tc_place_parse(text, &p), 0);
        assert_memory_equal(&p, &ours, sizeof(p));
        free(text);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(tc_place_parse(bad[i], &p), -EINVAL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_comes_and_goes),
                cmocka_unit_test(test_goes_with_no_plugin),
                cmocka_unit_test(test_a_new_one_is_not_taken_for_the_old),
                cmocka_unit_test(test_one_whose_ledger_is_lost_gives_way),
                cmocka_unit_test(test_a_place_that_is_taken_stays_so),
                cmocka_unit_test(test_a_filter_that_is_no_program_stays),
                cmocka_unit_test(test_what_came_in_its_place_stays),
                cmocka_unit_test(test_a_name_is_not_enough),
                cmocka_unit_test(test_a_clsact_in_use_stays),
                cmocka_unit_test(test_a_clsact_that_was_there_stays),
                cmocka_unit_test(test_an_interface_that_is_gone),
                cmocka_unit_test(test_killed_anywhere),
                cmocka_unit_test(test_what_is_left_is_there),
                cmocka_unit_test(test_a_torn_tail),
                cmocka_unit_test(test_places_as_text),
        };

        if (unshare(CLONE_NEWNET) < 0) {
                (void) printf("skipped: no network namespace of its own: it takes root\n");
                return 77;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
