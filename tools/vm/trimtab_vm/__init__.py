# SPDX-License-Identifier: LGPL-2.1-or-later
"""Boots Debian kernels under QEMU over the host's root file system and runs one command in them."""


class VmError(Exception):
    """A plain sentence saying what is missing or what went wrong."""
