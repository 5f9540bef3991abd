"""Answers over the API: `PUT .../members/{member_id}`."""

import pytest

from sharing.models import Event, Membership
from tests.api.client import api, reader_api
from tests.api.refusing import at, refused

pytestmark = pytest.mark.django_db
STATUSES = Membership.Status.values


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("after", STATUSES)
def test_a_member_answers_any_status_after_any_and_again(offered, consumer, before, after):
    Membership.objects.update(status=before)

    for _ in range(2):
        told = api(consumer).put(offered, {"status": after})
        assert (told.status, told.json["status"]) == (200, after)
        assert told.json == api(consumer).get(offered).json

    assert Membership.objects.get().status == after
    assert Event.objects.exclude(verb="offered").count() == (before != after)


@pytest.mark.parametrize("member", ["5083310", "999", None, 5, {"id": "x"}, []])
def test_a_member_key_beside_the_status_is_ignored(offered, consumer, member):
    told = api(consumer).put(offered, {"member": member, "status": "accepted"})

    assert (told.status, told.json["member_id"]) == (200, consumer.id)


def test_the_time_of_the_answer_is_told_as_updated_at(offered, consumer):
    told = api(consumer).put(offered, {"status": "accepted"}).json

    row = Membership.objects.get()
    assert told["updated_at"] == f"{row.answered_at:%Y-%m-%dT%H:%M:%SZ}"
    assert told["created_at"] == f"{row.created_at:%Y-%m-%dT%H:%M:%SZ}"


ANSWERS = {
    "no body": (None, "body"),
    "{}": ({}, "status"),
    "null": (b"null", "body"),
    "a list": (["accepted"], "body"),
    "a text": ("accepted", "body"),
    "status null": ({"status": None}, "status"),
    "status a list": ({"status": ["accepted"]}, "status"),
    "status a number": ({"status": 1}, "status"),
    "status empty": ({"status": ""}, "status"),
    "upper-case": ({"status": "ACCEPTED"}, "status"),
    "capital": ({"status": "Accepted"}, "status"),
    "unknown status": ({"status": "declined"}, "status"),
    "with a space": ({"status": "accepted "}, "status"),
    "NUL": ({"status": "accepted\x00"}, "status"),
    "missing": ({"member": "5083310"}, "status"),
    "unknown key": ({"status": "accepted", "note": "x"}, "note"),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_that_is_not_of_the_form_is_400_and_names_what_is_wrong(offered, consumer, case):
    body, named = ANSWERS[case]

    assert named in refused(400, api(consumer).put, offered, body)


@pytest.mark.parametrize("body", [{"status": "accepted"}, {"status": "x"}, None])
def test_the_owner_cannot_answer_for_a_member_whatever_it_sends(offered, producer, body):
    refused(403, api(producer).put, offered, body)
    refused(403, reader_api(producer).put, offered, body)


def test_the_owner_is_no_member_of_its_own_image(image, producer):
    own = at(image, "members", producer.id)

    refused(404, api(producer).put, own, {"status": "accepted"})
    refused(404, api(producer).get, own)
    refused(404, api(producer).delete, own)
