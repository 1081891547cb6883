/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/unit-state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

struct unit_text {
        const struct property *property;
        char *text;
};

const char *unit_state_text(const struct unit_state *s, const struct property *p)
{
        for (size_t i = 0; i < s->n_texts; i++)
                if (s->texts[i].property == p)
                        return s->texts[i].text;

        return NULL;
}

int unit_state_property(const struct unit_state *s, const struct property *p, const char *device, char **ret_text)
{
        const char *text = unit_state_text(s, p);

        if (!text)
                return -ENODATA;
        if (device)
                return property_of_list(p, device, text, ret_text);

        *ret_text = strdup(text);
        return *ret_text ? 0 : -ENOMEM;
}

void unit_state_clear(struct unit_state *s)
{
        for (size_t i = 0; i < s->n_texts; i++)
                free(s->texts[i].text);
        free(s->texts);
}

static int add_text(struct unit_state *s, const struct property *p, const char *text)
{
        int r;

        r = array_reserve(&s->texts, s->n_texts, sizeof(*s->texts));
        if (r < 0)
                return r;

        s->texts[s->n_texts] = (struct unit_text){ .property = p, .text = strdup(text) };
        return s->texts[s->n_texts++].text ? 0 : -ENOMEM;
}

/* More than one of ours may stand for the same of systemd's. */
static int read_property(const struct property *p, sd_bus_message *m, struct unit_state *s)
{
        _cleanup_free_ char *text = NULL;
        int r;

        r = property_read(p, m, &text);
        if (r == -EBADMSG)
                return sd_bus_message_skip(m, "v");

        for (const char *name = p->bus_name; r >= 0 && p; p = property_of_bus(name, p))
                r = add_text(s, p, text);
        return r;
}

static int read_flag(sd_bus_message *m, bool *ret)
{
        int flag = 0, r;

        r = sd_bus_message_read(m, "v", "b", &flag);
        *ret = r >= 0 && flag;
        return r;
}

static int read_member(sd_bus_message *m, const char *name, struct unit_state *s)
{
        const struct property *p = property_of_bus(name, NULL);
        const char *load_state = NULL;
        int r;

        if (streq(name, "Id"))
                return sd_bus_message_read(m, "v", "s", &s->id);
        if (streq(name, "ControlGroup"))
                return sd_bus_message_read(m, "v", "s", &s->cgroup);
        if (p)
                return read_property(p, m, s);
        if (streq(name, "LoadState")) {
                r = sd_bus_message_read(m, "v", "s", &load_state);
                s->loaded = r >= 0 && streq(load_state, "loaded");
                return r;
        }
        if (streq(name, "Transient"))
                return read_flag(m, &s->transient);
        if (streq(name, "Delegate"))
                return read_flag(m, &s->delegated);

        return sd_bus_message_skip(m, "v");
}

int unit_state_read(sd_bus_message *m, struct unit_state *s)
{
        const char *name;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = sd_bus_message_read(m, "s", &name);
                if (r < 0)
                        return r;

                r = read_member(m, name, s);
                if (r < 0)
                        return r;

                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;

        return s->id ? 0 : -EBADMSG;
}
