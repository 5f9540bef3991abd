"""Adding a membership in the admin is offering."""

from uuid import UUID

import pytest
from django.test import Client

from sharing import handshake
from sharing.models import Event, Membership
from tests.conftest import signed_in
from tests.factories import ImageFactory, MembershipFactory
from tests.operating import told
from tests.racing import together
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
ADD = "/admin/sharing/membership/add/"
OFFERED = "was added successfully"


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant)


def offer(client: Client, image_id: object, member_id: str = "5083310", **extra: str):
    return client.post(
        ADD, {"image": image_id, "member_id": member_id, "note": "For you", **extra}, follow=True
    )


def said_in(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_an_offer_is_made_as_the_operator_and_kept_in_the_history(image, operator_client):
    answer = offer(operator_client, image.pk)

    assert OFFERED in told(answer)[0]
    row, event = Membership.objects.get(), Event.objects.get()
    assert (row.image, row.member_id, row.status, row.note) == (
        image,
        "5083310",
        "pending",
        "For you",
    )
    assert row.offered_by == event.actor == "operator@cloud.example"
    assert (event.verb, event.owner_id, event.actor_tenant_id) == ("offered", "4471021", "")


def test_the_link_of_the_answer_leads_to_the_membership(image, operator_client):
    answer = offer(operator_client, image.pk, _continue="1")

    assert answer.context["original"] == Membership.objects.get()


@pytest.mark.parametrize("status", ["accepted", "approved", "rejected", "\0"])
def test_no_status_can_be_chosen(image, operator_client, status):
    offer(operator_client, image.pk, status=status)

    assert Membership.objects.get().status == "pending"


@pytest.mark.parametrize(
    ("member_id", "sentence"),
    [
        ("abc", "“abc” is not a valid tenant ID."),
        ("5083310 6120047", "is not a valid tenant ID."),
        ("50\x0033310", "Null characters are not allowed."),
        ("5" * 65, "at most 64 characters"),
        ("", "This field is required."),
        ("4471021", "Not offered: 4471021 is the owner of this image."),
    ],
)
def test_a_tenant_id_that_cannot_be_offered_to_is_refused(
    image, operator_client, member_id, sentence
):
    with unchanged():
        answer = offer(operator_client, image.pk, member_id)

    assert sentence in said_in(answer)


@pytest.mark.parametrize("image_id", [UUID(int=7), "junk", "", "\0", "9" * 5000], ids=repr)
def test_an_image_that_is_none_is_refused(operator_client, image_id):
    with unchanged():
        answer = offer(operator_client, image_id)

    assert "Please correct the error below." in said_in(answer)


@pytest.mark.parametrize("note", ["n" * 501, "a\0b"], ids=["too long", "NUL"])
def test_a_note_that_cannot_be_kept_is_refused(image, operator_client, note):
    with unchanged():
        answer = offer(operator_client, image.pk, note=note)

    assert "Please correct the error below." in said_in(answer)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"visibility": "private"}, "This image is private"),
        ({"on_hold": True}, "An operator put this image on hold"),
    ],
    ids=["private", "on hold"],
)
def test_an_image_that_cannot_be_offered_is_refused_with_what_was_filled_in(
    producer, operator_client, fields, sentence
):
    image = ImageFactory(owner=producer.tenant, **fields)

    with unchanged():
        answer = offer(operator_client, image.pk)

    [told_so] = told(answer)
    assert told_so.startswith(sentence)
    form = answer.context["adminform"].form
    assert [form[name].value() for name in ("image", "member_id", "note")] == [
        str(image.pk),
        "5083310",
        "For you",
    ]


def test_more_members_than_the_quota_are_refused(image, operator_client, settings):
    settings.MEMBER_QUOTA = 1
    MembershipFactory(image=image)

    with unchanged():
        answer = offer(operator_client, image.pk)

    assert "an image can have 1 members" in told(answer)[0]


def test_a_second_row_for_a_pair_is_refused(image, operator_client):
    MembershipFactory(image=image, member_id="5083310", status="accepted")

    with unchanged():
        answer = offer(operator_client, image.pk)

    assert "This image is already offered to this tenant." in said_in(answer)


def test_a_second_row_that_comes_between_the_check_and_the_offer_is_refused(
    image, operator_client, monkeypatch
):
    late = handshake.offer

    def somebody_is_faster(image, member_ids, **kwargs):
        MembershipFactory(image=image, member_id="5083310", status="accepted")
        return late(image, member_ids, **kwargs)

    monkeypatch.setattr(handshake, "offer", somebody_is_faster)
    answer = offer(operator_client, image.pk)

    assert told(answer) == ["Not offered: 5083310 is a member of this image already."]
    # The faster one was in the same transaction here, so it went as well.
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_that_offer_at_the_same_moment_one_is_told_that_it_stands(
    producer, operator_user
):
    clients = [signed_in(operator_user), signed_in(operator_user)]
    sentences = (
        OFFERED,
        "is a member of this image already",
        "This image is already offered to this tenant.",
    )

    def outcome(client: Client, image_id: object) -> str:
        page = said_in(offer(client, image_id))
        [said] = [sentence for sentence in sentences if sentence in page]
        return said

    with together() as race:
        for image in ImageFactory.create_batch(20, owner=producer.tenant):
            outcomes = race(*(lambda c=c, i=image.pk: outcome(c, i) for c in clients))
            assert outcomes.count(OFFERED) == 1

    assert Membership.objects.count() == Event.objects.count() == 20


def test_the_form_can_be_filled_in_by_a_link_even_a_mangled_one(image, operator_client):
    query = {
        "image": str(image.pk),
        "member_id": "\0",
        "note": "n" * 900,
        "status": "junk",
        "offered_by": "me",
    }

    answer = operator_client.get(ADD, query)

    assert answer.context["adminform"].form["image"].value() == str(image.pk)
