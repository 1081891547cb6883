/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "plugin/descriptor-room.h"
#include "util/cleanup.h"
#include "util/str.h"

/* Names are words of the rule language: no dash, which would read as minus. */
static bool name_is_valid(const char *name, const char *also)
{
        size_t n = name ? strlen(name) : 0;

        if (n == 0 || n > 63 || !(name[0] >= 'a' && name[0] <= 'z'))
                return false;

        for (size_t i = 0; i < n; i++)
                if (!(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= '0' && name[i] <= '9') &&
                    !strchr(also, name[i]))
                        return false;

        return name[n - 1] != '.' && !strstr(name, "..");
}

bool plugin_name_is_valid(const char *name)
{
        return name_is_valid(name, "-") && strlen(name) < sizeof(((struct trimtab_note *) NULL)->name);
}

static bool is_text(const char *s)
{
        return s && *s;
}

int check_name(const struct entry *e, const char *name, const char *also)
{
        if (!name_is_valid(name, also))
                return inspection_refuse(e->why, -ENOEXEC,
                                         "%s '%.70s': not a name; expected at most 63 lower case letters, "
                                         "digits and any of '%s'",
                                         e->what, name ? name : "", also);
        return 0;
}

int check_help(const struct entry *e, const char *help)
{
        return is_text(help) ? 0 : REFUSE(e, "it has no help");
}

static int check_scope_known(const struct entry *e, const char *scope, const struct descriptor *d,
                             const struct objects *objects)
{
        if (!scope)
                return REFUSE(e, "it has no scope");
        if (objects_scope_find(objects, scope, strlen(scope)) >= 0)
                return 0;

        for (uint32_t i = 0; i < d->plugin.n_scopes; i++)
                if (streq(d->scopes[i].name, scope))
                        return 0;

        return REFUSE(e, "scope '%.64s' is neither the core's nor one of the plugin's own", scope);
}

static int check_scope(const struct descriptor *d, uint32_t i, const struct objects *objects,
                       struct inspection *why)
{
        const struct trimtab_scope *s = &d->scopes[i];
        const struct entry e = { "scope", s->name, why };
        int r;

        r = check_name(&e, s->name, "_");
        if (r < 0)
                return r;
        r = check_help(&e, s->help);
        if (r < 0)
                return r;

        for (uint32_t j = 0; j < i; j++)
                if (streq(d->scopes[j].name, s->name))
                        return REFUSE(&e, "declared twice");

        r = objects_scope_find(objects, s->name, strlen(s->name));
        if (r >= 0 && r < SCOPE_BUILTIN_MAX)
                return REFUSE(&e, "the core has a scope of that name");
        return 0;
}

static int check_metric(const struct descriptor *d, uint32_t i, const struct objects *objects,
                        struct inspection *why)
{
        const struct trimtab_metric *m = &d->metrics[i];
        const struct entry e = { "metric", m->name, why };
        const char *rest;
        int r;

        r = check_name(&e, m->name, "._");
        if (r < 0)
                return r;

        rest = startswith(m->name, d->plugin.name);
        if (!rest || *rest != '.')
                return REFUSE(&e, "expected the plugin's name in front, '%s.…'", d->plugin.name);
        if (!m->unit || !is_text(m->help))
                return REFUSE(&e, "it has no %s", m->unit ? "help" : "unit (\"\" is a bare number)");
        if (m->kind < TRIMTAB_GAUGE || m->kind > TRIMTAB_HISTOGRAM)
                return REFUSE(&e, "kind %u is not known; expected gauge (1), counter (2) or histogram (3)",
                              m->kind);

        for (uint32_t j = 0; j < i; j++)
                if (streq(d->metrics[j].name, m->name))
                        return REFUSE(&e, "declared twice");

        return check_scope_known(&e, m->scope, d, objects);
}

/* Absolute, or below the object's folder; nothing but the known placeholders; no way up. One file for all objects only
 * when the key tells them apart. */
static int check_file(const struct entry *e, const char *file, const char *scope, bool by_key)
{
        static const char *const placeholders[] = { "{path}", "{name}", "{key}" };
        bool placed = false;

        if (file[0] != '/' && !startswith(file, "{path}/"))
                return REFUSE(e, "file '%.64s': expected an absolute path or {path}/…", file);
        if (strstr(file, "/../") || endswith(file, "/..") || endswith(file, "/"))
                return REFUSE(e, "file '%.64s': expected the path of a file without ..", file);

        for (const char *p = file; (p = strpbrk(p, "{}"));) {
                const char *rest = NULL;

                for (size_t i = 0; i < ELEMENTSOF(placeholders) && !rest; i++)
                        rest = startswith(p, placeholders[i]);
                if (!rest)
                        return REFUSE(e, "file '%.64s': the placeholders are {path}, {name} and {key}", file);
                placed = true;
                p = rest;
        }

        if (!placed && !by_key && !streq(scope, "host"))
                return REFUSE(e,
                              "file '%.64s' is the same for every %s; expected {path}, {name} or {key} in it",
                              file, scope);
        return 0;
}

