/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/sections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"
#include "util/str.h"

struct item {
        struct plugin *plugin;
        struct section_set *set; /* NULL: something is wrong with it */
};

struct section_sets {
        struct item *items; /* in the order of the plugins */
        size_t n;
};

DEFINE_CLEANUP(struct section_sets *, sections_free);

struct section_sets *sections_free(struct section_sets *s)
{
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n; i++)
                section_set_free(s->items[i].set);
        free(s->items);
        free(s);
        return NULL;
}

size_t sections_n(const struct section_sets *s)
{
        size_t n = 0;

        for (size_t i = 0; i < s->n; i++)
                n += s->items[i].set ? s->items[i].set->n : 0;
        return n;
}

/* One that leaves has no names any more. */
static bool is_concerned(const struct plugin *p, enum sections_of which)
{
        return p->dl && p->descriptor.plugin.n_sections > 0 && p->state != PLUGIN_LEAVING &&
               (which == SECTIONS_OF_ALL || !p->offered);
}

/* Of one in quarantine no code is called, not even to check. */
static bool is_quarantined(struct plugin *p, const struct ini *ini, struct diag *diag)
{
        if (p->state != PLUGIN_QUARANTINED)
                return false;
        if (section_set_any(p, ini))
                diag_add(diag, SEVERITY_WARNING, NULL, "plugin %s is quarantined: its sections are not looked at", p->name);
        p->offered = true;
        return true;
}

int sections_read(struct plugins *p, struct rules_text *text, enum sections_of which, struct diag *diag, struct section_sets **ret)
{
        const struct plugin_context *c = plugins_context(p);
        _cleanup_(sections_freep) struct section_sets *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->items = calloc(c->n + 1, sizeof(*s->items));
        if (!s->items)
                return -ENOMEM;

        for (size_t i = 0; i < c->n; i++) {
                struct item *item = &s->items[s->n];

                if (!is_concerned(c->all[i], which) || is_quarantined(c->all[i], &text->ini, diag))
                        continue;
                item->plugin = c->all[i];
                r = section_set_read(item->plugin, text, diag, &item->set);
                if (r < 0)
                        return r;
                s->n++;
        }

        *ret = TAKE(s);
        return 0;
}

/* --- handing over --- */

static size_t size_of(const struct section_set *set)
{
        return set ? set->n : 0;
}

/* NULL: no entries. */
static int call(struct plugin *p, const struct section_set *set)
{
        static const struct trimtab_entry *const none[1];
        struct callback before = callback_enter(p, "configure");
        int r = p->descriptor.plugin.configure(p->self, set && set->told ? set->told : none, (uint32_t) size_of(set));

        callback_leave(p, before);
        return r;
}

/* Whether it can take a set at all; else that is said of one that is not empty. */
static bool takes(const struct item *item, struct diag *diag)
{
        const struct plugin *p = item->plugin;

        if (p->state == PLUGIN_OPEN)
                return true;
        if (size_of(item->set) > 0)
                diag_add(diag, SEVERITY_WARNING, NULL, "plugin %s is %s: its sections are not in force", p->name,
                         plugin_state_name(p->state));
        return false;
}

static void refused(const struct plugin *p, int error, struct diag *diag)
{
        diag_add(diag, SEVERITY_ERROR, NULL, "plugin %s did not take its sections: %s; what it logged may say why", p->name,
                 strerror(-error));
}

static void keep(struct item *item)
{
        section_set_free(item->plugin->entries);
        item->plugin->entries = TAKE(item->set);
        free(TAKE(item->plugin->sections_reason));
}

/* Of a plugin that is open and has none in force, to be seen as long as that is so. Takes over why; NULL: out of memory. */
static void left_with_none(struct plugin *p, char *why)
{
        free(p->sections_reason);
        p->sections_reason = why;
}

void sections_offer(struct section_sets *s, struct diag *diag)
{
        for (size_t i = 0; i < s->n; i++) {
                struct item *item = &s->items[i];
                struct plugin *p = item->plugin;
                int r;

                p->offered = true;
                if (!item->set) {
                        diag_add(diag, SEVERITY_ERROR, NULL, "plugin %s: none of its sections is in force, for something in them is wrong",
                                 p->name);
                        left_with_none(p, strdup("something in them is wrong: 'trimtab check' says what; then 'trimtab reload'"));
                }
                if (!takes(item, diag) || size_of(item->set) == 0)
                        continue;

                r = call(p, item->set);
                if (r >= 0) {
                        keep(item);
                        continue;
                }
                refused(p, r, diag);
                left_with_none(p, str_printf("it did not take them: %s; its lines in 'trimtab log' or the journal may say why; then "
                                             "'trimtab reload'", strerror(-r)));
        }
}

/* Nothing changes for who has none and gets none. */
static bool changes(const struct item *item)
{
        return item->plugin->state == PLUGIN_OPEN && (size_of(item->plugin->entries) > 0 || size_of(item->set) > 0);
}

/* Those before the n-th have taken the new set already. */
static void turn_back(struct section_sets *s, size_t n, struct diag *diag)
{
        while (n-- > 0) {
                struct item *item = &s->items[n];
                int r = changes(item) ? call(item->plugin, item->plugin->entries) : 0;

                if (r < 0)
                        diag_add(diag, SEVERITY_ERROR, NULL,
                                 "plugin %s has taken new sections and does not take the old ones back: %s; restart the daemon",
                                 item->plugin->name, strerror(-r));
        }
}

int sections_replace(struct section_sets *s, struct diag *diag)
{
        int r;

        for (size_t i = 0; i < s->n; i++)
                if (!s->items[i].set)
                        return -EINVAL;

        for (size_t i = 0; i < s->n; i++) {
                struct item *item = &s->items[i];

                (void) takes(item, diag);
                r = changes(item) ? call(item->plugin, item->set) : 0;
                if (r < 0) {
                        refused(item->plugin, r, diag);
                        turn_back(s, i, diag);
                        return r;
                }
        }

        for (size_t i = 0; i < s->n; i++) {
                s->items[i].plugin->offered = true;
                if (s->items[i].plugin->state == PLUGIN_OPEN)
                        keep(&s->items[i]);
        }
        return 0;
}
