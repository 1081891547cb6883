/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The guard on the running kernel: who is refused what, seen by those who are.
 *
 *     test-guard PLUGIN.so [cgroup|lsm [TEST]]
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/in6.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"
#include "options.h"
#include "sections.h"
#include "verified.h"

/* Half as much again as it is. */
#define VERIFIED_MAX 40000

static const char *plugin_file;
static bool lsm;
static struct ground ground;

#define TCP(to, at)    ((struct attempt){ .family = AF_INET, .type = SOCK_STREAM, .address = (to), .port = (at) })
#define TCP6(to, at)   ((struct attempt){ .family = AF_INET6, .type = SOCK_STREAM, .address = (to), .port = (at) })
#define UDP(to, at)    ((struct attempt){ .family = AF_INET, .type = SOCK_DGRAM, .address = (to), .port = (at), .send = true })
#define UDP6(to, at)   ((struct attempt){ .family = AF_INET6, .type = SOCK_DGRAM, .address = (to), .port = (at), .send = true })
#define LISTEN(to, at) ((struct attempt){ .family = AF_INET, .type = SOCK_STREAM, .address = (to), .port = (at), .listen = true })
#define RAW            ((struct attempt){ .family = AF_INET, .type = SOCK_RAW, .protocol = IPPROTO_ICMP })
#define PACKET         ((struct attempt){ .family = AF_PACKET, .type = SOCK_RAW })

static int by(const char *cgroup, struct attempt a)
{
        return ground_attempt(&ground, cgroup, &a);
}

/* Nothing leads anywhere: who is let through gets no further. */
static void assert_let(const char *cgroup, struct attempt a)
{
        int error = by(cgroup, a);

        if (error == EPERM || error == 255)
                fail_msg("%s to %s:%u is refused", cgroup, a.address, a.port);
}

static void assert_refused(const char *cgroup, struct attempt a)
{
        int error = by(cgroup, a);

        if (error != EPERM)
                fail_msg("%s to %s:%u is not refused: %s", cgroup, a.address, a.port, strerror(error));
}

static struct testhost *start(const char *text)
{
        struct testhost *th = ground_open(&ground, plugin_file, lsm);

        assert_int_equal(testhost_open(th), 0);
        if (text)
                assert_int_equal(sections_configure(th, text), 0);
        return th;
}

static int set_up(void **state)
{
        (void) ground_add(&ground, "a.service");
        (void) ground_add(&ground, "b.service");
        return 0;
}

static int tear_down(void **state)
{
        ground_drop(&ground, "a.service");
        ground_drop(&ground, "b.service");
        return 0;
}

static int metric(struct testhost *th, const char *name, uint64_t id)
{
        const struct testhost_sample *s;

        assert_int_equal(testhost_collect(th), 0);
        s = testhost_sample(th, name, id);
        assert_non_null(s);
        return (int) s->value;
}

/* --- */

static void test_a_unit_may_talk_to_these(void **state)
{
        struct testhost *th = start("[egress]\nmode = enforce\n"
                                    "[egress-rule a]\nunit = a.service\nallow = 192.0.2.0/24:443/tcp, 2001:db8::/32:53/udp\ndefault = deny\n");

        assert_let("a.service", TCP("192.0.2.1", 443));
        assert_refused("a.service", TCP("192.0.2.1", 80));
        assert_refused("a.service", UDP("192.0.2.1", 443));
        assert_refused("a.service", TCP("198.51.100.1", 443));
        assert_let("a.service", UDP6("2001:db8::1", 53));
        assert_refused("a.service", UDP6("2001:db9::1", 53));
        assert_refused("a.service", TCP6("2001:db8::1", 53));
        assert_let("a.service", TCP6("::ffff:192.0.2.1", 443));
        assert_refused("a.service", TCP6("::ffff:192.0.2.1", 80));
        assert_refused("a.service", RAW);
        assert_let("b.service", TCP("198.51.100.1", 443));
        assert_let("b.service", RAW);
        testhost_free(th);
        assert_let("a.service", TCP("198.51.100.1", 443));
}