static int check_range(const struct entry *e, const struct trimtab_knob *k)
{
        if (!isfinite(k->min) || !isfinite(k->max) || k->min > k->max)
                return REFUSE(e, "its range is %g to %g; expected min <= max, both finite", k->min, k->max);
        if ((k->flags & TRIMTAB_KNOB_WEIGHT) && k->min <= 0)
                return REFUSE(e, "a weight's minimum is %g; expected more than 0", k->min);
        return 0;
}

int check_choices(const struct entry *e, const char *const *choices)
{
        if (!choices || !choices[0])
                return REFUSE(e, "a choice without choices");

        for (size_t i = 0; choices[i]; i++)
                for (size_t j = 0; j < i; j++)
                        if (streq(choices[i], choices[j]))
                                return REFUSE(e, "choice '%.64s' is there twice", choices[i]);
        return 0;
}

/* The core knows the settings that it sets; they are not many. */
static int check_ethtool(const struct entry *e, const struct trimtab_knob *k)
{
        static const struct {
                const char *key;
                uint32_t type;
        } settings[] = {
                { "adaptive-rx", TRIMTAB_CHOICE }, { "adaptive-tx", TRIMTAB_CHOICE }, { "rx-usecs", TRIMTAB_NUMBER },
                { "rx-frames", TRIMTAB_NUMBER },   { "tx-usecs", TRIMTAB_NUMBER },    { "tx-frames", TRIMTAB_NUMBER },
        };
        size_t i = 0;

        if (!k->file || !streq(k->file, "ethtool:{key}/coalesce") || !streq(k->scope, "iface"))
                return REFUSE(e, "form ethtool: expected file 'ethtool:{key}/coalesce' and scope iface");
        while (i < ELEMENTSOF(settings) && !(streq(k->key ?: "", settings[i].key) && k->type == settings[i].type))
                i++;
        if (i == ELEMENTSOF(settings))
                return REFUSE(e, "form ethtool: key '%.64s' is no setting of that type", k->key ?: "");
        return 0;
}

static bool has_lines(uint32_t form)
{
        return form == TRIMTAB_FORM_KEYED || form == TRIMTAB_FORM_NESTED;
}

static int check_form(const struct entry *e, const struct trimtab_knob *k)
{
        if (k->form > TRIMTAB_FORM_ETHTOOL)
                return REFUSE(e, "form %u is not known; expected plain (0), quota (1), keyed (2), nested (3), mask (4) or ethtool (5)",
                              k->form);
        if (k->form == TRIMTAB_FORM_ETHTOOL)
                return check_ethtool(e, k);
        if (k->form == TRIMTAB_FORM_MASK && k->type != TRIMTAB_CPULIST)
                return REFUSE(e, "form mask holds a list of CPUs only");
        if (k->form == TRIMTAB_FORM_QUOTA && k->type != TRIMTAB_NUMBER)
                return REFUSE(e, "form quota holds a number only");
        if (has_lines(k->form) != is_text(k->key))
                return REFUSE(e, "%s",
                              k->key ? "a key, but its form is not keyed or nested" : "form keyed or nested, but no key");
        if (k->form == TRIMTAB_FORM_NESTED && !strchr(k->key, ' '))
                return REFUSE(e, "form nested: key '%.64s', expected the line's key, a blank and the word", k->key);
        if (k->absent && !has_lines(k->form))
                return REFUSE(e, "absent, but its form is not keyed or nested");
        return 0;
}

static int check_type(const struct entry *e, const struct trimtab_knob *k)
{
        int r = 0;

        if (k->type < TRIMTAB_NUMBER || k->type > TRIMTAB_TEXT)
                return REFUSE(e,
                              "type %u is not known; expected number (1), cpulist (2), choice (3) or text "
                              "(4)",
                              k->type);
        if (k->type == TRIMTAB_NUMBER)
                r = check_range(e, k);
        if (k->type == TRIMTAB_CHOICE || (k->type != TRIMTAB_NUMBER && k->choices))
                r = check_choices(e, k->choices);
        if (r >= 0 && k->type != TRIMTAB_CHOICE && k->type != TRIMTAB_NUMBER && k->choices && !k->check)
                return REFUSE(e, "words for its values, but no check() to say what they mean");
        if (r < 0)
                return r;

        return check_form(e, k);
}

/* A knob that is made once for each block device. */
static int check_per_scope(const struct entry *e, const struct trimtab_knob *k)
{
        if (!k->per_scope)
                return 0;
        if (!streq(k->per_scope, "block"))
                return REFUSE(e, "per_scope '%.64s': expected block", k->per_scope);
        if (!k->key || !strstr(k->key, "{device}"))
                return REFUSE(e, "per_scope, but no {device} in its key");
        if (!k->file)
                return REFUSE(e, "per_scope, but no file");
        return 0;
}

static int check_knob(const struct descriptor *d, uint32_t i, const struct objects *objects,
                      struct inspection *why)
{
        const struct trimtab_knob *k = &d->knobs[i];
        const struct entry e = { "knob", k->name, why };
        int r;

