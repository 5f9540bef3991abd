"""`manage.py importimage`: files of this machine become images."""

import hashlib
import os
import signal
import threading
import time
from io import StringIO

import pytest
from django.core.management import call_command

from sharing.imagedata import imports, store
from sharing.imagedata.imports import begin, receive
from sharing.management import disk_file
from sharing.models import Event, Image, Upload
from tests.dropped import nothing_left, told
from tests.imported import RAW, imported, leftovers, queued, sending
from tests.refusals import unchanged

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)

BY = "command line: importimage"
DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture(autouse=True)
def signals_of_a_command():
    """A worker, run in this process, leaves handlers of its own."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def drop(tmp_path):
    """The folder that files are imported from."""
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def disk(drop):
    path = drop / "Debian 12.img"
    path.write_bytes(RAW)
    return path


def test_a_file_becomes_an_active_image_named_as_the_file(producer, disk):
    printed, complained, ended = told(disk)
    image = Image.objects.get()
    assert (image.name, image.status, image.owner_id) == ("Debian 12", "active", producer.id)
    assert (image.size, image.disk_format) == (len(RAW), "raw")
    assert image.os_hash_value == hashlib.sha512(RAW).hexdigest()
    assert b"".join(store.image_store().stream(image.data, 0, image.size)) == RAW
    assert printed == (
        f"{disk}: imported as {image.pk}, raw, 64.0 KiB, MD5 {hashlib.md5(RAW).hexdigest()}\n"
    )
    assert (complained, ended) == ("", "")
    assert leftovers() == [image.data]


def test_history_tells_the_owner_that_an_operator_imported_it(producer, disk):
    told(disk)
    verbs = list(Event.objects.order_by("pk").values_list("verb", "actor"))
    assert verbs == [("created", BY), ("imported", BY)]


def test_every_fact_can_be_said(producer, consumer, disk):
    parent = imported(producer, properties={"os_distro": "rhel"})
    told(
        disk, "--name", "Kiosk ✓", "--disk-format", "raw", "--min-disk", "4", "--min-ram", "512",
        "--os-type", "linux", "--os-distro", "debian", "--os-version", "12", "--architecture", "x86_64",
        "--property", "hw_disk_bus=scsi", "--property", "note=a=b", "--tag", "kiosk", "--tag", "lts",
        "--made-from", parent.pk, "--redistributable", "--protected",
    )  # fmt: skip
    image = Image.objects.exclude(pk=parent.pk).get()
    assert (image.name, image.min_disk, image.min_ram) == ("Kiosk ✓", 4, 512)
    assert (image.redistributable, image.protected) == (True, True)
    assert image.properties == {
        "os_type": "linux", "os_distro": "debian", "os_version": "12", "architecture": "x86_64",
        "hw_disk_bus": "scsi", "note": "a=b",
    }  # fmt: skip
    assert {tag.name for tag in image.tags.all()} == {"kiosk", "lts"}
    assert (image.base_image_ref, image.restriction_origin) == (parent.pk, parent.pk)


def test_the_files_of_a_folder_are_imported_by_name_without_hidden_ones_and_folders(producer, drop):
    for name in ("b.img", "a.img", ".hidden.img"):
        (drop / name).write_bytes(RAW + name.encode().ljust(512))
    (drop / "folder").mkdir()
    (drop / "folder" / "c.img").write_bytes(RAW)
    printed, _, ended = told(drop)
    assert [line.split(":")[0] for line in printed.splitlines()] == [
        f"{drop}/a.img",
        f"{drop}/b.img",
    ]
    assert ended == ""
    assert set(Image.objects.values_list("name", flat=True)) == {"a", "b"}


def test_an_empty_folder_is_no_error(producer, drop):
    assert told(drop) == ("There is no file to import.\n", "", "")


def test_repeating_it_skips_what_the_tenant_has_already(producer, disk, drop):
    told(disk)
    image = Image.objects.get()
    with unchanged():
        printed, complained, ended = told(drop)
    assert printed.startswith(f"{disk}: is here already as {image.pk}, raw")
    assert (complained, ended) == ("", "")


def test_another_file_of_the_same_name_and_size_is_another_image(producer, disk):
    told(disk)
    disk.write_bytes(RAW[::-1])
    assert "imported as" in told(disk)[0]
    assert Image.objects.count() == 2


def test_a_file_of_which_only_the_record_is_here_is_imported(producer, disk):
    queued(producer, name="Debian 12")
    assert "imported as" in told(disk)[0]


@pytest.mark.parametrize("moment", ["while it arrives", "while it is stored"])
def test_ctrl_c_leaves_nothing_behind(producer, disk, monkeypatch, moment):
    def pressed(*arguments, **keywords):
        raise KeyboardInterrupt

    if moment == "while it arrives":
        monkeypatch.setattr(disk_file.os, "pread", pressed)
    else:
        monkeypatch.setattr(imports, "_activate", pressed)
    assert told(disk, "--protected")[2] == "Interrupted."
    assert nothing_left()


def test_ctrl_c_after_the_commit_keeps_the_image(producer, disk, monkeypatch):
    real = imports._activate

    def pressed(*arguments, **keywords):
        real(*arguments, **keywords)
        raise KeyboardInterrupt

    monkeypatch.setattr(imports, "_activate", pressed)
    monkeypatch.setattr(store.LocalImages, "delete", lambda *arguments: None)
    assert told(disk)[2] == "Interrupted."
    assert Image.objects.get().status == "active"


def test_a_file_that_was_on_its_way_when_the_command_was_killed_goes_on_where_it_stopped(
    producer, disk
):
    killed = queued(producer, name="Debian 12")
    modified = disk.stat().st_mtime_ns // 1_000_000
    upload = begin(killed, len(RAW), filename=disk.name, modified=modified, by=producer.by)
    Upload.objects.update(begun_by=BY)
    receive(upload, sending(RAW[:1000]), 0, by=producer.by)
    printed, _, _ = told(disk)
    assert str(killed.pk) in printed
    killed.refresh_from_db()
    assert (killed.status, killed.checksum) == ("active", hashlib.md5(RAW).hexdigest())
    assert leftovers() == [killed.data]


def test_nothing_is_left_to_a_worker(producer, disk, settings, monkeypatch):
    settings.TASKS = DATABASE
    monkeypatch.setattr(store.LocalImages, "is_local", lambda images: False)
    assert "imported as" in told(disk)[0]
    image = Image.objects.get()
    assert image.checksum == hashlib.md5(RAW).hexdigest()
    with unchanged():
        call_command("db_worker", "--batch", "--no-startup-delay", verbosity=0)
    assert leftovers() == [image.data]


class Terminal(StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_a_line_tells_how_far_it_is_and_goes_away(producer, disk, monkeypatch):
    monkeypatch.setattr("sharing.management.progress.SECONDS_A_DRAWING", 0)
    terminal = Terminal()
    call_command(
        "importimage", str(disk), "--owner", producer.id, stdout=StringIO(), stderr=terminal
    )
    drawn = terminal.getvalue().split("\r\x1b[K")
    assert drawn[0] == drawn[-1] == ""
    assert drawn[-2].startswith("Debian 12.img  100 %  64.0 KiB of 64.0 KiB  ")
    assert drawn[-2].endswith("0:00 left")


def test_a_signal_of_the_terminal_interrupts_it(producer, disk, monkeypatch):
    """Ctrl-C as the kernel sends it, while the file is read."""
    reading, real = threading.Event(), os.pread

    def slow(*arguments):
        reading.set()
        time.sleep(30)
        return real(*arguments)

    def press():
        reading.wait(30)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    monkeypatch.setattr(disk_file.os, "pread", slow)
    # Where the tests run in the background, the shell made them deaf to it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=press).start()
        assert told(disk)[2] == "Interrupted."
    finally:
        signal.signal(signal.SIGINT, before)
    assert nothing_left()