static void test_unknown_ones_are_refused(void **state)
{
        struct testhost *th = start("[egress]\nmode = enforce\ndefault = deny\n[egress-rule a]\nunit = a.service\nallow = any\n");

        assert_let("a.service", TCP("192.0.2.1", 443));
        assert_refused("b.service", TCP("192.0.2.1", 443));
        assert_refused("b.service", UDP6("2001:db8::1", 53));
        /* What is allowed in general is not what goes around. */
        assert_refused("a.service", RAW);
        assert_refused("b.service", RAW);
        /* The lifeline. */
        assert_let("b.service", TCP("127.0.0.1", 9));
        assert_let("b.service", TCP6("::1", 9));
        testhost_free(th);
}

static void test_the_order_of_rules(void **state)
{
        struct testhost *th = start("[egress]\nmode = enforce\ndefault = deny\n"
                                    "[egress-rule all]\nallow = any:53/udp\ndeny = 203.0.113.0/24\n"
                                    "[egress-rule slice]\ncgroup = /\nallow = any:80/tcp\n"
                                    "[egress-rule a]\nunit = a.service\ndeny = 192.0.2.0/24\nallow = 203.0.113.0/24, 192.0.2.128/25\n"
                                    "[egress-rule lo]\nunit = b.service\ndeny = 127.0.0.9\n");

        assert_let("a.service", TCP("198.51.100.1", 80));       /* of all cgroups' rule */
        assert_refused("a.service", TCP("192.0.2.1", 80));      /* the unit's own is heard first */
        assert_let("a.service", TCP("192.0.2.200", 80));        /* and in it the longer prefix */
        assert_refused("a.service", TCP("203.0.113.1", 80));    /* denied to everybody */
        assert_refused("a.service", UDP("192.0.2.1", 53));
        assert_let("b.service", UDP("192.0.2.1", 53));          /* allowed to everybody */
        assert_refused("b.service", TCP("127.0.0.9", 9));       /* of loopback what is said */
        assert_let("b.service", TCP("127.0.0.8", 9));
        testhost_free(th);
}

/* A service that has just been started, of which no daemon knows. */
static void test_a_cgroup_that_nobody_has_seen(void **state)
{
        struct testhost *th = start("[egress]\nmode = enforce\ndefault = deny\n"
                                    "[egress-rule a]\nunit = new.service\nallow = any\n"
                                    "[egress-rule t]\nunit = web@*.service\nallow = 192.0.2.0/24\n");

        (void) ground_add(&ground, "new.service");
        (void) ground_add(&ground, "new.service/sub");
        (void) ground_add(&ground, "web@1.service");
        (void) ground_add(&ground, "user@1000.service");
        (void) ground_add(&ground, "user@1000.service/new.service");
        assert_let("new.service", TCP("192.0.2.1", 443));
        assert_let("new.service/sub", TCP("192.0.2.1", 443));
        assert_let("web@1.service", TCP("192.0.2.1", 443));
        assert_refused("web@1.service", TCP("198.51.100.1", 443));
        /* No unit: somebody's own, who calls it as he likes. */
        assert_refused("user@1000.service/new.service", TCP("192.0.2.1", 443));
        testhost_free(th);
        ground_drop(&ground, "user@1000.service/new.service");
        ground_drop(&ground, "user@1000.service");
        ground_drop(&ground, "web@1.service");
        ground_drop(&ground, "new.service/sub");
        ground_drop(&ground, "new.service");
}

/* Globs that only user space can match: until it has, such a rule refuses, and does not allow. */
static void test_a_glob(void **state)
{
        struct testhost *th = start("[egress]\nmode = enforce\n"
                                    "[egress-rule a]\nunit = n*.service\nallow = 192.0.2.0/24\ndefault = deny\n");
        uint64_t id;

        id = ground_add(&ground, "new.service");
        assert_refused("new.service", TCP("198.51.100.1", 443));
        testhost_add_object(th, "cgroup", id, ground_name(&ground, "new.service"), NULL);
        assert_let("new.service", TCP("192.0.2.1", 443));
        assert_refused("new.service", TCP("198.51.100.1", 443));
        id = ground_add(&ground, "other.service");
        testhost_add_object(th, "cgroup", id, ground_name(&ground, "other.service"), NULL);
        assert_let("other.service", TCP("198.51.100.1", 443));
        testhost_free(th);
        ground_drop(&ground, "other.service");
        ground_drop(&ground, "new.service");
}

