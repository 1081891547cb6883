/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "grammar.h"

#include <stdarg.h>
#include <stdio.h>

enum { RULES_MAX = 5 };

struct writer {
        struct chance *chance;
        bool tame;
        char *text;
        size_t n, size;
};

__attribute__((format(printf, 2, 3))) static void say(struct writer *w, const char *format, ...)
{
        va_list ap;
        int r;

        va_start(ap, format);
        r = vsnprintf(w->text + w->n, w->size - w->n, format, ap);
        va_end(ap);
        if (r > 0 && (size_t) r < w->size - w->n)
                w->n += (size_t) r;
}

/* Statistics of pressure and latency: what is there only under load. */
static const struct {
        const char *term, *unit;
        unsigned least, most; /* what is worth comparing them with */
} measures[] = {
        { "avg(toy.pressure)", "%", 10, 95 },
        { "last(toy.pressure, 2s)", "%", 10, 95 },
        { "max(toy.pressure, 30s)", "%", 10, 95 },
        { "min(toy.pressure, 5s)", "%", 10, 95 },
        { "p99(toy.latency)", "ms", 2, 50 },
        { "p50(toy.latency, 20s)", "ms", 2, 50 },
        { "mean(toy.latency, 3s)", "ms", 2, 50 },
        { "rate(toy.runtime)", "%", 10, 90 },
        { "max_of(p90(toy.latency @children))", "ms", 2, 50 },
        { "avg_of(avg(toy.pressure @cgroup:/s/*))", "%", 10, 95 },
        { "last(toy.load @host)", "", 1, 2 },
};

static void comparison(struct writer *w)
{
        const unsigned i = pick(w->chance, sizeof(measures) / sizeof(measures[0]));

        say(w, "%s %s %u%s", measures[i].term, w->tame || pick(w->chance, 4) ? ">" : "<=",
            measures[i].least + pick(w->chance, measures[i].most - measures[i].least), measures[i].unit);
}

static void condition(struct writer *w)
{
        comparison(w);
        for (unsigned i = pick(w->chance, 3); i > 0; i--) {
                say(w, " %s ", pick(w->chance, 2) ? "and" : "or");
                if (!w->tame && once_in(w->chance, 4))
                        say(w, "not ");
                comparison(w);
        }
}

static void weight(struct writer *w)
{
        static const char *const operations[] = { "*=", "+=", "/=", "-=" };
        unsigned low = 1 + pick(w->chance, 300), o = pick(w->chance, 4);

        say(w, "within = cpu.weight %u..%u\n", low, low + 1 + pick(w->chance, 5000));
        say(w, "then = cpu.weight %s %g\n", operations[o], o % 2 ? 1 + pick(w->chance, 300) : 1.01 + pick(w->chance, 30) / 10.0);
}

static void limit_neighbours(struct writer *w)
{
        unsigned low = 1 + pick(w->chance, 100);

        say(w, "within = cpu.max %u%%..max\n", low);
        say(w, "then = cpu.max @siblings *= 0.%u\n", 5 + pick(w->chance, 5));
}

static void limit(struct writer *w)
{
        unsigned low = 1 + pick(w->chance, 100);

        say(w, "within = cpu.max %u%%..%u%%\n", low, low + pick(w->chance, 400));
        say(w, "then = cpu.max %s %u%%\n", pick(w->chance, 2) ? "-=" : "+=", 1 + pick(w->chance, 50));
}

static void memory(struct writer *w)
{
        say(w, "within = memory.high 256Mi..max\n");
        say(w, "then = memory.high *= 0.%u\n", 5 + pick(w->chance, 5));
}

static void fixed(struct writer *w)
{
        unsigned v = 1 + pick(w->chance, 10000);

        if (pick(w->chance, 2))
                say(w, "within = cpu.weight %u..%u\n", v > 50 ? v - 50 : 1, v);
        say(w, "then = cpu.weight = %u\n", v);
}

static void several(struct writer *w)
{
        static const char *const modes[] = { "low", "normal", "high" };

        say(w, "within = cpu.weight 10..900\n");
        say(w, "then = cpu.weight *= 1.5\n       cpuset.cpus = 0-%u\n       cpu.mode = %s\n", pick(w->chance, 3),
            modes[pick(w->chance, 3)]);
}

static void host(struct writer *w)
{
        say(w, "within = host.ratio 10..90\nthen = host.ratio -= %u\n", 1 + pick(w->chance, 20));
}

