"""A verb sent after the session ended: nothing happens, and the sign-in leads back to the page it was sent from."""

import pytest
from django.test import Client
from django.urls import reverse

from sharing import handshake
from sharing.models import Membership
from tests.factories import ImageFactory
from tests.pages import HTMX
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
SIGN_IN = "/accounts/login/"


@pytest.fixture
def offer(producer, consumer):
    handshake.offer(ImageFactory(owner=producer.tenant), [consumer.id], by=producer.by)
    return Membership.objects.get()


@pytest.fixture
def post(consumer, offer):
    def send(**headers):
        data = {"offer": offer.pk, "tab": "pending"}
        with unchanged():
            return Client().post(reverse("accept", args=[consumer.id]), data, headers=headers)

    return send


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("http://testserver/t/5083310/inbox/", "/t/5083310/inbox/"),
        ("https://evil.example/t/1/inbox/", "/"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
def test_a_plain_form_leads_to_the_sign_in_which_leads_back_to_its_page(post, came_from, leads_to):
    assert post(Referer=came_from)["Location"] == f"{SIGN_IN}?next={leads_to}"


@pytest.mark.parametrize("page", ["/t/5083310/inbox/?status=accepted", "/t/5083310/images/"])
def test_htmx_leaves_its_page_for_the_sign_in_which_leads_back_to_it(post, page):
    answer = post(**HTMX, **{"HX-Current-URL": f"http://testserver{page}"})

    assert answer.status_code == 200
    assert answer.content == b""
    next_page = page.replace("?", "%3F").replace("=", "%3D")
    assert answer["HX-Redirect"] == f"{SIGN_IN}?next={next_page}"


@pytest.mark.parametrize(
    "claimed",
    [
        "",
        "https://evil.example/t/1/inbox/",
        "//evil.example/",
        "http://[",
        "javascript:alert(1)",
    ],
)
def test_htmx_on_a_page_that_is_not_ours_leads_back_to_the_start(post, claimed):
    answer = post(**HTMX, **{"HX-Current-URL": claimed})

    assert answer["HX-Redirect"] == f"{SIGN_IN}?next=/"
