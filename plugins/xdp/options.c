/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct trimtab_option xdp_options[XDP_N_OPTIONS] = {
        { "attach", "", "how to attach where a mode is asked for and xdp.attach is not: native or generic", "native", 0, 0 },
        { "monitor", "", "interfaces that are attached from the start, to be watched: names or globs with spaces between", "", 0, 0 },
        { "management", "", "TCP ports that no filter, ban or limit closes: ports or ranges with spaces between", "22", 0, 0 },
        { "flood-pps", "packets/s", "more packets a second than this are a flood; 0: none are", "0", 0, 1e9 },
        { "flood-syn-pps", "packets/s", "more new connections a second than this are a flood; 0: none are", "0", 0, 1e9 },
        { "burst", "ms", "how far ahead of its limit a source or destination may be", "100", 1, 10000 },
        { "linger", "s", "how long the program stays attached after its mode is off again", "60", 0, 3600 },
        { "buckets", "buckets", "of a limit: who shares one shares its limit; 8 bytes each, rounded up to a power of two", "65536", 1,
          4194304 },
        { "tcx", NULL, "whether routes of path = tc are tcx links where the kernel has them (6.6), or filters of clsact, as before", "yes", 0, 0 },
        { "top-sources", "sources", "how many of those that send most are objects; 0: nobody looks", "16", 0, 256 },
};

static double number(const struct xdp *x, const char *name)
{
        double n = 0;

        (void) x->host->option_number(x->host, name, &n);
        return n;
}

/* A copy of an option's text, cut into words in place. */
struct words {
        char *text, *next;
};

static int words_open(const struct xdp *x, const char *name, struct words *ret)
{
        const char *text = "";
        int r = x->host->option_text(x->host, name, &text);

        if (r < 0)
                return r;
        ret->text = ret->next = strdup(text);
        return ret->text ? 0 : -ENOMEM;
}

static char *words_next(struct words *w)
{
        char *word;

        do
                word = strsep(&w->next, " \t,");
        while (word && !*word);
        return word;
}

static int read_attach(struct xdp *x)
{
        const char *text;
        int r = x->host->option_text(x->host, "attach", &text);

        if (r < 0)
                return r;
        for (enum attachment a = ATTACH_NATIVE; a < _ATTACH_MAX; a++)
                if (strcmp(attachment_names[a], text) == 0) {
                        x->attach = a;
                        return 0;
                }
        x->host->log(x->host, TRIMTAB_LOG_ERROR, "attach must be native or generic, not '%s'", text);
        return -EINVAL;
}

static int read_monitored(struct xdp *x)
{
        struct words w;
        char *word;
        int r = words_open(x, "monitor", &w);

        if (r < 0)
                return r;
        while ((word = words_next(&w)) && r >= 0) {
                char **grown = reallocarray(x->monitored, x->n_monitored + 1, sizeof(*grown));

                r = -ENOMEM;
                if (grown)
                        x->monitored = grown;
                if (grown && (grown[x->n_monitored] = strdup(word))) {
                        x->n_monitored++;
                        r = 0;
                }
        }
        free(w.text);
        return r;
}

static int read_management(struct xdp *x)
{
        struct words w;
        char *word, why[128];
        int r = words_open(x, "management", &w);

        if (r < 0)
                return r;
        while ((word = words_next(&w)) && r >= 0) {
                struct range *grown = reallocarray(x->management, x->n_management + 1, sizeof(*grown));

                if (!grown) {
                        r = -ENOMEM;
                        break;
                }
                x->management = grown;
                r = parse_range(word, &grown[x->n_management], why, sizeof(why));
                if (r < 0)
                        x->host->log(x->host, TRIMTAB_LOG_ERROR, "management: '%s': %s", word, why);
                else
                        x->n_management++;
        }
        free(w.text);
        return r;
}

int options_read(struct xdp *x)
{
        double buckets = number(x, "buckets");
        int r;

        x->flood_pps = number(x, "flood-pps");
        x->flood_syn_pps = number(x, "flood-syn-pps");
        x->burst_ns = (uint64_t) (number(x, "burst") * 1e6);
        x->linger_ns = (uint64_t) (number(x, "linger") * 1e9);
        x->n_top = (uint32_t) number(x, "top-sources");
        x->tcx = number(x, "tcx") > 0;
        for (x->n_buckets = 1; x->n_buckets < buckets;)
                x->n_buckets *= 2;

        r = read_attach(x);
        if (r >= 0)
                r = read_monitored(x);
        return r >= 0 ? read_management(x) : r;
}

void options_free(struct xdp *x)
{
        for (size_t i = 0; i < x->n_monitored; i++)
                free(x->monitored[i]);
        free(x->monitored);
        free(x->management);
}
