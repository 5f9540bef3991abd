"""Tags and actions over the API: put and delete a tag, deactivate, reactivate, prune."""

import pytest

from sharing import handshake
from sharing.models import Event, Image, ImageTag, Membership
from tests.api.client import Api, api, reader_api
from tests.api.refusing import at, refused
from tests.factories import ImageFactory, MembershipFactory
from tests.imported import imported, queued

pytestmark = pytest.mark.django_db
PRUNE_ALL = "/image/v2/actions/prune"
STATUSES = Membership.Status.values


@pytest.fixture
def mine(producer) -> Api:
    return api(producer)


def tags(image):
    return list(ImageTag.objects.filter(image=image).values_list("name", flat=True))


def history(image):
    told = Event.objects.filter(image_id=image.pk).order_by("pk")
    return list(told.values_list("verb", "actor", "actor_tenant_id"))


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("gold", "gold"), ("a%20b", "a b"), ("%C3%A9", "é"), ("a%3Fb%23", "a?b#"), ("x" * 255, "x" * 255), ("%25", "%"),
    ],
)  # fmt: skip
def test_a_tag_is_put_once_and_deleted_once(image, producer, mine, written, tag):
    path, by = at(image, "tags", written), (producer.manager.email, producer.id)

    for _ in range(2):
        told = mine.put(path)
        assert (told.status, told.content) == (204, b"")
    assert mine.get(at(image)).json["tags"] == [tag]
    assert mine.delete(path).status == 204
    refused(404, mine.delete, path)
    assert history(image) == [("changed", *by), ("changed", *by)]


def test_putting_a_tag_leaves_the_others(image, mine):
    for tag in ("b", "a"):
        mine.put(at(image, "tags", tag))
    mine.delete(at(image, "tags", "b"))
    mine.put(at(image, "tags", "c"))

    assert tags(image) == ["a", "c"]


@pytest.mark.parametrize("tag", ["%00", "a%00", "x" * 256])
def test_a_tag_that_is_not_of_the_form_is_400(image, mine, tag):
    assert "tag" in refused(400, mine.put, at(image, "tags", tag))
    refused(404, mine.delete, at(image, "tags", tag))


def test_one_tag_more_than_an_image_can_have_is_413(image, mine):
    ImageTag.objects.bulk_create(ImageTag(image=image, name=str(n)) for n in range(128))

    refused(413, mine.put, at(image, "tags", "one-more"))


def test_deactivating_and_reactivating_are_repeatable_and_recorded_once(producer, consumer, mine):
    image = imported(producer)
    handshake.offer(image, [consumer.id], by=producer.by)
    begun, by = len(history(image)), (producer.manager.email, producer.id)

    for action, status, code in (("deactivate", "deactivated", 403), ("reactivate", "active", 200)):
        for _ in range(2):
            told = mine.post(at(image, "actions", action))
            assert (told.status, told.content) == (204, b"")
        assert mine.get(at(image)).json["status"] == status
        assert api(consumer).get(at(image)).json["status"] == status
        assert mine.get(at(image, "file")).status == code

    assert history(image)[begun:][:2] == [("deactivated", *by), ("reactivated", *by)]


@pytest.mark.parametrize("action", ["deactivate", "reactivate"])
def test_a_queued_image_is_neither_deactivated_nor_reactivated(producer, mine, action):
    refused(403, mine.post, at(queued(producer), "actions", action))


@pytest.mark.parametrize("status", ["active", "deactivated"])
def test_an_image_on_hold_is_shown_as_deactivated_and_its_owner_does_not_reactivate_it(
    image, consumer, mine, status
):
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    Image.objects.update(on_hold=True, status=status)

    refused(403, mine.post, at(image, "actions", "reactivate"))
    for client in (mine, api(consumer)):
        assert client.get(at(image)).json["status"] == "deactivated"
        [listed] = client.get("/image/v2/images").json["images"]
        assert listed["status"] == "deactivated"
        refused(403, client.get, at(image, "file"))


def test_what_its_owner_deactivated_stays_so_when_the_operator_releases_it(image, mine, by_operator):  # fmt: skip
    handshake.hold(image, by=by_operator)
    assert mine.post(at(image, "actions", "deactivate")).status == 204
    handshake.release(image, by=by_operator)

    assert mine.get(at(image)).json["status"] == "deactivated"


def test_prune_deletes_and_tells_only_what_is_rejected(image, producer, mine):
    for status in STATUSES:
        MembershipFactory.create_batch(2, image=image, status=status)
    MembershipFactory(status="rejected", image=ImageFactory(owner=producer.tenant))
    rejected = set(image.memberships.rejected().values_list("member_id", flat=True))

    told = mine.post(at(image, "actions", "prune"))

    assert told.status == 200
    assert told.json.keys() == {"pruned"}
    assert {(row["image_id"], row["member_id"]) for row in told.json["pruned"]} == {
        (str(image.pk), member_id) for member_id in rejected
    }
    assert len(told.json["pruned"]) == 2
    assert sorted(image.memberships.values_list("status", flat=True)) == ["accepted"] * 2 + ["pending"] * 2  # fmt: skip
    assert Membership.objects.rejected().count() == 1
    assert history(image) == [("pruned", producer.manager.email, producer.id)] * 2
    assert mine.post(at(image, "actions", "prune")).json == {"pruned": []}


def test_pruning_everything_prunes_the_images_of_the_tenant_alone(image, producer, mine):
    other = ImageFactory(owner=producer.tenant)
    for pruned in (image, other):
        for status in STATUSES:
            MembershipFactory(image=pruned, status=status)
    of_others = MembershipFactory(status="rejected")
    shared_to_me = MembershipFactory(status="rejected", member_id=producer.id)

    told = mine.post(PRUNE_ALL)

    assert told.status == 200
    assert {row["image_id"] for row in told.json["pruned"]} == {str(image.pk), str(other.pk)}
    assert set(Membership.objects.rejected()) == {of_others, shared_to_me}


def test_a_reader_prunes_nothing(image, producer):
    MembershipFactory(image=image, status="rejected")

    refused(403, reader_api(producer).post, at(image, "actions", "prune"))
    refused(403, reader_api(producer).post, PRUNE_ALL)


@pytest.mark.parametrize("status", [*STATUSES, None])
@pytest.mark.parametrize("action", ["deactivate", "reactivate", "prune"])
def test_members_are_refused_every_action_and_strangers_find_nothing(
    image, consumer, status, action
):
    if status:
        MembershipFactory(image=image, member_id=consumer.id, status=status)
    code = 403 if status in ("pending", "accepted") else 404

    refused(code, api(consumer).post, at(image, "actions", action))
    refused(code, api(consumer).put, at(image, "tags", "gold"))
    refused(code, api(consumer).delete, at(image, "tags", "gold"))
