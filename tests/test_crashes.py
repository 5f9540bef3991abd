"""Crashes: whenever the process ends, an image has all of its data or none, and an import goes on from there."""

import hashlib
import random
import time
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPException
from io import BytesIO, StringIO
from itertools import count

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection

from sharing.imagedata import housekeeping, intake, store
from sharing.imagedata.imports import begin, receive
from sharing.models import Image, Upload
from tests.crashing import crashes, database_url, wait_for_others_to_leave
from tests.imported import RAW, imported, leftovers, queued, sending
from tests.serving import Portal, Sender

pytestmark = pytest.mark.django_db(transaction=True)

HALF = len(RAW) // 2
KILLS = 6
LARGE = random.Random(2026).randbytes(8 * 2**20)


@pytest.fixture
def act(tmp_path, producer):
    with crashes(tmp_path) as act:
        yield act


@pytest.fixture(autouse=True)
def hours_later(monkeypatch):
    """Nothing that housekeeping finds need rest any longer."""
    monkeypatch.setattr(housekeeping, "GRACE", timedelta(0))
    monkeypatch.setattr(housekeeping, "STUCK", timedelta(0))


def kept(image):
    """Housekeeping finds everything in order: all data, and none that is nobody's."""
    call_command("housekeeping", "--force", stdout=StringIO())
    image.refresh_from_db()
    assert leftovers() == ([image.data] if image.data else [])


def is_whole(image, data=RAW):
    image.refresh_from_db()
    assert (image.status, image.size) == ("active", len(data))
    stored = b"".join(store.image_store().stream(image.data, 0, image.size))
    assert hashlib.sha512(stored).hexdigest() == image.os_hash_value
    assert hashlib.md5(stored).hexdigest() == image.checksum
    assert stored == data
    assert not Upload.objects.exists()


def goes_on(image, producer):
    """The import, after a crash, up to its end."""
    if Upload.objects.filter(settling=True).exists():  # its worker was killed too
        call_command("housekeeping", stdout=StringIO())
    image.refresh_from_db()
    if image.status == "queued":
        assert image.data == ""
        upload = Upload.objects.get()
        offset = intake.arrived(store.part_of(upload.pk))
        receive(upload, BytesIO(RAW[offset:]).read, offset, by=producer.by)
    is_whole(image)


@pytest.mark.parametrize(
    ("in_parts", "ways"),
    [
        (False, {}),
        (True, {}),
        (True, {"by_task": True}),
        (False, {"on_other_disk": True}),
    ],
    ids=["in one go", "in parts", "in parts, by a task", "to another disk"],
)
def test_an_import_that_crashes_at_any_step_goes_on_to_the_right_data(
    act, producer, in_parts, ways
):
    arrived = 0
    for step in count():
        image = queued(producer)
        upload = begin(image, len(RAW), by=producer.by)
        offset = HALF if in_parts else 0
        if in_parts:
            receive(upload, sending(RAW[:HALF]), 0, by=producer.by)
        crashed = act(
            "receive", step, upload=str(upload.pk), data=RAW.hex(), offset=offset, **ways
        )  # fmt: skip
        arrived = max(arrived, _arrived_or_stored(upload))
        assert _arrived_or_stored(upload) == arrived  # in no later step is less of it left
        goes_on(image, producer)
        kept(image)
        image.delete()
        store.image_store().delete(image.data)
        if not crashed:
            break
    assert step > 15


def _arrived_or_stored(upload):
    stands = Upload.objects.filter(pk=upload.pk).exists()
    return intake.arrived(store.part_of(upload.pk)) if stands else len(RAW)


def test_a_deletion_that_crashes_at_any_step_leaves_the_image_whole_or_nothing_of_it(act, producer):
    for step in count():
        image = imported(producer)
        crashed = act("delete", step, image=str(image.pk))
        if Image.objects.exists():
            is_whole(image)
            Image.objects.all().delete()
        call_command("housekeeping", "--force", stdout=StringIO())
        assert leftovers() == []
        if not crashed:
            break
    assert step > 5


def test_a_cancellation_that_crashes_at_any_step_leaves_the_upload_or_nothing_of_it(act, producer):
    for step in count():
        image = queued(producer)
        upload = begin(image, len(RAW), by=producer.by)
        receive(upload, sending(RAW[:HALF]), 0, by=producer.by)
        crashed = act("cancel", step, upload=str(upload.pk))
        if Upload.objects.exists():
            goes_on(image, producer)
        kept(image)
        Image.objects.all().delete()
        call_command("housekeeping", "--force", stdout=StringIO())
        if not crashed:
            break
    assert step > 3


def test_a_server_that_is_killed_at_any_moment_loses_no_import(producer, tmp_path):
    session = producer.client().session.session_key
    portal = Portal(tmp_path, database_url(), django_settings.SECRET_KEY)
    draw = random.Random(2026)
    for _ in range(KILLS):
        image = queued(producer)
        with portal.running():
            sender = Sender(portal.port, session)
            upload = sender.create(f"/t/{producer.id}/images/", image.pk, len(LARGE))
            _send_and_kill(portal, sender, upload, draw)
        if connection.vendor == "postgresql":
            wait_for_others_to_leave()
        _resume(portal, session, upload, image)
        kept(image)
        Image.objects.all().delete()
        call_command("housekeeping", "--force", stdout=StringIO())


def _send_and_kill(portal, sender, upload, draw):
    """Half of the times while bytes arrive, else around the last: while it is synced, renamed and committed."""
    sent = draw.choice([draw.randrange(len(LARGE)), len(LARGE)])
    with suppress(OSError, HTTPException), sender.sending(upload, 0, len(LARGE)) as to_portal:
        to_portal.send(LARGE[:sent])
        time.sleep(draw.uniform(0, 0.08))
        portal.kill()


def _resume(portal, session, upload, image):
    image.refresh_from_db()
    if image.status == "queued":
        assert image.data == ""
        with portal.running():
            sender = Sender(portal.port, session)
            offset = sender.offset(upload)
            with sender.sending(upload, offset, len(LARGE) - offset) as to_portal:
                to_portal.send(LARGE[offset:])
                assert to_portal.getresponse().status == 204
    is_whole(image, LARGE)
