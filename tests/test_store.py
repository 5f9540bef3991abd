"""The image store in a folder: durable before it says so, whole or not at all, on another disk too."""

import errno
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from sharing.errors import StorageFull
from sharing.imagedata import store
from sharing.imagedata.store import image_store
from tests.imported import RAW

NAME = "ab/image.upload"


@pytest.fixture
def part():
    path = store.uploads_folder() / "x.part"
    path.write_bytes(RAW)
    return path


@pytest.fixture
def final():
    return Path(image_store().path(NAME))


@pytest.fixture(params=[errno.EXDEV, errno.EPERM], ids=["another disk", "no hard links"])
def other_disk(monkeypatch, request):
    """Part files and store are on two disks, or on one that has no hard links."""

    def link(path, target):
        raise OSError(request.param, "not here")

    monkeypatch.setattr(Path, "hardlink_to", link)


@pytest.fixture
def acts(monkeypatch):
    """What was synced and renamed, in order."""
    seen = []
    real_sync, real_replace = os.fsync, Path.replace

    def fsync(descriptor):
        seen.append(("sync", Path(os.readlink(f"/proc/self/fd/{descriptor}"))))
        real_sync(descriptor)

    def replace(path, target):
        real_replace(path, target)
        seen.append(("rename", target))

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    return seen


def test_data_is_synced_then_renamed_then_both_folders_are_synced(part, final, acts):
    image_store().take_in(part, NAME)
    assert acts == [
        ("sync", part),
        ("rename", final),
        ("sync", final.parent),
        ("sync", final.parent.parent),
    ]
    assert final.read_bytes() == RAW


def test_nobody_but_the_portal_and_its_group_reads_the_data(part, final):
    image_store().take_in(part, NAME)
    assert final.stat().st_mode & 0o777 == 0o640
    for folder in (final.parent, final.parent.parent):
        assert folder.stat().st_mode & 0o027 == 0


def test_taking_in_again_leaves_the_data_as_it_is(part, final):
    image_store().take_in(part, NAME)
    part.write_bytes(RAW)
    image_store().take_in(part, NAME)
    assert final.read_bytes() == RAW


def test_a_part_file_that_is_gone_is_told(part):
    part.unlink()
    with pytest.raises(FileNotFoundError):
        image_store().take_in(part, NAME)


def test_bytes_that_the_disk_lost_are_not_taken_for_written_the_second_time(
    part, final, monkeypatch
):
    def fails(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output error"):
        image_store().take_in(part, NAME)
    assert not part.exists()
    assert not final.exists()


@pytest.mark.parametrize(
    ("start", "stop"), [(0, len(RAW)), (3, 4), (5, 5), (len(RAW) - 1, len(RAW))]
)
def test_any_range_can_be_read(part, start, stop, monkeypatch):
    monkeypatch.setattr(store, "CHUNK", 1000)
    image_store().take_in(part, NAME)
    assert b"".join(image_store().stream(NAME, start, stop)) == RAW[start:stop]


def test_reading_what_is_not_there_is_an_error_of_the_disk():
    with pytest.raises(OSError, match="No such file"):
        next(image_store().stream(NAME, 0, 1))


def test_data_that_is_gone_can_be_deleted_again(part):
    image_store().take_in(part, NAME)
    image_store().delete(NAME)
    image_store().delete(NAME)
    assert list(image_store().stored()) == []


def test_a_store_that_does_not_exist_yet_is_empty():
    assert list(image_store().stored()) == list(image_store().unfinished()) == []


def test_files_that_go_while_they_are_listed_are_left_out(part, final, monkeypatch):
    image_store().take_in(part, NAME)

    def gone(path):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "lstat", gone)
    assert list(image_store().stored()) == []


def test_links_and_folders_are_no_data(part, final):
    image_store().take_in(part, NAME)
    final.with_name("link").symlink_to(final)
    final.with_name("folder").mkdir()
    assert [found.name for found in image_store().stored()] == [NAME]


def test_on_another_disk_data_is_copied_synced_and_only_then_renamed(part, final, other_disk, acts):
    image_store().take_in(part, NAME)
    assert final.read_bytes() == RAW
    assert final.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in final.parent.iterdir()] == [final.name]
    assert [act for act, _ in acts] == ["sync", "sync", "rename", "sync", "sync"]
    assert acts[1][1].suffix == ".copy"


def test_another_disk_that_is_full_keeps_the_part_file_and_no_half_copy(
    part, final, other_disk, monkeypatch
):
    def full(source, target):
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(StorageFull):
        image_store().take_in(part, NAME)
    assert part.read_bytes() == RAW
    assert list(final.parent.iterdir()) == []


def test_two_attempts_at_once_on_another_disk_do_not_mix(part, final, other_disk, monkeypatch):
    start = Barrier(2)

    def copy(source, target, real=shutil.copyfile):
        start.wait(60)
        real(source, target)

    monkeypatch.setattr(shutil, "copyfile", copy)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            list(pool.map(lambda _: image_store().take_in(part, NAME), range(2)))
            assert final.read_bytes() == RAW
            assert list(image_store().unfinished()) == []


def test_the_part_file_stays_for_another_attempt_and_costs_no_room(part, final):
    image_store().take_in(part, NAME)
    assert part.samefile(final)
    part.unlink()
    assert final.read_bytes() == RAW