static void test_a_user(void **state)
{
        struct testhost *th = start("[egress]\nmode = enforce\n[egress-rule u]\nuid = 65534\nallow = any:53/udp\ndefault = deny\n");
        struct attempt a = TCP("192.0.2.1", 443);

        assert_let("a.service", a);
        a.uid = 65534;
        assert_refused("a.service", a);
        a = UDP("192.0.2.1", 53);
        a.uid = 65534;
        assert_let("a.service", a);
        testhost_free(th);
}

/* --- programs --- */

static char program[64]; /* a copy of ourselves */

static void copy_self(const char *to)
{
        char command[256];

        (void) snprintf(command, sizeof(command), "cp /proc/%d/exe %s", (int) getpid(), to);
        assert_int_equal(system(command), 0);
}

static int run_program(const void *path)
{
        (void) execl(path, "harmless", "--attempt", NULL);
        return 255;
}

static void test_a_program(void **state)
{
        char text[512], name[80];
        struct testhost *th;

        (void) snprintf(program, sizeof(program), "/tmp/trimtab-guard-program-%d", (int) getpid());
        copy_self(program);
        (void) snprintf(text, sizeof(text), "[egress]\nmode = enforce\n[egress-rule p]\nexe = %s\ndefault = deny\n", program);
        th = start(text);
        assert_let("a.service", TCP("192.0.2.1", 443));
        assert_int_equal(ground_run(&ground, "a.service", run_program, program), EPERM);

        /* It is the file, whatever it is called. */
        (void) snprintf(name, sizeof(name), "%s-link", program);
        assert_int_equal(link(program, name), 0);
        assert_int_equal(ground_run(&ground, "a.service", run_program, name), EPERM);
        assert_int_equal(unlink(program), 0);
        assert_int_equal(ground_run(&ground, "a.service", run_program, name), EPERM);

        /* An upgrade puts another file there; from the next tick on it is that one. */
        copy_self(program);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(ground_run(&ground, "a.service", run_program, program), EPERM);
        testhost_free(th);
        (void) unlink(program);
        (void) unlink(name);
}

/* --- modes --- */

static const char policy[] = "[egress]\nmode = %s\n[egress-rule a]\nunit = a.service\ndefault = deny\nlog = all\n";

static void configure_mode(struct testhost *th, const char *mode)
{
        char text[256];

        (void) snprintf(text, sizeof(text), policy, mode);
        assert_int_equal(sections_configure(th, text), 0);
}

static void set_knob(struct testhost *th, const char *mode)
{
        struct trimtab_value v = { .size = sizeof(v), .type = TRIMTAB_CHOICE };

        (void) snprintf(v.text, sizeof(v.text), "%s", mode);
        assert_int_equal(testhost_plugin(th)->knobs[0].apply(testhost_self(th), 0, &v), 0);
}

static void assert_knob(struct testhost *th, const char *mode)
{
        struct trimtab_value v;

        assert_int_equal(testhost_plugin(th)->knobs[0].read(testhost_self(th), 0, &v), 0);
        assert_string_equal(v.text, mode);
}

static bool is_loaded(const struct testhost *th)
{
        const char *reason;

        return testhost_program(th, "guard_connect4", &reason) >= 0;
}

