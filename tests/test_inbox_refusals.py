"""Answers that are refused, and change nothing: a reader's, the owner's, a stranger's."""

import pytest
from django.urls import reverse

from sharing import handshake
from sharing.models import Membership
from tests.factories import ImageFactory
from tests.pages import HTMX, read
from tests.refusals import unchanged

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("how", [{}, {"headers": HTMX}], ids=["plain", "htmx"]),
    pytest.mark.parametrize("verb", ["accept", "reject", "postpone"]),
]


@pytest.fixture
def offer(producer, consumer):
    handshake.offer(ImageFactory(owner=producer.tenant), [consumer.id], by=producer.by)
    return Membership.objects.get()


def post(client, verb, tenant_id, offer_id, how):
    data = {"offer": offer_id, "tab": "pending"}
    return client.post(reverse(verb, args=[tenant_id]), data, **how)


def test_a_reader_answers_nothing(offer, consumer, verb, how):
    with unchanged():
        refused = post(consumer.reader_client(), verb, consumer.id, offer.pk, how)

    assert refused.status_code == 403
    assert "Your role in this tenant is reader" in read(refused).one("#error").words


def test_the_owner_does_not_answer_for_a_member(offer, producer, verb, how):
    with unchanged():
        refused = post(producer.client(), verb, producer.id, offer.pk, how)

    assert refused.status_code == 403
    assert "Only the tenant that an image is offered to" in read(refused).one("#error").words


def test_a_stranger_learns_of_no_offer(offer, stranger, verb, how):
    with unchanged():
        real, unreal = (
            post(stranger.client(), verb, stranger.id, offer_id, how)
            for offer_id in (offer.pk, 987654)
        )

    assert (real.status_code, unreal.status_code) == (404, 404)
    assert read(real).one("main").words == read(unreal).one("main").words


def test_a_user_of_no_tenant_answers_for_nobody(offer, consumer, operator_client, verb, how):
    with unchanged():
        assert post(operator_client, verb, consumer.id, offer.pk, how).status_code == 404
