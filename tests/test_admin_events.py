import pytest
from django.urls import reverse

from sharing import handshake
from sharing.models import Event, Membership
from tests.factories import ImageFactory
from tests.operating import list_url, page_of
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer, consumer, by_operator):
    """Offered, held and accepted on behalf, beside another image of another owner."""
    image = ImageFactory(owner=producer.tenant)
    handshake.offer(image, [consumer.id], note="Please take it", by=producer.by)
    handshake.hold(image, by=by_operator)
    handshake.answer([Membership.objects.get().pk], "accepted", by=by_operator)
    handshake.offer(ImageFactory(owner__id="7100001"), ["7200002"], by=by_operator)
    return image


def found(client, **query):
    return list(client.get(list_url(Event), query).context["cl"].result_list)


def test_events_come_newest_first(image, operator_client):
    assert found(operator_client) == list(Event.objects.order_by("-id"))


def test_events_are_filtered_by_verb(image, operator_client):
    assert [event.verb for event in found(operator_client, verb__exact="held")] == ["held"]


@pytest.mark.parametrize(
    ("term", "number"),
    [("{0.pk}", 3), ("4471021", 3), ("5083310", 2), ("7200002", 1), ("447", 0), ("offered", 0)],
)
def test_events_are_found_by_image_uuid_and_by_either_tenant_id(
    image, operator_client, term, number
):
    assert len(found(operator_client, q=term.format(image))) == number


def test_an_event_tells_who_did_what_for_whom(image, operator_client):
    offered = Event.objects.get(verb="offered", owner_id="4471021")

    page = operator_client.get(page_of(offered)).content.decode()

    for said in (
        "Offered",
        "4471021",
        "5083310",
        "manager@producer.example",
        "Please take it",
        str(image.pk),
    ):
        assert said in page
    assert page.count("4471021") > 1  # as the owner, and as the tenant that was acted for


def test_an_operators_event_says_that_it_acted_as_operator(image, operator_client):
    held = Event.objects.get(verb="held")

    assert (
        '<div class="readonly">operator</div>'
        in operator_client.get(page_of(held)).content.decode()
    )


def test_the_history_of_an_event_is_that_of_its_image(image, operator_client):
    address = reverse("admin:sharing_event_history", args=(Event.objects.first().pk,))

    assert len(operator_client.get(address, follow=True).context["cl"].result_list) == 3


@pytest.mark.parametrize("page", ["add/", "{}/change/", "{}/delete/"])
def test_events_are_neither_added_changed_nor_deleted(image, operator_client, page):
    with unchanged():
        answer = operator_client.post(
            list_url(Event) + page.format(Event.objects.first().pk), {"post": "yes"}
        )

    assert answer.status_code == 403


def test_the_list_of_events_offers_no_action(image, operator_client):
    assert "_selected_action" not in operator_client.get(list_url(Event)).content.decode()
