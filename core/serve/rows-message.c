/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/rows-message.h"

#include <errno.h>

#include "serve/strings.h"
#include "util/cleanup.h"
#include "util/str.h"

static int append_value(sd_bus_message *m, const struct field *f)
{
        int r;

        switch (f->type) {

        case FIELD_STRING:
                return sd_bus_message_append(m, "v", "s", f->string);

        case FIELD_NUMBER:
                return sd_bus_message_append(m, "v", "d", f->number);

        case FIELD_UINT:
                return sd_bus_message_append(m, "v", "t", f->uint);

        case FIELD_BOOL:
                return sd_bus_message_append(m, "v", "b", (int) f->boolean);

        case FIELD_STRINGS:
                r = sd_bus_message_open_container(m, 'v', "as");
                if (r < 0)
                        return r;
                r = sd_bus_message_append_strv(m, f->strings);
                if (r < 0)
                        return r;
                return sd_bus_message_close_container(m);

        case FIELD_ROWS:
                r = sd_bus_message_open_container(m, 'v', "aa{sv}");
                if (r < 0)
                        return r;
                r = rows_append(m, f->rows, false);
                if (r < 0)
                        return r;
                return sd_bus_message_close_container(m);
        }

        return -EINVAL;
}

static int append_row(sd_bus_message *m, const struct row *row)
{
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r < 0)
                return r;

        for (size_t i = 0; i < row->n; i++) {
                r = sd_bus_message_open_container(m, 'e', "sv");
                if (r < 0)
                        return r;
                r = sd_bus_message_append(m, "s", row->fields[i].name);
                if (r < 0)
                        return r;
                r = append_value(m, &row->fields[i]);
                if (r < 0)
                        return r;
                r = sd_bus_message_close_container(m);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(m);
}

int rows_append(sd_bus_message *m, const struct rows *rows, bool single)
{
        const struct row none = { 0 };
        int r;

        if (rows->error < 0)
                return rows->error;
        if (single)
                return append_row(m, rows->n > 0 ? &rows->items[0] : &none);

        r = sd_bus_message_open_container(m, 'a', "a{sv}");
        if (r < 0)
                return r;

        for (size_t i = 0; i < rows->n; i++) {
                r = append_row(m, &rows->items[i]);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(m);
}

static int read_strings(sd_bus_message *m, const char *name, struct rows *ret)
{
        _cleanup_(strings_freep) char **strings = NULL;
        int r;

        r = sd_bus_message_read_strv(m, &strings);
        if (r < 0)
                return r;

        rows_strings(ret, name, (const char *const *) strings);
        return 0;
}

static int read_rows(sd_bus_message *m, const char *name, struct rows *ret)
{
        _cleanup_(rows_clear) struct rows inner = { 0 };
        int r;

        r = rows_read(m, false, &inner);
        if (r < 0)
                return r;

        rows_rows(ret, name, &inner);
        return 0;
}

/* Inside the variant: one value of the type that `contents` names. */
static int read_contents(sd_bus_message *m, const char *name, const char *contents, struct rows *ret)
{
        union {
                const char *s;
                double d;
                uint64_t t;
                int b;
        } value;
        int r;

        if (streq(contents, "as"))
                return read_strings(m, name, ret);
        if (streq(contents, "aa{sv}"))
                return read_rows(m, name, ret);
        if (strlen(contents) != 1 || !strchr("sdtb", contents[0]))
                return sd_bus_message_skip(m, contents);

        r = sd_bus_message_read_basic(m, contents[0], &value);
        if (r < 0)
                return r;

        if (contents[0] == 's')
                rows_string(ret, name, value.s);
        else if (contents[0] == 'd')
                rows_number(ret, name, value.d);
        else if (contents[0] == 't')
                rows_uint(ret, name, value.t);
        else
                rows_bool(ret, name, value.b != 0);
        return 0;
}

static int read_field(sd_bus_message *m, struct rows *ret)
{
        const char *name, *contents;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        r = sd_bus_message_peek_type(m, NULL, &contents);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(m, 'v', contents);
        if (r < 0)
                return r;
        r = read_contents(m, name, contents, ret);
        if (r < 0)
                return r;
        return sd_bus_message_exit_container(m);
}

static int read_row(sd_bus_message *m, struct rows *ret)
{
        int r;

        rows_begin(ret);

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_field(m, ret);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;

        return sd_bus_message_exit_container(m);
}

int rows_read(sd_bus_message *m, bool single, struct rows *ret)
{
        int r;

        if (single) {
                r = read_row(m, ret);
                return r < 0 ? r : ret->error;
        }

        r = sd_bus_message_enter_container(m, 'a', "a{sv}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_at_end(m, 0)) == 0) {
                r = read_row(m, ret);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;

        r = sd_bus_message_exit_container(m);
        return r < 0 ? r : ret->error;
}
