/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/refusal.h"

#include <errno.h>
#include <stddef.h>

#include "util/ownership.h"

static const char not_allowed[] =
        "the kernel does not allow it: run trimtabd as root, and see that its service or container leaves the "
        "file writable (ReadWritePaths=)";

static const struct {
        int error;
        enum refusal refusal;
        const char *words;
} errors[] = {
        { EINVAL, REFUSAL_VALUE, "the kernel takes no such value here; it will not be tried again" },
        { ERANGE, REFUSAL_VALUE, "the kernel takes no such value here; it will not be tried again" },
        { E2BIG, REFUSAL_VALUE,
          "the value is longer than the kernel's file takes; it will not be tried again" },
        { EOVERFLOW, REFUSAL_VALUE,
          "the value is larger than the kernel can hold; it will not be tried again" },
        { ENOSPC, REFUSAL_VALUE,
          "there is no room for it: tasks would be left without a CPU, or the CPUs have no free interrupt "
          "vectors; choose others" },
        { EBUSY, REFUSAL_LATER, "the kernel has it in use just now; it may be tried again" },
        { EAGAIN, REFUSAL_LATER, "the kernel could not do it just now; it may be tried again" },
        { EINTR, REFUSAL_LATER, "the write was interrupted; it may be tried again" },
        { ENOMEM, REFUSAL_LATER, "the kernel has no memory for it just now; it may be tried again" },
        { ENODEV, REFUSAL_GONE, "the kernel has taken it away" },
        { ENOENT, REFUSAL_GONE, "the kernel has taken it away" },
        { ENXIO, REFUSAL_GONE, "the kernel has taken it away" },
        { EACCES, REFUSAL_KNOB, not_allowed },
        { EPERM, REFUSAL_KNOB, not_allowed },
        { EROFS, REFUSAL_KNOB, not_allowed },
        { EIO, REFUSAL_KNOB,
          "the kernel manages this by itself (as the interrupts of most disks) or the device failed" },
        { EOPNOTSUPP, REFUSAL_KNOB, "this kernel or device cannot do it" },
        { ENOSYS, REFUSAL_KNOB, "this kernel or device cannot do it" },
};

static size_t find(int error)
{
        size_t i = 0;

        while (i < ELEMENTSOF(errors) && errors[i].error != -error)
                i++;
        return i;
}

enum refusal refusal_of(int error)
{
        size_t i = find(error);

        return i < ELEMENTSOF(errors) ? errors[i].refusal : REFUSAL_LATER;
}

const char *refusal_words(int error)
{
        size_t i = find(error);

        return i < ELEMENTSOF(errors) ? errors[i].words : NULL;
}
