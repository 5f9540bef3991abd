"""Uploads that a task verifies and stores: what arrived in parts, or goes to a store far away."""

import pytest
from django.core.files.storage import storages

from sharing import handshake
from sharing.errors import Conflict
from sharing.imagedata import imports, store
from sharing.imagedata.imports import begin, receive, settle_later
from sharing.models import Event, Upload
from tests.imported import RAW, leftovers, queued, sending
from tests.refusals import refused

pytestmark = pytest.mark.django_db(transaction=True)

DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


class FarStore(store.LocalImages):
    """A store that is not local, and fails as often as it is told to."""

    failures = 0

    def is_local(self):
        return False

    def take_in(self, part, name):
        if FarStore.failures:
            FarStore.failures -= 1
            raise ConnectionError("the store cannot be reached")
        super().take_in(part, name)


@pytest.fixture
def far_store(settings, monkeypatch):
    monkeypatch.setattr(FarStore, "failures", 0)
    images = settings.STORAGES["images"] | {"BACKEND": f"{__name__}.FarStore"}
    settings.STORAGES = settings.STORAGES | {"images": images}
    assert isinstance(storages["images"], FarStore)


@pytest.fixture
def image(producer):
    return queued(producer)


@pytest.fixture
def upload(image, producer):
    return begin(image, len(RAW), by=producer.by)


def act(upload, producer, attempt=1):
    settle_later.func(str(upload.pk), producer.by.user, producer.id, producer.by.role, attempt)


def test_a_far_store_takes_data_in_from_a_task_after_the_last_byte(
    far_store, settings, image, upload, producer
):
    settings.TASKS = DATABASE
    receive(upload, sending(), 0, by=producer.by)
    image.refresh_from_db()
    upload.refresh_from_db()
    assert (image.status, upload.settling) == ("queued", True)
    act(upload, producer)
    image.refresh_from_db()
    assert image.status == "active"
    assert leftovers() == [image.data]
    assert Event.objects.latest("pk").actor == producer.by.user


def test_what_is_large_and_came_in_parts_is_verified_by_a_task(
    settings, monkeypatch, image, upload, producer
):
    settings.TASKS = DATABASE
    monkeypatch.setattr(imports, "VERIFIED_AT_ONCE", len(RAW) - 1)
    receive(upload, sending(RAW[:512]), 0, by=producer.by)
    receive(upload, sending(RAW[512:]), 512, by=producer.by)
    upload.refresh_from_db()
    assert upload.settling
    act(upload, producer)
    image.refresh_from_db()
    assert image.status == "active"


def test_a_settling_upload_takes_nothing_more(far_store, settings, upload, producer):
    settings.TASKS = DATABASE
    receive(upload, sending(), 0, by=producer.by)
    upload.refresh_from_db()
    with refused(Conflict):
        receive(upload, sending(b""), len(RAW), by=producer.by)


def test_a_store_that_fails_is_tried_again_later(far_store, settings, image, upload, producer):
    settings.TASKS = DATABASE
    FarStore.failures = 1
    receive(upload, sending(), 0, by=producer.by)
    act(upload, producer)
    upload.refresh_from_db()
    assert upload.settling
    assert store.part_of(upload.pk).read_bytes() == RAW
    act(upload, producer, attempt=2)
    image.refresh_from_db()
    assert image.status == "active"


def test_a_store_that_keeps_failing_leaves_the_bytes_for_its_owner_to_try_again(
    far_store, settings, image, upload, producer
):
    settings.TASKS = DATABASE
    FarStore.failures = 1
    receive(upload, sending(), 0, by=producer.by)
    with pytest.raises(ConnectionError):
        act(upload, producer, attempt=imports.ATTEMPTS)
    upload.refresh_from_db()
    assert not upload.settling
    receive(upload, sending(b""), len(RAW), by=producer.by)
    act(upload, producer)
    image.refresh_from_db()
    assert image.status == "active"


def test_an_image_that_was_deleted_before_its_task_ran_leaves_nothing(
    far_store, settings, image, upload, producer
):
    settings.TASKS = DATABASE
    receive(upload, sending(), 0, by=producer.by)
    handshake.delete_image(image, by=producer.by)
    act(upload, producer)
    assert leftovers() == []
    assert not Upload.objects.exists()


def test_an_image_that_is_put_on_hold_before_its_task_runs_waits_for_its_release(
    far_store, settings, image, upload, producer, by_operator
):
    settings.TASKS = DATABASE
    receive(upload, sending(), 0, by=producer.by)
    handshake.hold(image, by=by_operator)
    with pytest.raises(imports.Protected):
        act(upload, producer)
    upload.refresh_from_db()
    assert not upload.settling
    assert store.part_of(upload.pk).read_bytes() == RAW
