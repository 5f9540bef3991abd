"""What a membership copies from its image, from the offer on and whenever the image changes."""

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from sharing import handshake
from sharing.imagedata import copies
from sharing.imagedata.changes import change_image
from sharing.models import Image, Membership
from sharing.models.copied import words_of
from tests.factories import ImageFactory, MembershipFactory
from tests.image_lists import CHANGED, RECORD, load

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant)


def agrees(membership):
    image = Image.objects.get(pk=membership.image_id)
    row = Membership.objects.get(pk=membership.pk)
    copied = (row.owner_id, row.image_created_at, row.image_size, row.image_words)
    return copied == (image.owner_id, image.created_at, image.size, image.words)


def renamed(image, name, *tags, by):
    def edit(draft):
        draft.facts["name"] = name
        draft.tags = set(tags)

    return change_image(image, edit, by=by)


def test_an_offer_copies_what_its_image_is(producer, consumer, image):
    handshake.offer(image, [consumer.id], by=producer.by)

    assert agrees(Membership.objects.get())


def test_a_new_name_or_tag_reaches_the_memberships(producer, image):
    offers = MembershipFactory.create_batch(3, image=image)
    other = MembershipFactory(image=ImageFactory(owner=producer.tenant, name="Other"))

    renamed(image, "Renamed", "Gold", "beta", by=producer.by)

    image.refresh_from_db()
    assert image.words == words_of("Renamed", ["Gold", "beta"]) == "renamed\ngold\nbeta\n"
    assert all(agrees(row) for row in (*offers, other))


@pytest.fixture
def queue(settings):
    """Tasks wait in the database, as in production."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    return DBTaskResult.objects.filter(task_path="sharing.imagedata.copies.copy_to_memberships")


def test_the_task_is_there_if_and_only_if_the_change_is(producer, image, queue):
    MembershipFactory(image=image)
    with transaction.atomic():
        renamed(image, "Never", by=producer.by)
        transaction.set_rollback(True)
    assert not queue.exists()

    renamed(image, "Renamed", by=producer.by)

    [waiting] = queue
    assert waiting.args_kwargs["args"] == [[str(image.pk)]]


def test_a_change_that_is_none_of_theirs_leaves_memberships_alone(producer, image, queue):
    renamed(image, "Nobody's a member", by=producer.by)
    MembershipFactory(image=image)

    change_image(image, lambda draft: draft.facts.update(min_ram=512), by=producer.by)

    assert not queue.exists()


def test_what_fails_is_tried_again_and_holds_nothing_else_up(producer, image, queue, monkeypatch):
    broken, whole = image, ImageFactory(owner=producer.tenant)
    offers = [MembershipFactory(image=one) for one in (broken, whole)]
    Image.objects.update(words="new\n")
    copy_to_all = copies.copy_to_all

    def fails(image_id):
        if image_id == broken.pk:
            raise OperationalError("The database restarts.")
        copy_to_all(image_id)

    monkeypatch.setattr(copies, "copy_to_all", fails)
    copies.copy_to_memberships.func([str(broken.pk), str(whole.pk)])

    assert [agrees(row) for row in offers] == [False, True]
    [again] = queue
    assert again.args_kwargs["args"] == [[str(broken.pk)], 2]
    assert again.run_after > timezone.now()


def test_what_was_never_told_is_found_and_mended(image):
    stale, other = MembershipFactory(image=image), MembershipFactory()
    Image.objects.filter(pk=image.pk).update(words="new\n")

    assert list(copies.mend()) == [image]

    assert agrees(stale)
    assert agrees(other)
    assert list(copies.mend()) == []


def test_a_list_that_was_loaded_again_reaches_the_memberships(producer):
    load(producer, RECORD)
    offer = MembershipFactory(image=Image.objects.get())
    changed = RECORD | {"name": "Another name", "tags": ["web"], "size": 12}

    assert load(producer, changed) == CHANGED

    assert Membership.objects.get().image_words == "another name\nweb\n"
    assert agrees(offer)


def test_many_memberships_are_written_in_steps(image, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(copies, "ROWS_A_TRANSACTION", 4)
    MembershipFactory.create_batch(10, image=image)
    Image.objects.update(words="new\n", size=5)

    # A step: savepoint, lock, keys, update, release.
    with django_assert_num_queries(3 * 5):
        copies.copy_to_memberships.func([str(image.pk)])

    assert set(Membership.objects.values_list("image_words", "image_size")) == {("new\n", 5)}


def test_an_image_that_is_gone_is_no_error(image):
    pk = str(image.pk)
    image.delete()

    copies.copy_to_memberships.func([pk])