/* It takes a good part of a second, and is for nothing where there is no policy. */
static void test_loaded_when_it_is_asked_for(void **state)
{
        uint64_t a = ground_add(&ground, "c.service");
        struct testhost *th = start("");
        const char *reason;

        testhost_add_object(th, "cgroup", a, ground_name(&ground, "c.service"), NULL);
        assert_int_equal(testhost_collect(th), 0);
        assert_false(is_loaded(th));
        testhost_remove_object(th, "cgroup", a);
        testhost_free(th);

        th = start("[egress]\nmode = off\n");
        assert_true(is_loaded(th)); /* a rule may switch it on at any moment */
        assert_true(verified_insns(testhost_program(th, "guard_connect4", &reason)) < VERIFIED_MAX);
        testhost_free(th);

        th = start("");
        testhost_add_object(th, "cgroup", a, ground_name(&ground, "c.service"), NULL);
        assert_int_equal(testhost_watch(th, "guard.denied", &a, 1), 0);
        assert_true(is_loaded(th));
        assert_int_equal(metric(th, "guard.denied", a), 0);
        testhost_free(th);

        th = start("");
        set_knob(th, "audit");
        assert_true(is_loaded(th));
        testhost_free(th);
        ground_drop(&ground, "c.service");
}

static void test_modes(void **state)
{
        struct testhost *th = start(NULL);
        uint64_t a;
        struct stat st;
        char path[512];

        (void) snprintf(path, sizeof(path), "%s/a.service", ground.cgroup);
        assert_int_equal(stat(path, &st), 0);
        a = st.st_ino;
        testhost_add_object(th, "cgroup", a, ground_name(&ground, "a.service"), path);
        assert_int_equal(testhost_watch(th, "guard.denied", &a, 1), 0);
        assert_int_equal(testhost_watch(th, "guard.would_deny", &a, 1), 0);
        assert_int_equal(testhost_watch(th, "guard.connects", &a, 1), 0);

        configure_mode(th, "off");
        assert_let("a.service", TCP("192.0.2.1", 443));
        assert_int_equal(metric(th, "guard.connects", a), 0);

        configure_mode(th, "audit");
        assert_let("a.service", TCP("192.0.2.1", 443));
        assert_int_equal(metric(th, "guard.connects", a), 1);
        assert_int_equal(metric(th, "guard.would_deny", a), 1);
        assert_int_equal(metric(th, "guard.denied", a), 0);
        assert_non_null(strstr(testhost_events(th), "would refuse: "));
        assert_non_null(strstr(testhost_events(th), "to 192.0.2.1:443/tcp, by egress-rule a"));

        set_knob(th, "enforce");
        assert_knob(th, "enforce");
        assert_refused("a.service", TCP("192.0.2.1", 444));
        assert_int_equal(metric(th, "guard.denied", a), 1);
        assert_non_null(strstr(testhost_events(th), "\nrefused: "));

        /* The rule is over: back to what [egress] said when it began, which is what it says now. */
        configure_mode(th, "off");
        assert_knob(th, "enforce");
        set_knob(th, "audit");
        assert_knob(th, "off");
        assert_let("a.service", TCP("192.0.2.1", 443));
        testhost_free(th);
}

/* However soon: all that was attached is again. */
static void test_off_and_on_again(void **state)
{
        struct testhost *th = start(NULL);

        configure_mode(th, "enforce");
        for (int i = 0; i < 10; i++) {
                set_knob(th, "off");
                set_knob(th, "enforce");
                assert_null(strstr(testhost_events(th), "not attached"));
                assert_refused("a.service", TCP("192.0.2.1", 444));
        }
        testhost_free(th);
}

/* mode = enforce of the section is not the daemon's own. */
static void test_a_daemon_that_only_advises(void **state)
{
        struct testhost *th = ground_open(&ground, plugin_file, lsm);

        testhost_set_daemon_mode(th, TRIMTAB_ADVISE);
        assert_int_equal(testhost_open(th), 0);
        configure_mode(th, "enforce");
        assert_let("a.service", TCP("192.0.2.1", 443));
        assert_knob(th, "enforce");
        testhost_set_daemon_mode(th, TRIMTAB_ENFORCE);
        assert_int_equal(testhost_collect(th), 0);
        assert_refused("a.service", TCP("192.0.2.1", 443));
        testhost_set_daemon_mode(th, TRIMTAB_ADVISE);
        assert_int_equal(testhost_collect(th), 0);
        assert_let("a.service", TCP("192.0.2.1", 443));
        testhost_free(th);
}

