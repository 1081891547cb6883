/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target over kept inputs: all files of the folders given. For builds without libFuzzer. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fuzz.h"
#include "util/cleanup.h"
#include "util/file.h"

enum { INPUT_MAX = 1 << 20 };

static int run_file(int dir_fd, const char *name)
{
        _cleanup_free_ char *data = NULL, *exact = NULL;
        size_t size;
        int r;

        r = file_read_at(dir_fd, name, INPUT_MAX, &data, &size);
        if (r < 0)
                return r;

        /* As libFuzzer hands it over: no byte behind the last, so that sanitizers see an overrun. */
        exact = malloc(size ?: 1);
        if (!exact)
                return -ENOMEM;
        memcpy(exact, data, size);

        /* A crash names its input. */
        fprintf(stderr, "%s\n", name);
        (void) LLVMFuzzerTestOneInput((const uint8_t *) exact, size);
        return 0;
}

/* How many files were run, or -errno. */
static int run_folder(const char *path)
{
        DIR *d = opendir(path);
        int n = 0, r = 0;

        if (!d)
                return -errno;

        for (const struct dirent *entry; r >= 0 && (entry = readdir(d));) {
                if (entry->d_name[0] == '.')
                        continue;
                r = run_file(dirfd(d), entry->d_name);
                n++;
        }
        (void) closedir(d);
        return r < 0 ? r : n;
}

int main(int argc, char **argv)
{
        for (int i = 1; i < argc; i++) {
                int n = run_folder(argv[i]);

                /* A corpus that is not there would pass for ever. */
                if (n <= 0) {
                        fprintf(stderr, "%s: %s\n", argv[i], n < 0 ? strerror(-n) : "no inputs");
                        return EXIT_FAILURE;
                }
                printf("%s: %d inputs\n", argv[i], n);
        }
        return EXIT_SUCCESS;
}
