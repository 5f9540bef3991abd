"""A page that shows what is no longer so overwrites nothing that was answered since, and undoes only what it did."""

import pytest
from django.urls import reverse

from sharing import handshake
from sharing.models import Membership
from tests.factories import ImageFactory
from tests.pages import HTMX, read, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
STALE = "This was answered meanwhile, from another page. Nothing was changed."


@pytest.fixture
def three(producer, consumer):
    for image in ImageFactory.create_batch(3, owner=producer.tenant):
        handshake.offer(image, [consumer.id], by=producer.by)
    return list(Membership.objects.order_by("pk"))


@pytest.fixture
def client(consumer):
    return consumer.client()


@pytest.fixture
def answer(client, consumer):
    def post(verb, *offers, how=None, **shown):
        data = {"offer": [offer.pk for offer in offers], **shown}
        return client.post(reverse(verb, args=[consumer.id]), data, **(how or {}))

    return post


def statuses(*offers):
    return [Membership.objects.get(pk=offer.pk).status for offer in offers]


@pytest.mark.parametrize("shown", ["pending", "accepted"])
def test_undo_after_a_reject_on_the_images_page_brings_back_the_status_it_had(
    three, answer, client, shown
):
    Membership.objects.update(status=shown)

    address = answer("reject", three[0], tab=shown, from_image="1")["Location"]
    undo = read(client.get(address)).one("article.folded form")
    client.post(undo["action"], {field["name"]: field["value"] for field in undo.all("input")})

    assert statuses(three[0]) == [shown]


@pytest.mark.parametrize("how", [{}, {"headers": HTMX}], ids=["plain", "htmx"])
def test_an_undo_does_not_overwrite_a_newer_answer(three, answer, how):
    Membership.objects.update(status="rejected")

    with unchanged():
        stale = answer("postpone", three[0], tab="pending", seen="accepted", how=how)

    assert stale.status_code == 409
    assert told(read(stale)) == [STALE]


def test_of_many_those_as_they_were_seen_are_answered(three, answer):
    Membership.objects.filter(pk=three[0].pk).update(status="rejected")

    page = read(answer("accept", *three, tab="pending", seen="pending", how={"headers": HTMX}))

    assert statuses(*three) == ["rejected", "accepted", "accepted"]
    assert told(page) == ["Answered meanwhile, from another page: 1 of these offers."]
