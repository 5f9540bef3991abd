"""What image data really is, and whether it is safe to share."""

import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.errors import BadData
from sharing.imagedata.inspection import INSPECTED_AS, PACKED, Inspection
from tests.disk_formats import KIB, MIB, SECTOR, be, kernel, patched, qcow2, raw, vmdk
from tests.disks import GOOD, HOSTILE

WAYS_TO_ARRIVE = (7, 1000, 64 * KIB, 64 * KIB + 1, MIB, 2**30)
BYTE_BY_BYTE_UP_TO = 70 * KIB
# As far as any header goes that says at a fixed place what the file is.
BEGINNING = 64 * KIB
KINDS = sorted(set(INSPECTED_AS.values()))
# Where headers, tables and footers are.
FIELDS = st.one_of(
    st.integers(0, 128),
    st.integers(0, 11 * KIB),
    st.integers(32 * KIB, 33 * KIB),
    st.integers(192 * KIB, 192 * KIB + 64),
    st.integers(MIB, MIB + 96),
    st.integers(-2 * KIB, -1),
)
VALUES = st.one_of(
    st.binary(min_size=1, max_size=16),
    st.sampled_from([bytes(8), b"\xff" * 8, b"\xff" * 4, b"\x7f" + b"\xff" * 7, be(1, 8)]),
    st.sampled_from([b"QFI\xfb", b"KDMV", b"conectix", b"LUKS\xba\xbe", b"vhdxfile", b"\x55\xaa"]),
)


def judged(data, disk_format="", chunk=MIB):
    inspection = Inspection(disk_format)
    for start in range(0, len(data), chunk):
        inspection.feed(data[start : start + chunk])
    return inspection.verdict()


def refusal(data, disk_format="", chunk=MIB):
    with pytest.raises(BadData) as refused:
        judged(data, disk_format, chunk)
    return str(refused.value)


def outcome(data, disk_format, chunk):
    try:
        return judged(data, disk_format, chunk)
    except BadData as refused:
        return str(refused)


def ways(data):
    return (1, *WAYS_TO_ARRIVE) if len(data) <= BYTE_BY_BYTE_UP_TO else WAYS_TO_ARRIVE


def needed(data, disk_format):
    """How many bytes have to be fed until they are refused."""
    inspection = Inspection(disk_format)
    for start in range(0, len(data), SECTOR):
        try:
            inspection.feed(data[start : start + SECTOR])
        except BadData:
            return start + SECTOR
    return None


@pytest.mark.parametrize("name", GOOD)
def test_an_image_is_taken_for_what_it_is_however_it_arrives(name):
    data, disk_format, size = GOOD[name]
    assert {judged(data, disk_format, chunk) for chunk in ways(data)} == {(disk_format, size)}


@pytest.mark.parametrize("name", GOOD)
def test_the_format_of_an_image_is_found_out(name):
    data, disk_format, size = GOOD[name]
    assert {judged(data, "", chunk) for chunk in ways(data)} == {(disk_format, size)}


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + bytes(100), b"# Read me\n", b"\0"])
def test_what_is_no_whole_number_of_sectors_is_raw_only_where_its_owner_says_so(data):
    assert "whole sectors of 512 bytes" in refusal(data, "", len(data))
    assert judged(data, "raw", len(data)) == ("raw", len(data))


@pytest.mark.parametrize("said", ["", "raw"])
@pytest.mark.parametrize(("sign", "name"), PACKED.items())
def test_an_archive_is_no_disk_image(sign, name, said):
    assert f"{name} archive" in refusal(sign.ljust(1024, b"\1"), said, 1024)


def test_an_initial_ram_disk_may_be_packed():
    assert judged(b"\x1f\x8b".ljust(1000), "ari", 1000) == ("ari", 1000)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_image_is_refused_with_the_same_reason_however_it_arrives(name):
    data, disk_format, word = HOSTILE[name]
    (sentence,) = {refusal(data, disk_format, chunk) for chunk in ways(data)}
    assert word in sentence
    assert sentence.startswith("This ") or sentence.startswith("The ")
    assert sentence.endswith(".")


@pytest.mark.parametrize("name", [name for name in HOSTILE if " said to be " not in name])
def test_a_hostile_image_passes_under_no_other_name(name):
    for said in ("", *INSPECTED_AS):
        refusal(HOSTILE[name][0], said)


@pytest.mark.parametrize("name", GOOD)
def test_no_image_passes_for_another_format(name):
    data, disk_format, _ = GOOD[name]
    for said in KINDS:
        if said != disk_format:
            assert refusal(data, said).startswith(f"This is no {said} image: ")


@pytest.mark.parametrize("said", ["ami", "aki", "ari", "raw"])
def test_a_kernel_or_ramdisk_is_bytes_without_a_signature(said):
    assert judged(kernel(), said) == (said, 64 * KIB)
    assert refusal(qcow2(), said) == f"This is no {said} image: its content is qcow2."


def test_an_empty_file_is_no_image():
    assert refusal(b"") == "This raw image says that its disk has 0 bytes."
    assert refusal(b"", "qcow2") == "This is no qcow2 image: its content is raw."


@pytest.mark.parametrize("said", sorted({*KINDS} - {"raw", "vhd", "iso"}))
def test_data_without_the_wanted_signature_is_refused_at_its_beginning(said):
    assert needed(raw(MIB), said) <= BEGINNING


def test_data_that_is_no_iso_is_refused_where_the_volume_would_begin():
    assert needed(raw(MIB), "iso") <= BEGINNING


def test_a_vhd_is_known_by_its_end_at_the_latest():
    assert needed(raw(MIB), "vhd") is None
    assert needed(qcow2() + bytes(MIB), "vhd") <= BEGINNING


@pytest.mark.parametrize(
    "name",
    [
        "qcow2 said to be raw",
        "qcow2 with a backing file",
        "qcow2 with its data elsewhere",
        "QED",
        "VMDK with a parent",
        "VMDK, a descriptor said to be raw",
        "VHD with a parent",
        "VDI with a parent",
        "LUKS version 2",
        "ISO that is qcow2",
        "ISO that is LUKS",
    ],
)
def test_what_the_header_gives_away_is_refused_before_the_rest_arrives(name):
    data, disk_format, _ = HOSTILE[name]
    assert needed(data + bytes(MIB), disk_format) <= BEGINNING


@pytest.mark.parametrize(
    "beginning",
    [
        raw(),
        qcow2(),
        vmdk(),
        pytest.param(patched(vmdk(), {36: be(2**60, 8)}), id="a descriptor without end"),
        b"text\n" * 20000,
    ],
)
def test_data_that_was_judged_is_not_kept(beginning):
    inspection = Inspection("")
    tracemalloc.start()
    try:
        with suppress(BadData):
            inspection.feed(beginning.ljust(MIB, b"\0"))
            for number in range(32):
                inspection.feed(bytes([number]) * MIB)
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2 * MIB
    assert most < 5 * MIB


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(GOOD)),
    changes=st.lists(st.tuples(FIELDS, VALUES), max_size=6),
    end=st.one_of(st.none(), FIELDS),
    said=st.sampled_from(["", *KINDS]),
    chunk=st.sampled_from([1009, 40_000, 64 * KIB, 100_003]),
)
def test_no_data_brings_anything_but_a_verdict_or_a_refusal(name, changes, end, said, chunk):
    data = bytearray(GOOD[name][0])
    for offset, value in changes:
        start = offset % len(data)
        data[start : start + len(value)] = value
    data = bytes(data[:end])
    assert outcome(data, said, chunk) == outcome(data, said, 2**30)
