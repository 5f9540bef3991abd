"""New image records, and what they are registered as made from."""

from uuid import UUID, uuid4

import pytest

from sharing import handshake
from sharing.errors import BadInput, Conflict, Gone, NotAllowed
from sharing.imagedata.records import (
    Facts,
    ancestors,
    create_image,
    lineage,
    origins,
    register_parent,
)
from sharing.models import Event, Image, Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.imported import queued
from tests.refusals import refused, unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(producer, consumer):
    """An image of the producer that the consumer accepted."""
    image = ImageFactory(owner=producer.tenant, name="Golden Debian")
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    return image


def test_a_new_image_is_queued_and_says_what_it_was_told(producer):
    facts = Facts(
        name="Debian 12", disk_format="qcow2", min_disk=8, min_ram=512, protected=True,
        redistributable=True, properties={"os_distro": "debian"}, tags=["base", "base", "12"],
    )  # fmt: skip
    image = create_image(facts, owner=producer.tenant, by=producer.by)
    image.refresh_from_db()
    assert (image.status, image.size, image.data) == ("queued", 0, "")
    assert (image.name, image.disk_format, image.container_format) == ("Debian 12", "qcow2", "bare")
    assert (image.min_disk, image.min_ram, image.protected, image.redistributable) == (
        8,
        512,
        True,
        True,
    )
    assert [tag.name for tag in image.tags.all()] == ["12", "base"]
    event = Event.objects.get()
    assert (event.verb, event.image_id, event.owner_id) == ("created", image.pk, producer.id)


@pytest.mark.parametrize("caller", ["reader", "stranger"])
def test_only_a_manager_of_the_owner_makes_its_images(producer, stranger, caller):
    by = producer.read_by if caller == "reader" else stranger.by
    with refused(NotAllowed):
        create_image(Facts(), owner=producer.tenant, by=by)


def test_an_operator_makes_an_image_for_a_tenant(producer, by_operator):
    image = create_image(Facts(), owner=producer.tenant, by=by_operator)
    assert image.owner_id == producer.id


@pytest.mark.parametrize("status", ["pending", "accepted"])
def test_an_image_can_be_made_from_one_that_is_shared_to_its_owner(shared, consumer, status):
    Membership.objects.update(status=status)
    image = queued(consumer, base_image_ref=shared.pk)
    assert lineage(consumer.by, image) == [shared]


def test_nothing_tells_whether_a_parent_that_the_owner_cannot_see_exists(
    shared, consumer, stranger
):
    Membership.objects.update(status="rejected")
    told = set()
    for party, parent_id in ((stranger, shared.pk), (consumer, shared.pk), (stranger, uuid4())):
        with unchanged(), pytest.raises(BadInput) as caught:
            queued(party, base_image_ref=parent_id)
        told.add(str(caught.value).replace(str(parent_id), "it").replace(party.id, "you"))
    assert len(told) == 1


def test_an_image_inherits_its_parents_restriction_and_keeps_it_when_the_parent_is_gone(
    producer, consumer
):
    parent = queued(producer, properties={"os_distro": "RHEL"})
    MembershipFactory(image=parent, member_id=consumer.id, status="accepted")
    child = queued(consumer, base_image_ref=parent.pk)
    grandchild = queued(consumer, base_image_ref=child.pk)
    handshake.delete_image(parent, by=producer.by)
    for image in (child, grandchild):
        image.refresh_from_db()
        assert image.restriction == "Red Hat Enterprise Linux"
        assert image.restriction_origin == parent.pk
        assert image.restriction_is_inherited


def test_a_parent_can_be_registered_afterwards_once_and_for_all(shared, consumer):
    image = queued(consumer)
    assert register_parent(image, shared.pk, by=consumer.by) == shared
    image.refresh_from_db()
    assert image.base_image_ref == shared.pk
    event = Event.objects.latest("pk")
    assert (event.verb, event.note, event.owner_id) == ("derived", str(shared.pk), consumer.id)
    other = queued(consumer)
    with refused(Conflict):
        register_parent(image, other.pk, by=consumer.by)


def test_the_restriction_reaches_what_was_made_before_the_parent_was_registered(producer):
    restricted = queued(producer, properties={"os_type": "windows"})
    image = queued(producer)
    child = queued(producer, base_image_ref=image.pk)
    register_parent(image, restricted.pk, by=producer.by)
    for row in (image, child):
        row.refresh_from_db()
        assert (row.restriction, row.restriction_origin) == ("Windows", restricted.pk)


def test_an_image_is_not_made_from_itself_nor_from_what_was_made_from_it(producer):
    image = queued(producer)
    child = queued(producer, base_image_ref=image.pk)
    grandchild = queued(producer, base_image_ref=child.pk)
    for parent in (image, child, grandchild):
        with refused(BadInput):
            register_parent(image, parent.pk, by=producer.by)


def test_only_a_manager_of_the_owner_registers_a_parent(shared, producer, consumer):
    image = queued(consumer)
    for by in (consumer.read_by, producer.by):
        with refused(NotAllowed):
            register_parent(image, shared.pk, by=by)


def test_a_parent_of_an_image_that_is_gone_is_refused(shared, consumer):
    image = queued(consumer)
    Image.objects.filter(pk=image.pk).delete()
    with refused(Gone):
        register_parent(image, shared.pk, by=consumer.by)


def test_the_line_of_ancestors_ends_at_one_that_is_gone_and_survives_a_circle(producer):
    gone = UUID(int=1)
    first = ImageFactory(owner=producer.tenant, base_image_ref=gone)
    second = ImageFactory(owner=producer.tenant, base_image_ref=first.pk)
    for known in (None, origins([first, second])):
        assert dict(ancestors(second, known)) == {first.pk: producer.id, gone: None}
    Image.objects.filter(pk=first.pk).update(base_image_ref=second.pk)
    for known in (None, origins([second])):
        assert [pk for pk, _ in ancestors(second, known)] == [first.pk, second.pk]


def test_the_producer_learns_nothing_of_what_a_consumer_makes_from_its_image(
    shared, producer, consumer
):
    before = list(Event.objects.filter(owner_id=producer.id))
    image = queued(consumer, base_image_ref=shared.pk)
    register_parent(queued(consumer), image.pk, by=consumer.by)
    assert list(Event.objects.filter(owner_id=producer.id)) == before
    assert not Image.objects.visible_to(producer.id).filter(pk=image.pk).exists()
