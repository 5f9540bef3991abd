"""The offer form in place on the image's page, by htmx and by plain form. Its checklist: test_offer_checklist."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from sharing import handshake
from sharing.models import Image, Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.pages import HTMX, read
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
HOW = pytest.mark.parametrize("how", [{}, {"headers": HTMX}], ids=["plain", "htmx"])


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant)


@pytest.fixture
def client(producer):
    return producer.client()


@pytest.fixture
def offer(client, producer, image):
    """Posts the form as it stands on the page, with what is typed into it."""

    def post(ids, how, status=200, **typed):
        answer = client.post(
            reverse("offer", args=[producer.id, image.pk]), {"tenant_ids": ids, **typed}, **how
        )
        if not how and status == 200:
            assert answer.status_code == 302
            assert answer["Location"] == reverse("image", args=[producer.id, image.pk])
            answer = client.get(answer["Location"])
        assert answer.status_code == status
        page = read(answer)
        assert bool(page.all("html")) == (not how)
        return page

    return post


def results(page):
    return page.texts("#members .results li")


def typed(page):
    return page.one("textarea[name=tenant_ids]").words, page.one("textarea[name=note]").words


def messages(page):
    return page.texts("#messages .message")


@HOW
@pytest.mark.parametrize(
    "between", [",", " ", "\n", ";", "\r\n", "\t", ", ", " ;,\n\n ", "\u00a0"], ids=repr
)
def test_many_ids_are_separated_by_commas_blanks_lines_or_semicolons(offer, between, how):
    page = offer(between.join(["1", "2", "3"]), how)

    assert results(page) == ["1: offered", "2: offered", "3: offered"]
    assert page.texts("#members tbody th") == ["3", "2", "1"]
    assert messages(page) == []


@HOW
def test_each_id_has_its_result_line_and_one_bad_id_does_not_lose_the_others(
    offer, image, producer, how
):
    standing = MembershipFactory(
        image=image, member_id="7", status="accepted", answered_at=timezone.now()
    )

    page = offer(f" 1, not-an-id {producer.id}\n7; {'9' * 200}, 2,1 ", how)

    assert results(page) == [
        "1: offered",
        "“not-an-id”: not a valid tenant ID",
        f"{producer.id}: your own ID",
        f"7: already offered, accepted on {date_format(standing.answered_at, 'j F Y')}",
        f"“{'9' * 80}”: not a valid tenant ID",
        "2: offered",
    ]
    assert set(Membership.objects.values_list("member_id", flat=True)) == {"1", "2", "7"}
    assert page.one("#members").all("li")[1]["class"].split()[-1] == "invalid"


@HOW
def test_offering_twice_is_safe_and_tells_what_stands(offer, how):
    offer("1 2", how)

    with unchanged():
        page = offer("1 2", how, note="Another note.")

    today = date_format(timezone.now(), "j F Y")
    assert results(page) == [f"{n}: already offered, pending on {today}" for n in (1, 2)]


def test_results_are_told_once(offer, client, producer, image):
    offer("1", {})

    page = read(client.get(reverse("image", args=[producer.id, image.pk])))
    assert results(page) == []


@HOW
def test_the_note_is_kept_for_every_tenant_of_the_offer(offer, how):
    page = offer("1 2", how, note="As agreed.\r\nSay when it boots.")

    assert page.texts("td[data-label=Note]") == ["As agreed. Say when it boots."] * 2
    assert typed(page) == ("", "")


def test_by_htmx_the_answer_is_the_members_list_alone_and_its_results_get_the_focus(offer):
    page = offer("1", {"headers": HTMX})

    assert [part["id"] for part in page.inside if not isinstance(part, str)] == ["members"]
    assert "data-focus" in page.one(".results").attributes
    assert page.one("form.offer")["hx-target"] == "#members"


class TestRefused:
    """Nothing is changed, a sentence says why, and what was typed is still there."""

    @HOW
    @pytest.mark.parametrize(
        ("ids", "note", "sentence"),
        [
            ("", "", "This field is required."),
            ("  \n ", "", "This field is required."),
            (" , ; ", "", "Give at least one tenant ID."),
            (
                " ".join(map(str, range(1001))),
                "",
                "At most 1000 tenant IDs at a time; these are 1001.",
            ),
            ("9" * 70_001, "", "Ensure this value has at most 70000 characters (it has 70001)."),
            ("1", "x" * 501, "Ensure this value has at most 500 characters (it has 501)."),
        ],
        ids=["no ID", "blanks", "separators", "1,001 IDs", "long IDs", "long note"],
    )
    def test_what_the_form_does_not_take(self, offer, ids, note, sentence, how):
        with unchanged():
            page = offer(ids, how, status=422, note=note)

        assert page.one(".errorlist").words == sentence
        assert typed(page) == (" ".join(ids.split()), note)

    @HOW
    def test_more_members_than_the_quota(self, offer, image, settings, how):
        settings.MEMBER_QUOTA = 2
        MembershipFactory(image=image, member_id="1")

        with unchanged():
            page = offer("1 2 3", how, status=422, note="As agreed.")

        assert messages(page) == [
            "Tenant IDs: an image can have 2 members; this one has 1 and you offered it to 2 more."
            " Nobody was offered it."
        ]
        assert typed(page) == ("1 2 3", "As agreed.")
        assert results(page) == []

    @HOW
    @pytest.mark.parametrize(
        ("state", "reason"),
        [
            ({"visibility": "private"}, "This image is private: its owner has to make it shared"),
            ({"on_hold": True}, "An operator put this image on hold: it cannot be offered"),
        ],
    )
    def test_an_image_that_is_private_or_on_hold(self, offer, how, state, reason):
        Image.objects.update(**state)

        with unchanged():
            page = offer("1", how, status=409)

        assert [message.startswith(reason) for message in messages(page)] == [True]
        assert page.one("#members")

    @HOW
    def test_by_a_reader(self, producer, image, how):
        with unchanged():
            answer = producer.reader_client().post(
                reverse("offer", args=[producer.id, image.pk]), {"tenant_ids": "1"}, **how
            )

        assert answer.status_code == 403
        assert "reader" in read(answer).one("#error").words

    @HOW
    def test_of_an_image_deleted_meanwhile(self, producer, client, image, how):
        handshake.delete_image(image, by=producer.by)

        with unchanged():
            answer = client.post(
                reverse("offer", args=[producer.id, image.pk]), {"tenant_ids": "1"}, **how
            )

        assert answer.status_code == 404
        assert "may have been withdrawn or deleted" in read(answer).one("#error").words


@HOW
def test_a_line_break_of_the_note_is_one_character(offer, how):
    """The browser counts it as one, and sends it as two."""
    offer("1", how, note="\r\n".join(["x" * 98] * 5) + "\r\n\r\n.")

    assert Membership.objects.get().note == "\n".join(["x" * 98] * 5) + "\n\n."


@HOW
def test_a_thousand_ids_are_offered_at_once(offer, image, how):
    ids = [str(n) for n in range(1, settings.MEMBER_QUOTA + 1)]

    page = offer("\n".join(ids), how)

    assert image.memberships.count() == len(ids) == 1000
    assert results(page) == [f"{n}: offered" for n in ids]


@HOW
@pytest.mark.parametrize("query", ["?status=unknown", "?page=unknown"])
def test_a_bad_filter_of_the_list_does_not_deny_an_offer_that_was_made(
    client, producer, image, query, how
):
    answer = client.post(
        reverse("offer", args=[producer.id, image.pk]) + query, {"tenant_ids": "1"}, **how
    )

    assert answer.status_code == (200 if how else 302)
    assert Membership.objects.get().member_id == "1"
