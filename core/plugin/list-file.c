/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/list-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* Some 200,000 lines of 160 bytes: more than any list of networks or names that is kept by hand or fetched. */
#define LIST_FILE_MAX ((size_t) 32 << 20)

static const char UTF8_BOM[] = "\xef\xbb\xbf";

DEFINE_CLEANUP(struct list_file *, list_file_unref);

static bool is_space(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

static int add_line(struct list_file *f, const char *text, unsigned line, size_t column)
{
        if (array_reserve(&f->lines, f->n, sizeof(*f->lines)) < 0)
                return -ENOMEM;
        f->lines[f->n++] = (struct list_line) { text, line, (unsigned) column };
        return 0;
}

/* One line from its first byte to behind its last. */
static int cut_line(struct list_file *f, char *from, char *end, unsigned line)
{
        char *at = from, *nul = memchr(from, '\0', (size_t) (end - from));

        if (nul)
                return add_line(f, nul, line, (size_t) (nul - from) + 1);

        while (at < end && is_space(*at))
                at++;
        while (end > at && is_space(end[-1]))
                end--;
        if (at == end || *at == '#' || *at == ';')
                return 0;
        *end = '\0';
        return add_line(f, at, line, (size_t) (at - from) + 1);
}

static int cut(struct list_file *f, size_t size)
{
        char *at = f->text, *end = f->text + size;
        int r = 0;

        if (startswith(at, UTF8_BOM))
                at += strlen(UTF8_BOM);

        for (unsigned line = 1; at < end && r >= 0; line++) {
                char *newline = memchr(at, '\n', (size_t) (end - at));

                /* The NUL behind the last line is there, as in every text of file_read. */
                r = cut_line(f, at, newline ?: end, line);
                at = newline ? newline + 1 : end;
        }
        return r;
}

/* A FIFO would hold up the whole loop until somebody writes to it. */
static int open_plain(const char *path)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat st;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        return S_ISREG(st.st_mode) ? take_fd(&fd) : -EMEDIUMTYPE;
}

int list_file_read(const char *path, struct list_file **ret)
{
        _cleanup_(list_file_unrefp) struct list_file *f = calloc(1, sizeof(*f));
        _cleanup_close_ int fd = -1;
        size_t size;
        int r;

        if (!f)
                return -ENOMEM;
        f->references = 1;
        f->path = strdup(path);
        if (!f->path)
                return -ENOMEM;

        fd = open_plain(path);
        if (fd < 0)
                return fd;
        /* Before: who writes to it while it is read has changed it since. */
        f->identity = fd_identify(fd);
        r = fd_read_all(fd, LIST_FILE_MAX, &f->text, &size);
        if (r < 0)
                return r;
        r = cut(f, size);
        if (r < 0)
                return r;

        *ret = TAKE(f);
        return 0;
}

struct list_file *list_file_ref(struct list_file *f)
{
        f->references++;
        return f;
}

struct list_file *list_file_unref(struct list_file *f)
{
        if (!f || --f->references > 0)
                return NULL;
        free(f->lines);
        free(f->text);
        free(f->path);
        free(f);
        return NULL;
}

int list_file_changed(const struct list_file *f)
{
        struct file_identity now;

        if (access(f->path, R_OK) < 0)
                return -errno;
        now = file_identify(f->path);
        return !file_identity_same(&f->identity, &now);
}

struct place list_file_place(const struct list_file *f, size_t i)
{
        const struct list_line *l = &f->lines[i];

        return (struct place) {
                .path = f->path,
                .source = l->text - (l->column - 1),
                .line = l->line,
                .column = l->column,
                .width = (unsigned) strlen(l->text),
        };
}

int lists_get(struct lists *lists, const char *path, struct list_file **ret)
{
        int r;

        for (size_t i = 0; i < lists->n; i++)
                if (streq(lists->files[i]->path, path)) {
                        *ret = lists->files[i];
                        return 0;
                }

        r = array_reserve(&lists->files, lists->n, sizeof(struct list_file *));
        if (r >= 0)
                r = list_file_read(path, &lists->files[lists->n]);
        if (r < 0)
                return r;
        *ret = lists->files[lists->n++];
        return 0;
}

void lists_clear(struct lists *lists)
{
        for (size_t i = 0; i < lists->n; i++)
                list_file_unref(lists->files[i]);
        free(lists->files);
        *lists = (struct lists) {};
}

const char *list_file_error(int error)
{
        switch (error) {
        case -EMEDIUMTYPE:
                return "not a plain file";
        case -EFBIG:
                return "larger than 32 MiB";
        default:
                return strerror(-error);
        }
}
