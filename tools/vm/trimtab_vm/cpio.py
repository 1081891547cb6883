# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the cpio format (newc) an initramfs is made of; see Documentation/driver-api/early-userspace."""

import stat


class Archive:
    def __init__(self):
        self.parts = []
        self.inode = 0
        self.directories = set()

    def _entry(self, name, mode, data=b""):
        self.inode += 1
        path = name.encode() + b"\0"
        # ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields)

        # Header and name together, and the data, are each padded to four bytes.
        for block in (header + path, data):
            self.parts.append(block + b"\0" * (-len(block) % 4))

    def directory(self, name):
        if name not in self.directories:
            self.directories.add(name)
            self._entry(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, permissions):
        self._entry(name, stat.S_IFREG | permissions, data)

    def symlink(self, name, target):
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def finish(self):
        self._entry("TRAILER!!!", 0)
        return b"".join(self.parts)