/* --- what outlives the daemon --- */

static int count_pins(void)
{
        DIR *d = opendir(ground.pins);
        const struct dirent *e;
        int n = 0;

        while (d && (e = readdir(d)))
                n += e->d_name[0] != '.';
        if (d)
                (void) closedir(d);
        return n;
}

static const char kept[] = "[egress]\nmode = enforce\non-exit = %s\n[egress-rule a]\nunit = a.service\nallow = 192.0.2.0/24\ndefault = deny\n";

static void configure_exit(struct testhost *th, const char *what)
{
        char text[256];

        (void) snprintf(text, sizeof(text), kept, what);
        assert_int_equal(sections_configure(th, text), 0);
}

/* A daemon that is killed when it has its policy in force. */
static void die_with(const char *what)
{
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                struct testhost *th = start(NULL);

                configure_exit(th, what);
                (void) kill(getpid(), SIGKILL);
        }
        assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

static void test_killed(void **state)
{
        struct testhost *th;

        die_with("open");
        assert_let("a.service", TCP("198.51.100.1", 443));

        die_with("keep");
        assert_refused("a.service", TCP("198.51.100.1", 443));
        assert_let("a.service", TCP("192.0.2.1", 443));
        (void) ground_add(&ground, "later.service");
        assert_let("later.service", TCP("198.51.100.1", 443));
        ground_drop(&ground, "later.service");

        /* The next one has nothing to say yet: it stays. */
        th = start(NULL);
        assert_int_equal(testhost_collect(th), 0);
        assert_refused("a.service", TCP("198.51.100.1", 443));
        assert_int_equal(count_pins(), 1);
        /* Then its own takes the place. */
        assert_int_equal(sections_configure(th, "[egress]\nmode = enforce\non-exit = keep\n[egress-rule a]\nunit = a.service\n"
                                                "allow = 198.51.100.0/24\ndefault = deny\n"), 0);
        assert_int_equal(count_pins(), 1);
        assert_let("a.service", TCP("198.51.100.1", 443));
        assert_refused("a.service", TCP("192.0.2.1", 443));
        testhost_free(th);
        assert_refused("a.service", TCP("192.0.2.1", 443));

        th = start(NULL);
        configure_exit(th, "open");
        assert_int_equal(count_pins(), 0);
        testhost_free(th);
        assert_let("a.service", TCP("198.51.100.1", 443));
}

/* While policies are swapped: what both forbid is refused each time, what both allow is let through each time. */
static int hammer(const void *userdata)
{
        struct attempt good = TCP("192.0.2.1", 443), bad = TCP("198.51.100.1", 443);
        const volatile int *stop = userdata;
        int n = 0;

        for (; !*stop || n < 1000; n++)
                if (attempt(&good) == EPERM)
                        return 1;
                else if (attempt(&bad) != EPERM)
                        return 2;
        return 0;
}

static void test_reloads(void **state)
{
        struct testhost *th = start(NULL);
        int stop[2], status;
        static volatile int *shared;
        pid_t pid;

        shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_true(shared != MAP_FAILED && pipe(stop) == 0);
        configure_exit(th, "open");
        pid = fork();
        if (pid == 0)
                _exit(ground_run(&ground, "a.service", hammer, (const void *) shared));
        for (int i = 0; i < 100; i++) {
                char text[512];

                (void) snprintf(text, sizeof(text), "[egress]\nmode = enforce\ndefault = %s\n[egress-rule a]\nunit = a.service\n"
                                                    "allow = 192.0.2.0/24\ndeny = 10.%d.0.0/16\ndefault = deny\n",
                                i % 2 ? "allow" : "deny", i);
                assert_int_equal(sections_configure(th, text), 0);
        }
        *shared = 1;
        assert_true(waitpid(pid, &status, 0) == pid);
        assert_int_equal(status, 0);
        (void) munmap((void *) shared, 4096);
        testhost_free(th);
}

