"""What `manage.py importimage` does not take: a sentence, and no image left behind."""

import os
import time

import pytest

from sharing.imagedata import store
from sharing.management import disk_file
from sharing.models import Event, Image
from tests.command_line import refusal
from tests.dropped import nothing_left, told
from tests.imported import RAW, imported, leftovers

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)

BROKEN_QCOW2 = b"QFI\xfb" + bytes(1000)
DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


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


def test_a_refused_file_leaves_no_image_and_the_others_go_on(producer, drop, disk):
    (drop / "broken.qcow2").write_bytes(BROKEN_QCOW2)
    printed, complained, ended = told(drop, "--protected")
    assert f"{disk}: imported as" in printed
    assert complained.startswith(f"{drop}/broken.qcow2: This qcow2 image is not safe")
    assert ended == "Not imported: 1 of 2 files."
    assert Image.objects.get().name == "Debian 12"
    assert leftovers() == [Image.objects.get().data]
    assert Event.objects.filter(verb="refused").count() == 1


def test_data_of_another_format_than_the_one_said_is_refused(producer, disk):
    _, complained, ended = told(disk, "--disk-format", "qcow2")
    assert "This is no qcow2 image" in complained
    assert ended
    assert nothing_left()


@pytest.mark.parametrize(("quota", "number"), [("BYTE_QUOTA", len(RAW) - 1), ("IMAGE_QUOTA", 1)])
def test_the_quotas_of_the_tenant_apply(producer, drop, settings, quota, number):
    settings.IMAGE_QUOTA = 1
    setattr(settings, quota, number)
    for name in ("a.img", "b.img"):
        (drop / name).write_bytes(RAW)
    _, complained, ended = told(drop)
    assert "quota" in complained
    assert ended.startswith("Not imported: ")
    assert Image.objects.count() == Image.objects.stored().count() == ("1 of" in ended)


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.touch(), "is empty"),
        (lambda path: path.symlink_to("/etc/hostname"), "is a link"),
        (lambda path: os.mkfifo(path), "no regular file"),
        (lambda path: os.mkdir(path), None),
    ],
)
def test_what_is_no_disk_image_is_refused_with_a_sentence(producer, drop, make, wrong):
    path = drop / "disk.img"
    make(path)
    printed, complained, ended = told(path)
    if wrong:
        assert complained.startswith(f"{path}: This")
        assert complained.endswith(".\n")
        assert wrong in complained
        assert ended == "Not imported: 1 of 1 files."
    else:
        assert printed == "There is no file to import.\n"
    assert nothing_left()
    assert not Event.objects.exists()


def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(producer, disk, monkeypatch):
    def denied(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(disk_file.os, "open", denied)
    assert told(disk)[1] == f"{disk}: This file cannot be read: Permission denied.\n"


def test_links_in_a_folder_are_not_followed(producer, drop, tmp_path):
    (tmp_path / "secret").write_bytes(RAW)
    (drop / "a.img").symlink_to(tmp_path / "secret")
    (drop / "b").symlink_to(tmp_path)
    _, complained, ended = told(drop)
    assert complained.count("is a link") == 2
    assert ended == "Not imported: 2 of 2 files."
    assert nothing_left()


def test_a_name_that_is_not_utf8_is_refused_with_a_sentence(producer, drop):
    with open(os.fsencode(drop) + b"/\xff.img", "wb") as file:
        file.write(RAW)
    _, complained, _ = told(drop)
    assert "not UTF-8" in complained
    complained.encode()
    assert nothing_left()


@pytest.mark.parametrize("change", ["grows", "shrinks", "is written over"])
def test_a_file_that_changes_while_it_is_read_is_refused(producer, disk, monkeypatch, change):
    monkeypatch.setattr(disk_file.os, "pread", _reading_that_changes(disk, change))
    _, complained, _ = told(disk)
    assert "This file changed while it was read" in complained
    assert nothing_left()


def _reading_that_changes(disk, change, real=os.pread):
    def pread(*arguments):
        chunk = real(*arguments)
        if change == "grows":
            disk.write_bytes(RAW + b"!")
        elif change == "shrinks":
            disk.write_bytes(RAW[:100])
        else:
            time.sleep(0.01)
            disk.write_bytes(RAW[::-1])
        return chunk

    return pread


def test_a_store_that_fails_is_told_and_leaves_no_image(producer, disk, settings, monkeypatch):
    def fails(*arguments):
        raise OSError("the bucket failed")

    settings.TASKS = DATABASE
    monkeypatch.setattr(store.LocalImages, "is_local", lambda images: False)
    monkeypatch.setattr(store.LocalImages, "take_in", fails)
    _, complained, ended = told(disk)
    assert complained == f"{disk}: It could not be stored: the bucket failed\n"
    assert ended
    assert nothing_left()


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--owner", "nobody"], "is not a valid tenant ID"),
        (["--owner", "7000000"], "Add it first: addtenant"),
        (["--min-disk", "-1"], "--min-disk: "),
        (["--min-disk", "much"], "--min-disk: Enter a whole number."),
        (["--min-ram", str(2**31)], "--min-ram: "),
        (["--architecture", "pdp11"], "--architecture: Select a valid choice"),
        (["--made-from", "x"], "--made-from: Enter a valid UUID."),
        (["--name", "x" * 256], "--name: "),
        (["--tag", "x" * 256], "--tag: "),
        (["--property", "novalue"], "--property: novalue is not NAME=VALUE"),
        (["--property", "=x"], "is not NAME=VALUE"),
        (["--property", "status=active"], "none of an image's own fields"),
        (["--disk-format", "exe"], "invalid choice"),
        (["--name", "a\0b"], "NUL"),
        (["--tag", "\udcff"], "not UTF-8"),
    ],
)
def test_what_cannot_be_said_of_an_image_is_refused(producer, disk, arguments, wrong):
    assert wrong in refusal("importimage", disk, "--owner", producer.id, *arguments)


def test_one_name_is_not_given_to_many_files(producer, disk, drop):
    (drop / "other.img").write_bytes(RAW)
    assert "--name is for one file" in told(drop, "--name", "Both")[2]
    assert not Image.objects.exists()


def test_a_parent_that_the_owner_cannot_see_is_refused(producer, consumer, disk):
    hidden = imported(consumer)
    _, complained, _ = told(disk, "--made-from", hidden.pk)
    assert "Made from:" in complained
    assert Image.objects.get() == hidden
