"""The inspectors of `oslo.utils`, mended: they miss disks that need another file, and refuse some that need none.

Each check has a name, which `inspection.py` turns into a sentence.
"""

import re
import struct
from uuid import UUID

from oslo_utils.imageutils.format_inspector import (
    ALL_FORMATS,
    CaptureRegion,
    EndCaptureRegion,
    FileInspector,
    GPTInspector,
    ImageFormatError,
    ISOInspector,
    QcowInspector,
    SafetyCheck,
    SafetyViolation,
    VDIInspector,
    VHDInspector,
    VHDXInspector,
    VMDKInspector,
)

SECTOR = 512
MIB = 2**20
# Of the footer of a VHD, which a dynamic one begins with too: cookie, current size, disk type.
VHD_FOOTER = struct.Struct(">8s40xQ4xI448x")
VHD_FIXED, VHD_DYNAMIC, VHD_DIFFERENCING = 2, 3, 4
# Of the header of a Parallels disk, which Ploop uses too: signature, size in sectors.
PLOOP_HEADER = struct.Struct("<16s20xQ")


def refuse(when: bool) -> None:
    """Fails the safety check that is being made."""
    if when:
        raise SafetyViolation


class Qcow2(QcowInspector):
    # The highest feature that is known to be safe, and one: extended L2 entries are bit 4.
    I_FEATURES_MAX_BIT = 5

    def _initialize(self) -> None:
        super()._initialize()
        self.add_safety_check(SafetyCheck("header", self.check_header))

    def check_data_file(self) -> None:
        # Version 2 has no features: where version 3 keeps them, header extensions begin.
        if self.qemu_header_info["version"] != 2:
            super().check_data_file()

    def check_header(self) -> None:
        cluster_bits = self.qemu_header_info["cluster_bits"]
        refuse(not 9 <= cluster_bits <= 21)
        if self.qemu_header_info["version"] == 3:
            (length,) = struct.unpack_from(">I", self.region("header").data, 100)
            refuse(not 104 <= length <= 1 << cluster_bits)


class DynamicVhd(VHDInspector):
    def _initialize(self) -> None:
        super()._initialize()
        self.add_safety_check(SafetyCheck("parent", self.check_parent))
        self.add_safety_check(SafetyCheck("header", self.check_header))

    def check_parent(self) -> None:
        refuse(self._footer()[1] == VHD_DIFFERENCING)

    def check_header(self) -> None:
        refuse(self._footer()[1] not in (VHD_DYNAMIC, VHD_DIFFERENCING))

    @property
    def virtual_size(self) -> int:
        return self._footer()[0]

    def _footer(self) -> tuple[int, int]:
        _cookie, size, kind = VHD_FOOTER.unpack(self.region("header").data)
        return size, kind


class FixedVhd(FileInspector):
    """A raw disk with a footer: known by its end alone."""

    NAME = "vhd"

    def _initialize(self) -> None:
        self.new_region("footer", EndCaptureRegion(VHD_FOOTER.size))
        self.add_safety_check(SafetyCheck.null())

    @property
    def format_match(self) -> bool:
        footer = self.region("footer")
        return footer.complete and VHD_FOOTER.unpack(footer.data) == (
            b"conectix",
            self.actual_size - VHD_FOOTER.size,
            VHD_FIXED,
        )

    @property
    def virtual_size(self) -> int:
        return self.actual_size - VHD_FOOTER.size


class Vhdx(VHDXInspector):
    PARENT_LOCATOR = UUID("a8d35f2d-b30b-454d-abf7-d3d84834ab0c").bytes_le

    def _initialize(self) -> None:
        super()._initialize()
        self.add_safety_check(SafetyCheck("parent", self.check_parent))
        self.add_safety_check(SafetyCheck("header", self.check_header))

    def post_process(self) -> None:
        # Other data need not come as far as the region table.
        if not self.format_match:
            raise ImageFormatError("No signature")
        super().post_process()

    def check_parent(self) -> None:
        refuse(self.has_region("metadata") and self.PARENT_LOCATOR in self.region("metadata").data)

    def check_header(self) -> None:
        """Where the specification has them, the metadata and the disk size come late enough to be read in passing."""
        refuse(not self.has_region("vds"))
        metadata, size = self.region("metadata"), self.region("vds")
        refuse(not metadata.offset or bool(metadata.offset % MIB))
        refuse(size.offset - metadata.offset < self.VHDX_METADATA_TABLE_MAX_SIZE)
        refuse(len(size.data) != 8)


