/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * ELF inspection of any bytes: an answer without a crash, a reason with every no, and a yes only for what the dynamic
 * loader can be given: a name, our ABI, a symbol of a size that a descriptor can have.
 */

#include "fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "plugin/descriptor.h"
#include "util/cleanup.h"
#include "util/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_close_ int fd = memfd_create("fuzz-elf", MFD_CLOEXEC);
        struct inspection found;
        int r;

        CHECK(fd >= 0);
        CHECK(fd_write_all(fd, data, size) == 0);

        r = inspect_fd(fd, &found);
        CHECK(memchr(found.reason, 0, sizeof(found.reason)));
        if (r < 0) {
                CHECK(r == -ENOEXEC);
                CHECK(found.reason[0] != 0);
                return 0;
        }

        CHECK(found.reason[0] == 0);
        CHECK(found.abi == TRIMTAB_ABI);
        CHECK(plugin_name_is_valid(found.name));
        CHECK(found.symbol_size >= PLUGIN_SIZE_1_0 && found.symbol_size <= PLUGIN_SIZE_MAX);
        CHECK(found.symbol_size <= size);
        return 0;
}
