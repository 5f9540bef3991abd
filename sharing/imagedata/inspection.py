"""What a stream of bytes really is: its disk format, and whether it is safe to share (`oslo.utils` inspectors)."""

import struct
from typing import cast

from oslo_utils.imageutils.format_inspector import (
    FileInspector,
    ImageFormatError,
    InspectWrapper,
    SafetyCheckFailed,
)

from sharing.errors import BadData

# What the Image API calls a disk format, and what the inspector calls the bytes. Bytes without a signature are raw.
INSPECTED_AS = {
    **{name: name for name in ("qcow2", "vmdk", "vhd", "vhdx", "vdi", "iso", "luks")},
    **dict.fromkeys(("raw", "ami", "ari", "aki", "ploop"), "raw"),
}
# A raw disk with a partition table is a raw disk still; a bootable ISO carries one too.
PARTITIONED = {"raw", "iso"}
# How files begin that are no raw disks even where their headers are cut off or refer to nothing here.
SIGNATURES = {
    b"QFI\xfb": "qcow2", b"QED\0": "qed", b"KDMV": "vmdk", b"COWD": "vmdk", b"# Disk Descriptor": "vmdk",
    b"vhdxfile": "vhdx", b"conectix": "vhd", b"<<< ": "vdi", b"LUKS\xba\xbe": "luks",
}  # fmt: skip
# A fixed VHD is a raw disk with this footer (Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format").
VHD_FOOTER = struct.Struct(">8s40xQ4xI448x")
VHD_FIXED = 2
HEAD = max(map(len, SIGNATURES))
UNSAFE = {
    "backing_file": "it refers to another file as its backing file; flatten it first (qemu-img convert)",
    "data_file": "it keeps its data in another file; convert it first (qemu-img convert)",
    "unknown_features": "its header asks for features that are not known to be safe",
    "descriptor": "its descriptor refers to other files or is of a kind that is not allowed; "
    "only monolithicSparse and streamOptimized are",
    "footer": "its footer does not agree with its header",
    "mbr": "its partition table contradicts itself",
    "version": "its LUKS version is not 1",
    "inner_safety": "what it encloses is not safe",
    "banned": "this format is not allowed: it cannot be checked",
}


class Inspection:
    """Judges bytes that are fed to it in order, without keeping them.

    `disk_format`: what they must be, one of INSPECTED_AS; empty to find out.
    """

    def __init__(self, disk_format: str) -> None:
        self.disk_format = disk_format
        self._length = 0
        self._head = self._tail = self._chunk = b""
        # The wrapper reads from its source: from `read` below, what was fed last.
        # Not told of a VHD, of which it knows one kind alone, and would end the other at its beginning.
        expected = None if disk_format in ("", "vhd") else INSPECTED_AS[disk_format]
        self._wrapper = InspectWrapper(self, expected)  # type: ignore[arg-type]

    def read(self, _size: int) -> bytes:
        return self._chunk

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes. Raises BadData as soon as they cannot be what they must be."""
        self._length += len(chunk)
        if len(self._head) < HEAD:
            self._head = (self._head + chunk)[:HEAD]
        self._tail = (self._tail + chunk[-VHD_FOOTER.size :])[-VHD_FOOTER.size :]
        self._chunk = chunk
        try:
            self._wrapper.read(len(chunk))
        except Exception as error:
            raise BadData(
                f"This is no {self.disk_format} image: its beginning is not that of one."
            ) from error
        finally:
            self._chunk = b""

    def verdict(self) -> tuple[str, int]:
        """The disk format and the virtual size in bytes, once all bytes were fed.

        Raises BadData for another format than the one wanted, for one that cannot be told, and for what is unsafe.
        """
        self._wrapper.close()
        found = {inspector.NAME: inspector for inspector in self._wrapper.formats or ()}
        if set(found) <= {"raw", "gpt"} and (size := self._fixed_vhd()):
            return self._wanted("vhd"), size
        self._refuse_cut_off(set(found))
        disk_format = self._wanted(*(set(found) - {"gpt"} or {"raw"}), partitioned="gpt" in found)
        for inspector in found.values():
            _check_safety(inspector)
        judged = found.get(INSPECTED_AS[disk_format]) or found["gpt"]
        try:
            return disk_format, _virtual_size(judged)
        except Exception as error:
            raise BadData(
                f"The header of this {disk_format} image is damaged: {_reason(error)}."
            ) from error

    def _wanted(self, *found: str, partitioned: bool = False) -> str:
        """The Image API's name of what was found, if it is one thing and the one that was wanted."""
        told = " and ".join(sorted(found))
        if self.disk_format and found != (INSPECTED_AS[self.disk_format],):
            raise BadData(f"This is no {self.disk_format} image: its content is {told}.")
        if len(found) > 1 or told not in INSPECTED_AS or (partitioned and told not in PARTITIONED):
            raise BadData(f"The content of this file is {told}: that is no disk format taken here.")
        return self.disk_format or told

    def _refuse_cut_off(self, found: set[str]) -> None:
        begun = next((n for sign, n in SIGNATURES.items() if self._head.startswith(sign)), None)
        if begun and found <= {"raw", "gpt"}:
            raise BadData(
                f"This begins as a {begun} image, but its header is cut off, damaged or refers to other files."
            )

    def _fixed_vhd(self) -> int:
        """The virtual size in bytes where what was fed is a fixed VHD; else 0."""
        if len(self._tail) < VHD_FOOTER.size:
            return 0
        cookie, size, kind = VHD_FOOTER.unpack(self._tail)
        fits = (
            cookie == b"conectix" and kind == VHD_FIXED and size + VHD_FOOTER.size == self._length
        )
        return int(size) if fits else 0


def _check_safety(inspector: FileInspector) -> None:
    try:
        inspector.safety_check()
    except SafetyCheckFailed as failed:
        reasons = "; ".join(UNSAFE.get(name, str(why)) for name, why in failed.failures.items())
        raise BadData(f"This {inspector.NAME} image is not safe to share: {reasons}.") from failed
    except ImageFormatError as error:
        raise BadData(
            f"The header of this {inspector.NAME} image is damaged: {_reason(error)}."
        ) from error


def _virtual_size(inspector: FileInspector) -> int:
    size = cast("int", inspector.virtual_size)
    if not 0 < size < 2**63:
        raise ImageFormatError(f"it says that the disk has {size} bytes")
    return size


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
