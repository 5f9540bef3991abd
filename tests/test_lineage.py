"""What an image was made from, told on its page as a short trail."""

from uuid import uuid4

import pytest
from django.urls import reverse

from sharing.models import Image
from tests.factories import ImageFactory, MembershipFactory
from tests.pages import read

pytestmark = pytest.mark.django_db


def show(party, image):
    return read(party.client().get(reverse("image", args=[party.id, image.pk])))


def trail(party, image):
    return [line.words for line in show(party, image).all("ol.trail li")]


def child_of(parent_id, owner, name="child"):
    return ImageFactory(owner=owner.tenant, name=name, base_image_ref=parent_id)


def test_the_trail_is_told_nearest_first_with_links(producer):
    root = ImageFactory(owner=producer.tenant, name="root")
    middle = child_of(root.pk, producer, "middle")
    leaf = child_of(middle.pk, producer, "leaf")

    assert trail(producer, leaf) == ["leaf", "middle", "root"]
    links = [a["href"] for a in show(producer, leaf).all("ol.trail a")]
    assert links == [reverse("image", args=[producer.id, i.pk]) for i in (middle, root)]


def test_the_trail_ends_at_what_the_tenant_cannot_see_without_its_name(producer, consumer):
    secret = ImageFactory(owner=producer.tenant, name="secret", base_image_ref=uuid4())
    shared = child_of(secret.pk, producer, "shared")
    MembershipFactory(image=shared, member_id=consumer.id)

    assert trail(consumer, shared) == ["shared", f"{secret.pk} gone, or not shared to you"]
    assert "secret" not in str(show(consumer, shared))


@pytest.mark.parametrize("status", ["pending", "accepted", "rejected"])
def test_the_trail_goes_on_where_the_tenant_sees_the_parent(producer, consumer, status):
    parent = ImageFactory(owner=producer.tenant, name="parent")
    leaf = child_of(parent.pk, consumer, "leaf")
    MembershipFactory(image=parent, member_id=consumer.id, status=status)

    seen = f"{parent.pk} gone, or not shared to you" if status == "rejected" else "parent"
    assert trail(consumer, leaf) == ["leaf", seen]


def test_the_trail_of_images_made_from_each_other_ends(producer):
    one = ImageFactory(owner=producer.tenant, name="one")
    other = child_of(one.pk, producer, "other")
    Image.objects.filter(pk=one.pk).update(base_image_ref=other.pk)

    assert trail(producer, other) == ["other", "one"]


def test_the_trail_of_an_image_made_from_itself_ends(producer):
    image = ImageFactory(owner=producer.tenant)
    Image.objects.update(base_image_ref=image.pk)

    assert trail(producer, image) == []


def test_the_trail_is_told_five_steps_deep(producer):
    image = ImageFactory(owner=producer.tenant, name="0")
    for n in range(1, 9):
        image = child_of(image.pk, producer, str(n))

    assert trail(producer, image) == ["8", "7", "6", "5", "4", "3"]
