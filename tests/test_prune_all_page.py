"""Prune over all of a tenant's images at once, from the image list."""

import pytest
from django.urls import reverse

from sharing.models import Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.pages import HTMX, read
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
HOW = pytest.mark.parametrize("how", [{}, {"headers": HTMX}], ids=["plain", "htmx"])


@pytest.fixture
def rejected(producer):
    """One on each of two images of the producer, one on somebody else's."""
    for n in range(2):
        image = ImageFactory(owner=producer.tenant)
        MembershipFactory(image=image, status="accepted")
        MembershipFactory(image=image, status="rejected", member_id=str(n))
    return MembershipFactory(status="rejected", member_id=producer.id)


@pytest.mark.usefixtures("rejected")
def test_the_question_counts_those_of_ones_own_images(producer):
    with unchanged():
        page = read(producer.client().get(reverse("confirm-prune-all", args=[producer.id])))

    assert page.one("#confirm h2").words == "Prune 2 rejected, over all your images?"
    assert page.one("#confirm form")["action"] == reverse("prune-all", args=[producer.id])
    assert page.one("#confirm a[data-close]")["href"] == reverse("images", args=[producer.id])


@HOW
def test_it_ends_what_is_rejected_of_ones_own_images_and_leads_to_the_list(producer, rejected, how):
    client = producer.client()

    led = client.post(reverse("prune-all", args=[producer.id]), **how)

    assert Membership.objects.rejected().get() == rejected
    assert Membership.objects.accepted().count() == 2
    target = led["HX-Redirect"] if how else led["Location"]
    assert (led.status_code, target) == (200 if how else 302, reverse("images", args=[producer.id]))
    page = read(client.get(target))
    assert page.texts("#messages .message") == [
        "Pruned 2 tenants that had rejected, over all your images."
    ]


@HOW
@pytest.mark.usefixtures("rejected")
def test_a_tenant_that_owns_nothing_prunes_nothing(consumer, how):
    with unchanged():
        consumer.client().post(reverse("prune-all", args=[consumer.id]), **how)


@HOW
@pytest.mark.usefixtures("rejected")
@pytest.mark.parametrize("name", ["prune-all", "confirm-prune-all"])
def test_a_reader_is_refused(producer, name, how):
    method = "get" if name.startswith("confirm") else "post"

    with unchanged():
        answer = getattr(producer.reader_client(), method)(reverse(name, args=[producer.id]), **how)

    assert answer.status_code == 403
    assert "reader" in read(answer).one("#error").words
