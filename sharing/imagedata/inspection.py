"""What a stream of bytes really is: its disk format, and whether it is safe to share."""

import re
import struct

from oslo_utils.imageutils.format_inspector import (
    FileInspector,
    ImageFormatError,
    SafetyCheckFailed,
)

from sharing.errors import BadData
from sharing.imagedata.inspectors import INSPECTORS, waits

# What the Image API calls a disk format, and what the inspectors call the bytes. Bytes without a signature are raw.
INSPECTED_AS = {
    **{name: name for name in ("qcow2", "vmdk", "vhd", "vhdx", "vdi", "iso", "luks", "ploop")},
    **dict.fromkeys(("raw", "ami", "ari", "aki"), "raw"),
}
# Where a partition table may stand: on a disk, on a bootable ISO; in the random bytes of a LUKS header by chance.
PARTITIONED = {"raw", "iso", "vhd", "luks"}
# How files begin that are no raw disks even where too little follows to inspect.
SIGNATURES = {
    b"QFI\xfb": "qcow2", b"QED\0": "qed", b"KDMV": "vmdk", b"COWD": "vmdk", b"vhdxfile": "vhdx",
    b"conectix": "vhd", b"<<< ": "vdi", b"LUKS\xba\xbe": "luks", b"Withou": "ploop",
}  # fmt: skip
# Nobody boots these: the disk image is inside. An initial RAM disk (ari) may be packed.
PACKED = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"PK\3\4": "zip",
    b"7z\xbc\xaf\x27\x1c": "7z",
}  # fmt: skip
SECTOR = 512
# Taken by QEMU for a descriptor of its own, whose extents are other files.
VMDK_DESCRIPTOR = re.compile(
    rb"# Disk Descriptor|(?:#[^\n]*\n|[ ]*\r?\n)*version=[123]\r?\n", re.IGNORECASE
)
# Until they know the headers, the inspectors are shown blocks of one size: how the bytes arrive then does not matter.
BLOCK = 2**16
HEAD = 512
LARGEST = 2**63
UNSAFE = {
    "backing_file": "it refers to another file as its backing file; flatten it first (qemu-img convert)",
    "data_file": "it keeps its data in another file; convert it first (qemu-img convert)",
    "parent": "it holds only what differs from another image, its parent; flatten it first (qemu-img convert)",
    "unknown_features": "its header asks for features that are not known to be safe",
    "header": "its header contradicts itself",
    "descriptor": "its descriptor refers to other files or is of a kind that is not allowed; "
    "only monolithicSparse and streamOptimized are",
    "footer": "its footer does not agree with its header",
    "mbr": "its partition table contradicts itself",
    "version": "its LUKS version is not 1",
    "banned": "this format is not allowed: it cannot be checked",
}


