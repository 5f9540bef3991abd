"""`manage.py housekeeping`: what crashes and broken connections leave behind goes, data of an image never."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from sharing import paging
from sharing.imagedata import housekeeping, store
from sharing.imagedata.imports import begin, receive
from sharing.models import Event, Image, RevokedToken, Upload
from tests.command_line import run
from tests.housekept import rested, said, stored_file, stray
from tests.imported import RAW, imported, leftovers, queued, sending
from tests.refusals import unchanged

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)

HALF = len(RAW) // 2
HERE = "The data of {} where it should be."
DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def an_hour_later(monkeypatch):
    """Files of no image or upload need not rest any longer."""
    monkeypatch.setattr(housekeeping, "GRACE", timedelta(0))


@pytest.fixture
def image(producer):
    return imported(producer, name="Golden Debian")


@pytest.fixture
def upload(producer):
    upload = begin(queued(producer, name="Half"), len(RAW), by=producer.by)
    receive(upload, sending(RAW[:HALF]), 0, by=producer.by)
    return upload


def test_where_everything_is_in_order_nothing_changes(image, upload, an_hour_later):
    before = leftovers()
    with unchanged():
        printed, ended = said("--verify")
    assert printed == (
        "Licence restrictions: 0 images changed.\n"
        "Revoked tokens: 0 expired and forgotten.\n" + HERE.format("1 image is") + "\n"
    )
    assert ended == ""
    assert leftovers() == before


def test_an_empty_portal_is_in_order(db):
    assert said("--verify")[1] == ""


def test_an_upload_on_which_nothing_arrived_is_ended_and_its_image_stays_queued(
    upload, settings, image
):
    rested(upload, hours=settings.UPLOAD_EXPIRY, minutes=1)
    assert f"Ended the import of image {upload.image_id} “Half” of tenant 4471021" in run(
        "housekeeping"
    )
    assert not Upload.objects.exists()
    assert leftovers() == [image.data]
    assert Image.objects.get(pk=upload.image_id).status == "queued"


@pytest.mark.parametrize("when", ["nothing rests long enough", "its last byte is fresh"])
def test_an_upload_that_is_under_way_goes_on(upload, settings, when):
    rested(upload, hours=settings.UPLOAD_EXPIRY - 1)
    if when == "its last byte is fresh":
        Upload.objects.update(begun_at=timezone.now() - timedelta(days=30))
    with unchanged():
        run("housekeeping")
    assert leftovers() == [f"{upload.pk}.part"]


def test_an_upload_that_is_being_verified_is_not_ended(upload, settings):
    rested(upload, days=30)
    Upload.objects.update(settling=True)
    settings.TASKS = DATABASE
    with unchanged():
        said("--dry-run")
    run("housekeeping")
    assert Upload.objects.get() == upload


def test_an_upload_that_settles_without_end_is_given_to_a_new_task(producer, settings):
    upload = begin(queued(producer, name="Stuck"), len(RAW), by=producer.by)
    store.part_of(upload.pk).write_bytes(RAW)
    Upload.objects.update(settling=True)
    with unchanged():
        run("housekeeping")  # its task may still be at it
    rested(upload, hours=7)
    assert "“Stuck” of tenant 4471021 anew" in run("housekeeping")
    stuck = Image.objects.get()
    assert stuck.status == "active"
    assert Event.objects.get(verb="imported").actor == producer.by.user
    assert leftovers() == [stuck.data]


def test_data_that_no_image_refers_to_is_removed(image, an_hour_later):
    path = stray(image)
    assert f"Removed {path.parent.name}/{path.name}, 64.0 KiB" in run("housekeeping")
    assert leftovers() == [image.data]


def test_what_broken_off_attempts_left_is_removed(image, an_hour_later):
    copy = stored_file(image).with_suffix(".copy")
    copy.write_bytes(b"half")
    part = store.uploads_folder() / f"{uuid4()}.part"
    part.write_bytes(b"half")
    printed = run("housekeeping")
    assert f"Removed {copy.name}: storing it broke off." in printed
    assert f"Removed {part.name}: there is no upload of that name any more." in printed
    assert leftovers() == [image.data]


def test_what_was_just_written_is_left_alone(image):
    stray(image)
    stored_file(image).with_suffix(".copy").write_bytes(b"half")
    (store.uploads_folder() / f"{uuid4()}.part").write_bytes(b"half")
    before = leftovers()
    run("housekeeping")
    assert leftovers() == before
    assert stored_file(image).with_suffix(".copy").exists()


def test_a_file_that_rested_for_days_before_it_was_stored_is_fresh(image):
    path = stray(image)
    os.utime(path, (0, 0))  # the bytes arrived long ago; the rename was just now
    run("housekeeping")
    assert path.exists()


def test_data_of_an_import_that_commits_only_afterwards_is_left_alone(
    image, producer, an_hour_later, monkeypatch
):
    upload = begin(queued(producer), len(RAW), by=producer.by)
    during = []

    def housekeeping_comes_between(images, part, name, real=store.LocalImages.take_in):
        real(images, part, name)
        during.append(run("housekeeping"))

    monkeypatch.setattr(store.LocalImages, "take_in", housekeeping_comes_between)
    receive(upload, sending(), 0, by=producer.by)
    assert "Removed" not in during[0]
    fresh = Image.objects.get(pk=upload.image_id)
    assert b"".join(store.image_store().stream(fresh.data, 0, fresh.size)) == RAW


def test_what_a_crashed_import_stored_is_left_to_its_upload_and_goes_with_it(
    image, producer, settings, an_hour_later
):
    upload = begin(queued(producer), len(RAW), by=producer.by)
    path = stored_file(image).parent.parent / store.name_for(upload)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(RAW)
    run("housekeeping")
    assert path.exists()
    rested(upload, hours=settings.UPLOAD_EXPIRY, minutes=1)
    run("housekeeping")
    assert leftovers() == [image.data]


@pytest.mark.parametrize(
    "name",
    [
        "lost+found/x",
        "ab/notes.txt",
        f"ab/{UUID(int=7)}",
        "README",
        f"zz/{UUID(int=7)}.{UUID(int=8)}",
    ],
)
def test_files_that_are_not_proffers_are_left_alone(image, an_hour_later, name):
    path = Path(store.image_store().path(name))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    (store.uploads_folder() / "notes.part").write_bytes(b"x")
    run("housekeeping")
    assert path.exists()
    assert (store.uploads_folder() / "notes.part").exists()


def test_a_database_that_knows_none_of_the_data_removes_nothing(image, an_hour_later):
    data, part = image.data, store.uploads_folder() / f"{uuid4()}.part"
    part.write_bytes(b"half")
    Image.objects.all().delete()  # what the database of another portal looks like
    printed, ended = said()
    assert "Is DATABASE_URL the portal's?" in ended
    assert "Removed" not in printed
    assert sorted(leftovers()) == sorted([data, part.name])
    assert said("--force")[1] == ""
    assert leftovers() == []


def test_licence_rules_that_changed_are_settled_anew(image, producer, settings):
    child = imported(producer, base_image_ref=image.pk)
    Image.objects.filter(pk=image.pk).update(properties={"os_distro": "sles"})
    rule = settings.LICENCE_RULES[0]._replace(name="os_distro", value="sles", licence="SUSE")
    settings.LICENCE_RULES = (*settings.LICENCE_RULES, rule)
    assert "Licence restrictions: 1 image changed.\n" in run("housekeeping")
    child.refresh_from_db()
    assert (child.restriction, child.restriction_origin) == ("SUSE", image.pk)
    settings.LICENCE_RULES = settings.LICENCE_RULES[:-1]
    run("housekeeping")
    child.refresh_from_db()
    assert (child.restriction, child.restriction_origin) == ("", None)


def test_a_restriction_that_a_child_missed_is_passed_on(image, producer):
    child = imported(producer, base_image_ref=image.pk)
    Image.objects.filter(pk=image.pk).update(restriction="SUSE", restriction_origin=image.pk)
    Image.objects.filter(pk=image.pk).update(licence_marked=True)
    run("housekeeping")
    child.refresh_from_db()
    assert child.restriction_origin == image.pk


def test_revoked_tokens_are_forgotten_once_they_have_expired(db):
    now = timezone.now()
    for hours in (-2, -1, 1):
        RevokedToken.objects.create(id=uuid4(), expires_at=now + timedelta(hours=hours))
    assert "Revoked tokens: 2 expired and forgotten.\n" in run("housekeeping")
    assert RevokedToken.objects.get().expires_at > now
    assert "Revoked tokens: 0 expired" in run("housekeeping")


def test_a_dry_run_says_the_same_and_changes_nothing(
    image, upload, producer, settings, an_hour_later
):
    rested(upload, days=30)
    stray(image)
    (store.uploads_folder() / f"{uuid4()}.part").write_bytes(b"half")
    Image.objects.filter(pk=image.pk).update(properties={"os_type": "windows"})
    RevokedToken.objects.create(id=uuid4(), expires_at=timezone.now())
    before = leftovers()
    with unchanged():
        tried = run("housekeeping", "--dry-run").splitlines()
    assert leftovers() == before
    assert tried[0] == "What would be done; nothing is changed:"
    assert tried[1:] == run("housekeeping").splitlines()
    assert leftovers() == [image.data]


def test_batches_miss_nothing(producer, monkeypatch, an_hour_later):
    for module in (housekeeping, paging):
        monkeypatch.setattr(module, "BATCH", 2)
    images = [imported(producer) for _ in range(5)]
    strays = [stray(image) for image in images]
    stored_file(images[3]).write_bytes(RAW[::-1])
    printed, _ = said("--verify")
    assert printed.count("Removed") == len(strays)
    assert printed.count("DAMAGED") == 1
    assert sorted(leftovers()) == sorted(image.data for image in images)
