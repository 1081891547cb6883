/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CONF_FILES_H
#define TRIMTAB_CONF_FILES_H

#include <stddef.h>

/*
 * The *.conf files of several folders as sysctl.d and tmpfiles.d take them: ordered by file name whatever the folder; a
 * file hides those of the same name in folders later in the list; a link to /dev/null, or an empty file of that name in
 * an earlier folder, switches one off. A link to nowhere hides nothing and is listed: reading it tells. dirs: the highest
 * precedence first (/etc, /run, /usr/lib), NULL-terminated; an entry that is a plain file is taken as that file. Missing
 * folders are no error.
 * *ret: new array of new strings, NULL-terminated.
 */
int conf_files(const char *const *dirs, char ***ret, size_t *ret_n);

void conf_files_free(char **files);

#endif