class Inspection:
    """Judges bytes that are fed to it in order, without keeping more of them than headers.

    `disk_format`: what they must be, one of INSPECTED_AS; empty to find out.
    """

    def __init__(self, disk_format: str) -> None:
        self.disk_format = disk_format
        # Of a format that is not known here, no bytes can be.
        self._wanted = INSPECTED_AS.get(disk_format, disk_format)
        self._length = 0
        self._head = b""
        self._pending = bytearray()
        self._inspectors = [kind() for kind in INSPECTORS if kind.NAME != "raw"]
        self._safe: set[FileInspector] = set()
        self._waiting = True

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes. Raises BadData as soon as they cannot be what they must be, or are not safe."""
        self._length += len(chunk)
        start = 0
        while self._waiting and start < len(chunk):
            piece = chunk[start : start + BLOCK - len(self._pending)]
            self._pending += piece
            start += len(piece)
            if len(self._pending) == BLOCK:
                self._show(bytes(self._pending))
                self._pending.clear()
                self._refuse_early()
                self._waiting = any(map(waits, self._inspectors))
        if start < len(chunk):
            self._show(chunk[start:])

    def verdict(self) -> tuple[str, int]:
        """The disk format and the virtual size in bytes, once all bytes were fed.

        Raises BadData for another format than the one wanted, for one that cannot be told, and for what is unsafe.
        """
        self._show(bytes(self._pending))
        for inspector in self._inspectors:
            inspector.finish()
        disks, tables = self._found()
        disk_format = self._taken(disks, tables)
        if not self.disk_format and not disks and self._length % SECTOR:
            raise BadData(
                f"This is no disk image of a known format, and a raw disk has whole sectors of {SECTOR} bytes. "
                f"If it is one all the same, say that its disk format is raw."
            )
        for inspector in disks or tables:
            self._check_safety(inspector)
        size = _virtual_size(disks[0]) if disks else self._length
        if not 0 < size < LARGEST:
            raise BadData(f"This {disk_format} image says that its disk has {size} bytes.")
        return disk_format, size

    def _show(self, block: bytes) -> None:
        """Lets the inspectors see the next bytes; those that can tell nothing from them any more are left out."""
        self._head = self._head or block[:HEAD]
        for inspector in tuple(self._inspectors):
            try:
                inspector.eat_chunk(block)
                fits = inspector.format_match or not inspector.complete
            except Exception as error:
                if inspector.format_match:
                    raise _damaged(inspector) from error
                fits = False
            if not fits:
                self._inspectors.remove(inspector)

    def _found(self) -> tuple[list[FileInspector], list[FileInspector]]:
        """What the bytes are, as far as is known: kinds of disks, and partition tables."""
        found = [inspector for inspector in self._inspectors if inspector.format_match]
        tables = [inspector for inspector in found if inspector.NAME == "gpt"]
        return [inspector for inspector in found if inspector not in tables], tables

    def _refuse_early(self) -> None:
        disks, tables = self._found()
        if disks or self._begun():
            self._taken(disks, tables)
        elif self._wanted not in ("", "raw", *(inspector.NAME for inspector in self._inspectors)):
            raise BadData(f"This is no {self.disk_format} image: its beginning is not that of one.")
        for inspector in disks:
            if inspector.complete:
                self._check_safety(inspector)

    def _taken(self, disks: list[FileInspector], tables: list[FileInspector]) -> str:
        """The Image API's name of what was found, if it is one thing and the one that was wanted."""
        names = [inspector.NAME for inspector in disks] or ["raw"]
        begun = self._begun()
        if begun and begun not in names:
            raise BadData(f"This begins as a {begun} image, but its header is cut off or damaged.")
        told = " and ".join(sorted(names))
        if self._wanted and told != self._wanted:
            raise BadData(f"This is no {self.disk_format} image: its content is {told}.")
        if tables and told not in PARTITIONED:
            raise BadData(f"This file is both a {told} image and a disk with a partition table.")
        if told not in INSPECTED_AS:
            raise BadData(f"The content of this file is {told}: that is no disk format taken here.")
        return self.disk_format or told

    def _begun(self) -> str:
        """The format that the first bytes name; empty where they name none."""
        if VMDK_DESCRIPTOR.match(self._head):
            raise BadData(f"This vmdk image is not safe to share: {UNSAFE['descriptor']}.")
        packed = next((n for sign, n in PACKED.items() if self._head.startswith(sign)), "")
        if packed and self.disk_format in ("", "raw"):
            raise BadData(f"This is a {packed} archive: unpack it, and import what is inside.")
        return next((n for sign, n in SIGNATURES.items() if self._head.startswith(sign)), "")

    def _check_safety(self, inspector: FileInspector) -> None:
        if inspector in self._safe:
            return
        try:
            inspector.safety_check()
        except SafetyCheckFailed as failed:
            reasons = "; ".join(UNSAFE.get(name, name) for name in failed.failures)
            raise BadData(
                f"This {inspector.NAME} image is not safe to share: {reasons}."
            ) from failed
        except ImageFormatError as error:
            raise _damaged(inspector) from error
        self._safe.add(inspector)


def _virtual_size(inspector: FileInspector) -> int:
    try:
        return inspector.virtual_size
    except struct.error as error:
        raise _damaged(inspector) from error


def _damaged(inspector: FileInspector) -> BadData:
    return BadData(f"The header of this {inspector.NAME} image is cut off or damaged.")
