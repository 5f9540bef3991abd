"""Bytes on their way in: appended where the file stands and nowhere else, and digested."""

import hashlib
import os
import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest

from sharing.errors import Conflict, StorageFull
from sharing.imagedata import intake
from sharing.imagedata.intake import Digests, append, arrived, digested
from tests.imported import RAW


@pytest.fixture
def part(tmp_path):
    return tmp_path / "x.part"


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(intake, "CHUNK", 1000)


def taken(part, data, offset, stop):
    return b"".join(append(part, BytesIO(data).read, offset, stop))


def test_what_is_yielded_is_what_is_written(part, small_chunks):
    assert taken(part, RAW, 0, len(RAW)) == RAW == part.read_bytes()
    assert arrived(part) == len(RAW)


def test_nobody_else_reads_what_arrives(part):
    taken(part, RAW, 0, len(RAW))
    assert part.stat().st_mode & 0o777 == 0o600


def test_nothing_arrived_where_there_is_no_file(part):
    assert arrived(part) == 0


def test_a_chunk_that_is_refused_is_not_written(part, small_chunks):
    for number, _ in enumerate(append(part, BytesIO(RAW).read, 0, len(RAW))):
        if number == 3:
            break
    assert part.read_bytes() == RAW[:3000]


@pytest.mark.parametrize("offset", [0, 999, 1001])
def test_a_file_of_another_length_is_a_conflict_and_stays(part, offset):
    part.write_bytes(RAW[:1000])
    with pytest.raises(Conflict):
        taken(part, RAW[offset:], offset, len(RAW))
    assert part.read_bytes() == RAW[:1000]


def test_of_two_senders_at_one_offset_exactly_one_goes_on_and_the_bytes_stay_right(
    part, monkeypatch
):
    monkeypatch.setattr(intake, "CHUNK", 4096)
    data = os.urandom(2**20)

    def send(start):
        start.wait(60)
        try:
            return len(taken(part, data, 0, len(data)))
        except Conflict:
            return None

    with ThreadPoolExecutor(2) as pool:
        for _ in range(20):
            start = threading.Barrier(2)
            sent = list(pool.map(send, [start, start]))
            assert sorted(sent, key=bool) == [None, len(data)]
            assert part.read_bytes() == data
            part.unlink()


def test_a_sender_that_took_over_shuts_the_slower_one_out(part, small_chunks):
    slow = append(part, BytesIO(RAW).read, 0, len(RAW))
    next(slow)
    next(slow)  # its first chunk is written, its second is not
    assert taken(part, RAW[1000:], 1000, len(RAW)) == RAW[1000:]
    with pytest.raises(Conflict):
        next(slow)
    assert part.read_bytes() == RAW


def test_a_sender_that_hangs_keeps_nobody_waiting(part, small_chunks):
    hangs = threading.Event()

    def read(size):
        hangs.wait(60)
        return b""

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: list(append(part, read, 0, len(RAW))))
        assert taken(part, RAW, 0, len(RAW)) == RAW
        hangs.set()
        assert waiting.result(60) == []


AS_LARGE_AS_IT_MAY_BE = """
import resource, signal, sys
from io import BytesIO
from pathlib import Path
import django
django.setup()
from sharing.errors import StorageFull
from sharing.imagedata import intake

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_500, 10_500))
intake.CHUNK = 1000
try:
    list(intake.append(Path(sys.argv[1]), BytesIO(bytes(64_000)).read, 0, 64_000))
except StorageFull as full:
    print(full)
"""


def test_a_full_disk_keeps_whole_chunks_and_says_so(part):
    """The kernel takes half of the last chunk, as it does when a disk fills up."""
    ran = subprocess.run(
        [sys.executable, "-c", AS_LARGE_AS_IT_MAY_BE, part],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("The disk of the portal is full.")
    assert arrived(part) == 10_000


def test_a_folder_without_room_for_another_file_is_a_full_disk(part, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sharing.imagedata.store.os.open", full)
    with pytest.raises(StorageFull):
        taken(part, RAW, 0, len(RAW))


def test_a_disk_that_fails_otherwise_is_no_full_disk(part, monkeypatch):
    def fails(*arguments):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(intake.os, "pwrite", fails)
    with pytest.raises(OSError, match="Input/output error"):
        taken(part, RAW, 0, len(RAW))
    assert arrived(part) == 0


@pytest.mark.parametrize("length", [1, 511, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20 + 7])
def test_digests_are_those_of_the_whole(part, length):
    data = os.urandom(length)
    part.write_bytes(data)
    verified = digested(part, "raw")
    assert verified.size == verified.virtual_size == length
    assert verified.checksum == hashlib.md5(data).hexdigest()
    assert verified.os_hash_value == hashlib.sha512(data).hexdigest()


def test_digests_do_not_depend_on_how_the_bytes_arrive():
    with Digests("raw") as digests:
        for size in [1, 7, 1000, 30_000]:
            digests.feed(RAW[:size])
        verified = digests.result()
    whole = b"".join(RAW[:size] for size in [1, 7, 1000, 30_000])
    assert (verified.size, verified.checksum) == (len(whole), hashlib.md5(whole).hexdigest())


def test_a_large_file_takes_a_few_chunks_of_memory(part):
    with part.open("wb") as file:
        file.truncate(200 * 2**20)
    tracemalloc.start()
    try:
        digested(part, "raw")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * 2**20


def test_ended_digests_leave_no_thread_behind():
    before = threading.active_count()
    with Digests("raw") as digests:
        digests.feed(RAW)
    assert threading.active_count() == before