        r = check_name(&e, k->name, "._");
        if (r < 0)
                return r;
        if (!k->unit || !is_text(k->help))
                return REFUSE(&e, "it has no %s", k->unit ? "help" : "unit (\"\" is a bare number)");

        for (uint32_t j = 0; j < i; j++)
                if (streq(d->knobs[j].name, k->name))
                        return REFUSE(&e, "declared twice");

        r = check_scope_known(&e, k->scope, d, objects);
        if (r < 0)
                return r;
        r = check_type(&e, k);
        if (r < 0)
                return r;

        r = check_per_scope(&e, k);
        if (r < 0)
                return r;
        if (!k->file && (k->flags & TRIMTAB_KNOB_ACTION) && !k->apply)
                return REFUSE(&e, "an action with neither a file nor apply()");
        if (!k->file && !(k->flags & TRIMTAB_KNOB_ACTION) && (!k->read || !k->apply))
                return REFUSE(&e, "it has neither a file nor both read() and apply()");
        return k->file && k->form != TRIMTAB_FORM_ETHTOOL ? check_file(&e, k->file, k->scope, streq(k->scope, "block") && k->key && strstr(k->key, "{device}"))
                       : 0;
}

static int check_option(const struct descriptor *d, uint32_t i, struct inspection *why)
{
        const struct trimtab_option *o = &d->options[i];
        const struct entry e = { "option", o->name, why };
        int r;

        r = check_name(&e, o->name, "-_");
        if (r < 0)
                return r;
        if (!is_text(o->help) || !o->default_value)
                return REFUSE(&e, "it has no %s", o->default_value ? "help" : "default");
        if (!(o->min <= o->max))
                return REFUSE(&e, "its range is %g to %g; expected min <= max", o->min, o->max);
        if (o->unit && !*o->unit && o->min < o->max)
                return REFUSE(&e, "it is text (its unit is \"\") and has a range; a count has a unit, such as \"files\"");

        for (uint32_t j = 0; j < i; j++)
                if (streq(d->options[j].name, o->name))
                        return REFUSE(&e, "declared twice");
        return 0;
}

static int check_report(const struct descriptor *d, uint32_t i, struct inspection *why)
{
        const struct trimtab_report *o = &d->reports[i];
        const struct entry e = { "report", o->name, why };
        int r;

        r = check_name(&e, o->name, "-");
        if (r >= 0)
                r = check_help(&e, o->help);
        if (r >= 0 && o->columns && !o->columns[0])
                r = REFUSE(&e, "its table has no columns; NULL is a value a line");
        for (uint32_t j = 0; j < i && r >= 0; j++)
                if (streq(d->reports[j].name, o->name))
                        r = REFUSE(&e, "declared twice");
        return r;
}

static int check_deed(const struct descriptor *d, uint32_t i, struct inspection *why)
{
        const struct trimtab_deed *o = &d->deeds[i];
        const struct entry e = { "deed", o->name, why };
        int r;

        r = check_name(&e, o->name, "-");
        if (r >= 0)
                r = check_help(&e, o->help);
        for (uint32_t j = 0; j < i && r >= 0; j++)
                if (streq(d->deeds[j].name, o->name))
                        r = REFUSE(&e, "declared twice");
        return r;
}

static int check_head(const struct trimtab_plugin *p, struct inspection *why)
{
        if (!is_text(p->version) || !is_text(p->license) || !is_text(p->help))
                return inspection_refuse(why, -ENOEXEC,
                                         "the descriptor lacks a version, a license or a help");
        if (p->n_metrics > 0 && !p->collect)
                return inspection_refuse(why, -ENOEXEC, "the descriptor has metrics and no collect()");
        if (p->n_sections > 0 && !p->configure)
                return inspection_refuse(why, -ENOEXEC, "the descriptor has sections and no configure()");
        if (p->n_reports > 0 && !p->report)
                return inspection_refuse(why, -ENOEXEC, "the descriptor has reports and no report()");
        if (p->n_deeds > 0 && !p->deed)
                return inspection_refuse(why, -ENOEXEC, "the descriptor has deeds and no deed()");
        return 0;
}

int descriptor_check(const struct descriptor *d, const struct objects *objects, struct inspection *why)
{
        const struct trimtab_plugin *p = &d->plugin;
        int r;

        r = check_head(p, why);
        for (uint32_t i = 0; i < p->n_scopes && r >= 0; i++)
                r = check_scope(d, i, objects, why);
        for (uint32_t i = 0; i < p->n_metrics && r >= 0; i++)
                r = check_metric(d, i, objects, why);
        for (uint32_t i = 0; i < p->n_knobs && r >= 0; i++)
                r = check_knob(d, i, objects, why);
        for (uint32_t i = 0; i < p->n_options && r >= 0; i++)
                r = check_option(d, i, why);
        for (uint32_t i = 0; i < p->n_sections && r >= 0; i++)
                r = check_section(d, i, why);
        for (uint32_t i = 0; i < p->n_reports && r >= 0; i++)
                r = check_report(d, i, why);
        for (uint32_t i = 0; i < p->n_deeds && r >= 0; i++)
                r = check_deed(d, i, why);

        return r;
}
