# SPDX-License-Identifier: LGPL-2.1-or-later
"""Takes the ELF kernel out of a bzImage: booting that saves the guest's own decompression."""

import lzma
import struct

from . import VmError, toolbox

# Documentation/arch/x86/boot.rst
SETUP_SECTORS, MAGIC, PAYLOAD_OFFSET = 0x1F1, 0x202, 0x248


def _payload(image):
    if image[MAGIC:MAGIC + 4] != b"HdrS":
        raise VmError("the kernel image has no x86 setup header")

    # Zero sectors mean four, for the sake of very old loaders.
    sectors = image[SETUP_SECTORS] or 4
    offset, length = struct.unpack_from("<II", image, PAYLOAD_OFFSET)
    start = (sectors + 1) * 512 + offset
    return image[start:start + length]


def extract(image):
    payload = _payload(image)

    if payload.startswith(b"\xfd7zXZ\x00"):
        kernel = lzma.LZMADecompressor().decompress(payload)
    elif payload.startswith(b"\x28\xb5\x2f\xfd"):
        # The build appends the unpacked size in four bytes, which are no part of the stream.
        kernel = toolbox.zstd_decompress(payload[:-4])
    else:
        raise VmError(f"the kernel payload is packed in an unknown way ({payload[:6].hex()})")

    if not kernel.startswith(b"\x7fELF"):
        raise VmError("what came out of the kernel image is not an ELF file")
    return kernel
