"""Small disk images, each as the specification of its format has it, made byte by byte."""

import struct
from collections.abc import Mapping
from itertools import repeat
from uuid import UUID

SECTOR = 512
KIB, MIB = 2**10, 2**20
# What the disks that tell a size say.
SIZE = MIB
AT_END = 2**64 - 1
MBR_SIGNATURE = b"\x55\xaa"
DESCRIPTOR = """# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="{kind}"

RW 2048 SPARSE "disk.vmdk"

ddb.adapterType = "ide"
"""


def be(number: int, width: int = 4) -> bytes:
    return number.to_bytes(width, "big")


def le(number: int, width: int = 4) -> bytes:
    return number.to_bytes(width, "little")


def patched(disk: bytes, fields: Mapping[int, bytes]) -> bytes:
    """The disk with other bytes at those offsets."""
    changed = bytearray(disk)
    for offset, value in fields.items():
        changed[offset : offset + len(value)] = value
    return bytes(changed)


def laid(length: int, fields: Mapping[int, bytes]) -> bytes:
    """Zeros, but for the bytes at those offsets."""
    return patched(bytes(length), fields)


def raw(length: int = 64 * KIB) -> bytes:
    """No field at all: sectors that say their number and nothing else."""
    return b"".join(be(number) * 128 for number in range(length // SECTOR))


def partition(kind: int, start: int = 1, boot: int = 0) -> bytes:
    """MBR, "Partition Record": BootIndicator, StartingCHS, OSType, EndingCHS, StartingLBA, SizeInLBA."""
    return struct.pack("<B3sB3sII", boot, b"\0\2\0", kind, b"\xff\xff\xff", start, 100)


def with_mbr(disk: bytes, *partitions: bytes) -> bytes:
    """MBR: four partition records from 446 on and the signature at 510."""
    return patched(disk, {446: b"".join(partitions).ljust(64, b"\0"), 510: MBR_SIGNATURE})


def mbr() -> bytes:
    """MBR: one bootable Linux partition."""
    return with_mbr(raw(), partition(0x83, start=2048, boot=0x80))


def gpt() -> bytes:
    """UEFI 5.2.3 and 5.3.2: a protective MBR, and the signature of a GPT header behind it."""
    return with_mbr(patched(raw(), {SECTOR: b"EFI PART\0\0\1\0"}), partition(0xEE))


def kernel() -> bytes:
    """Linux boot protocol: boot_flag, the signature of an MBR, at 0x1FE, and code where partitions would be."""
    return patched(raw(), {446: b"\x90" * 64, 510: MBR_SIGNATURE, 514: b"HdrS"})


def qcow2(version: int = 3, features: int = 0) -> bytes:
    """QCOW2: magic, version, cluster_bits, size, tables, incompatible_features, refcount_order, header_length."""
    fields = {
        0: b"QFI\xfb", 4: be(version), 20: be(9), 24: be(SIZE, 8), 36: be(32), 40: be(512, 8), 48: be(1024, 8),
        56: be(1),
    }  # fmt: skip
    if version > 2:
        fields |= {72: be(features, 8), 96: be(4), 100: be(104)}
    return laid(3 * SECTOR, fields)


def qed() -> bytes:
    """QED: magic, cluster_size, table_size, header_size, l1_table_offset, image_size."""
    fields = {0: b"QED\0", 4: le(4096), 8: le(1), 12: le(1), 40: le(4096, 8), 48: le(SIZE, 8)}
    return laid(8 * KIB, fields)


def vhd_footer(kind: int, size: int) -> bytes:
    """VHD, "Hard Disk Footer": cookie, version, data offset, creator, sizes, geometry, disk type, checksum."""
    fields = {
        0: b"conectix", 8: be(2), 12: be(0x10000), 16: be(SECTOR, 8) if kind > 2 else b"\xff" * 8, 28: b"win ",
        40: be(size, 8), 48: be(size, 8), 56: be(30, 2) + b"\x04\x11", 60: be(kind),
    }  # fmt: skip
    footer = laid(SECTOR, fields)
    return patched(footer, {64: be(~sum(footer) & 0xFFFFFFFF)})


def vhd_dynamic(kind: int = 3) -> bytes:
    """VHD: a copy of the footer, the header ("cxsparse") with table offset and block size, a table, the footer."""
    header = {
        0: b"cxsparse", 8: b"\xff" * 8, 16: be(1536, 8), 24: be(0x10000), 28: be(1), 32: be(2 * MIB),
    }  # fmt: skip
    sparse = laid(KIB, header)
    sparse = patched(sparse, {36: be(~sum(sparse) & 0xFFFFFFFF)})
    return vhd_footer(kind, SIZE) + sparse + b"\xff" * SECTOR + vhd_footer(kind, SIZE)


def vhd_fixed(disk: bytes | None = None) -> bytes:
    """VHD: the disk, and a footer whose current size is the disk's."""
    disk = disk or mbr()
    return disk + vhd_footer(2, len(disk))


def vhdx(*items: str, metadata: int = MIB) -> bytes:
    """VHDX: file identifier, region table with the metadata region, metadata table with the virtual disk size.

    `items`: GUIDs of further metadata items.
    """
    guids = [UUID(guid).bytes_le for guid in ("2fa54224-cd1b-4876-b211-5dbed83bf4b8", *items)]
    entries = zip(guids, repeat(le(64 * KIB) + le(8) + bytes(8)), strict=False)
    fields = {
        0: b"vhdxfile",
        192 * KIB: b"regi" + bytes(4) + le(1) + bytes(4)
        + UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e").bytes_le + le(metadata, 8) + le(MIB) + le(1),
        metadata: b"metadata" + bytes(2) + le(len(guids), 2) + bytes(20) + b"".join(map(b"".join, entries)),
        metadata + 64 * KIB: le(SIZE, 8),
    }  # fmt: skip
    return laid(metadata + 128 * KIB, fields)


def vmdk_header(version: int = 1, tables: int = 26) -> bytes:
    """VMDK, "SparseExtentHeader": version, flags, capacity, grain size, descriptor offset and size, tables."""
    numbers = (b"KDMV", version, 3, SIZE // SECTOR, 128, 1, 20, 512, 21, tables, 128)
    return struct.pack("<4sIIQQQQIQQQ5s", *numbers, b"\0\n \r\n").ljust(SECTOR, b"\0")


def vmdk(descriptor: str = DESCRIPTOR.format(kind="monolithicSparse")) -> bytes:
    """VMDK, monolithicSparse: header, and the descriptor in the twenty sectors behind it."""
    return laid(64 * KIB, {0: vmdk_header(), SECTOR: descriptor.encode()})


def vmdk_stream(footer: Mapping[int, bytes] | None = None) -> bytes:
    """VMDK, streamOptimized: gdOffset at the end of the header; footer marker, footer, end-of-stream marker.

    `footer`: where it is another than the header, but for gdOffset.
    """
    start = {0: vmdk_header(3, AT_END), SECTOR: DESCRIPTOR.format(kind="streamOptimized").encode()}
    marker = laid(SECTOR, {0: le(1, 8), 12: le(3)})
    return laid(64 * KIB, start) + marker + patched(vmdk_header(3), footer or {}) + bytes(SECTOR)


def vdi(kind: int = 1) -> bytes:
    """VDI: text, signature, version, header size, image type, offsets, sector and disk size, block size and count."""
    fields = {
        0: b"<<< Oracle VM VirtualBox Disk Image >>>\n", 0x40: le(0xBEDA107F), 0x44: le(0x10001), 0x48: le(0x190),
        0x4C: le(kind), 0x154: le(512), 0x158: le(1024), 0x168: le(512), 0x170: le(SIZE, 8), 0x178: le(MIB),
        0x180: le(1),
    }  # fmt: skip
    return patched(laid(KIB, fields), {512: b"\xff" * 4})


def iso() -> bytes:
    """ECMA-119, "Primary Volume Descriptor": type, "CD001", version, volume space size, logical block size."""
    volume = {
        0: b"\1CD001\1", 40: b"TOOLS".ljust(32), 80: le(18) + be(18), 120: le(1, 2) + be(1, 2),
        124: le(1, 2) + be(1, 2), 128: le(2048, 2) + be(2048, 2),
    }  # fmt: skip
    return laid(36 * KIB, {32 * KIB: laid(2048, volume), 34 * KIB: b"\xffCD001\1"})


def luks(version: int = 1) -> bytes:
    """LUKS: magic, version, cipher-name, cipher-mode, hash-spec, payload-offset in sectors, key-bytes."""
    fields = {
        0: b"LUKS\xba\xbe", 6: be(version, 2), 8: b"aes", 40: b"xts-plain64", 72: b"sha256", 104: be(8), 108: be(64),
    }  # fmt: skip
    return laid(8 * SECTOR, fields) + raw()


def ploop() -> bytes:
    """Parallels: magic, version, heads, cylinders, tracks, BAT entries, disk size in sectors."""
    numbers = (b"WithouFreSpacExt", 2, 16, 4, 2048, 1, SIZE // SECTOR)
    return struct.pack("<16sIIIIIQ", *numbers).ljust(SECTOR, b"\0")
