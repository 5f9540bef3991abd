"""Offers over the API: `POST .../members`."""

import pytest

from sharing import handshake
from sharing.models import Event, Image, Membership
from tests.api.client import api
from tests.api.refusing import at, refused
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


def test_an_offer_answers_200_with_the_pending_membership(image, producer):
    told = api(producer).post(at(image, "members"), {"member": "5083310"})

    row = Membership.objects.get()
    assert told.status == 200
    assert told.json == {
        "member_id": "5083310",
        "image_id": str(image.pk),
        "status": "pending",
        "created_at": f"{row.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "updated_at": f"{row.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "schema": "/v2/schemas/member",
    }
    assert (row.status, row.offered_by) == ("pending", producer.manager.email)


def test_an_offer_of_what_stands_is_409_and_changes_nothing(image, producer, consumer):
    handshake.offer(image, [consumer.id], by=producer.by)
    Membership.objects.update(status="accepted")

    message = refused(409, api(producer).post, at(image, "members"), {"member": consumer.id})

    assert consumer.id in message


@pytest.mark.parametrize(
    ("fact", "status"), [({"visibility": "private"}, 403), ({"on_hold": True}, 403)]
)
def test_an_image_that_cannot_be_offered_is_403(image, producer, fact, status):
    Image.objects.update(**fact)

    refused(status, api(producer).post, at(image, "members"), {"member": "5083310"})


def test_one_member_more_than_the_quota_is_413(image, producer, settings):
    settings.MEMBER_QUOTA = 2
    MembershipFactory.create_batch(2, image=image)

    refused(413, api(producer).post, at(image, "members"), {"member": "5083310"})


BODIES = {
    "no body": (None, "body"),
    "empty": (b"", "body"),
    "not JSON": (b"member=5083310", "body"),
    "not UTF-8": (b'{"member": "\xff"}', "body"),
    "half a surrogate pair": (b'{"member": "\\ud800"}', "body"),
    "too deep": (b'{"member": ' + b"[" * 100_000, ""),
    "{}": ({}, "member"),
    "null": (b"null", "body"),
    "a list": (["5083310"], "body"),
    "a number": (b"5083310", "body"),
    "a text": ("5083310", "body"),
    "member null": ({"member": None}, "member"),
    "member a number": ({"member": 5083310}, "member"),
    "member a list": ({"member": ["5083310"]}, "member"),
    "member an object": ({"member": {"id": "5083310"}}, "member"),
    "member empty": ({"member": ""}, "member"),
    "NUL": ({"member": "5083310\x00"}, "member"),
    "over-long for the column": ({"member": "1" * 65}, "member"),
    "over-long for this cloud": ({"member": "1" * 21}, "member"),
    "very long": ({"member": "1" * 100_000}, "member"),
    "ill-formed": ({"member": "acme"}, "member"),
    "with a space": ({"member": " 5083310"}, "member"),
    "with a line break": ({"member": "5083310\n"}, "member"),
    "other digits": ({"member": "٥٠٨٣٣١٠"}, "member"),
    "the owner's own": ({"member": "4471021"}, "member"),
    "unknown key": ({"member": "5083310", "role": "x"}, "role"),
    "note a number": ({"member": "5083310", "note": 5}, "note"),
    "note over-long": ({"member": "5083310", "note": "x" * 501}, "note"),
    "note with NUL": ({"member": "5083310", "note": "\x00"}, "note"),
    "checklist a text": ({"member": "5083310", "checklist": "true"}, "checklist"),
}  # fmt: skip


@pytest.mark.parametrize("case", BODIES)
def test_an_offer_that_is_not_of_the_form_is_400_and_names_what_is_wrong(image, producer, case):
    body, named = BODIES[case]

    assert named in refused(400, api(producer).post, at(image, "members"), body)


def test_a_body_of_another_type_is_415(image, producer):
    refused(
        415, api(producer).post, at(image, "members"), {"member": "5083310"}, content_type="text/plain"
    )  # fmt: skip


def test_the_note_of_an_offer_is_what_the_consumer_reads(image, producer, consumer):
    told = api(producer).post(at(image, "members"), {"member": consumer.id, "note": "As agreed."})

    assert told.status == 200
    assert Membership.objects.get().note == "As agreed."
    assert Event.objects.get(verb="offered").note == "As agreed."


@pytest.mark.parametrize(
    ("checklist", "verbs"), [(True, ["confirmed", "offered"]), (None, ["offered"])]
)
def test_the_checklist_is_confirmed_by_saying_so_and_else_left_open(
    image, producer, checklist, verbs
):
    Image.objects.update(checklist_confirmed_at=None, checklist_confirmed_by="", checklist_checksum="")  # fmt: skip
    said = {} if checklist is None else {"checklist": checklist}

    told = api(producer).post(at(image, "members"), {"member": "5083310", **said})

    image.refresh_from_db()
    assert told.status == 200
    assert image.checklist_stands is bool(checklist)
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == verbs


def test_a_first_offer_that_denies_the_checklist_is_400(image, producer):
    Image.objects.update(checklist_confirmed_at=None)

    body = {"member": "5083310", "checklist": False}

    assert "hecklist" in refused(400, api(producer).post, at(image, "members"), body)