/* --- what only the LSM sees --- */

/* A connected socket of another one's: where it goes he may not. */
static int descriptors[2];

static int send_by(const void *userdata)
{
        return send(descriptors[0], "x", 1, MSG_NOSIGNAL) < 0 ? errno : 0;
}

static void test_lsm(void **state)
{
        struct testhost *th;
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x7f000009) };

        if (!lsm) {
                print_message("  skipped: only with the LSM\n");
                return;
        }
        th = start("[egress]\nmode = enforce\nrequire-coverage = lsm\n"
                   "[egress-rule a]\nunit = a.service\nlisten = 80, 8000-8010\ndeny = 192.0.2.0/24, 127.0.0.9\n");
        assert_refused("a.service", PACKET);
        assert_let("b.service", PACKET);
        assert_let("a.service", LISTEN("0.0.0.0", 80));
        assert_let("a.service", LISTEN("0.0.0.0", 8005));
        assert_refused("a.service", LISTEN("0.0.0.0", 81));
        assert_let("a.service", LISTEN("127.0.0.1", 81));
        assert_let("b.service", LISTEN("0.0.0.0", 81));

        /* Made and connected by b, and handed to a. */
        descriptors[0] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        {
                char procs[512];
                int fd, home;

                (void) snprintf(procs, sizeof(procs), "%s/b.service/cgroup.procs", ground.cgroup);
                fd = open(procs, O_WRONLY | O_CLOEXEC);
                assert_int_equal(write(fd, "0", 1), 1);
                assert_int_equal(connect(descriptors[0], (struct sockaddr *) &to, sizeof(to)), 0);
                (void) snprintf(procs, sizeof(procs), "%s/cgroup.procs", ground.root);
                home = open(procs, O_WRONLY | O_CLOEXEC);
                assert_int_equal(write(home, "0", 1), 1);
                (void) close(fd);
                (void) close(home);
        }
        assert_int_not_equal(ground_run(&ground, "b.service", send_by, NULL), EPERM);
        assert_int_equal(ground_run(&ground, "a.service", send_by, NULL), EPERM);
        (void) close(descriptors[0]);
        testhost_free(th);
}

/* --- routes --- */

static int message(const char *cgroup, int n)
{
        return ground_run(&ground, cgroup, options_message, &n);
}

static void test_routes(void **state)
{
        static const struct option_route routes[] = {
                { IPPROTO_IP, IP_OPTIONS }, { IPPROTO_IPV6, IPV6_RTHDR }, { IPPROTO_IPV6, IPV6_2292RTHDR }, { IPPROTO_IPV6, IPV6_2292PKTOPTIONS },
                { IPPROTO_IPV6, IPV6_FLOWLABEL_MGR },
        };
        struct testhost *th = start("[egress]\nmode = enforce\n[egress-rule a]\nunit = a.service\ndeny = 192.0.2.0/24\n");

        for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
                assert_int_equal(ground_run(&ground, "a.service", options_route, &routes[i]), EPERM);
                assert_int_not_equal(ground_run(&ground, "b.service", options_route, &routes[i]), EPERM);
        }
        assert_int_equal(ground_run(&ground, "b.service", options_route, &routes[0]), 0);
        assert_int_equal(ground_run(&ground, "a.service", options_ordinary, NULL), 0);
        assert_int_equal(message("a.service", 1), 0);
        if (lsm) {
                assert_int_equal(message("a.service", -0x0f), EPERM);
                assert_int_equal(message("a.service", 15), 0);
                assert_int_equal(message("a.service", 17), EPERM); /* nobody looks at so many */
        }
        assert_int_equal(message("b.service", -1), 0);
        testhost_free(th);

        th = start("[egress]\nmode = enforce\n[egress-rule a]\nunit = a.service\nallow = any/raw\ndefault = deny\n");
        assert_int_equal(ground_run(&ground, "a.service", options_route, &routes[0]), 0);
        assert_int_equal(message("a.service", -1), 0);
        testhost_free(th);
        th = start("[egress]\nmode = audit\n[egress-rule a]\nunit = a.service\ndefault = deny\n");
        assert_int_equal(ground_run(&ground, "a.service", options_route, &routes[0]), 0);
        assert_int_equal(ground_run(&ground, "a.service", options_ordinary, NULL), 0);
        testhost_free(th);
}

