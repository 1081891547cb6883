/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_JOURNAL_H
#define TRIMTAB_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"

/*
 * A file of lines that is only appended to, each line whole or not at all, and replaced by rename when most
 * of it is garbage. What the lines say is the caller's business. One process at a time.
 */

struct journal {
        int dir_fd, lock_fd, fd;
        const char *name; /* the caller's, for as long as the journal */
        size_t size;      /* up to the end of the last whole line */
        size_t fresh;     /* what it was after the last journal_replace */
        bool torn;        /* behind `size` there is a piece of a line that could not be cut off */
};

#define JOURNAL_NULL                                                                                         \
        {                                                                                                    \
                .dir_fd = -1, .lock_fd = -1, .fd = -1                                                        \
        }

/* Opens or creates dir/name, mode 0600, and dir/name.lock beside it. -EBUSY: another process has it. */
int journal_open(struct journal *j, const char *dir, const char *name);
void journal_close(struct journal *j);

/* All of it, as it stands; may end in a piece of a line. */
int journal_read(struct journal *j, char **ret, size_t *ret_size);

/* line ends in a newline (else -EINVAL). On error (-ENOSPC …) no line was added, whatever is left of it. */
int journal_append(struct journal *j, const char *line, size_t size);

/* Replaces all of it by whole lines, or none; a text cut off in one is -EINVAL. On error the old content stays. */
int journal_replace(struct journal *j, const char *text, size_t size);

/* Whether it has grown enough since it was fresh to be worth replacing. */
bool journal_is_stale(const struct journal *j);

#endif
