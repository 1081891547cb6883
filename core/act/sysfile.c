/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/sysfile.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/ethtool.h"
#include "decide/cpulist.h"
#include "decide/value.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* sysfs gives a page; cpuset lists and io.max of a large machine stay below this. */
#define SYSFILE_MAX 65536

/* cpu.max without a period of its own, and the least quota the kernel takes. */
#define QUOTA_PERIOD_USEC 100000.0
#define QUOTA_LEAST_USEC 1000.0

/* Doubles count every integer up to here; nothing that sits in a file of ours comes near. */
#define NUMBER_LIMIT 9007199254740992.0

/* The rest of the line that begins with key and a blank; NULL. Cuts the line off in place. */
static char *keyed_line(char *text, const char *key)
{
        size_t n = strlen(key);

        for (char *line = text, *end; line; line = end ? end + 1 : NULL) {
                end = strchr(line, '\n');
                if (strncmp(line, key, n) != 0 || (line[n] != ' ' && line[n] != '\t'))
                        continue;
                if (end)
                        *end = '\0';
                return line + n + 1;
        }

        return NULL;
}

/* "8:0 wbps" in "8:0 rbps=max wbps=1048576": what stands behind the word's '='; NULL. Cuts in place. */
static char *nested_word(char *text, const char *key)
{
        const char *word = strchr(key, ' ');
        _cleanup_free_ char *first = word ? strndup(key, (size_t) (word - key)) : NULL;
        char *rest = first ? keyed_line(text, first) : NULL, *state = NULL;

        for (char *w = rest ? strtok_r(rest, " \t", &state) : NULL; w; w = strtok_r(NULL, " \t", &state)) {
                char *equals = strchr(w, '=');

                if (equals && (size_t) (equals - w) == strlen(word + 1) && startswith(w, word + 1))
                        return equals + 1;
        }

        return NULL;
}

/* The value in the file's text, which is cut in place; NULL: it is not there. */
static char *find_value(char *text, const struct sysfile_form *form)
{
        switch (form->form) {
        case TRIMTAB_FORM_KEYED:
                return keyed_line(text, form->key);
        case TRIMTAB_FORM_NESTED:
                return nested_word(text, form->key);
        default: /* PLAIN, QUOTA, and what a newer version's ledger may say */
                return text;
        }
}

/* "none [mq-deadline] bfq": the one in force, which is also how it is written; other texts are left as they
 * are. */
static char *chosen_word(char *text)
{
        char *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;

        if (!close)
                return text;

        *close = '\0';
        return open + 1;
}

uint64_t sysfile_id(const char *path)
{
        struct stat st;

        return stat(path, &st) >= 0 ? st.st_ino : 0;
}

int sysfile_read(const char *path, const struct sysfile_form *form, char **ret_raw)
{
        _cleanup_free_ char *text = NULL;
        char *value, *raw;
        int r;

        if (form->form == TRIMTAB_FORM_ETHTOOL)
                return ethtool_read(path, form->key, ret_raw);

        r = file_read(path, SYSFILE_MAX, &text, NULL);
        if (r < 0)
                return r;

        value = find_value(text, form);
        if (!value && !form->absent[0])
                return -ENODATA;
        if (value && form->type == TRIMTAB_CHOICE)
                value = chosen_word(value);

        raw = strdup(value ? str_strip(value) : form->absent);
        if (!raw)
                return -ENOMEM;

        *ret_raw = raw;
        return 0;
}

int sysfile_write(const char *path, const struct sysfile_form *form, const char *raw)
{
        const char *between = form->form == TRIMTAB_FORM_NESTED ? "=" : form->form == TRIMTAB_FORM_KEYED ? " " : "";
        _cleanup_free_ char *line = NULL;
        _cleanup_close_ int fd = -1;
        struct stat st;
        ssize_t n;

        if (form->form == TRIMTAB_FORM_ETHTOOL)
                return ethtool_write(path, form->key, raw);

        /* The newline matters for the empty value: a write of no bytes never reaches the kernel's handler. */
        line = str_printf("%s%s%s\n", *between ? form->key : "", between, raw);
        if (!line)
                return -ENOMEM;

        fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;

        n = write(fd, line, strlen(line));
        if (n < 0)
                return -errno;
        if ((size_t) n != strlen(line))
                return -EIO;

        /* An ordinary file keeps the tail of a longer value. Not O_TRUNC: a refused write must leave the old
         * one. */
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
                (void) !ftruncate(fd, n);

        return 0;
}

int sysfile_takes_writes(const char *path)
{
        size_t size = (size_t) sysconf(_SC_PAGESIZE);
        _cleanup_close_ int fd = -1;
        void *unreadable;
        int r;

        fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;

        /* Ours, and yet not to be read: an address of nobody's might become somebody's. */
        unreadable = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (unreadable == MAP_FAILED)
                return -errno;
        r = write(fd, unreadable, 1) < 0 ? -errno : 0;
        (void) munmap(unreadable, size);
        return r == -EFAULT ? 0 : r;
}

