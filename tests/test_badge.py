"""The number of offers that wait, on every page of the tenant."""

from urllib.parse import urljoin

import pytest
from django.urls import reverse

from sharing.models import Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.pages import HTMX, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(consumer):
    return MembershipFactory.create_batch(3, member_id=consumer.id)


@pytest.mark.parametrize(
    ("waiting", "shown"), [(0, ""), (1, "1 waiting"), (25, "25 waiting"), (26, "25+ waiting")]
)
@pytest.mark.parametrize("name", ["help", "inbox"])
def test_it_counts_the_tenants_own_pending_offers_to_25(consumer, stranger, waiting, shown, name):
    MembershipFactory.create_batch(waiting, member_id=consumer.id)
    MembershipFactory(member_id=consumer.id, status="accepted")
    MembershipFactory(member_id=consumer.id, status="rejected")
    MembershipFactory(member_id=stranger.id)

    page = read(consumer.client().get(reverse(name, args=[consumer.id])))

    assert page.one("#inbox-badge").words == shown


def test_it_counts_all_that_wait_on_each_page_of_the_inbox_forwards_and_back(consumer):
    MembershipFactory.create_batch(29, member_id=consumer.id)
    client, address = consumer.client(), reverse("inbox", args=[consumer.id])
    second = urljoin(address, read(client.get(address)).one("a[rel=next]")["href"])
    assert read(client.get(second)).one("#inbox-badge").words == "25+ waiting"
    # Fewer than a page are left before it.
    first = urljoin(address, read(client.get(second)).one("a[rel=prev]")["href"])
    for answered, shown in ((4, "25 waiting"), (7, "18 waiting")):
        newest = Membership.objects.pending().order_by("-pk").values("pk")[:answered]
        Membership.objects.filter(pk__in=newest).update(status="rejected")
        assert read(client.get(first)).one("#inbox-badge").words == shown


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("name", ["inbox", "images", "activity", "help", "confirm-prune-all"])
@pytest.mark.parametrize("client_of", ["client", "reader_client"])
def test_it_is_on_every_page(consumer, name, client_of):
    answer = getattr(consumer, client_of)().get(reverse(name, args=[consumer.id]))

    assert read(answer).one(".rail #inbox-badge").words == "3 waiting"


def test_it_is_on_the_pages_of_an_image_and_of_an_error(consumer, three):
    for image_id, status in ((three[0].image_id, 200), (ImageFactory().pk, 404)):
        answer = consumer.client().get(reverse("image", args=[consumer.id, image_id]))

        assert answer.status_code == status
        assert read(answer).one("#inbox-badge").words == "3 waiting"


@pytest.mark.usefixtures("three")
def test_what_it_refreshes_itself_with_is_the_badge_of_a_whole_page_and_takes_no_messages(
    consumer,
):
    client = consumer.client()
    image = ImageFactory(owner=consumer.tenant)
    client.post(reverse("offer", args=[consumer.id, image.pk]), {"tenant_ids": "1"})
    client.post(reverse("prune", args=[consumer.id, image.pk]))

    page = read(client.get(reverse("inbox", args=[consumer.id]), headers=HTMX))

    assert page.one("#inbox-badge").words == "3 waiting"
    assert "hx-swap-oob" not in page.one("#inbox-badge").attributes
    assert not page.all("#messages .message")
    shown = read(client.get(reverse("image", args=[consumer.id, image.pk])))
    assert shown.texts("#messages .message") == ["Pruned 0 tenants that had rejected."]
    assert shown.texts(".results li") == ["1: offered"]