static void (*const actions[])(struct writer *w) = { weight, weight, limit_neighbours, limit, memory, fixed, several };

static void goal_levers(struct writer *w)
{
        static const char *const levers[] = {
                "cpu.weight 50..2000",          "cpu.weight 200..900 step +50", "cpu.max @siblings 20%..max",
                "cpu.max 50%..max step *0.9",   "cpu.weight @parent 1..10000",  "cpu.weight @cgroup:/s/b 10..100",
                "host.ratio @host 10..90",      "memory.high 256Mi..max",
        };
        unsigned n = 1 + pick(w->chance, 3), first = pick(w->chance, 8);

        say(w, "by = ");
        for (unsigned i = 0; i < n; i++)
                say(w, "%s%s\n", i > 0 ? "     " : "", levers[(first + i) % 8]);
        if (!w->tame && once_in(w->chance, 2))
                say(w, "take = memory.high 64Mi..max\n");
}

/* tame: what is measured is there, and low, without a load; and nothing is taken, as that stays while the goal is met. */
static void write_goal(struct writer *w, unsigned number)
{
        static const char *const objects[] = { "/s/a", "/s/*", "/s/*, !cgroup:/s/b", "/t/d" };
        static const unsigned known[] = { 0, 1, 2, 3, 7 };
        const unsigned i = w->tame ? known[pick(w->chance, 5)] : pick(w->chance, 10);

        say(w, "[goal g%u]\nfor = cgroup:%s\n", number, objects[pick(w->chance, 4)]);
        say(w, "keep = %s %s %u%s\n", measures[i].term, w->tame || pick(w->chance, 4) ? "<" : ">",
            measures[i].least + pick(w->chance, measures[i].most - measures[i].least), measures[i].unit);
        say(w, "settle = %us\nease-after = %us\n", 1 + pick(w->chance, 20), 1 + pick(w->chance, 60));
        say(w, "priority = %u\n", pick(w->chance, 3));
        if (once_in(w->chance, 4))
                say(w, "guard = avg(toy.pressure @cgroup:/s/b) < %u%%\n", 30 + pick(w->chance, 70));
        if (once_in(w->chance, 8))
                say(w, "mode = advise\n");
        goal_levers(w);
        say(w, "\n");
}

static void write_rule(struct writer *w, unsigned number)
{
        static const char *const objects[] = { "/s/a", "/s/*", "/s/*, !cgroup:/s/b", "/t/d", "/s, cgroup:/t", "/*/*" };
        static const char *const on_clear[] = { "restore", "ease", "ease", "keep" };
        unsigned least = w->tame ? 5 : 0;
        bool for_host = once_in(w->chance, 8);

        say(w, "[rule r%u]\n", number);
        if (for_host)
                say(w, "for = host\nwhen = last(toy.load) > %u\n", 1 + pick(w->chance, 2));
        else {
                say(w, "for = cgroup:%s\nwhen = ", objects[pick(w->chance, 6)]);
                condition(w);
                say(w, "\n");
        }
        say(w, "hold = %us\n", least + pick(w->chance, 30));
        say(w, "clear-hold = %us\n", least + pick(w->chance, 60));
        say(w, "cooldown = %us\n", least + pick(w->chance, 60));
        if (pick(w->chance, 2))
                say(w, "every = %us\n", 60 + pick(w->chance, 60));
        say(w, "priority = %u\n", pick(w->chance, 3));
        say(w, "on-clear = %s\n", on_clear[pick(w->chance, 4)]);
        if (once_in(w->chance, 4))
                say(w, "guard = avg(toy.pressure @cgroup:/s/b) < %u%%\n", 30 + pick(w->chance, 70));
        if (once_in(w->chance, 8))
                say(w, "mode = advise\n");
        if (for_host)
                host(w);
        else
                actions[pick(w->chance, sizeof(actions) / sizeof(actions[0]))](w);
        say(w, "\n");
}

void grammar_write(struct chance *c, bool tame, char *text, size_t size)
{
        struct writer w = { .chance = c, .tame = tame, .text = text, .size = size };
        unsigned n = 1 + pick(c, RULES_MAX);

        text[0] = '\0';
        for (unsigned i = 0; i < n; i++)
                if (once_in(c, 3))
                        write_goal(&w, i);
                else
                        write_rule(&w, i);
}
