/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "blocks.h"

#include <dirent.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* The multicast group of the kernel's own uevents; the other one is udev's. */
enum { KERNEL_UEVENTS = 1 };

/* Larger than any uevent: the kernel keeps them within 2 KiB. */
enum { UEVENT_MAX = 8192 };

static inline void closedirp(DIR **d)
{
        if (*d)
                (void) closedir(*d);
}

static bool has_entries(const char *folder)
{
        _cleanup_(closedirp) DIR *dir = opendir(folder);
        struct dirent *entry;

        while (dir && (entry = readdir(dir)))
                if (entry->d_name[0] != '.')
                        return true;
        return false;
}

/* Driven by something, or stacked on what is: loop, ram and zram are neither. */
static bool is_real(const char *folder)
{
        _cleanup_free_ char *device = str_printf("%s/device", folder),
                            *slaves = str_printf("%s/slaves", folder);

        return device && slaves && (access(device, F_OK) == 0 || has_entries(slaves));
}

static bool has_medium(const char *folder)
{
        _cleanup_free_ char *path = str_printf("%s/size", folder), *text = NULL;

        return path && file_read(path, 64, &text, NULL) >= 0 && strtoull(text, NULL, 10) > 0;
}

/* "254:0". -ENODATA: no such thing in the file, or no file. */
static int read_dev(const char *folder, uint64_t *ret)
{
        _cleanup_free_ char *path = str_printf("%s/dev", folder), *text = NULL;
        unsigned maj, min;

        if (!path)
                return -ENOMEM;
        if (file_read(path, 64, &text, NULL) < 0 || sscanf(text, "%u:%u", &maj, &min) != 2)
                return -ENODATA;
        *ret = makedev(maj, min);
        return 0;
}

/* A name of cciss has a / where its folder has a !. */
static char *name_of_folder(const char *folder)
{
        char *name = strdup(folder);

        for (char *p = name; p && (p = strchr(p, '!'));)
                *p = '/';
        return name;
}

int blocks_scan(struct objects *objects, const char *sys_block, object_changed changed, void *userdata)
{
        _cleanup_(closedirp) DIR *dir = opendir(sys_block);
        _cleanup_(roll_clear) struct roll roll = {
                .objects = objects, .scope = SCOPE_BLOCK, .changed = changed, .userdata = userdata
        };
        struct dirent *entry;
        int r;

        if (!dir)
                return -errno;

        while ((entry = readdir(dir))) {
                _cleanup_free_ char *folder = NULL, *name = NULL;
                uint64_t key;

                if (entry->d_name[0] == '.')
                        continue;
                folder = str_printf("%s/%s", sys_block, entry->d_name);
                name = name_of_folder(entry->d_name);
                if (!folder || !name)
                        return -ENOMEM;

                if (read_dev(folder, &key) < 0 || !is_real(folder) || !has_medium(folder))
                        continue;
                r = roll_present(&roll, key, name, folder);
                if (r < 0)
                        return r;
        }
        return roll_end(&roll);
}

int blocks_open_uevents(void)
{
        const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_UEVENTS };
        _cleanup_close_ int fd =
                socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

        if (fd < 0)
                return -errno;
        if (bind(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        return take_fd(&fd);
}

/* "add@/devices/…\0ACTION=add\0…\0SUBSYSTEM=block\0…" */
static bool is_about_blocks(const char *text, size_t size)
{
        for (const char *line = text; line < text + size; line += strlen(line) + 1)
                if (streq(line, "SUBSYSTEM=block"))
                        return true;
        return false;
}

int blocks_read_uevents(int fd)
{
        char text[UEVENT_MAX + 1];
        int found = 0;

        for (;;) {
                struct sockaddr_nl from = {};
                socklen_t from_size = sizeof(from);
                ssize_t size = recvfrom(fd, text, UEVENT_MAX, 0, (struct sockaddr *) &from, &from_size);

                if (size < 0 && errno == EINTR)
                        continue;
                if (size < 0 && errno == ENOBUFS) { /* some were lost */
                        found = 1;
                        continue;
                }
                if (size < 0)
                        return errno == EAGAIN ? found : -errno;

                /* Anybody may send to the group: port 0 is the kernel. */
                if (from.nl_pid != 0)
                        continue;
                text[size] = '\0';
                if (is_about_blocks(text, (size_t) size))
                        found = 1;
        }
}