/* What was seen to have an effect is what is claimed. */
static void test_coverage(void **state)
{
        uint64_t host = 0;
        struct testhost *th = start(NULL);

        assert_int_equal(testhost_watch(th, "guard.covered", &host, 1), 0);
        assert_int_equal(sections_configure(th, "[egress]\nmode = enforce\nrequire-coverage = cgroup\n"), 0);
        assert_int_equal(metric(th, "guard.covered", 0), 1);
        testhost_free(th);

        th = start(NULL);
        assert_int_equal(testhost_watch(th, "guard.covered", &host, 1), 0);
        assert_int_equal(sections_configure(th, "[egress]\nmode = enforce\nrequire-coverage = lsm\n"), 0);
        assert_int_equal(metric(th, "guard.covered", 0), lsm);
        testhost_free(th);
}

/* --- learning --- */

static void test_learn(void **state)
{
        struct testhost *th = start("[egress]\nmode = learn\n");
        char path[512], text[4096] = "", rules[4608];
        struct stat st;
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/a.service", ground.cgroup);
        assert_int_equal(stat(path, &st), 0);
        testhost_add_object(th, "cgroup", st.st_ino, ground_name(&ground, "a.service"), path);
        assert_let("a.service", TCP("192.0.2.1", 443));
        assert_let("a.service", UDP6("2001:db8::1", 53));
        assert_let("a.service", TCP("192.0.2.1", 443));
        assert_int_equal(testhost_collect(th), 0);
        testhost_free(th);

        (void) snprintf(path, sizeof(path), "/tmp/trimtab-guard-%d.conf", (int) getpid());
        f = fopen(path, "re");
        assert_non_null(f);
        assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
        (void) fclose(f);
        (void) unlink(path);
        assert_non_null(strstr(text, "unit = a.service\n"));
        assert_non_null(strstr(text, "192.0.2.1:443/tcp"));
        assert_non_null(strstr(text, "[2001:db8::1]:53/udp"));

        /* Under these rules it runs as it did, and does nothing else. The reader of this test knows no lines that go on. */
        for (char *p = text; (p = strstr(p, "\n  ")); p++)
                memcpy(p, ",  ", 3);
        (void) snprintf(rules, sizeof(rules), "[egress]\nmode = enforce\n%s", strchr(text, '\n'));
        th = start(rules);
        assert_let("a.service", TCP("192.0.2.1", 443));
        assert_let("a.service", UDP6("2001:db8::1", 53));
        assert_refused("a.service", TCP("192.0.2.1", 80));
        assert_refused("a.service", TCP("192.0.2.2", 443));
        testhost_free(th);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                TEST(test_a_unit_may_talk_to_these), TEST(test_unknown_ones_are_refused), TEST(test_the_order_of_rules),
                TEST(test_a_cgroup_that_nobody_has_seen), TEST(test_a_glob), TEST(test_a_user), TEST(test_a_program), TEST(test_loaded_when_it_is_asked_for),
                TEST(test_modes), TEST(test_off_and_on_again),
                TEST(test_a_daemon_that_only_advises), TEST(test_killed), TEST(test_reloads), TEST(test_lsm), TEST(test_routes), TEST(test_coverage),
                TEST(test_learn),
        };
        int r;

        if (argc == 2 && strcmp(argv[1], "--attempt") == 0) {
                struct attempt a = TCP("192.0.2.1", 443);

                return attempt(&a);
        }
        r = ground_begin(&ground, argc, argv, &plugin_file, &lsm);
        if (r != 0)
                return r;
        r = cmocka_run_group_tests(tests, NULL, NULL);
        ground_remove(&ground);
        return r;
}