class Vmdk(VMDKInspector):
    # Read by QEMU as the descriptor, however short the header says that it is.
    READ_AS_DESCRIPTOR = 20 * SECTOR
    EXTENT = re.compile(r"^\s*(?:rw|rdonly|noaccess)\s", re.MULTILINE)
    CAPACITY = slice(12, 20)

    def _initialize(self) -> None:
        super()._initialize()
        # Unset where the descriptor is not ASCII, and asked for all the same.
        self.vmdktype = "formatnotfound"
        self.new_region("read", CaptureRegion(self.DESC_OFFSET, self.READ_AS_DESCRIPTOR))
        self.add_safety_check(SafetyCheck("parent", self.check_parent))

    def check_descriptor(self) -> None:
        super().check_descriptor()
        refuse(len(self.EXTENT.findall(self.desc_text or "")) != 1)

    def check_parent(self) -> None:
        # Looked for in comments and behind the descriptor's end too, as QEMU does.
        read = self.region("read").data + self.region("descriptor").data
        refuse(b"parentfilenamehint" in read.lower())

    def check_footer(self) -> None:
        super().check_footer()
        footer = self.region("footer").data[SECTOR:]
        refuse(footer[self.CAPACITY] != self.region("header").data[self.CAPACITY])


class Vdi(VDIInspector):
    KINDS_WITHOUT_PARENT = (1, 2)

    def _initialize(self) -> None:
        super()._initialize()
        self.add_safety_check(SafetyCheck("parent", self.check_parent))

    def check_parent(self) -> None:
        (kind,) = struct.unpack_from("<I", self.region("header").data, 0x4C)
        refuse(kind not in self.KINDS_WITHOUT_PARENT)


class Iso(ISOInspector):
    @property
    def virtual_size(self) -> int:
        # It is read as a raw disk, and a hybrid one goes on behind its volume.
        return self.actual_size


class Gpt(GPTInspector):
    PROTECTIVE = 0xEE

    def check_mbr_partitions(self) -> None:
        """A protective MBR stands alone. Where there is none, a boot sector, a kernel or an old floppy is as good."""
        entries = struct.iter_unpack("<4xB3xI4x", self.region("mbr").data[self.MBR_PTE_START : 510])
        kinds, starts = zip(*entries, strict=True)
        if self.PROTECTIVE in kinds:
            refuse(kinds != (self.PROTECTIVE, 0, 0, 0) or starts[0] != 1)


class Ploop(FileInspector):
    NAME = "ploop"
    # The first counts its sectors with 32 bits.
    SIGNATURES = {b"WithoutFreeSpace": 2**32 - 1, b"WithouFreSpacExt": 2**64 - 1}

    def _initialize(self) -> None:
        self.new_region("header", CaptureRegion(0, PLOOP_HEADER.size))
        self.add_safety_check(SafetyCheck.null())

    @property
    def format_match(self) -> bool:
        return bytes(self.region("header").data[:16]) in self.SIGNATURES

    @property
    def virtual_size(self) -> int:
        signature, sectors = PLOOP_HEADER.unpack(self.region("header").data)
        return int(sectors & self.SIGNATURES[signature]) * SECTOR


OWN = (Qcow2, DynamicVhd, Vhdx, Vmdk, Vdi, Iso, Gpt, Ploop)
# Whatever format the library comes to know is looked for too.
INSPECTORS: list[type[FileInspector]] = [
    *(ALL_FORMATS | {kind.NAME: kind for kind in OWN}).values(),
    FixedVhd,
]


def waits(inspector: FileInspector) -> bool:
    """Whether it still wants to see bytes at certain places; its size and the end of all come in any case."""
    regions = [inspector.region(name) for name in inspector.context_info]
    return not all(isinstance(region, EndCaptureRegion) or region.complete for region in regions)