/* strtod without its hexadecimal, "inf" and "nan": the kernel writes none of them. */
static int number_parse(const char *s, const char **ret_end, double *ret)
{
        size_t n = strspn(s, "+-.0123456789");
        char *end;
        double d;

        if (n == 0 || s[n] == 'x' || s[n] == 'X')
                return -EINVAL;

        d = strtod(s, &end);
        if (end == s || !isfinite(d))
                return -EINVAL;

        *ret_end = end;
        *ret = d;
        return 0;
}

/* "max" or a number, up to a blank or the end. */
static int limit_parse(const char *s, const char **ret_end, double *ret)
{
        const char *rest = startswith(s, "max");

        if (rest) {
                *ret = INFINITY;
                *ret_end = rest;
        } else {
                int r = number_parse(s, ret_end, ret);

                if (r < 0)
                        return r;
        }

        return **ret_end == '\0' || **ret_end == ' ' ? 0 : -EINVAL;
}

/* "QUOTA PERIOD", or QUOTA alone as cpu.max takes it. */
static int quota_parse(const char *raw, double *ret_quota_usec, double *ret_period_usec)
{
        double quota, period = QUOTA_PERIOD_USEC;
        const char *end;
        int r;

        r = limit_parse(raw, &end, &quota);
        if (r < 0)
                return r;

        if (*end == ' ') {
                r = number_parse(end + 1, &end, &period);
                if (r < 0)
                        return r;
                if (*end != '\0' || period <= 0)
                        return -EINVAL;
        }

        *ret_quota_usec = quota;
        *ret_period_usec = period;
        return 0;
}

static int number_decode(const struct sysfile_form *form, const char *raw, double *ret)
{
        const char *end;
        int r;

        if (form->form == TRIMTAB_FORM_QUOTA) {
                double quota, period;

                r = quota_parse(raw, &quota, &period);
                if (r < 0)
                        return r;

                *ret = quota / period * 100;
                return 0;
        }

        r = limit_parse(raw, &end, ret);
        if (r < 0)
                return r;

        return *end == '\0' ? 0 : -EINVAL;
}

int sysfile_decode(const struct sysfile_form *form, const char *raw, struct trimtab_value *ret)
{
        double number;
        int r;

        if (form->form == TRIMTAB_FORM_MASK) {
                char list[sizeof(ret->text)];

                r = cpulist_from_mask(raw, list, sizeof(list));
                return r < 0 ? r : value_text(form->type, list, ret);
        }
        if (form->type != TRIMTAB_NUMBER)
                return value_text(form->type, raw, ret);

        r = number_decode(form, raw, &number);
        if (r < 0)
                return r;

        *ret = value_number(number);
        return 0;
}

/* Whole numbers only: what a fraction would mean is not the kernel's business, it answers EINVAL. */
static char *number_encode(double number)
{
        return isinf(number) ? strdup("max") : str_printf("%.0f", number);
}

static char *quota_encode(double percent, const char *like)
{
        double quota, period = QUOTA_PERIOD_USEC;

        if (like && quota_parse(like, &quota, &period) < 0)
                period = QUOTA_PERIOD_USEC;

        if (isinf(percent))
                return str_printf("max %.0f", period);

        return str_printf("%.0f %.0f", fmax(percent / 100 * period, QUOTA_LEAST_USEC), period);
}

/* NULL: no memory, or no list, which nobody has let through. */
static char *mask_encode(const char *list)
{
        char mask[CPULIST_MAX / 32 * 9 + 1];

        return cpulist_to_mask(list, mask, sizeof(mask)) < 0 ? NULL : strdup(mask);
}

int sysfile_encode(const struct sysfile_form *form, const struct trimtab_value *value, const char *like,
                   char **ret_raw)
{
        char *raw;

        if (form->type != TRIMTAB_NUMBER) {
                if (strchr(value->text, '\n'))
                        return -EINVAL;

                raw = form->form == TRIMTAB_FORM_MASK ? mask_encode(value->text) : strdup(value->text);
        } else {
                if (isnan(value->number) || value->number == -INFINITY)
                        return -EINVAL;
                if (isfinite(value->number) && fabs(value->number) > NUMBER_LIMIT)
                        return -ERANGE;

                raw = form->form == TRIMTAB_FORM_QUOTA ? quota_encode(value->number, like)
                                                       : number_encode(value->number);
        }
        if (!raw)
                return -ENOMEM;

        *ret_raw = raw;
        return 0;
}

bool sysfile_same(const struct sysfile_form *form, const char *a, const char *b)
{
        struct trimtab_value x, y;

        if (streq(a, b))
                return true;

        /* Told apart by what they mean: "0-1" is "0,1". What cannot be parsed is only equal to itself. */
        return sysfile_decode(form, a, &x) >= 0 && sysfile_decode(form, b, &y) >= 0 && value_equal(&x, &y);
}
