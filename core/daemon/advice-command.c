/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "act/locate.h"
#include "act/property.h"
#include "daemon/advice.h"
#include "util/cleanup.h"
#include "util/str.h"

/* What a shell takes as one word as it stands. */
static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";

/* A name may hold what a shell would take for its own: in quotes, unless it needs none. */
static char *shell_word(const char *s)
{
        char *quoted, *p;

        if (*s && s[strspn(s, plain)] == '\0')
                return strdup(s);

        quoted = p = malloc(4 * strlen(s) + 3);
        if (!quoted)
                return NULL;
        *p++ = '\'';
        for (; *s; s++)
                p = *s == '\'' ? stpcpy(p, "'\\''") : (*p = *s, p + 1);
        stpcpy(p, "'");
        return quoted;
}

/* As a unit file has it, which for a share of time is not what the bus has. "" takes a setting back to its
 * default. */
static char *setting_text(const struct property *p, const struct trimtab_value *value)
{
        _cleanup_free_ char *text = NULL;

        if (value->type == TRIMTAB_NUMBER && p->kind == PROPERTY_NUMBER &&
            p->scale != 1) /* a share of a CPU, in per cent */
                return isinf(value->number) ? strdup("") : str_printf("%.0f%%", value->number);
        if (property_from_value(p, value, NULL, &text) < 0)
                return NULL;
        return text[0] == '[' ? strdup("") : TAKE(text);
}

static char *unit_command(const struct knob *knob, const struct property *p,
                          const struct trimtab_value *value, const char *unit)
{
        _cleanup_free_ char *text = setting_text(p, value), *line = NULL, *word = shell_word(unit),
                            *setting = NULL;

        if (!text || !word)
                return NULL;
        if (p->kind == PROPERTY_DEVICE)
                line = str_printf("%s=/dev/%s %s", p->setting, knob->device ?: "?", text);
        else
                line = str_printf("%s=%s", p->setting, text);
        setting = line ? shell_word(line) : NULL;
        return setting ? str_printf("systemctl set-property --runtime %s%s %s", *unit == '-' ? "-- " : "",
                                    word, setting)
                       : NULL;
}

static char *ethtool_command(const char *iface, const char *key, const char *raw)
{
        _cleanup_free_ char *word = shell_word(iface);

        return word ? str_printf("ethtool -C %s %s %s", word, key, raw) : NULL;
}

static char *file_command(const struct knob *knob, const struct object *object,
                          const struct trimtab_value *value)
{
        _cleanup_free_ char *raw = NULL, *before = NULL, *line = NULL, *text = NULL, *path = NULL;
        _cleanup_(target_clear) struct target t = {};
        const char *between;

        if (target_of(knob, object, &t) < 0 || t.kind != TARGET_FILE)
                return NULL;
        (void) sysfile_read(t.path, &t.form, &before);
        if (sysfile_encode(&t.form, value, before, &raw) < 0)
                return NULL;
        if (t.form.form == TRIMTAB_FORM_ETHTOOL)
                return ethtool_command(object->name, t.form.key, raw);

        between = t.form.form == TRIMTAB_FORM_NESTED ? "=" : t.form.form == TRIMTAB_FORM_KEYED ? " " : "";
        line = str_printf("%s%s%s", *between ? t.form.key : "", between, raw);
        text = line ? shell_word(line) : NULL;
        path = shell_word(t.path);
        return text && path ? str_printf("echo %s > %s", text, path) : NULL;
}

char *advice_command(const struct knob *knob, const struct object *object, const struct trimtab_value *value,
                     const char *unit)
{
        const struct property *p = unit && knob->unit_property ? property_find(knob->unit_property) : NULL;
        struct trimtab_value rounded;

        if (p && property_round(p, value, &rounded) >= 0)
                return unit_command(knob, p, &rounded, unit);
        return file_command(knob, object, value);
}
