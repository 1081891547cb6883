/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "coverage.h"
#include "pins.h"
#include "state.h"

/* What is asked for, and what of it is done. */

uint32_t guard_asked(const struct guard *g)
{
        return g->override >= 0 ? (uint32_t) g->override : g->base;
}

uint64_t guard_now_ns(void)
{
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}

uint32_t guard_daemon_mode(const struct trimtab_host *h)
{
        return h->size > offsetof(struct trimtab_host, daemon_mode) ? h->daemon_mode(h) : TRIMTAB_OBSERVE;
}

/* A daemon that is to change nothing refuses nothing: it says what it would. */
static uint32_t allowed_mode(struct guard *g)
{
        uint32_t asked = g->released ? GUARD_OFF : guard_asked(g);
        bool held = asked == GUARD_ENFORCE && guard_daemon_mode(g->host) < TRIMTAB_ENFORCE;

        if (held && !g->told_advise)
                g->host->log(g->host, TRIMTAB_LOG_NOTICE, "would enforce: the daemon's own mode is not enforce, so that connections are only audited");
        g->told_advise = held;
        return held ? GUARD_AUDIT : asked;
}

/* By effect. Which backend tells of what both see, and whether ping sockets can be let be, hang on it. */
static void look_at_coverage(struct guard *g)
{
        const uint32_t datagrams = 1u << PROBE_SEND4 | 1u << PROBE_SEND6, connects = 1u << PROBE_CONNECT4 | 1u << PROBE_CONNECT6;
        int r = probe_run(&g->program, g->settings.scope ? g->settings.cgroup : NULL, g->probed);

        if (r < 0)
                g->host->log(g->host, TRIMTAB_LOG_WARNING, "what has an effect could not be tried out: %s", strerror(-r));
        g->program.control->teller = (g->probed[GUARD_LSM] & connects) == connects ? GUARD_LSM : GUARD_CGROUP;
        g->program.control->pings_seen = (g->probed[GUARD_LSM] & (connects | datagrams)) == (connects | datagrams);
}

static bool is_covered(const struct guard *g)
{
        bool lsm = coverage_is_whole(g->probed, GUARD_LSM), cgroup = coverage_is_whole(g->probed, GUARD_CGROUP);

        switch (g->now.rules ? g->now.rules->coverage : COVERAGE_ANY) {
        case COVERAGE_LSM:
                return lsm;
        case COVERAGE_CGROUP:
                return cgroup;
        case COVERAGE_ANY:
                return lsm || cgroup;
        }
        return false;
}

bool guard_is_covered(const struct guard *g)
{
        return program_is_attached(&g->program) && is_covered(g);
}

/* The cgroup's setsockopt() has the kernel copy each option's value: only where the LSM's, which costs next to nothing, has no effect. */
static bool attach_all(struct guard *g, int cgroup, char *why, uint32_t size)
{
        const uint32_t dear = 1u << GUARD_PROGRAM_SETSOCKOPT;

        if (!program_attach(&g->program, ~dear, cgroup, why, size))
                return false;
        look_at_coverage(g);
        if (g->probed[GUARD_LSM] & 1u << PROBE_ROUTE_OPTION)
                return true;
        if (program_attach(&g->program, dear, cgroup, why, size) & dear)
                look_at_coverage(g);
        return true;
}

static int attach(struct guard *g)
{
        char why[128] = "";
        bool attached;
        int fd;

        if (program_is_attached(&g->program))
                return 0;
        fd = open(g->settings.cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        attached = attach_all(g, fd, why, sizeof(why));
        (void) close(fd);
        if (!attached) {
                g->host->log(g->host, TRIMTAB_LOG_ERROR, "no program can be attached: %s", why);
                return -EOPNOTSUPP;
        }
        if (why[0])
                g->host->log(g->host, TRIMTAB_LOG_WARNING, "not attached: %s", why);
        if (!is_covered(g))
                g->host->log(g->host, TRIMTAB_LOG_ERROR,
                             "what was seen to have an effect here is less than require-coverage asks: what can be refused is, and this does "
                             "not count as enforced");
        return 0;
}

/* What an earlier daemon has left is in force until ours is: both together refuse at least what each does. */
static void settle_pins(struct guard *g)
{
        const char *dir = g->settings.pins;
        bool keep = g->now.rules && g->now.rules->keep && program_is_attached(&g->program);
        int r = keep ? program_pin(&g->program, dir) : program_unpin(&g->program);

        if (r < 0)
                g->host->log(g->host, TRIMTAB_LOG_ERROR, "on-exit = keep: the programs cannot be pinned below %s: %s%s", dir, strerror(-r),
                             pins_are_possible(dir) ? "" : "; it is in no bpf filesystem (mount -t bpf bpf /sys/fs/bpf)");
        else if (g->configured)
                (void) program_unpin_others(&g->program, dir);
        else if (!g->told_others && program_has_others(&g->program, dir)) {
                g->host->log(g->host, TRIMTAB_LOG_WARNING,
                             "the policy of an earlier daemon is still in force, and no [egress] has taken its place; 'trimtab guard release' "
                             "ends it, and removes what is below %s", dir);
                g->told_others = true;
        }
}

int guard_settle(struct guard *g)
{
        uint32_t mode = allowed_mode(g);
        int r = 0;

        if (mode >= GUARD_AUDIT && g->program.control->mode < GUARD_AUDIT)
                g->since_ns = guard_now_ns();
        if (mode != g->program.control->mode)
                program_set_mode(&g->program, mode); /* before they are attached: there is no moment in another mode */
        if (mode == GUARD_OFF)
                program_detach(&g->program);
        else
                r = attach(g);
        settle_pins(g);
        return r;
}
