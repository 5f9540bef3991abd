"""Verbs over more members than one request ends: the page that says how far it is, and goes on."""

import pytest
from django.urls import reverse

from sharing import handshake
from sharing.handshake import pieces
from sharing.models import Image, Membership
from sharing.views import pieces as requests
from tests.factories import ImageFactory, MembershipFactory
from tests.pages import HTMX, read, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
HOW = pytest.mark.parametrize("how", [{}, {"headers": HTMX}], ids=["plain", "htmx"])
NAME = "debian-12"


@pytest.fixture(autouse=True)
def two_rows_a_request(monkeypatch):
    monkeypatch.setattr(pieces, "ROWS_A_PIECE", 2)
    monkeypatch.setattr(requests, "ROWS_A_REQUEST", 2)


@pytest.fixture
def client(producer):
    return producer.client()


@pytest.fixture
def image(producer):
    image = ImageFactory(owner=producer.tenant, name=NAME)
    MembershipFactory.create_batch(5, image=image, status="rejected")
    return image


@pytest.fixture
def post(client, producer, image):
    """Posts a verb, or the form of a page that goes on with it."""

    def act(verb, how, data=()):
        args = [producer.id] if verb == "prune-all" else [producer.id, image.pk]
        return client.post(reverse(verb, args=args), dict(data), **how)

    return act


def form_of(answer):
    """What the form that goes on holds; the page is sound."""
    assert answer.status_code == 200
    form = read(answer).one("#going-on form")
    assert form["action"] == form["hx-post"] == answer.request["PATH_INFO"]
    assert form["hx-trigger"].split(", ") == ["load", "submit"]
    assert form.one("button").words == "Go on"
    return {f["name"]: f["value"] for f in form.all("input") if f["name"] != "csrfmiddlewaretoken"}


DONE = {
    "prune": ({}, "Pruned", "Pruned 5 tenants that had rejected."),
    "prune-all": ({}, "Pruned", "Pruned 5 tenants that had rejected, over all your images."),
    "withdraw": ({"all": "1"}, "Withdrawn from", "Withdrew the image from 5 tenants."),
    "delete": ({}, "Withdrawn from", f"Deleted “{NAME}” and ended its sharing to 5 tenants."),
}


@HOW
@pytest.mark.parametrize("verb", DONE)
def test_each_answer_says_how_far_it_is_and_leads_to_the_next(
    client, producer, image, post, verb, how
):
    data, done, said = DONE[verb]
    for ended, left in ((2, 3), (4, 1)):
        answer = post(verb, how, data)
        page = read(answer)
        assert bool(page.all("html")) == (not how)
        assert f"{done} {ended} tenants so far, {left} left." in page.one("#going-on").words
        assert "If you leave this page" in page.one("#going-on").words
        bar = page.one("progress")
        assert (bar["value"], bar["max"]) == (str(ended), "5")
        assert Membership.objects.count() == left
        data = form_of(answer)

    led = post(verb, how, data)

    to_list = verb in ("delete", "prune-all")
    target = reverse("images", args=[producer.id]) if to_list else image_url(producer, image)
    assert (led["HX-Redirect"] if how else led["Location"]) == target
    assert told(read(client.get(target))) == [said]
    assert not Membership.objects.exists()


def image_url(producer, image):
    return reverse("image", args=[producer.id, image.pk])


@pytest.mark.parametrize(
    ("verb", "stays"),
    [("prune", "Who was pruned stays so."), ("delete", "the image and its other members stay")],
)
def test_the_page_says_what_leaving_it_leaves_and_where_to(producer, image, post, verb, stays):
    page = read(post(verb, {}))

    assert stays in page.one("#going-on").words
    assert page.one("#stop")["href"] == image_url(producer, image)


def test_more_than_is_counted_is_told_as_such(image, post, monkeypatch):
    monkeypatch.setattr("sharing.models.membership.COUNT_CAP", 2)
    monkeypatch.setattr("sharing.views.pieces.COUNT_CAP", 2)
    monkeypatch.setattr("sharing.templatetags.proffer.COUNT_CAP", 2)

    going_on = read(post("prune", {})).one("#going-on")

    assert "Pruned 2 tenants so far, 2+ left." in going_on.words
    assert "value" not in going_on.one("progress").attributes


@HOW
def test_who_was_chosen_is_gone_on_with(image, post, how):
    chosen = list(image.memberships.order_by("-pk").values_list("member_id", flat=True))[:3]

    page = read(post("withdraw", how, {"member": chosen}))
    assert "Withdrawn from 2 tenants so far, 1 left." in page.one("#going-on").words
    members = [field["value"] for field in page.all("#going-on input[name=member]")]
    assert members == chosen
    post("withdraw", how, {**form_of_chosen(page), "member": members})

    assert image.memberships.count() == 2


def form_of_chosen(page):
    fields = page.all("#going-on form input")
    return {field["name"]: field["value"] for field in fields if field["name"] in ("done", "below")}


@HOW
def test_who_accepts_between_two_requests_of_a_prune_is_kept(image, post, how):
    data = form_of(post("prune", how))
    Membership.objects.filter(pk=image.memberships.earliest("pk").pk).update(status="accepted")
    data = form_of(post("prune", how, data)) if image.memberships.rejected().count() > 2 else data

    post("prune", how, data)

    assert image.memberships.get().status == "accepted"


def test_a_deletion_of_an_image_protected_meanwhile_ends_on_its_page(image, post):
    data = form_of(post("delete", {}))
    Image.objects.update(protected=True)

    with unchanged():
        answer = post("delete", {}, data)

    assert answer.status_code == 409
    assert told(read(answer)) == [
        "A protected image cannot be deleted. Its owner lifts the protection first.",
        "By then it was withdrawn from 2 tenants.",
    ]


def test_by_htmx_it_leads_there(client, producer, image, post):
    data = form_of(post("delete", {"headers": HTMX}))
    Image.objects.update(protected=True)

    led = post("delete", {"headers": HTMX}, data)

    assert led["HX-Redirect"] == image_url(producer, image)
    assert "By then it was withdrawn from 2 tenants." in told(read(client.get(led["HX-Redirect"])))


@HOW
def test_an_image_that_somebody_else_deleted_meanwhile_is_gone(producer, image, post, how):
    data = form_of(post("delete", how))
    handshake.delete_image(image, by=producer.by)

    assert post("delete", how, data).status_code == 404


def test_a_reader_goes_on_with_nothing(producer, image):
    address = reverse("prune", args=[producer.id, image.pk])

    with unchanged():
        answer = producer.reader_client().post(address, {"done": 2, "below": 10**9})

    assert answer.status_code == 403


@HOW
@pytest.mark.parametrize("verb", DONE)
@pytest.mark.parametrize(
    "wrong", [{"done": "-1"}, {"below": "x"}, {"below": 2**63}, {"done": "1\0"}]
)
def test_a_form_that_no_page_sends_is_refused(image, post, verb, wrong, how):
    with unchanged():
        answer = post(verb, how, {**DONE[verb][0], **wrong})

    assert answer.status_code == 422


def test_time_too_ends_a_request(image, post, monkeypatch):
    monkeypatch.setattr(requests, "ROWS_A_REQUEST", 1000)
    monkeypatch.setattr(requests, "SECONDS_A_REQUEST", 0)

    assert "Pruned 2 tenants so far" in read(post("prune", {})).words
