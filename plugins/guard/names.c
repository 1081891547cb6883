/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "names.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t now_s(void)
{
        struct timespec t;

        (void) clock_gettime(CLOCK_BOOTTIME, &t);
        return (uint64_t) t.tv_sec;
}

static struct name *find(const struct names *n, const char *host)
{
        for (struct name *at = n->all; at; at = at->next)
                if (strcmp(at->host, host) == 0)
                        return at;
        return NULL;
}

/* --- the thread's: with the lock, but while it asks --- */

static void note(struct names *n, struct name *name, const struct prefix *prefix)
{
        struct address *at;

        for (size_t i = 0; i < name->n; i++)
                if (memcmp(&name->addresses[i].prefix, prefix, sizeof(*prefix)) == 0) {
                        name->addresses[i].seen_s = now_s();
                        return;
                }
        at = reallocarray(name->addresses, name->n + 1, sizeof(*at));
        if (!at)
                return;
        name->addresses = at;
        at[name->n++] = (struct address){ *prefix, now_s() };
        n->changes++;
}

static void forget_old(struct names *n, struct name *name)
{
        size_t kept = 0;

        for (size_t i = 0; i < name->n; i++)
                if (name->addresses[i].seen_s + NAMES_KEPT_S > now_s())
                        name->addresses[kept++] = name->addresses[i];
        n->changes += kept != name->n;
        name->n = kept;
}

static void take(struct names *n, struct name *name, const struct addrinfo *found)
{
        for (; found; found = found->ai_next) {
                struct prefix p = { .family = found->ai_family == AF_INET ? 4 : 6, .length = found->ai_family == AF_INET ? 32 : 128 };

                if (found->ai_family == AF_INET)
                        memcpy(p.bytes, &((const struct sockaddr_in *) (const void *) found->ai_addr)->sin_addr, 4);
                else if (found->ai_family == AF_INET6)
                        memcpy(p.bytes, &((const struct sockaddr_in6 *) (const void *) found->ai_addr)->sin6_addr, 16);
                else
                        continue;
                note(n, name, &p);
        }
}

/* Names stay where they are until the thread has ended: only new ones are put in front. */
static void ask_all(struct names *n)
{
        static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };

        for (struct name *name = n->all; name && !n->stopping; name = name->next) {
                struct addrinfo *found = NULL;
                int r;

                if (!name->wanted)
                        continue;
                (void) pthread_mutex_unlock(&n->lock);
                r = getaddrinfo(name->host, NULL, &hints, &found);
                (void) pthread_mutex_lock(&n->lock);
                if (r == 0) {
                        take(n, name, found);
                        freeaddrinfo(found);
                        forget_old(n, name);
                }
        }
}

static void *run(void *userdata)
{
        struct names *n = userdata;

        (void) pthread_mutex_lock(&n->lock);
        while (!n->stopping) {
                struct timespec until;

                n->again = false;
                ask_all(n);
                (void) clock_gettime(CLOCK_REALTIME, &until);
                until.tv_sec += NAMES_EVERY_S;
                while (!n->stopping && !n->again && pthread_cond_timedwait(&n->wake, &n->lock, &until) == 0)
                        ;
        }
        (void) pthread_mutex_unlock(&n->lock);
        return NULL;
}

/* --- the plugin's --- */

/* Signals are the daemon's loop's. */
static int start(struct names *n)
{
        sigset_t all, before;
        int r;

        (void) pthread_mutex_init(&n->lock, NULL);
        (void) pthread_cond_init(&n->wake, NULL);
        (void) sigfillset(&all);
        (void) pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&n->thread, NULL, run, n);
        (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
        n->running = r == 0;
        return -r;
}

static int want(struct names *n, const char *host)
{
        struct name *name = find(n, host);

        if (!name) {
                name = calloc(1, sizeof(*name));
                if (name)
                        name->host = strdup(host);
                if (!name || !name->host) {
                        free(name);
                        return -ENOMEM;
                }
                name->next = n->all;
                n->all = name;
        }
        name->wanted = true;
        return 0;
}

static bool has_names(const struct rules *rules)
{
        for (size_t i = 0; i < rules->n; i++)
                for (size_t j = 0; j < rules->all[i].n_items; j++)
                        if (rules->all[i].items[j].host)
                                return true;
        return false;
}

int names_want(struct names *n, const struct rules *rules)
{
        int r = 0;

        if (!n->running) {
                if (!has_names(rules))
                        return 0;
                r = start(n);
                if (r < 0)
                        return r;
        }
        (void) pthread_mutex_lock(&n->lock);
        for (struct name *name = n->all; name; name = name->next)
                name->wanted = false;
        for (size_t i = 0; i < rules->n; i++)
                for (size_t j = 0; j < rules->all[i].n_items && r >= 0; j++)
                        if (rules->all[i].items[j].host)
                                r = want(n, rules->all[i].items[j].host);
        n->again = true;
        (void) pthread_cond_signal(&n->wake);
        (void) pthread_mutex_unlock(&n->lock);
        return r;
}

bool names_changed(struct names *n)
{
        bool changed;

        if (!n->running)
                return false;
        (void) pthread_mutex_lock(&n->lock);
        changed = n->changes != n->taken;
        (void) pthread_mutex_unlock(&n->lock);
        return changed;
}

int names_resolved(struct names *n, const struct rules *rules, struct resolved **ret, size_t *ret_n)
{
        int r = 0;

        *ret = NULL;
        *ret_n = 0;
        if (!n->running)
                return 0;
        (void) pthread_mutex_lock(&n->lock);
        n->taken = n->changes;
        for (size_t i = 0; i < rules->n && r >= 0; i++)
                for (size_t j = 0; j < rules->all[i].n_items && r >= 0; j++) {
                        const char *host = rules->all[i].items[j].host;
                        const struct name *name = host ? find(n, host) : NULL;
                        struct resolved *at = name ? reallocarray(*ret, *ret_n + name->n + 1, sizeof(*at)) : NULL;

                        if (!name)
                                continue;
                        if (!at) {
                                r = -ENOMEM;
                                break;
                        }
                        *ret = at;
                        for (size_t k = 0; k < name->n; k++)
                                at[(*ret_n)++] = (struct resolved){ i, j, name->addresses[k].prefix };
                }
        (void) pthread_mutex_unlock(&n->lock);
        return r;
}

/* The resolver may be waited for: it ends what it has begun. */
void names_done(struct names *n)
{
        if (n->running) {
                (void) pthread_mutex_lock(&n->lock);
                n->stopping = true;
                (void) pthread_cond_signal(&n->wake);
                (void) pthread_mutex_unlock(&n->lock);
                (void) pthread_join(n->thread, NULL);
        }
        for (struct name *name = n->all, *next; name; name = next) {
                next = name->next;
                free(name->host);
                free(name->addresses);
                free(name);
        }
        *n = (struct names){};
}
