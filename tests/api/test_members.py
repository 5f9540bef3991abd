"""Members over the API: withdraw, one's own row, what stays hidden, and what history keeps."""

from uuid import UUID

import pytest

from sharing.models import Event, Image, Membership
from tests.api.client import api
from tests.api.refusing import at, refused
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db
STATUSES = Membership.Status.values


def events(image):
    told = Event.objects.filter(image_id=image.pk).order_by("pk")
    return list(told.values_list("verb", "owner_id", "member_id", "actor", "actor_tenant_id"))


@pytest.mark.parametrize("status", STATUSES)
def test_withdrawing_is_204_whatever_the_status_and_404_the_second_time(offered, producer, status):
    Membership.objects.update(status=status)

    told = api(producer).delete(offered)

    assert (told.status, told.content) == (204, b"")
    assert not Membership.objects.exists()
    refused(404, api(producer).delete, offered)


def test_withdrawing_one_member_leaves_the_others(offered, image, producer):
    other = MembershipFactory(image=image)

    api(producer).delete(offered)

    assert list(Membership.objects.all()) == [other]


@pytest.mark.parametrize(
    "member_id", ["%00", "5083310%00", "1" * 300, "acme", "%FF", "%20", "%D9%A5"]
)
def test_a_member_with_an_id_that_no_tenant_has_is_404_to_every_call(image, producer, member_id):
    path, client = at(image, "members", member_id), api(producer)

    refused(404, client.get, path)
    refused(404, client.put, path, {"status": "accepted"})
    refused(404, client.delete, path)


@pytest.mark.parametrize("verb", ["get", "put", "delete"])
@pytest.mark.parametrize("image_id", [str(UUID(int=1)), "no-uuid", "%00"])
def test_members_of_an_unknown_or_malformed_image_are_404(producer, verb, image_id):
    base = f"/image/v2/images/{image_id}/members"

    refused(404, api(producer).get, base)
    refused(404, api(producer).post, base, {"member": "5083310"})
    refused(404, getattr(api(producer), verb), f"{base}/5083310")


def test_who_rejected_reads_and_changes_its_membership_while_the_image_is_404(
    offered, image, consumer
):
    mine = api(consumer)
    assert mine.put(offered, {"status": "rejected"}).status == 200

    refused(404, mine.get, at(image))
    refused(404, mine.get, at(image, "file"))
    assert mine.get(offered).json["status"] == "rejected"
    assert [row["status"] for row in mine.get(at(image, "members")).json["members"]] == ["rejected"]
    assert mine.put(offered, {"status": "pending"}).status == 200
    assert mine.get(at(image)).status == 200


def test_while_the_image_is_private_a_member_finds_neither_it_nor_its_membership(
    offered, image, producer, consumer
):
    Image.objects.update(visibility="private")

    for path in (at(image), at(image, "members"), offered):
        refused(404, api(consumer).get, path)
    refused(404, api(consumer).put, offered, {"status": "accepted"})
    assert api(producer).get(offered).status == 200


def test_after_a_withdrawal_an_offer_starts_at_pending(offered, image, producer, consumer):
    api(consumer).put(offered, {"status": "accepted"})
    api(producer).delete(offered)

    told = api(producer).post(at(image, "members"), {"member": consumer.id})

    assert (told.status, told.json["status"]) == (200, "pending")


def test_each_change_is_in_the_history_of_both_sides_with_who_did_it_and_for_whom(
    image, producer, consumer
):
    row = at(image, "members", consumer.id)
    owners, theirs = api(producer), api(consumer)

    owners.post(at(image, "members"), {"member": consumer.id})
    for status in ("accepted", "rejected", "pending"):
        theirs.put(row, {"status": status})
    owners.delete(row)

    both = (producer.id, consumer.id)
    sent, answered = (
        (*both, party.manager.email, party.id) for party in (producer, consumer)
    )  # fmt: skip
    assert events(image) == [
        ("offered", *sent), ("accepted", *answered), ("rejected", *answered), ("postponed", *answered),
        ("withdrawn", *sent),
    ]  # fmt: skip
    for tenant_id in both:
        owned, shared = Event.objects.seen_by(tenant_id)
        assert (owned | shared).count() == 5
